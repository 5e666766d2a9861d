"""Which pages WeasyPrint makes again: none for nothing, and every number of a page is right."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pypdf import PdfReader
from weasyprint import layout
from weasyprint.layout import page

from report.paper.pdf import to_pdf
from report.paper.repagination import footnotes_once

DATE = datetime(2026, 1, 2, tzinfo=UTC)
SECTIONS, LEADS = 14, {1: 12, 3: 2, 5: 5, 9: 13, 10: 14, 13: 1}  # which page leads to which


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How often each page is made."""
    made, remake = Counter[int](), page.remake_page

    def counted(index: int, *rest: Any) -> Any:
        made[index + 1] += 1
        return remake(index, *rest)

    monkeypatch.setattr(page, "remake_page", counted)
    return made


def document(style: str) -> str:
    """Pages, of which some lead to others, by `href` and by `data-to`."""

    def link(to: int) -> str:
        return f'<a href="#s{to}" data-to="#s{to}">there</a>'

    body = "".join(
        f"<section id=s{n}><h2 data-to='#s2'>Heading</h2>{link(LEADS[n]) if n in LEADS else 'none'}</section>"
        for n in range(1, SECTIONS + 1)
    )
    rules = "@page{size:80mm 60mm;margin:9mm} section+section{break-before:page}"
    return f"<html lang=en><title>T</title><style>{rules}{style}</style><body>{body}</html>"


def leads(content: bytes) -> dict[int, int]:
    """Pages, and the page that each speaks of."""
    texts = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    found = {n: re.search(r"p\.\s(\d+)", text) for n, text in enumerate(texts, 1)}
    return {n: int(match[1]) for n, match in found.items() if match}


@pytest.mark.parametrize("target", ["attr(href)", "attr(href url)", "attr(data-to)"])
def test_a_page_that_speaks_of_another_is_made_twice_and_others_once(
    tmp_path: Path, rounds: Counter[int], target: str
) -> None:
    content = to_pdf(document(f'a::after{{content:" p. " target-counter({target}, page)}}'), tmp_path, DATE)
    assert leads(content) == LEADS
    assert rounds == {n: 2 if n in LEADS else 1 for n in range(1, SECTIONS + 1)}


@pytest.mark.parametrize(
    "style",
    [
        'a::after{content:counter(page) " to p. " target-counter(attr(href), page)}',
        'a::after{content:" p. " target-counter(attr(href), page)} h2{string-set:t target-counter(attr(data-to),page)}',
        'a::after{content:" p. " target-counter(attr(href), page)} @page{@top-left{content:counter(pages)}}',
    ],
)
def test_numbers_are_right_beside_other_counters(tmp_path: Path, style: str) -> None:
    assert leads(to_pdf(document(style), tmp_path, DATE)) == LEADS


def test_a_number_that_moves_its_own_target(tmp_path: Path, rounds: Counter[int]) -> None:
    """A number is wider than the nought that stands in its place, and what it leads to comes to a page of its own."""
    rules = "@page{size:46mm 30mm;margin:5mm} body{font:11pt/5mm monospace}"
    rules += "a::after{content:' p. ' target-counter(attr(href), page)}"
    fill = "<p style='height:15mm;margin:0'></p>" * 9
    body = f"{fill}<p style='margin:0'>seven of them<a href=#to>, on</a></p><p id=to style='margin:0'>a<br>b</p>"
    content = to_pdf(f"<html lang=en><title>T</title><style>{rules}</style><body>{body}</html>", tmp_path, DATE)
    texts = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    (lead,) = leads(content).values()
    assert (lead, texts[lead - 1].split()) == (11, ["a", "b"])
    assert rounds == {n: 3 if n == 10 else 1 for n in range(1, 12)}


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """By round, the pages that were made; the first and the third hand a footnote on. Four pages in all."""
    rounds: list[list[int]] = []

    def make(context: Any, root: Any, html: Any, pages: list[Any]) -> Iterator[Any]:
        rounds.append([])
        for number, (state,) in enumerate(context.page_maker):
            if pages and not (state["content_changed"] or state["pages_wanted"]):
                yield pages[number]
                continue
            state.update(content_changed=False, pages_wanted=False)
            context.reported_footnotes = ["a footnote"] if number in (0, 2) else []
            rounds[-1].append(number)
            yield object()

    monkeypatch.setattr(layout, "make_all_pages", make)
    return rounds


@pytest.mark.parametrize(
    ("wanted", "again"),
    [
        (0, [0, 1]),  # seen in a report of thirty pages, whose first footnote stood on two of them
        (1, [0, 1]),  # seen where most models were missing: a footnote stood on no page
        (2, [2, 3]),
        (3, [2, 3]),
    ],
)
def test_a_footnote_stands_on_one_page_of_the_two_that_it_might(
    handed: list[list[int]], wanted: int, again: list[int]
) -> None:
    context = SimpleNamespace(
        page_maker=[({"content_changed": False, "pages_wanted": False},) for _ in range(4)], reported_footnotes=[]
    )
    before = layout.make_all_pages
    with footnotes_once():
        pages = list(layout.make_all_pages(context, None, None, []))
        context.reported_footnotes = []
        context.page_maker[wanted][-1]["content_changed"] = True
        after = list(layout.make_all_pages(context, None, None, pages))
    assert handed == [[0, 1, 2, 3], again]
    assert [n for n, page in enumerate(after) if page is not pages[n]] == again
    assert layout.make_all_pages is before


def test_a_footnote_stays_where_a_later_paragraph_lacks_a_line(tmp_path: Path) -> None:
    """Without it the second line would fit, and the paragraph could be parted there."""
    rules = "@page{size:80mm 60mm;margin:9mm} body{font:11pt/5mm monospace;margin:0} p{margin:0;orphans:2;widows:2}"
    rules += ".note{float:footnote;footnote-policy:line}"
    fill = "<p style='height:19mm'></p>"
    body = f"<p>called<span class=note>A remark</span></p>{fill}<p>one<br>two<br>three<br>four</p>"
    content = to_pdf(f"<html lang=en><title>T</title><style>{rules}</style><body>{body}</html>", tmp_path, DATE)
    first, second = (page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    assert "called" in first
    assert "A remark" in first
    assert second.split() == ["one", "two", "three", "four"]
