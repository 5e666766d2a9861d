"""Floats: where a figure or table does not fit on the rest of a page, the text after it comes first.

WeasyPrint breaks pages but moves nothing: a figure that does not fit would leave its page half empty. So the heights of
all blocks are estimated here, in millimetres, from the sizes in templates/paper.css, and the order with the fullest
pages is taken. Text keeps its order, so do figures, and so do tables; none comes before its place in the text. A wrong
estimate costs no more than a gap.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from math import ceil

PAGE = 247.0  # height of the text
SECTION = re.compile(r'(<section class="part[^>]*>)(.*?)(</section>)', re.DOTALL)
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*?(/?)>")
VOID = {"img", "br", "meta", "link", "hr"}  # elements without an end tag
HIDDEN = re.compile(r"<(details|svg)\b.*?</\1>|<[^>]+>", re.DOTALL)
SIZE = re.compile(r'width="(\d+)" height="(\d+)"')
PIECE = re.compile(r"<(?:li|dt|dd|p)\b")
ROWS = re.compile(r"<tr\b[^>]*>")
CELL = re.compile(r"<t[hd]\b.*?</t[hd]>", re.DOTALL)
WHOLE = re.compile(r'<td class="(?:figure|judged)"')  # cells of one line
SPACES = re.compile(r"[ \n]+")  # where a line may end
NOTE = re.compile(r'<span class="note".*?</span>', re.DOTALL)
WIDTH = 160.0  # of the text
TEXT, TEXT_LINE, AFTER = 94, 5.0, 2.6  # letters per line, height of a line, and space after a paragraph
SMALL, SMALL_LINE = 112, 4.1  # of captions and remarks
HEADS = {"h2": (17.0, 50, 8.0), "h3": (11.5, 80, 5.1)}  # height, letters per line, height of further lines
ROW, ROW_LINE = 5.95, 4.1  # of a table: height of a row, and of a further line in it
VERDICT = 18  # letters that a verdict takes in a table, with the space behind it
ROOM, GAP = 122, 2  # letters that fit into a row, and those that fit between two columns
TIGHT = 0.2  # of a line, by which narrow letters may shorten a text
LIST = 110  # letters per line in the list of a Part's claims, with verdict and effect
PAGED = 8  # letters of the page number behind a cross-reference
STANDS = 10.0  # height of the text that stays with its heading
OVER, UNDER = 8.0, 6.0  # margins of a figure or table with the gap to its caption; the part that may exceed the page
BELOW_TEXT, HEAD_BELOW = 2.4, -3.9  # more space above a figure that follows text; less above a heading after a figure
RULE = 6.0  # above a footnote
SLACK = 6.0  # that an estimate may be wrong by
FAR = 0.0025  # cost of a block of text that overtakes one figure; a page that is half empty costs 0.5 squared
ENDS, END = 0.65, 0.5  # how full a last page has to be to cost nothing; weight of what it lacks
MOST = 4  # figures and tables that text may overtake
ALIKE = 15.0  # of two orders of the same blocks that end so close together, only the cheaper one is pursued


@dataclass(frozen=True)
class Block:
    """A child of a section. kind: "figure", "table", or "" for text, which may break over pages."""

    html: str
    kind: str
    height: float
    head: bool = False  # a heading, which the next block has to follow


def place_floats(html: str) -> str:
    """The page with the figures and tables of each Part where they fit."""
    return SECTION.sub(lambda found: found[1] + "".join(_best_order(list(blocks(found[2])))) + found[3], html)


def blocks(html: str) -> Iterator[Block]:
    """The children of a section, each with the space behind it."""
    depth = start = 0
    for tag in TAG.finditer(html):
        if tag[2] in VOID or tag[3]:
            continue
        depth += -1 if tag[1] else 1
        if depth == 0:
            end = html.find("<", tag.end())  # with the space behind it
            end = len(html) if end < 0 else end
            yield _block(html[start:end])
            start = end
    if start < len(html):  # an element without its end tag: all the rest
        yield _block(html[start:])


@dataclass(frozen=True)
class Sheet:
    """Some blocks in some order: the cost of the space left empty, and the last block and where it ends."""

    cost: float = 0.0
    y: float = 0.0
    last: Block | None = None
    before: "Sheet | None" = None

    def then(self, block: Block, passed: int) -> "Sheet":
        """With one more block, which overtakes `passed` figures and tables."""
        end, broken = self.y + self._above(block) + block.height, not (block.kind or block.head) or block.height > PAGE
        need = end + SLACK - UNDER if block.kind else end + STANDS
        cost = self.cost + FAR * passed
        if broken:
            return Sheet(cost, end % PAGE, block, self)
        if self.y == 0 or need <= PAGE:
            return Sheet(cost, min(end, PAGE), block, self)
        return Sheet(cost + (1 - self.y / PAGE) ** 2, block.height, block, self)

    def _above(self, block: Block) -> float:
        """What collapsing margins add to a height."""
        if not (self.y and self.last):
            return 0.0
        after_text = not self.last.kind
        return BELOW_TEXT if block.kind and after_text else HEAD_BELOW if block.head and not after_text else 0.0

    def total(self) -> float:
        return self.cost + END * max(0.0, ENDS - self.y / PAGE) ** 2

    def order(self) -> list[Block]:
        found, sheet = list[Block](), self
        while sheet.before and sheet.last:
            found.append(sheet.last)
            sheet = sheet.before
        return found[::-1]


Place = tuple[int, int, int]  # how much of the text, the figures and the tables is set


def _best_order(given: list[Block]) -> Iterator[str]:
    """The blocks in the order with the fullest pages: a shortest path, found step by step."""
    text = [block for block in given if not block.kind]
    lanes = [_lane(given, kind) for kind in ("figure", "table")]
    ways: dict[tuple[Place, int], Sheet] = {((0, 0, 0), 0): Sheet()}
    for _ in given:
        further: dict[tuple[Place, int], Sheet] = {}
        for (place, _), sheet in ways.items():
            for then, block, passed in _nexts(place, text, lanes):
                way = sheet.then(block, passed)
                key = then, round(way.y / ALIKE)
                if key not in further or way.cost < further[key].cost:
                    further[key] = way
        ways = further
    yield from (block.html for block in min(ways.values(), key=Sheet.total).order())


def _lane(given: list[Block], kind: str) -> list[tuple[Block, int]]:
    """Blocks of a kind, each with the number of blocks of text before it."""
    return [(block, sum(not b.kind for b in given[:n])) for n, block in enumerate(given) if block.kind == kind]


def _nexts(place: Place, text: list[Block], lanes: list[list[tuple[Block, int]]]) -> Iterator[tuple[Place, Block, int]]:
    """What may come next: the place it leads to, the block, and how many figures and tables it overtakes."""
    words, figures, tables = place
    waiting = [
        [block for block, before in lane[done:] if before <= words]
        for lane, done in zip(lanes, (figures, tables), strict=True)
    ]
    passed, headed = sum(map(len, waiting)), words > 0 and text[words - 1].head
    if words < len(text) and (headed or passed <= MOST):
        yield (words + 1, figures, tables), text[words], passed
    if headed and words < len(text):
        return  # nothing comes between a heading and its text
    if waiting[0]:
        yield (words, figures + 1, tables), waiting[0][0], 0
    if waiting[1]:
        yield (words, figures, tables + 1), waiting[1][0], 0


def _block(html: str) -> Block:
    tag = TAG.search(html)
    name = tag[2] if tag else ""
    if name == "figure" and (size := SIZE.search(html)):
        return Block(html, "figure", OVER + WIDTH * int(size[2]) / int(size[1]) + SMALL_LINE * _lines(html, SMALL))
    if name == "div" and 'class="table' in html:
        caption, *rows = ROWS.split(html)
        height = OVER + SMALL_LINE * _lines(caption, SMALL)
        return Block(html, "table", height + _rows([CELL.findall(row) for row in rows]))
    if name in HEADS:
        height, letters, line = HEADS[name]
        return Block(html, "", height + line * (_lines(html, letters) - 1), head=True)
    notes = sum(RULE + SMALL_LINE * _lines(note, SMALL) for note in NOTE.findall(html))
    pieces = PIECE.split(NOTE.sub("", html))[1:]
    letters = LIST if 'class="board"' in html else TEXT
    lines = sum(TEXT_LINE * _lines(f"<{piece}", letters) for piece in pieces)
    return Block(html, "", lines + notes + AFTER * (1 + html.count("<dt")))


def _rows(rows: list[list[str]]) -> float:
    """The height of a table's rows; columns share the page's width as they do in a browser."""
    texts = [[_cell(cell) for cell in row] for row in rows]
    columns = list(zip(*texts, strict=False))
    most = [max(map(len, column)) + GAP for column in columns]
    least = [max(len(word) for text in column for word in text.split(" ")) + GAP for column in columns]
    for n, cells in enumerate(zip(*rows, strict=False)):
        whole = [text for text, cell in zip(columns[n], cells, strict=True) if WHOLE.match(cell)]
        least[n] = max([least[n], *(len(text) + GAP for text in whole)])
    share = min(1.0, max(0, ROOM - sum(least)) / max(1, sum(most) - sum(least)))
    widths = [low + (high - low) * share - GAP for low, high in zip(least, most, strict=True)]
    tallest = [
        max([1, *(ceil(len(text) / width - TIGHT) for text, width in zip(row, widths, strict=False))]) for row in texts
    ]
    return sum(ROW + ROW_LINE * (lines - 1) for lines in tallest)


def _cell(html: str) -> str:
    """A cell's text; a verdict is set as wide as the widest, so that the effects behind them form a column."""
    if 'class="judged"' not in html:
        return _text(html)
    mark, _, effect = html.rpartition("</span>")
    return f"{_text(mark):\u2007<{VERDICT}}{_text(effect)}"


def _lines(html: str, letters: int) -> int:
    printed = len(_text(html)) + PAGED * html.count('class="ref"')
    return max(1, ceil(printed / letters))


def _text(html: str) -> str:
    """The visible text, with single spaces between words."""
    return SPACES.sub(" ", unescape(HIDDEN.sub("", html))).strip(" ")
