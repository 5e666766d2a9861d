"""The finished report.pdf against the page: its text, what it says of itself, and what stands in for its pictures.

Its pictures are not judged, nor whatever else is drawn without letters, nor what it has only for programs: bookmarks,
notes upon its pages, words that are read in the place of others.
"""

import io
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from experiments.files import read_plain
from report.checks.aligned import align
from report.checks.printed import Printed
from report.checks.result import Check, coverage, lacking, name_of, short
from report.checks.tokens import Token, plain
from report.made import MAX_FILE


class PdfError(ValueError):
    """A PDF that cannot be read."""


@dataclass(frozen=True)
class Paper:
    """A PDF.

    Attributes:
        texts: of each page.
        said: what it says of itself, each by its name: in its information, and once more in its metadata.
        instead: what is read in the place of its pictures, in the order in which it is read.
    """

    texts: list[str]
    said: list[tuple[str, str]]
    instead: list[str]


def opened(content: bytes) -> Paper:
    """Read a PDF.

    Raises:
        PdfError: it is none, or it is damaged.
    """
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is wrong is said below
    try:
        reader = PdfReader(io.BytesIO(content))
        return Paper([page.extract_text() for page in reader.pages], list(_facts(reader)), list(_alternatives(reader)))
    except Exception as error:  # pypdf raises anything on damaged files
        raise PdfError(f"no readable PDF: {str(error) or type(error).__name__}") from None


def _facts(reader: PdfReader) -> Iterator[tuple[str, str]]:
    info, more = reader.metadata, reader.xmp_metadata
    for name in ("title", "author", "subject"):
        yield name, str(info.get(f"/{name.capitalize()}", "")) if info else ""
    if more:
        yield "title", " ".join((more.dc_title or {}).values())
        yield "author", ", ".join(more.dc_creator or [])
        yield "subject", " ".join((more.dc_description or {}).values())


def _alternatives(reader: PdfReader) -> Iterator[str]:
    """Alternative texts of the elements; each object once, as a tree of a stranger's may lead round in circles."""
    todo: list[Any] = [reader.root_object.get("/StructTreeRoot")]
    seen = set()
    while todo:
        item = todo.pop()
        if isinstance(item, IndirectObject):
            if item.idnum in seen:
                continue
            seen.add(item.idnum)
            item = item.get_object()
        if isinstance(item, ArrayObject):
            todo += reversed(item)
        elif isinstance(item, DictionaryObject):
            yield from (str(item[key]) for key in ("/Alt", "/E") if key in item)
            todo += [item.raw_get("/K")] if "/K" in item else []


def pdf(path: Path, page: Printed, reasons: Mapping[int, str], late: str = "") -> Check:
    """The finished report.pdf against the page: its numbers are those of the page, or added by paper.

    Args:
        late: why it is out of date, which is said where it does not agree.
    """
    try:
        paper = opened(read_plain(path, MAX_FILE))
    except (OSError, PdfError) as error:
        without = "; check --to html does without one" if isinstance(error, FileNotFoundError) else ""
        return Check("pdf", "not read", (lacking(path, error) + without,))
    aligned = align(page, paper.texts)
    bound, counts = 0, Counter(aligned.added)
    for n, token in enumerate(aligned.expected):
        if token.number and n in aligned.matched:
            if page.pieces[token.home].bond:
                bound += 1
            else:
                counts[reasons.get(token.home, "nothing")] += 1
    faults = [*_said(page, paper), *_instead(page, paper)]
    faults += [f"report.pdf, page {sheet}: it has no {name}" for sheet, name in aligned.bare]
    for sheet, printed, wanted in aligned.faults:
        counts["nothing"] += sum(token.number for token in printed)
        names = {name_of(page.pieces[token.home].bond): None for token in wanted if page.pieces[token.home].bond}
        says = f"the HTML has {_quoted(wanted)}" if wanted else "the HTML has nothing there"
        faults.append(": ".join([f"report.pdf, page {sheet}", *names, f"printed {_quoted(printed)}, {says}"]))
    if late and faults:
        faults.insert(0, f"report.pdf: {late}; aereport render writes it again")
    return Check("pdf", f"{len(paper.texts)} pages, {coverage(bound, counts)}", tuple(faults))


def _quoted(found: list[Token]) -> str:
    return repr(short(" ".join(token.text for token in found))) if found else "nothing"


def _said(page: Printed, paper: Paper) -> Iterator[str]:
    """Title, author and subject that are not those of the page."""
    given = {name: [content for of, content in page.metas if of == name] for name in ("author", "description")}
    title, subject = "".join(page.windows[:1]), "".join(given["description"][:1])
    wanted = {"title": title, "author": ", ".join(given["author"]), "subject": subject}
    for name, text in dict.fromkeys(paper.said):
        if plain(text) != plain(wanted[name]):
            yield f"report.pdf: its {name} is {short(text)!r}, the HTML's {short(wanted[name])!r}"


def _instead(page: Printed, paper: Paper) -> Iterator[str]:
    """Texts for pictures that are not the page's, or not in its order, and pictures on paper without theirs."""
    texts = [plain(text) for element in page.root.iter() if (text := _alternative(element)) is not None]
    at = 0
    for text in map(plain, paper.instead):
        if text in texts[at:]:
            at = texts.index(text, at) + 1
        else:
            yield f"report.pdf: {short(text)!r} stands there for a picture, in the HTML for none, or for another one"
    printed, left = {piece.place for piece in page.pieces if piece.paper}, Counter(map(plain, paper.instead))
    for image, id in page.pictures:
        text = plain(image.get("alt", ""))
        if f"#{id}" in printed and not left[text]:
            yield f"report.pdf: the picture of {id} has no alternative text there, or another one"
        left[text] -= 1


def _alternative(element: Element) -> str | None:
    """The text that stands in for a picture; None of what is no picture."""
    if str(element.tag).endswith("}svg"):
        return "".join(title.text or "" for title in element if str(title.tag).endswith("}title"))
    return element.get("alt", "") if element.tag == "img" else None
