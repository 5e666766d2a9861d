"""Remarks on paper: each at the foot of its page behind its number, or where it stands in the page."""

import re
from pathlib import Path

import pytest

from report.checks.pdf import opened
from tests.documents import held, paged


def test_a_word_may_be_broken_before_the_number_of_a_footnote(tmp_path: Path) -> None:
    """At the end of a page, where the text goes on with another one."""
    note = '<span class="note">A remark</span>'
    text = f'<p class="new" style="width:%dmm">In all of it there is nothing that was measured{note}</p>'
    rules = "<style>@media print { .note { float: footnote } }</style>"
    assert paged(rules + "<p>At first</p>" + "".join(text % width for width in range(20, 60, 2)), tmp_path) == ()
    assert re.search("mea‐\n?sured|meas‐\nured", "".join(opened((tmp_path / "report.pdf").read_bytes()).texts))


NOTED = """<style>@media print { .note { float: footnote } .note::footnote-marker { content: "%s " } }</style>
<p>The first line of a text that has a remark<span class="note">which says of 2.5 that it is a number</span></p>
<p>The second line of that text is not a remark.</p>"""


def test_a_footnote_has_its_number_twice(tmp_path: Path) -> None:
    assert paged(NOTED % "1", tmp_path) == ()
    assert any("printed '7'" in fault for fault in paged(NOTED % "7", tmp_path))


CLOSE = """<style>@media print { .note { float: footnote } .note::footnote-call { content: counter(footnote) "%s" } }
</style><p>At first.</p><p>One.<span class="note">A note of 2.5.</span> Two.<span class="note">Yes.</span> Three.</p>
<p class="new">Then.<span class="note">Another one, which says of 3.5 that it is a number.</span> It is over.</p>"""


def test_footnotes_may_be_short_and_close_together(tmp_path: Path) -> None:
    honest = CLOSE % ""
    assert paged(honest, tmp_path) == ()
    for old, new in (("2.5", "2.6"), ("3.5", "3.6"), ("Yes", "77")):
        faults = held(honest.replace(old, new), tmp_path)
        assert 1 <= len(faults) <= 2
        assert any(new in fault for fault in faults), faults
    assert any("'17'" in fault for fault in paged(CLOSE % "7", tmp_path, honest))


FLOATS = "<style>@media print { .note { float: footnote } %s { float: none } }</style>"
REMARK = '<span class="note">%s</span>'
LATER = f'<p class="new">Of all that follows{REMARK % "which has a remark of 2.5"} here is the end.</p>'


def test_a_remark_is_where_it_stands_unless_the_style_makes_it_a_footnote(tmp_path: Path) -> None:
    assert paged(f"<p>One.{REMARK % 'Yes.'} Two.</p><p>Three.</p>", tmp_path) == ()


@pytest.mark.parametrize(
    "inset", ["<figure><figcaption>%s</figcaption></figure>", "<p class=caption>%s</p>", "<table><tr><td>%s</table>"]
)
def test_a_remark_in_a_caption_or_a_table_stays_there(inset: str, tmp_path: Path) -> None:
    """As paper.css has it; it takes no number from those that follow."""
    body = (
        FLOATS % "figcaption .note, .caption .note, table .note" + inset % f"What it is. {REMARK % 'So it is.'}" + LATER
    )
    assert paged(body, tmp_path) == ()
    assert held(body.replace("So it is", "So it was"), tmp_path)


def test_a_remark_that_paper_leaves_out_has_no_number(tmp_path: Path) -> None:
    body = f"<p>At first.</p><p class=screen>Hidden.{REMARK % 'Nobody reads it.'}</p>{LATER}"
    assert paged(FLOATS % "i" + body, tmp_path) == ()


def test_a_remark_may_have_names_that_are_written_from_right_to_left(tmp_path: Path) -> None:
    remark = REMARK % "of the classes כלב, חתול, ציפור 8 is the second"
    assert paged(f"{FLOATS % 'i'}<p>At first{remark} it is said.</p>", tmp_path) == ()
