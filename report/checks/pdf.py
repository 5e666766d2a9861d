"""Compares the finished report.pdf with the HTML page: text, metadata, and alternative texts of pictures.

Not checked: pictures and whatever else is drawn without letters, typefaces, and what only programs read, as bookmarks,
annotations and replacement text (ActualText).
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
from report.checks.alignment import align
from report.checks.printed import Printed
from report.checks.result import Check, binding_name, coverage, short, unreadable
from report.checks.tokens import Token, plain
from report.made import MAX_FILE


class PdfError(ValueError):
    """The PDF cannot be read."""


@dataclass(frozen=True)
class Paper:
    """What is compared of a PDF.

    Attributes:
        texts: of each page.
        metadata: (name, value) from its information dictionary, and again from its XMP metadata.
        alternatives: alternative texts, in reading order.
    """

    texts: list[str]
    metadata: list[tuple[str, str]]
    alternatives: list[str]


def opened(content: bytes) -> Paper:
    """Read a PDF.

    Raises:
        PdfError: it is none, or it is damaged.
    """
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # errors are reported below
    try:
        reader = PdfReader(io.BytesIO(content))
        texts = [page.extract_text() for page in reader.pages]
        return Paper(texts, list(_metadata(reader)), list(_alternatives(reader)))
    except Exception as error:  # pypdf raises anything on damaged files
        raise PdfError(f"no readable PDF: {str(error) or type(error).__name__}") from None


def _metadata(reader: PdfReader) -> Iterator[tuple[str, str]]:
    info, more = reader.metadata, reader.xmp_metadata
    for name in ("title", "author", "subject"):
        yield name, str(info.get(f"/{name.capitalize()}", "")) if info else ""
    if more:
        yield "title", " ".join((more.dc_title or {}).values())
        yield "author", ", ".join(more.dc_creator or [])
        yield "subject", " ".join((more.dc_description or {}).values())


def _alternatives(reader: PdfReader) -> Iterator[str]:
    """Alternative texts of the structure tree; each object once, as the tree of a crafted file may be cyclic."""
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
    """The check of the finished report.pdf: each of its numbers is one of the page's, or added by paper.

    Args:
        reasons: why the numbers of an unbound piece may stand, by the index of the piece.
        late: why the PDF is out of date, which is reported if it does not agree.
    """
    try:
        paper = opened(read_plain(path, MAX_FILE))
    except (OSError, PdfError) as error:
        without = "; check --to html does without one" if isinstance(error, FileNotFoundError) else ""
        return Check("pdf", "not read", (unreadable(path, error) + without,))
    aligned = align(page, paper.texts)
    bound, counts = 0, Counter(aligned.added)
    for n, token in enumerate(aligned.expected):
        if token.number and n in aligned.matched:
            if page.pieces[token.home].binding:
                bound += 1
            else:
                counts[reasons.get(token.home, "nothing")] += 1
    faults = [*_wrong_metadata(page, paper), *_wrong_alternatives(page, paper)]
    faults += [f"report.pdf, page {sheet}: it has no {name}" for sheet, name in aligned.bare]
    for sheet, printed, wanted in aligned.faults:
        counts["nothing"] += sum(token.number for token in printed)
        bindings = (page.pieces[token.home].binding for token in wanted)
        names = dict.fromkeys(binding_name(binding) for binding in bindings if binding)
        says = f"the HTML has {_quoted(wanted)}" if wanted else "the HTML has nothing there"
        faults.append(": ".join([f"report.pdf, page {sheet}", *names, f"printed {_quoted(printed)}, {says}"]))
    if late and faults:
        faults.insert(0, f"report.pdf: {late}; aereport render writes it again")
    return Check("pdf", f"{len(paper.texts)} pages, {coverage(bound, counts)}", tuple(faults))


def _quoted(found: list[Token]) -> str:
    return repr(short(" ".join(token.text for token in found))) if found else "nothing"


def _wrong_metadata(page: Printed, paper: Paper) -> Iterator[str]:
    """A line for each title, author or subject that differs from the page's."""
    given = {name: [content for of, content in page.metas if of == name] for name in ("author", "description")}
    title, subject = "".join(page.windows[:1]), "".join(given["description"][:1])
    wanted = {"title": title, "author": ", ".join(given["author"]), "subject": subject}
    for name, text in dict.fromkeys(paper.metadata):
        if plain(text) != plain(wanted[name]):
            yield f"report.pdf: its {name} is {short(text)!r}, the HTML's {short(wanted[name])!r}"


def _wrong_alternatives(page: Printed, paper: Paper) -> Iterator[str]:
    """A line for each alternative text that is not the page's, or not in its order, and each picture without one."""
    texts = [plain(text) for element in page.root.iter() if (text := _alternative(element)) is not None]
    at = 0
    for text in map(plain, paper.alternatives):
        if text in texts[at:]:
            at = texts.index(text, at) + 1
        else:
            yield f"report.pdf: {short(text)!r} is the alternative text of no picture in the HTML, or of another one"
    printed, left = {piece.place for piece in page.pieces if piece.paper}, Counter(map(plain, paper.alternatives))
    for image, id in page.pictures:
        text = plain(image.get("alt", ""))
        if f"#{id}" in printed and not left[text]:
            yield f"report.pdf: the picture of {id} has no alternative text, or another one"
        left[text] -= 1


def _alternative(element: Element) -> str | None:
    """The alternative text of a picture; None for other elements."""
    if str(element.tag).endswith("}svg"):
        return "".join(title.text or "" for title in element if str(title.tag).endswith("}title"))
    return element.get("alt", "") if element.tag == "img" else None
