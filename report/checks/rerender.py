"""Renders the page again and compares it with the finished one: every word and every element, in its place."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree.ElementTree import Element

from report.checks.printed import Printed, read
from report.checks.result import short
from report.checks.tokens import plain
from report.document import Content, RenderedFigure
from report.draw import figures
from report.fresh import index
from report.render import to_html
from report.style import styled
from report.templates import TEMPLATES, copied, pages

STAND_IN = '<svg viewBox="0 0 4 3"/>'  # for the pictures, which have a check of their own
PICTURED = ("src", "alt", "width", "height")  # their attributes
SHAPES = ("wide", "tall")  # classes of a figure, by its picture
UNREAD = ("style", "script")  # whose text has a check of its own
AGAIN = "aereport render writes it again"
AROUND = 20  # letters that are shown before the first difference
Part = tuple[str, str]  # the last id before it, and a start tag or a text


def trusted(templates: Path, given: bool) -> Path | None:
    """The templates with which a page may be rendered again; None if they may be a stranger's.

    Args:
        given: whether the user named them. If only the run does, they must equal the installed ones.
    """
    if given or templates == TEMPLATES:
        return templates
    return TEMPLATES if all(copied(path) for path in pages(templates)) else None


def faults(page: Printed, folder: Path, content: Content, templates: Path) -> Iterator[str]:
    """A line for the first difference between a page and what its templates make of the bundle, if there is one.

    Args:
        folder: the run's figures and their index.
    """
    with TemporaryDirectory() as place:
        picture = Path(place, "picture.svg")
        picture.write_text(STAND_IN)
        shown = {name: RenderedFigure(picture, "", keys) for name, keys in _keys(folder, content).items()}
        try:
            made = read(to_html(replace(content, figures=shown), templates))
        except ValueError as error:
            yield f"report.html: cannot be made again: {error}"
            return
    for (id, ours), (_, theirs) in zip_longest(_parts(made), _parts(page), fillvalue=("its end", "nothing")):
        if ours != theirs:
            pairs = enumerate(zip_longest(ours, theirs))
            same = max(0, next(place for place, (one, other) in pairs if one != other) - AROUND)
            ours, theirs = (("…" if same else "") + short(text[same:]) for text in (ours, theirs))
            yield f"report.html, {id}: {theirs!r} stands where its templates have {ours!r}; {AGAIN}"
            return


def _keys(folder: Path, content: Content) -> dict[str, tuple[str, ...]]:
    """Keys that each figure is drawn from, by name; a figure that is not in the index is drawn again to know them."""
    known, bundle = index(folder), content.bundle
    with styled(bundle.provenance.classes):
        return {
            name: tuple(known[name]["keys"] if name in known else draw(bundle).keys) for name, draw in figures().items()
        }


def _parts(page: Printed) -> Iterator[Part]:
    """Start tags and texts of a page in order."""
    place, pictures = "its beginning", {id(image) for image, _ in page.pictures}
    for element, text in _walk(page.root):
        if element is not None:
            place = f"#{element.attrib['id']}" if "id" in element.attrib else place
            yield place, _start(element, id(element) in pictures)
        elif shown := plain(text):
            yield place, shown


def _walk(element: Element) -> Iterator[tuple[Element | None, str]]:
    """Elements at their start, and texts, in order, without comments."""
    if isinstance(element.tag, str):
        yield element, ""
        yield None, "" if element.tag in UNREAD else element.text or ""
        for child in element:
            yield from _walk(child)
            yield None, child.tail or ""


def _start(element: Element, pictured: bool) -> str:
    """The start tag of an element, without attributes that depend on a figure's picture, on styles or on scripts."""
    given = dict(element.attrib)
    if pictured:
        given = {name: value for name, value in given.items() if name not in PICTURED}
    if element.tag == "figure" and given.get("class") in SHAPES:
        del given["class"]
    if "http-equiv" in given:
        del given["content"]
    inside = " ".join([element.tag.rpartition("}")[2], *(f'{name}="{given[name]}"' for name in sorted(given))])
    return f"<{inside}>"
