"""Images become one composed picture: grids with words beside and numbers under the images, and maps with a colour bar.

Every image pixel becomes a whole number of printed pixels (nearest neighbour), at exactly WIDTH and DPI.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from report.labels import fitted, shade, width
from report.paint import Pixels
from report.style import CM, DPI, FAINT, INK, LOOKS, SMALL, TITLE, WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACROSS = round(WIDTH * CM * DPI)  # printed pixels from left to right
GAP, UNDER, HEAD, SPAN = 8, 27, 36, 44  # printed pixels: between images, for lines under, over a column, over several
THICK = 16  # printed pixels across a colour bar
EDGE = 4  # printed pixels from the left edge to a label: letters have side bearings
REASON = 320  # printed pixels from the left to the reason of a missing row
RING = 14  # printed pixels from its middle
DASH = (12, 3)  # printed pixels: a minus on what falls, for readers without colours
ABSENT = 56  # height of a row that is not there
BESIDE = 14  # printed pixels from the images to what stands at their left
Colour = str | tuple[float, float, float]
Span = tuple[int, int, str, str]  # first column, last column, text, and the model of which it speaks, or ""


@dataclass(frozen=True)
class Row:
    """Images (n, h, w, 3) with a label at their left and a text under each.

    Attributes:
        images: None where there are none; `reason` stands in their place.
        unit: stands at the left of the texts under the images.
        space: printed pixels above the row, to set groups apart.
        model: whose images they are: the label has its colour, as its curves have.
        rings: pixels across and down, from an image's corner to a place that is ringed; one an image, or none.
        group: stands at the left of the label; None where the row belongs to no group, "" to continue one.
    """

    label: str
    images: Pixels | None
    under: Sequence[str] = ()
    unit: str = ""
    reason: str = ""
    space: int = 0
    group: str | None = None
    model: str = ""
    rings: Sequence[float | None] = ()


@dataclass(frozen=True)
class Bar:
    """A colour bar: what it shows, the texts at its ends, its colours (n, 3) from low to high.

    Attributes:
        ticks: texts between the ends, by their place from 0 to 1.
        falls: its lower half is below zero, and is marked so.
    """

    label: str
    low: str
    high: str
    colours: Pixels
    ticks: Mapping[float, str] = field(default_factory=dict)
    falls: bool = False


class Canvas:
    """A figure addressed in printed pixels from its upper left corner, `down` of them high."""

    def __init__(self, down: int) -> None:
        from matplotlib.figure import Figure

        self.down = down
        self.figure = Figure(figsize=(ACROSS / DPI, down / DPI), dpi=DPI)
        self.ax: Axes = self.figure.add_axes((0, 0, 1, 1), zorder=1)  # above the images
        self.ax.set_axis_off()
        self.ax.set(xlim=(0, ACROSS), ylim=(down, 0))

    def image(self, pixels: Pixels, x: int, y: int, scale: int = 1) -> None:
        """Pixels (h, w, 3), each `scale` printed pixels wide and high."""
        large = pixels.repeat(scale, axis=0).repeat(scale, axis=1)
        self.figure.figimage(large, x, self.down - y - large.shape[0], origin="upper")

    def text(self, x: float, y: float, text: str, *, size: float = SMALL, colour: Colour = INK, ha: str = "left",
             va: str = "center", weight: int = 400) -> None:  # fmt: skip
        self.ax.text(x, y, text, fontsize=size, color=colour, ha=ha, va=va, fontweight=weight)

    def minus(self, x: float, y: float) -> None:
        """A white dash with its middle there."""
        from matplotlib.patches import Rectangle

        wide, high = DASH
        self.ax.add_patch(Rectangle((x - wide / 2, y - high / 2), wide, high, facecolor="white", linewidth=0))

    def ring(self, x: float, y: float, radius: float) -> None:
        """A ring that is seen on light and on dark."""
        from matplotlib.patches import Circle

        for colour, thick in ((INK, 2.0), ("white", 0.9)):
            self.ax.add_patch(Circle((x, y), radius, fill=False, edgecolor=colour, linewidth=thick))

    def bar(self, bar: Bar, x: int, y: int, width: int = 260, *, under: bool = False) -> None:
        """A horizontal colour bar, its label at the right or under it, there in lines of its own."""
        steps = np.linspace(0, len(bar.colours) - 1, width).astype(int)
        self.image(np.broadcast_to(bar.colours[steps], (THICK, width, 3)), x, y)
        middle = y + THICK / 2
        self.text(x - 10, middle, bar.low, ha="right")
        self.text(x + width + 10, middle, bar.high if under else f"{bar.high}   {bar.label}")
        if under:
            self.text(x, y + THICK + 6, textwrap.fill(bar.label, 32), va="top", colour=FAINT)

    def upright_bar(self, bar: Bar, x: int, y: int, height: int) -> None:
        """A vertical colour bar with its ends and ticks at the right and its label along it."""
        steps = np.linspace(len(bar.colours) - 1, 0, height).astype(int)
        self.image(np.broadcast_to(bar.colours[steps][:, None], (height, THICK, 3)), x, y)
        self.text(x + THICK + 8, y, bar.high, va="top")
        self.text(x + THICK + 8, y + height, bar.low, va="bottom")
        for place, text in bar.ticks.items():
            self.text(x + THICK + 8, y + height * (1 - place), text)
            self.ax.hlines(y + height * (1 - place), x + THICK, x + THICK + 5, color=FAINT, linewidth=0.6)
        for place in (1, 2, 3) if bar.falls else ():
            self.minus(x + THICK / 2, y + height * (1 - place / 8))
        wide = max((width(text, SMALL) * CM * DPI for text in bar.ticks.values()), default=0)
        beside = x + THICK + 14 + wide
        self.ax.text(
            beside, y + height / 2, bar.label, fontsize=SMALL, rotation=90, va="center", multialignment="center"
        )


def grid(
    rows: Sequence[Row], heads: Sequence[str] = (), *, scale: int = 4, gaps: Mapping[int, int] | None = None,
    of: Sequence[str] = (), spans: Sequence[Span] = (), signs: Mapping[int, str] | None = None, left: int | None = None,
    bar: Bar | None = None, bar_at: tuple[int, int] | None = None,
) -> "Figure":  # fmt: skip
    """A picture of rows of images.

    Args:
        heads: a text over each column; `of`: the models of which they speak, where they do.
        scale: printed pixels a pixel.
        gaps: printed pixels before a column, where not GAP.
        spans: headings over several columns.
        signs: texts in the gap before a column, at each row's middle.
        left: printed pixels at the left of the images; None lets them end at the right margin.
        bar: colour bar under the last row; one with ticks stands upright at the right of the images.
        bar_at: row and column where nothing else stands, for the bar to be there.
    """
    columns = max((len(row.images) for row in rows if row.images is not None), default=len(heads))
    size = scale * next((row.images.shape[1] for row in rows if row.images is not None), 32)
    before = [0, *((gaps or {}).get(column, GAP) for column in range(1, columns))]
    lefts = np.cumsum([step + (size if column else 0) for column, step in enumerate(before)]).astype(int)
    spare = ACROSS - (int(lefts[-1]) + size if columns else 0)
    lefts += spare if left is None else left
    top = HEAD * bool(heads) + SPAN * bool(spans)
    tops, down = _tops(rows, size, top)
    canvas = Canvas(down + (HEAD + 12 if bar and not bar.ticks and not bar_at else 0))
    for first, last, text, model in spans:
        middle = (lefts[first] + lefts[last] + size) / 2
        canvas.text(middle, SPAN / 2 - 2, text, size=TITLE, colour=ink(model), ha="center", weight=700)
    for n, text in enumerate(_side_by_side(heads, lefts + size / 2, min(np.diff(lefts), default=size))):
        look = {"colour": ink(of[n]), "weight": 700} if of else {"colour": FAINT}
        canvas.text(lefts[n] + size / 2, top - HEAD / 2 - 1, text, ha="center", **look)
    units = set[str]()
    for row, y in zip(rows, tops, strict=True):
        _row(canvas, row if row.unit not in units else replace(row, unit=""), y, lefts, size, signs or {})
        units.add(row.unit)
    if bar and bar.ticks:
        beside = [y for row, y in zip(rows, tops, strict=True) if row.images is not None]
        canvas.upright_bar(bar, int(lefts[-1]) + size + 12, beside[0], beside[-1] + size - beside[0])
    elif bar and bar_at:
        canvas.bar(bar, int(lefts[bar_at[1]]) + 28, tops[bar_at[0]] + 8, 220, under=True)
    elif bar:
        canvas.bar(bar, int(lefts[0]) + 40, down + 14)
    return canvas.figure


def ink(model: str) -> Colour:
    """Of words about a model."""
    return shade(LOOKS[model].colour) if model else INK


def _side_by_side(heads: Sequence[str], middles: NDArray[np.float64], pitch: float) -> list[str]:
    """Texts over columns that follow each other by `pitch` printed pixels or more, cut where they would run into each
    other or out of the figure: a long one may stand into the columns beside it where their texts are short."""
    plain = pitch - GAP
    taken = [0.0, *(min(width(text, SMALL) * CM * DPI, plain) for text in heads), plain]
    rooms = [max(plain, 2 * (pitch - EDGE) - max(taken[n], taken[n + 2])) for n in range(len(heads))]
    inside = 2 * np.minimum(middles, ACROSS - middles)[: len(heads)]
    return [fitted(text, SMALL, room / DPI / CM) for text, room in zip(heads, np.minimum(rooms, inside), strict=True)]


def _tops(rows: Sequence[Row], size: int, top: int) -> tuple[list[int], int]:
    """Upper ends of the rows, and where the last one ends."""
    tops = []
    for row in rows:
        top += row.space
        tops.append(top)
        top += (ABSENT if row.images is None else size) + (UNDER if row.under else 0) + GAP
    return tops, top


def _row(canvas: Canvas, row: Row, y: int, lefts: NDArray[np.int_], size: int, signs: Mapping[int, str]) -> None:
    if row.images is None:
        canvas.text(EDGE, y + ABSENT / 2, row.label, colour=ink(row.model), weight=700)
        canvas.text(REASON, y + ABSENT / 2, row.reason, colour=FAINT)
        return
    scale = size // row.images.shape[1]
    canvas.text(EDGE, y + size / 2, row.group or "", weight=700)
    x, ha = (EDGE, "left") if row.group is None else (int(lefts[0]) - BESIDE, "right")
    canvas.text(x, y + size / 2, row.label, colour=ink(row.model), ha=ha, weight=700)
    for column, (left, image) in enumerate(zip(lefts, row.images, strict=False)):
        canvas.image(image, int(left), y, scale)
        if row.rings and (at := row.rings[column]):
            canvas.ring(left + at * scale, y + at * scale, RING)
        if sign := signs.get(column):
            canvas.text((left + lefts[column - 1] + size) / 2, y + size / 2, sign, size=TITLE, ha="center")
    for left, text in zip(lefts, row.under, strict=False):
        canvas.text(left + size / 2, y + size + UNDER / 2, text, ha="center")
    numbered = [left for left, text in zip(lefts, row.under, strict=False) if text]
    if row.unit and numbered:
        canvas.text(numbered[0] - BESIDE, y + size + UNDER / 2, row.unit, ha="right", colour=FAINT)
