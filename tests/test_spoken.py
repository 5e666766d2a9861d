"""What a screen reader reads of small documents: words are whole where lines break them, and apart elsewhere."""

import re
from html import unescape
from pathlib import Path

from report.templates import TEMPLATES
from tests.structure import PAGE, Element, made

OURS = "".join((TEMPLATES / name).read_text() for name in ("style.css", "paper.css"))
TALL = "@page { size: 80mm 297mm }"
WORDS = [
    "One two three four five six eight",
    "One <b>two three</b> <i>four</i> five <b>six</b> <i>eight</i>",
    "One <a href='#x'>two <b>three</b> four five</a> six eight",
    "One two&nbsp;three four&nbsp;five six&nbsp;seven",
    "Well-known auto-encoder-like things",
    "<code>precision_<wbr>at_<wbr>10_<wbr>of_<wbr>all</code> and more",
]
NO_BREAK = "\u00a0"
BROKEN = [
    "Characteristic responsibilities of telecommunication",
    "Characteristic <b>responsibilities <i>of</i> telecommunication</b>",
    "Of <a href='#x'>responsibilities of telecommunication</a>",
]


def test_words_at_the_ends_of_lines_are_apart(tmp_path: Path) -> None:
    structure = made("".join(f"<p class=narrow>{text}</p>" for text in WORDS), tmp_path, f"{PAGE}{TALL}")
    read = list(structure.document.every("P"))[:-1]
    assert [paragraph.read().replace(NO_BREAK, " ") for paragraph in read] == [text_of(text) for text in WORDS]
    assert min(len(paragraph.marks()) for paragraph in read) > 2


def test_a_word_that_a_line_breaks_is_whole(tmp_path: Path) -> None:
    body = "".join(f"<p class=narrow style='hyphens: auto'>{text}</p>" for text in BROKEN)
    read = list(made(body, tmp_path, f"{PAGE}{TALL}").document.every("P"))[:-1]
    assert [paragraph.read() for paragraph in read] == [text_of(text) for text in BROKEN]
    assert all(any("\N{HYPHEN}" in mark.text for mark, _ in paragraph.marks()) for paragraph in read)


def text_of(html: str) -> str:
    return unescape(re.sub("<[^>]+>", "", html)).replace(NO_BREAK, " ")


def test_a_word_that_a_page_breaks_is_whole(tmp_path: Path) -> None:
    structure = made("<p class='narrow low' style='hyphens: auto'>Characteristic things</p>", tmp_path)
    assert structure.document.tree()[1] == ["P", "Character\fistic things"]


def test_boxes_in_a_line_are_apart(tmp_path: Path) -> None:
    score = "<ul class=score>\n<li><b>12</b> held</li>\n<li><b>3</b> failed</li>\n</ul>"
    row = "<span class=which>holds</span><span class=what>One two</span><span class=effect>+3</span>"
    structure = made(f"{score}<ul class=board><li>{row}</li></ul>", tmp_path, OURS)
    assert [item.read() for item in structure.document.every("LI")] == ["12 held", "3 failed", "holds One two +3"]
    lists = list(structure.document.every("L"))
    assert [[kid.kind for kid in found.kids if isinstance(kid, Element)] for found in lists] == [["LI", "LI"], ["LI"]]


def test_what_is_seen_once_is_read_in_each_row_but_leads_nowhere(tmp_path: Path) -> None:
    """The head of rows; a verdict is read where it is seen."""
    row = "<tr><th scope=row{0}>One</th><td><a class='verdict{1}' href='#x'>holds</a></td></tr>"
    rows = row.format("", "") + row.format(" class=again", " again")
    structure = made(f"<table><tbody>{rows}</tbody></table>", tmp_path, OURS)
    read = ["TR", ["TH", "One"], ["TD", ["Link", "@holds", "holds"]]], ["TR", ["TH", "One"], ["TD"]]
    assert structure.document.tree()[1] == ["Table", ["TBody", *read]]
