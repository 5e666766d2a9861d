"""Arrays become axes: curves with intervals, dots with intervals, scatters, and labels at the line instead of a legend.

Figures are laid out in centimetres at the size they are printed, so that nothing has to be measured before it is drawn.
"""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import isotonic_regression

from report import words
from report.series import Line, title
from report.style import CM, FAINT, INK, LOOKS, SMALL, WIDTH

BAND = "#efefef"  # behind differences too small for words
LABEL_GAP = 0.34  # cm between two labels at line ends
ROW = 120  # letters of a key that fit into one row
AFTER = 0.25  # cm from the axes to labels at their right
Entry = tuple[str, dict[str, Any]]  # of a key: text, and properties of its sample as for Line2D
End = tuple[str, str, float, float]  # text, colour, and the point that it names
MANY = 12  # points from which on a curve has a band and no markers


def panels(
    columns: int = 1, rows: int = 1, *, height: float, left: float = 1.4, right: float = 0.3, top: float = 0.3,
    bottom: float = 1.1, gap: float | Sequence[float] = 1.5, row_gap: float = 1.5,
    widths: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:  # fmt: skip
    """A figure of WIDTH × `height` with axes row by row; margins and gaps in centimetres, `widths` in proportion.

    Args:
        gap: between columns, one for all or one each.
    """
    figure = Figure(figsize=(WIDTH * CM, height * CM))
    shares = np.array(widths or [1] * columns, dtype=float)
    gaps = np.concatenate([[0.0], np.broadcast_to(np.asarray(gap, dtype=float), (columns - 1,))])
    across = (WIDTH - left - right - gaps.sum()) * shares / shares.sum()
    down = (height - top - bottom - row_gap * (rows - 1)) / rows
    axes = []
    for row in range(rows):
        for column in range(columns):
            x = left + across[:column].sum() + gaps[: column + 1].sum()
            y = bottom + (down + row_gap) * (rows - 1 - row)
            axes.append(figure.add_axes((x / WIDTH, y / height, across[column] / WIDTH, down / height)))
    return figure, axes


def curves(
    ax: Axes, x: ArrayLike | Mapping[str, ArrayLike], lines: Mapping[str, Line], *, factor: float = 1,
    names: Mapping[str, str] | None = None, label: bool = True, faint: bool = False, log: bool = False,
) -> None:  # fmt: skip
    """A line a model over x, with its interval: a band where there are many points, bars where there are few.

    Args:
        x: places (n,), for all models or by model.
        factor: from values to the axis, e.g. 100 for percent.
        names: what the labels at the line ends say; else the models' titles.
        label: write the labels.
        faint: draw lightly and without markers, as the other state of a model.
        log: make the axis of the values logarithmic.
    """
    ends = []
    for model, line in lines.items():
        if not line.there:
            continue
        look, places = LOOKS[model], np.asarray(x[model] if isinstance(x, Mapping) else x, dtype=float)
        mean, low, high = (factor * values for values in (line.mean, line.low, line.high))
        few = len(places) <= MANY
        style: dict[str, Any] = dict(color=look.colour, linestyle=look.linestyle)
        if faint:
            style |= dict(linewidth=0.9, alpha=0.65)
        ax.plot(places, mean, marker="" if faint or not few else look.marker, **style)
        if few and not faint:
            ax.vlines(places, low, high, color=look.colour, linewidth=1.0)
        else:
            ax.fill_between(places, low, high, color=look.colour, alpha=0.18, linewidth=0)
        last = np.flatnonzero(np.isfinite(mean))[-1]
        ends.append(((names or {}).get(model, title(model)), look.colour, places[last], mean[last]))
    if log and ends:
        log_axis(ax)
    if label:
        label_ends(ax, ends)


def mark(ax: Axes, x: float, line: Line, model: str) -> None:
    """A single estimate of a model, with its interval."""
    look = LOOKS[model]
    ax.vlines([x], line.low, line.high, color=look.colour, linewidth=1.2)
    ax.plot([x], line.mean, look.marker, color=look.colour, markersize=5)


def label_ends(ax: Axes, ends: Sequence[End], shift: float | None = None) -> None:
    """Names beside the points they belong to, at their height and never over each other.

    Args:
        shift: how far the names stand from the points, in centimetres, negative for the left side; None puts them
            at the right of the axes.
    """
    if not ends:
        return
    ax.autoscale_view()  # limits are set late otherwise
    box, centimetre = ax.get_window_extent(), ax.figure.dpi * CM
    width, height = box.width / centimetre, box.height / centimetre
    to_axes = ax.transData + ax.transAxes.inverted()
    points = np.array([to_axes.transform((x, y)) for _, _, x, y in ends])
    for (text, colour, _, _), point, y in zip(ends, points, spaced(points[:, 1], LABEL_GAP / height), strict=True):
        place = 1 + AFTER / width if shift is None else float(point[0]) + shift / width
        ax.annotate(
            text, xy=tuple(point), xycoords="axes fraction", xytext=(place, float(y)), textcoords="axes fraction",
            color=shade(colour), va="center", ha="left" if place > point[0] else "right", annotation_clip=False,
            arrowprops=dict(arrowstyle="-", color=colour, linewidth=0.5, shrinkA=1, shrinkB=2.5),
        )  # fmt: skip


def spaced(wanted: ArrayLike, gap: float, low: float = 0.0, high: float = 1.0) -> NDArray[np.float64]:
    """Places (n,) nearest to the wanted ones, in the least squares, with at least `gap` between any two; kept within
    [low, high] where they fit."""
    places = np.asarray(wanted, dtype=float)
    order = np.argsort(places, kind="stable")
    steps = gap * np.arange(len(places))
    moved = np.asarray(isotonic_regression(places[order] - steps).x, dtype=float) + steps
    moved -= max(0.0, moved[-1] - high)
    moved += max(0.0, low - moved[0])
    result: NDArray[np.float64] = np.empty(len(moved))
    result[order] = moved
    return result


def shade(colour: str, share: float = 0.8) -> tuple[float, float, float]:
    """A darker tone of a colour, for text on white."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 * share for i in (1, 3, 5))
    return red, green, blue


def dots(ax: Axes, lines: Mapping[str, Line], names: Sequence[str], *, factor: float = 1, shift: float = 0.16) -> None:
    """A row a name (the first on top), in it a dot with its interval a model."""
    y = np.arange(len(names), dtype=float)
    for place, (model, line) in enumerate(lines.items()):
        look = LOOKS[model]
        at = y + shift * (2 * place - len(lines) + 1) / max(len(lines) - 1, 1)
        ax.hlines(at, factor * line.low, factor * line.high, color=look.colour, linewidth=1.2)
        ax.plot(factor * line.mean, at, look.marker, color=look.colour)
    ax.set_yticks(y, names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)


def scatter(ax: Axes, points: NDArray[Any], colours: Sequence[str] | str, size: float = 2.5) -> None:
    """Points (n, 2), as pixels within the SVG: thousands of paths would make the page slow, and opaque, since blends do
    not compress. Coordinates of such maps mean nothing, so there are no ticks."""
    ax.scatter(points[:, 0], points[:, 1], s=size, c=colours, linewidths=0, rasterized=True)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)


def key(figure: Figure, entries: Sequence[Entry], *, x: float = 0.0, y: float = 0.0, tight: bool = False) -> None:
    """A key in one row, or in two where it is long, `x` and `y` centimetres from the figure's upper left corner.

    Args:
        tight: for markers without lines.
    """
    if not entries:
        return
    height = figure.get_figheight() / CM
    letters = sum(len(text) + (4 if tight else 9) for text, _ in entries)
    spacing = (1.0, 0.2, 0.9) if tight else (1.3, 0.5, 2.4)
    figure.legend(
        handles=[Line2D([], [], label=text, **look) for text, look in entries],
        ncols=len(entries) if letters < ROW else -(-len(entries) // 2), loc="upper left",
        bbox_to_anchor=(x / WIDTH, 1 - y / height), frameon=False, fontsize=SMALL + 0.3, borderpad=0, borderaxespad=0,
        **dict(zip(("columnspacing", "handletextpad", "handlelength"), spacing, strict=True)),
    )  # fmt: skip


def model_key(lines: Mapping[str, Line], *, line: bool = True) -> list[Entry]:
    """Entries of a key for the models that are drawn, with or without their dashes."""
    looks = {model: LOOKS[model] for model, values in lines.items() if values.there}
    return [
        (title(model), dict(color=look.colour, linestyle=look.linestyle if line else "", marker=look.marker))
        for model, look in looks.items()
    ]


def note(ax: Axes, sentences: Sequence[str]) -> None:
    """Say in the panel what is missing: small at the bottom, or in the middle of an empty frame."""
    if not sentences:
        return
    width = ax.get_position().width * WIDTH  # cm
    text = "\n".join(textwrap.fill(sentence, max(int(width / 0.135), 12)) for sentence in sentences)
    if ax.has_data():
        ax.text(
            0.02, 0.03, text, transform=ax.transAxes, fontsize=SMALL, color=FAINT, va="bottom", zorder=5,
            bbox=dict(facecolor="white", alpha=0.85, linewidth=0, pad=1.5),
        )  # fmt: skip
        return
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    ax.text(0.5, 0.5, text, transform=ax.transAxes, color=FAINT, ha="center", va="center")


def log_axis(ax: Axes) -> None:
    """A logarithmic y axis: plain numbers at 1, 2 and 5 within three decades, else powers of ten."""
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    short = high / low < 1e3
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if short else (1,), numticks=12))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}" if short else words.power_of_ten(value)))


def zero_line(ax: Axes, margin: float = 0.0) -> None:
    """An upright line at no difference, and a band for differences too small for words."""
    ax.axvline(0, color=INK, linewidth=0.7, zorder=1)
    ax.axvspan(-margin, margin, color=BAND, linewidth=0, zorder=0)


def chance(ax: Axes, share: float) -> None:
    """A dotted line at the accuracy of guessing, `share` in percent."""
    ax.axhline(share, color=FAINT, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
    ax.annotate(
        "chance", (1, share), xycoords=("axes fraction", "data"), xytext=(-2, 2), textcoords="offset points",
        ha="right", va="bottom", fontsize=SMALL, color=FAINT,
    )  # fmt: skip


def upright(ax: Axes, x: float, text: str) -> None:
    """A thin upright line with a text at its upper end."""
    ax.axvline(x, color=FAINT, linewidth=0.7, linestyle=(0, (2, 2)), zorder=1)
    ax.annotate(
        text, (x, 1), xycoords=("data", "axes fraction"), xytext=(3, -2), textcoords="offset points", va="top",
        fontsize=SMALL, color=FAINT,
    )  # fmt: skip


def over(ax: Axes, x: float, text: str) -> None:
    """A text above the axes at x."""
    ax.annotate(
        text, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points", ha="center",
        va="bottom", fontsize=SMALL, color=FAINT,
    )  # fmt: skip
