"""Arrays become axes: curves with intervals, dots with intervals, scatters, axes in plain numbers.

Figures are laid out in centimetres at the size they are printed, so that nothing has to be measured before it is drawn.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report import labels, words
from report.series import Line, title
from report.style import CM, FAINT, INK, LOOKS, RIM, WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BAND = "#efefef"  # behind differences too small for words
STEPS = (1, 2, 5, 10)  # between ticks, with powers of ten: steps of 2.5 would give 97.5 beside 100.0
NEAR, ASIDE = 0.16, 0.18  # cm: marks of one place that lie nearer stand side by side, so far apart
DOTS_APART = 0.16  # rows that a row's outer dots lie from its middle
NAME = 0.85  # cm that the name of a y axis begins at its left, where the longest numbers do
RISE, RAISED = 0.14, 0.48  # cm from an axis' upper end to its name: next to it, and above a text that stands there
MANY = 12  # points from which on a curve has a band and no markers


def panels(
    columns: int = 1, rows: int = 1, *, height: float, left: float = 0.95, right: float = 0.3, top: float = 0.55,
    bottom: float = 1.1, gap: float | Sequence[float] = 1.1, row_gap: float = 1.5,
    widths: Sequence[float] | None = None,
) -> "tuple[Figure, list[Axes]]":  # fmt: skip
    """A figure of WIDTH × `height` with axes row by row; margins and gaps in centimetres, `widths` in proportion.

    Args:
        gap: between columns, one for all or one each.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

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
            ax = figure.add_axes((x / WIDTH, y / height, across[column] / WIDTH, down / height))
            for axis in (ax.xaxis, ax.yaxis):
                axis.set_major_locator(MaxNLocator("auto", steps=STEPS))
            axes.append(ax)
    return figure, axes


def curves(
    ax: "Axes", x: ArrayLike | Mapping[str, ArrayLike], lines: Mapping[str, Line], *, factor: float = 1,
    names: Mapping[str, str] | None = None, label: bool = True, faint: bool = False, log: bool = False,
    floor: float | None = None, guess: float | None = None,
) -> None:  # fmt: skip
    """A line a model over x, with its interval: a band where there are many points, bars where there are few.

    Args:
        x: places (n,), for all models or by model.
        factor: from values to the axis, e.g. 100 for percent.
        names: what the labels at the line ends say; else the models' titles.
        label: write the labels.
        faint: draw lightly and without markers, as the other state of a model.
        log: make the axis of the values logarithmic.
        floor: have it begin there, as at zero.
        guess: the accuracy of guessing, on the axis: a dotted line, near which the axis begins.
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
        ax.plot(places, mean, marker="" if faint or not few else look.marker, clip_on=False, **style)
        if few and not faint:
            ax.vlines(places, low, high, color=look.colour, linewidth=1.0)
        else:
            ax.fill_between(places, low, high, color=look.colour, alpha=0.18, linewidth=0)
        last = np.flatnonzero(np.isfinite(mean))[-1]
        ends.append(((names or {}).get(model, title(model)), look.colour, places[last], mean[last]))
    if guess is not None and ends:
        ax.axhline(guess, color=FAINT, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
        ends.append(("chance", FAINT, max(place for *_, place, _ in ends), guess))
        floor = guess
    if log and ends:
        log_axis(ax)
    if floor is not None:
        stand_on(ax, floor)
    if label:
        labels.label_ends(ax, ends)


def name(ax: "Axes", x: str, y: str, *, raised: bool = False) -> None:
    """Names of the axes: that of y stands level above it, to be read without a turn of the head.

    Args:
        raised: a line higher, where texts stand over these axes or those beside them.
    """
    box, centimetre = ax.get_window_extent(), ax.figure.dpi * CM
    ax.set_xlabel(x)
    ax.set_ylabel(y, rotation=0, ha="left", va="bottom")
    rise = RAISED if raised else RISE
    ax.yaxis.set_label_coords(-NAME * centimetre / box.width, 1 + rise * centimetre / box.height)


def marks(ax: "Axes", x: float, points: Mapping[str, Line]) -> None:
    """Single estimates of models at one place, with their intervals; those that would hide each other side by side.

    Those that were not measured are left out.
    """
    from matplotlib.transforms import ScaledTranslation

    points = {model: point for model, point in points.items() if point.there}
    if not points:
        return
    cover([ax], points.values())
    ax.autoscale_view()  # limits are set late otherwise
    places = ax.transData.transform([(x, float(point.mean[0])) for point in points.values()])
    for (model, point), aside in zip(points.items(), beside(places[:, 1] / (ax.figure.dpi * CM)), strict=True):
        look, moved = LOOKS[model], ax.transData + ScaledTranslation(float(aside) * CM, 0, ax.figure.dpi_scale_trans)
        ax.vlines([x], point.low, point.high, color=look.colour, linewidth=1.2, transform=moved)
        ax.plot([x], point.mean, look.marker, color=look.colour, markersize=5, transform=moved)


def beside(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far marks (n,) of one place stand aside, from their heights, in centimetres: neighbours share the place."""
    order = np.argsort(heights, kind="stable")
    first = np.diff(heights[order], prepend=-np.inf) > NEAR  # of a group of neighbours
    group, ranks = np.cumsum(first) - 1, np.arange(len(order))
    aside = np.empty(len(order))
    aside[order] = ASIDE * (ranks - np.flatnonzero(first)[group] - (np.bincount(group)[group] - 1) / 2)
    return aside


def cover(axes: "Sequence[Axes]", lines: Iterable[Line]) -> None:
    """Make axes of one quantity reach over all of these lines, so that heights compare from panel to panel."""
    found = np.concatenate([np.zeros(0), *(np.concatenate([line.mean, line.low, line.high]) for line in lines)])
    found = found[np.isfinite(found)]
    for ax in axes:
        ax.update_datalim(np.stack([np.zeros_like(found), found], 1), updatex=False)


def dots(ax: "Axes", lines: Mapping[str, Line], names: Sequence[str]) -> None:
    """A row a name (the first on top), in it a dot with its interval a model; shares, on an axis in percent."""
    y = np.arange(len(names), dtype=float)
    for place, (model, line) in enumerate(lines.items()):
        look = LOOKS[model]
        at = y + DOTS_APART * (2 * place - len(lines) + 1) / max(len(lines) - 1, 1)
        ax.hlines(at, 100 * line.low, 100 * line.high, color=look.colour, linewidth=1.2)
        ax.plot(100 * line.mean, at, look.marker, color=look.colour)
    ax.set_yticks(y, names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)


def scatter(ax: "Axes", points: NDArray[Any], colours: Sequence[str], rims: Sequence[str]) -> None:
    """Points (n, 2), as pixels within the SVG: thousands of paths would make the page slow, and opaque, since blends do
    not compress. Coordinates of such maps mean nothing, so there are no ticks."""
    widths = [RIM * (rim != colour) for rim, colour in zip(rims, colours, strict=True)]
    x, y = points.T
    ax.scatter(x, y, s=2.5, c=colours, linewidths=widths, edgecolors=rims, rasterized=True)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)


def hairs(ax: "Axes", starts: NDArray[Any], ends: NDArray[Any], colour: str) -> None:
    """Thin lines between points (n, 2), just under the points of a scatter, with which they become one picture."""
    from matplotlib.collections import LineCollection

    lines = LineCollection([*np.stack([starts, ends], 1)], colors=colour, linewidths=0.4, rasterized=True, zorder=0.9)
    ax.add_collection(lines, autolim=False)


def stand_on(ax: "Axes", floor: float) -> None:
    """Values from `floor`, a little below it where it is not zero, or from the lowest one, to a little above the
    highest one."""
    low, high = min(floor, ax.dataLim.y0), max(ax.dataLim.y1, floor)
    room = 0.06 * (high - low) or 1
    ax.set_ylim(low - room * (low != 0), high + room)


def beyond(ax: "Axes", low: float, high: float) -> None:
    """Shade what lies outside of [low, high], which training never had, where something is drawn there."""
    if not ax.has_data():
        return
    ax.autoscale_view()  # limits are set late otherwise
    (first, last), (lowest, highest) = ax.get_xlim(), ax.dataLim.intervalx
    sides = ((lowest < low, first, low), (highest > high, high, last))
    spans = [(start, end) for there, start, end in sides if there]
    for start, end in spans:
        ax.axvspan(start, end, color=BAND, linewidth=0, zorder=0)
    ax.set_xlim(first, last)
    if spans:
        labels.over(ax, sum(spans[-1]) / 2, "not in training")


def roomy(dims: Sequence[int], first: int) -> list[int]:
    """Those of rising numbers that have room for their names on a logarithmic axis; `first` is one of them."""
    room, kept = np.log2(dims[-1] / dims[0]) / 16, [first]
    for dim in dims:
        if all(abs(np.log2(dim / other)) > room for other in kept):
            kept.append(dim)
    return sorted(kept)


def log_axis(ax: "Axes") -> None:
    """A logarithmic y axis: plain numbers within three decades, at 1, 2 and 5, at 3 and 7 as well where those are few,
    or evenly spaced where these are; else powers of ten. None without a value above zero."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    if not np.isfinite(ax.dataLim.minposy):
        return
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    short = high < 1e3 * low
    wanted = ((4, (1, 2, 5)), (3, (1, 2, 3, 5, 7))) if short else ((0, (1,)),)
    for enough, subs in wanted:
        locator = LogLocator(subs=subs, numticks=12)
        if sum(low <= tick <= high for tick in locator.tick_values(low, high)) >= enough:
            ax.yaxis.set_major_locator(locator)
            break
    else:
        ax.yaxis.set_major_locator(MaxNLocator(4, steps=STEPS))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:g}" if short or value <= 0 else words.power_of_ten(value))
    )


def zero_line(ax: "Axes", margin: float) -> None:
    """An upright line at no difference, and a band for differences too small for words."""
    ax.axvline(0, color=INK, linewidth=0.7, zorder=1)
    ax.axvspan(-margin, margin, color=BAND, linewidth=0, zorder=0)
