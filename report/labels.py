"""Words in and around axes: labels at line ends instead of a legend, keys, notes, and what is missing."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from report.series import Line, title
from report.spacing import apart, spaced
from report.style import CM, FAINT, LOOKS, SMALL, WIDTH, levels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patheffects import withStroke

LABEL_GAP = 0.34  # cm between two labels at line ends
POINT = 2.54 / 72  # cm
KEY, KEY_ROW = SMALL + 0.3, 0.4  # points, cm: letters of a key, and from one of its rows to the next
NUMBER = np.array([0.26, 0.27])  # cm: width and height that a number of two digits takes within a map
LINE, LETTER = 0.36, 0.135  # cm: height of a small line, mean width of its letters
DOTTED = (0, (1, 2.5))  # from a name to its point: no curve looks so
EARLY = 0.75  # of an axis' width
AFTER = 0.25  # cm from the axes to labels at their right
Entry = tuple[str, dict[str, Any]]  # of a key: text, and properties of its sample as for Line2D
End = tuple[str, str, float, float]  # text, colour, and the point that it names


def label_ends(ax: "Axes", ends: Sequence[End], shift: float | None = None, under: float | None = None) -> None:
    """Names beside the points they belong to, at their height and never over each other.

    Args:
        shift: how far the names stand from the points, in centimetres, negative for the left side; None puts them
            at the right of the axes.
        under: a value below which the names stay, where they fit there.
    """
    ends = [end for end in ends if np.isfinite(end[2:]).all()]  # a value without its place has nothing to point at
    if not ends:
        return
    ax.autoscale_view()  # limits are set late otherwise
    box, centimetre = ax.get_window_extent(), ax.figure.dpi * CM
    width, height = box.width / centimetre, box.height / centimetre
    to_axes = ax.transData + ax.transAxes.inverted()
    points = np.array([to_axes.transform((x, y)) for _, _, x, y in ends])
    gap = LABEL_GAP / height
    high = 1.0 if under is None or np.isnan(under) else float(to_axes.transform((0, under))[1]) - 0.6 * gap
    places = spaced(points[:, 1], gap, 0.0 if shift is None else gap, high)  # off the axis
    for (text, colour, _, _), point, y in zip(ends, points, places, strict=True):
        letters = colour if colour == FAINT else shade(colour)
        aside = shift if shift is not None or point[0] > EARLY else AFTER  # a curve that ends early is named there
        place = 1 + AFTER / width if aside is None else float(point[0]) + aside / width
        ax.annotate(
            text, xy=tuple(point), xycoords="axes fraction", xytext=(place, float(y)), textcoords="axes fraction",
            color=letters, va="center", ha="left" if place > point[0] else "right", annotation_clip=False,
            arrowprops=dict(arrowstyle="-", color=colour, linewidth=0.6, linestyle=DOTTED, shrinkA=1, shrinkB=2.5),
            bbox=None if aside is None else dict(boxstyle="square,pad=0.05", facecolor="white", linewidth=0),
        )  # fmt: skip


def label_places(ax: "Axes", texts: Sequence[str], points: NDArray[Any]) -> None:
    """Short texts at points (n, 2) of a map, moved apart where they would stand on each other."""
    ax.autoscale_view()  # limits are set late otherwise
    box, centimetre = ax.get_window_extent(), ax.figure.dpi * CM
    size = np.array([box.width, box.height]) / centimetre
    places = apart((ax.transData + ax.transAxes.inverted()).transform(points) * size, NUMBER) / size
    for text, (x, y) in zip(texts, places.tolist(), strict=True):
        ax.text(
            x, y, text, transform=ax.transAxes, ha="center", va="center", fontsize=SMALL, fontweight=700,
            path_effects=[_halo()],
        )  # fmt: skip


def _halo() -> "withStroke":
    from matplotlib.patheffects import withStroke

    return withStroke(linewidth=1.8, foreground="white")


def shade(colour: str) -> tuple[float, float, float]:
    """A darker tone of a colour, for text on white."""
    red, green, blue = (level / 255 * 0.75 for level in levels(colour))
    return red, green, blue


def key(figure: "Figure", entries: Sequence[Entry], *, x: float = 0.0, y: float = 0.0, tight: bool = False) -> None:
    """A key in as many rows as it needs, `x` and `y` centimetres from the figure's upper left corner.

    The figure grows at its upper edge for every row but the first.

    Args:
        tight: for markers without lines.
    """
    if not entries:
        return
    from matplotlib.lines import Line2D

    spacing = (1.0, 0.2, 0.9) if tight else (1.3, 0.5, 2.4)
    rows = _rows([text for text, _ in entries], WIDTH - x, spacing)
    grow(figure, KEY_ROW * (rows - 1), above=True)
    figure.legend(
        handles=[Line2D([], [], label=text, **look) for text, look in entries], ncols=-(-len(entries) // rows),
        loc="upper left", bbox_to_anchor=(x / WIDTH, 1 - y / (figure.get_figheight() / CM)), frameon=False,
        fontsize=KEY, borderpad=0, borderaxespad=0, labelspacing=KEY_ROW / POINT / KEY - 1,
        **dict(zip(("columnspacing", "handletextpad", "handlelength"), spacing, strict=True)),
    )  # fmt: skip


def _rows(texts: Sequence[str], room: float, spacing: tuple[float, float, float]) -> int:
    """The fewest rows in which a key fits into `room` centimetres; one text a row where none does.

    Args:
        spacing: between columns, between sample and text, and of the sample, in letters' heights.
    """
    between, gap, sample = (part * KEY * POINT for part in spacing)
    widths = [width(text, KEY) for text in texts]
    for rows in range(1, len(texts)):
        columns = -(-len(texts) // rows)
        large, rest = divmod(len(texts), columns)  # matplotlib fills column by column, the longer ones first
        starts = [column * large + min(column, rest) for column in range(columns + 1)]
        needed = sum(max(widths[i:j]) + gap + sample for i, j in pairwise(starts)) + between * (columns - 1)
        if needed <= room:
            return rows
    return len(texts)


def width(text: str, size: float) -> float:
    """Centimetres that a text takes in letters of so many points."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), text, size=size).get_extents().x1) * POINT if text.strip() else 0.0


def fitted(text: str, size: float, room: float) -> str:
    """A text that takes no more than `room` centimetres: names differ at their ends, so it is cut in its middle."""
    whole = width(text, size)
    if whole <= room:
        return text
    for kept in range(min(len(text) - 1, int(len(text) * room / whole) + 1), 1, -1):
        cut = f"{text[: -(-kept // 2)].rstrip()}…{text[len(text) - kept // 2 :].lstrip()}"
        if width(cut, size) <= room:
            return cut
    return "…"


def model_key(lines: Mapping[str, Line], *, line: bool = True) -> list[Entry]:
    """Entries of a key for the models that are drawn, with or without their dashes."""
    looks = {model: LOOKS[model] for model, values in lines.items() if values.there}
    return [
        (title(model), dict(color=look.colour, linestyle=look.linestyle if line else "", marker=look.marker))
        for model, look in looks.items()
    ]


def say_missing(figure: "Figure", sentences: Sequence[str]) -> None:
    """Say what is missing: in the middle of panels without data, and under the others, where it hides nothing.

    The figure grows for the lines under it, so keys are added after this.
    """
    if not sentences:
        return
    for ax in figure.axes:
        if not ax.has_data():
            width = ax.get_position().width * WIDTH
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(True)
            ax.text(0.5, 0.5, _filled(sentences, width), transform=ax.transAxes, color=FAINT, ha="center", va="center")
    if any(ax.has_data() for ax in figure.axes):
        left = min(ax.get_position().x0 for ax in figure.axes)
        text = _filled(sentences, WIDTH * (1 - left))
        lines = text.count("\n") + 1
        grow(figure, LINE * (lines + 0.5))
        figure.text(left, 0.1 / (figure.get_figheight() / CM), text, fontsize=SMALL, color=FAINT, va="bottom")


def _filled(sentences: Sequence[str], width: float) -> str:
    """Sentences in lines of at most `width` centimetres."""
    return "\n".join(textwrap.fill(sentence, max(int(width / LETTER), 12)) for sentence in sentences)


def grow(figure: "Figure", extra: float, *, above: bool = False) -> None:
    """Add centimetres at the lower or upper edge of a figure; the axes keep their size."""
    before = figure.get_figheight() / CM
    after, lift = before + extra, 0.0 if above else extra
    figure.set_figheight(after * CM)
    for ax in figure.axes:
        box = ax.get_position()
        ax.set_position((box.x0, (box.y0 * before + lift) / after, box.width, box.height * before / after))


def under(ax: "Axes", colour: str, ends: Iterable[tuple[str, float, float]]) -> None:
    """Small texts at the lower right of the points that they are about, legible over lines."""
    for text, x, y in ends:
        if np.isfinite(x + y):
            ax.annotate(
                text, (x, y), xytext=(2, -3), textcoords="offset points", ha="left", va="top", fontsize=SMALL,
                color=colour, path_effects=[_halo()],
            )  # fmt: skip


def upright(ax: "Axes", x: float, text: str) -> None:
    """A thin upright line with a text above its upper end."""
    ax.axvline(x, color=FAINT, linewidth=0.7, linestyle=(0, (2, 2)), zorder=1)
    over(ax, x, text)


def over(ax: "Axes", x: float, text: str) -> None:
    """A text above the axes at x, or as near to it as it stands whole within the figure."""
    ax.autoscale_view()  # limits are set late otherwise
    place = ax.transData.transform((x, 0))[0] / ax.figure.dpi / CM
    half = width(text, SMALL) / 2
    moved = (min(max(place, half), WIDTH - half) - place) / POINT
    ax.annotate(
        text, (x, 1), xycoords=("data", "axes fraction"), xytext=(moved, 3), textcoords="offset points", ha="center",
        va="bottom", fontsize=SMALL, color=FAINT,
    )  # fmt: skip
