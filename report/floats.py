"""Where figures and tables stand on paper: one that does not fit on the rest of a page lets the text go on before it.

WeasyPrint breaks pages, but it moves nothing; a figure that does not fit would leave its page half empty. So heights
are estimated here in millimetres, from the sizes that templates/style.css gives for print, and blocks are put in the
order in which a printer would set them. Figures keep their order, and so do tables. A wrong estimate costs a gap, no
more.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

PAGE = 247.0  # of text
SECTION = re.compile(r'(<section class="part[^>]*>)(.*?)(</section>)', re.DOTALL)
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*?(/?)>")
SINGLE = {"img", "br", "meta", "link", "hr"}  # elements without an end
HIDDEN = re.compile(r"<(details|svg)\b.*?</\1>|<[^>]+>", re.DOTALL)
SIZE = re.compile(r'width="(\d+)" height="(\d+)"')
PIECE = re.compile(r"<(?:li|dt|dd|p)\b")
WIDTH = 160.0
TEXT, TEXT_LINE, AFTER = 90, 5.0, 2.6  # letters a line, height of a line, and space after a paragraph
SMALL, SMALL_LINE = 112, 4.1  # of captions and remarks
HEADS = {"h2": (17.0, 42, 8.0), "h3": (11.5, 80, 5.1)}  # height, letters a line, height of further lines
ROW, WIDE = 5.95, 80  # of a table: height of a row, letters that fit into it
MOST = 3  # figures and tables that text may run ahead of
STANDS = 10.0  # of text that stays with its heading
OVER = 8.0  # margins of a figure or table, where they do not fall together, and the gap to its caption
SLACK = 3.0  # that an estimate may be wrong by


@dataclass(frozen=True)
class Block:
    """A child of a section. kind: "figure", "table" or "" for text, which can be broken."""

    html: str
    kind: str
    height: float
    head: bool = False  # keeps the next block


def settled(html: str) -> str:
    """A page whose parts have their figures and tables where they fit."""
    return SECTION.sub(lambda found: found[1] + "".join(_settle(list(blocks(found[2])))) + found[3], html)


def blocks(html: str) -> Iterator[Block]:
    """The children of a section, with what stands between them."""
    depth = start = 0
    for tag in TAG.finditer(html):
        if tag[2] in SINGLE or tag[3]:
            continue
        depth += -1 if tag[1] else 1
        if depth == 0:
            end = html.find("<", tag.end())  # with the space behind it
            end = len(html) if end < 0 else end
            yield _block(html[start:end])
            start = end
    if start < len(html):  # an element that is not closed: all the rest
        yield _block(html[start:])


def _settle(given: list[Block]) -> Iterator[str]:
    waiting: list[Block] = []
    y, headed = 0.0, False
    for place, block in enumerate(given):
        if block.kind:
            waiting.append(block)
        else:
            overleaf = block.head and y + block.height + STANDS > PAGE
            if overleaf or (len(waiting) > MOST and not headed):  # what waits comes first on a new page
                y, placed = _fitting(0.0, waiting)
                yield from placed
            yield block.html
            y = y + block.height if y + block.height <= PAGE else y + block.height - PAGE
        headed = block.head
        if not headed:
            y, placed = _fitting(y, waiting)
            yield from placed
        if waiting and not any(later.kind == "" for later in given[place + 1 :]):
            yield from (late.html for late in waiting)
            y, waiting = y % PAGE, []


def _fitting(y: float, waiting: list[Block]) -> tuple[float, list[str]]:
    """Take from those that wait what fits on the rest of the page; none overtakes another of its kind."""
    placed, held = [], set[str]()
    for block in list(waiting):
        if block.kind not in held and y + block.height + SLACK <= PAGE:
            waiting.remove(block)
            placed.append(block.html)
            y += block.height
        else:
            held.add(block.kind)
    return y, placed


def _block(html: str) -> Block:
    tag = TAG.search(html)
    name, text = (tag[2] if tag else ""), HIDDEN.sub("", html)
    if name == "figure" and (size := SIZE.search(html)):
        return Block(html, "figure", OVER + WIDTH * int(size[2]) / int(size[1]) + SMALL_LINE * _lines(text, SMALL))
    if name == "div" and 'class="table' in html:
        rows = [HIDDEN.sub("", row) for row in html.split("<tr>")]
        caption, cells = rows[0], rows[1:]
        height = OVER + SMALL_LINE * _lines(caption, SMALL) + sum(ROW * _lines(row, WIDE) for row in cells)
        return Block(html, "table", height)
    if name in HEADS:
        height, letters, line = HEADS[name]
        return Block(html, "", height + line * (_lines(text, letters) - 1), head=True)
    lines = sum(TEXT_LINE * _lines(HIDDEN.sub("", f"<{part}"), TEXT) for part in PIECE.split(html)[1:])
    return Block(html, "", lines + AFTER * (1 + html.count("<dt")))


def _lines(text: str, letters: int) -> int:
    return max(1, -(-len(" ".join(text.split())) // letters))
