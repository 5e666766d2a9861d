"""Checks what a page shows on the screen only: tables in their screen form, pop-ups, the title of the window, styles,
scripts, and the explorer's data. The PDF has none of it."""

import base64
import io
import json
import re
from collections.abc import Iterator
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from markupsafe import Markup
from PIL import Image

from experiments.bundle import Bundle
from report.checks.allowed import Allowed
from report.checks.bound import Bindings, is_mark
from report.checks.printed import SPOKEN, Printed, read, text_of
from report.checks.tokens import DIGIT
from report.document import Content
from report.explore import explorer
from report.judgement import Judgements
from report.numbers import number
from report.page import Outline, Page
from report.provenance import Run
from report.templates import SCRIPTS, STYLES, asset, pages

FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
UNREAD = ("viewport", "theme-color")  # for the window, not for readers
SVG = "{http://www.w3.org/2000/svg}svg"
CLOSE = 24  # of 255: largest difference of JPEGs of the same image by different encoders


def faults(page: Printed, content: Content, bindings: Bindings, allowed: Allowed, templates: Path) -> tuple[str, ...]:
    """A line for each fault."""
    return (
        *_window(page), *_heads(page, allowed), *_metas(page, Run(content.bundle), allowed),
        *_tables(page, content), *_spoken(page, bindings, allowed), *_sources(page, templates),
        *_drawings(page, content.judgements, templates), *_explorer(page, content.bundle),
    )  # fmt: skip


def _window(page: Printed) -> Iterator[str]:
    for title in page.windows:
        if title != page.title:
            yield f"report.html: its window is called {title[:80]!r}, the document {page.title[:80]!r}"


def _heads(page: Printed, allowed: Allowed) -> Iterator[str]:
    for head in dict.fromkeys(page.heads):
        if wrong := allowed.loose(head, page):
            yield f"report.html: its running head {head[:80]!r}: {wrong}"


def _metas(page: Printed, run: Run, allowed: Allowed) -> Iterator[str]:
    """Metadata, which programs read that list the page: author and dates must be those of the bundle."""
    for name, content in page.metas:
        if name in UNREAD:
            continue
        known = run.author if name == "author" else run.date.isoformat() if name.startswith("dcterms.") else None
        if known is not None and content != known:
            yield f"report.html: its meta {name} is {content[:80]!r}, expected {known!r}"
        elif known is None and (wrong := allowed.loose(content, page)):
            yield f"report.html: its meta {name} {content[:80]!r}: {wrong}"


def _tables(page: Printed, content: Content) -> Iterator[str]:
    made = Page(partial(number, content.bundle), content, Outline(), {})
    for name, table in page.shown.items():
        if name in content.tables:
            wanted = read(made.table(name, "", lambda: Markup(""))).shown[name]
            for ours, theirs in zip_longest(_cells(wanted), _cells(table), fillvalue="nothing"):
                if ours != theirs:
                    yield f"report.html, #tab-{name}: printed {theirs!r} in the table, expected {ours!r}"


def _cells(table: Element) -> list[str]:
    return [text_of(cell) for cell in table.iter() if cell.tag in ("th", "td")]


def _spoken(page: Printed, bindings: Bindings, allowed: Allowed) -> Iterator[str]:
    """Pop-ups and other labels; those of numbers, verdicts and figures have checks of their own."""
    elsewhere = {(id(number), "title") for number, _ in page.numbers if "data-run" not in number.attrib}
    elsewhere |= {(id(link), "title") for link, _, _ in page.verdicts if is_mark(link)}
    elsewhere |= {(id(image), "alt") for image, _ in page.pictures}
    for element, place in page.spoken:
        for name in SPOKEN:
            text, key = element.get(name, ""), element.get("data-key")
            if (id(element), name) in elsewhere:
                continue
            if name == "title" and key and "missing" in element.get("class", "").split():
                right = text == bindings.gap(key)
            else:
                right = not DIGIT.search(text) or allowed.says(text)
            if not right:
                yield f"report.html, {place}: its {name} {text[:80]!r} follows from no number, template or definition"


def _sources(page: Printed, templates: Path) -> Iterator[str]:
    """Styles and scripts, which could write what the page does not contain."""
    own = [path.read_text(encoding="utf-8-sig") for path in pages(templates)]
    for name, texts in (("style", page.styles), ("script", page.scripts)):
        ours = asset(templates, STYLES if name == "style" else SCRIPTS)
        for text in texts:
            rest = FONT_FACE.sub("", text).strip()
            if rest != FONT_FACE.sub("", ours).strip() and not any(rest in file for file in own):
                yield f"report.html: a {name} is not that of the templates; aereport render writes it again"


def _drawings(page: Printed, judgements: Judgements, templates: Path) -> Iterator[str]:
    """Rows of `came_out` and of the table of all claims: each must have the drawing of its claim."""
    boards = [row for row in page.root.iter("li") if row.find("span[@class='which']") is not None]
    claims = [row for row in page.root.iter("tr") if row.get("id", "").startswith("claim-")]
    for rows, file in ((boards, "macros.html"), (claims, "appendices.html")):
        for row in rows if ".drawing" in asset(templates, [file]) else ():
            links = [link.get("href", "") for link in row.iter("a") if "verdict" in link.get("class", "").split()]
            names = [name for link in links if (name := link.removeprefix("#claim-")) in judgements]
            wanted = [name for name in names if judgements[name].effect is not None]
            if (found := [svg.get("data-claim") for svg in row.iter(SVG)]) != wanted:
                yield f"report.html, row of {', '.join(names)}: it has the drawings {found}, expected {wanted}"


def _explorer(page: Printed, bundle: Bundle) -> Iterator[str]:
    for text in page.data:
        try:
            same = _same(json.loads(text), json.loads(explorer(bundle).json))
        except (ValueError, TypeError, OSError, RecursionError, Image.DecompressionBombError):
            same = False
        if not same:
            yield "report.html, #explore-data: what the explorer shows is not what the bundle holds"


def _same(found: Any, wanted: Any, name: str = "") -> bool:
    """Whether two JSON values are equal; JPEGs within the difference of two encoders."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return found.keys() == wanted.keys() and all(_same(found[key], wanted[key], key) for key in wanted)
    if name == "sheet" and found != wanted:
        one, other = (Image.open(io.BytesIO(base64.b64decode(text, validate=True))) for text in (found, wanted))
        if one.size != other.size:
            return False
        return bool(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).max() < CLOSE)
    return bool(found == wanted)
