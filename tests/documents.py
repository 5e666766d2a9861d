"""What tests of a finished document share: its page, what that is held against, and changes of it."""

import random
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path

from report import draw as drawing
from report.checks.allowed import Allowed
from report.checks.bound import Bindings
from report.checks.document import numbers
from report.checks.pdf import pdf
from report.checks.printed import Printed, read
from report.checks.result import Check
from report.document import Content
from report.paper.pdf import to_pdf
from report.render import to_html
from report.templates import TEMPLATES
from tests.standins import parts

DATE = datetime(2026, 1, 2, tzinfo=UTC)
PRINT = """<style>@media print {
@page { size: A5; @top-left { content: "Head" } @bottom-center { content: counter(page) } }
.ghost { visibility: hidden; } .own, .screen { display: none; } p { hyphens: auto; text-align: justify; width: 60mm; }
a.ref::after { content: " (p. " target-counter(attr(href), page) ")"; } .new { break-before: page; } }</style>"""
HEAD = f"<html lang=en><title>T</title>{PRINT}<h1>Title</h1>"


@cache
def content(scenario: str = "nominal") -> Content:
    """With its own tables, and pictures that stand in for the figures."""
    made = parts(scenario)
    return replace(made, tables=drawing.tables(made.bundle, made.judgements))


@dataclass(frozen=True)
class Document:
    """A scenario's page, and what it is held against."""

    html: str
    bindings: Bindings
    allowed: Allowed

    @cached_property
    def read(self) -> Printed:
        """The page as it is; a second's work."""
        return read(self.html)

    def numbers(self, html: str) -> Check:
        return numbers(read(html), self.bindings, self.allowed)[1]


@cache
def document(scenario: str = "nominal") -> Document:
    made = content(scenario)
    return Document(to_html(made), Bindings(made.bundle, made.judgements), Allowed(made, TEMPLATES))


def page(scenario: str = "nominal") -> str:
    return document(scenario).html


def snippet(html: str) -> Check:
    """What is found in a page that holds nothing else."""
    return document().numbers(f"<p id=here>{html}</p>")


def number(key: str = "ae/psnr") -> str:
    """The first number of the page that is bound to a key, as it stands there."""
    found = re.search(rf'<data [^>]*data-key="{re.escape(key)}"[^>]*>[^<]+</data>', page())
    assert found
    return found[0]


def framed(body: str = "", html: str = "") -> str:
    """A page, ours where no other is given, with `body` in the place of all that follows its title, which is read in no
    time."""
    html = html or page()
    return f"{html[: html.index('</header>')]}</header>{body}</main>\n{html[html.rindex('<script>') :]}"


def lied(old: str, new: str, html: str = "") -> str:
    """A page with a lie, where no other is given `framed()`."""
    html = html or framed()
    assert old in html
    return html.replace(old, new, 1)


def changed(text: str, place: int, draws: random.Random) -> str:
    return text[:place] + draws.choice([digit for digit in "0123456789" if digit != text[place]]) + text[place + 1 :]


def paged(body: str, tmp_path: Path, page: str = "") -> tuple[str, ...]:
    """Faults of a PDF made of `body`, held against `page`, or against itself."""
    (tmp_path / "report.pdf").write_bytes(to_pdf(HEAD + body, tmp_path, DATE))
    return held(page or body, tmp_path)


def held(page: str, tmp_path: Path) -> tuple[str, ...]:
    """Faults of the last PDF, held against `page`."""
    read_page = read(HEAD + page)
    read_page.heads.append("Head")
    return pdf(tmp_path / "report.pdf", read_page, {}).faults
