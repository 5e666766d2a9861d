"""The page held against what its templates make of the bundle: every word and every element, in its place."""

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
from report.lint import copied
from report.render import to_html
from report.style import styled
from report.templates import TEMPLATES, pages

STAND_IN = '<svg viewBox="0 0 4 3"/>'  # for the pictures, which are checked by themselves
PICTURED = ("src", "alt", "width", "height")  # attributes of theirs
UNREAD = ("style", "script")  # whose text is checked by itself
AGAIN = "aereport render writes it again"
AROUND = 20  # letters that are shown before the first that differs
Part = tuple[str, str]  # an id before it, and what stands there


def trusted(templates: Path, given: bool) -> Path | None:
    """The templates that may be rendered to make a page again; None where they are of nobody knows whom.

    Args:
        given: by the user. The note of a run comes with the run, and what it names is rendered only if it is like ours.
    """
    if given or templates == TEMPLATES:
        return templates
    return TEMPLATES if all(copied(path) for path in pages(templates)) else None


def remade(page: Printed, folder: Path, content: Content, templates: Path) -> Iterator[str]:
    """The first place where a page is not what its templates make of the bundle; nothing where there is none.

    Args:
        folder: the run's figures with their index.
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
    """What each figure is drawn from, by name; where nothing was noted of it, it is drawn again."""
    known, bundle = index(folder), content.bundle
    with styled(bundle.provenance.classes):
        return {
            name: tuple(known[name]["keys"] if name in known else draw(bundle).keys) for name, draw in figures().items()
        }


def _parts(page: Printed) -> Iterator[Part]:
    """Elements and texts of a page in order."""
    place = "its beginning"
    for element, text in _walk(page.root):
        if element is not None:
            place = f"#{element.attrib['id']}" if "id" in element.attrib else place
            yield place, _start(element)
        elif shown := plain(text):
            yield place, shown


def _walk(element: Element) -> Iterator[tuple[Element | None, str]]:
    """Elements as they begin and texts, in order; comments have neither."""
    if isinstance(element.tag, str):
        yield element, ""
        yield None, "" if element.tag in UNREAD else element.text or ""
        for child in element:
            yield from _walk(child)
            yield None, child.tail or ""


def _start(element: Element) -> str:
    """The tag of an element with its attributes, without those that follow from pictures, styles and scripts."""
    given = dict(element.attrib)
    if element.tag in ("img", "figure"):
        given = {name: value for name, value in given.items() if name not in (*PICTURED, "class")}
    if "http-equiv" in given:
        del given["content"]
    inside = " ".join([element.tag.rpartition("}")[2], *(f'{name}="{given[name]}"' for name in sorted(given))])
    return f"<{inside}>"
