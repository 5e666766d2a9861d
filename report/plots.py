"""Arrays become axes: curves with intervals, dots with intervals, scatters, axes in plain numbers.

Figures are laid out in centimetres at the size they are printed, so that nothing has to be measured before it is drawn.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report import labels, words
from report.series import Line, title
from report.style import CM, INK, LOOKS, RIM, WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BAND = "#efefef"  # behind differences too small for words
DOTS_APART = 0.16  # rows that a row's outer dots lie from its middle
MANY = 12  # points from which on a curve has a band and no markers


def panels(
    columns: int = 1, rows: int = 1, *, height: float, left: float = 1.4, right: float = 0.3, top: float = 0.3,
    bottom: float = 1.1, gap: float | Sequence[float] = 1.5, row_gap: float = 1.5,
    widths: Sequence[float] | None = None,
) -> "tuple[Figure, list[Axes]]":  # fmt: skip
    """A figure of WIDTH × `height` with axes row by row; margins and gaps in centimetres, `widths` in proportion.

    Args:
        gap: between columns, one for all or one each.
    """
    from matplotlib.figure import Figure

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
    ax: "Axes", x: ArrayLike | Mapping[str, ArrayLike], lines: Mapping[str, Line], *, factor: float = 1,
    names: Mapping[str, str] | None = None, label: bool = True, faint: bool = False, log: bool = False,
    zero: bool = False,
) -> None:  # fmt: skip
    """A line a model over x, with its interval: a band where there are many points, bars where there are few.

    Args:
        x: places (n,), for all models or by model.
        factor: from values to the axis, e.g. 100 for percent.
        names: what the labels at the line ends say; else the models' titles.
        label: write the labels.
        faint: draw lightly and without markers, as the other state of a model.
        log: make the axis of the values logarithmic.
        zero: have it begin at zero.
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
    if zero:
        from_zero(ax)
    if label:
        labels.label_ends(ax, ends)


def mark(ax: "Axes", x: float, line: Line, model: str) -> None:
    """A single estimate of a model, with its interval."""
    look = LOOKS[model]
    ax.vlines([x], line.low, line.high, color=look.colour, linewidth=1.2)
    ax.plot([x], line.mean, look.marker, color=look.colour, markersize=5)


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


def scatter(
    ax: "Axes", points: NDArray[Any], colours: Sequence[str] | str, size: float = 2.5, rims: Sequence[str] = ()
) -> None:  # fmt: skip
    """Points (n, 2), as pixels within the SVG: thousands of paths would make the page slow, and opaque, since blends do
    not compress. Coordinates of such maps mean nothing, so there are no ticks."""
    widths = [RIM * (rim != colour) for rim, colour in zip(rims, colours, strict=True)] if rims else 0
    x, y = points.T
    ax.scatter(x, y, s=size, c=colours, linewidths=widths, edgecolors=rims or "none", rasterized=True)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)


def from_zero(ax: "Axes") -> None:
    """Values from zero up to a little above the highest one."""
    ax.set_ylim(0, max(ax.dataLim.y1, 0) * 1.06 or 1)


def roomy(dims: Sequence[int], first: int) -> list[int]:
    """Those of rising numbers that have room for their names on a logarithmic axis; `first` is one of them."""
    room, kept = np.log2(dims[-1] / dims[0]) / 16, [first]
    for dim in dims:
        if all(abs(np.log2(dim / other)) > room for other in kept):
            kept.append(dim)
    return sorted(kept)


def log_axis(ax: "Axes") -> None:
    """A logarithmic y axis: plain numbers within three decades, at 1, 2 and 5 or, where those are fewer than three,
    evenly spaced; else powers of ten. None without a value above zero."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    if not np.isfinite(ax.dataLim.minposy):
        return
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    short = high < 1e3 * low
    locator = LogLocator(subs=(1, 2, 5) if short else (1,), numticks=12)
    few = sum(low <= tick <= high for tick in locator.tick_values(low, high)) < 3
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=(1, 2, 5, 10)) if few and short else locator)
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:g}" if short or value <= 0 else words.power_of_ten(value))
    )


def zero_line(ax: "Axes", margin: float) -> None:
    """An upright line at no difference, and a band for differences too small for words."""
    ax.axvline(0, color=INK, linewidth=0.7, zorder=1)
    ax.axvspan(-margin, margin, color=BAND, linewidth=0, zorder=0)
