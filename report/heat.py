"""Heatmaps as one picture: mean maps beside maps over the images they speak of, each kind with its colour bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from report import words
from report.grids import ACROSS, EDGE, GAP, Bar, Canvas, Pixels, blend, colours, overlay, paint
from report.style import FAINT, TITLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[Any]
SCALE = 7  # printed pixels a pixel of a map of 32×32
SIDE = 32 * SCALE
ABSENT = 84  # height of a row without maps
LEFT, BAR = 196, 150  # printed pixels for labels at the left, and for an upright colour bar
TOP_SHARE = 0.99  # of a map's values lie within its scale: single pixels would darken all others


@dataclass(frozen=True)
class Heat:
    """One kind of map.

    Attributes:
        label: lines at the left of its row; unit: along its colour bars.
        mean: map over all images (h, h); singles: maps of the shown images (n, h, h); None where they are missing.
        high, high_single: upper ends of their scales, which several figures share.
        reason: stands in the place of missing maps.
    """

    label: Sequence[str]
    unit: str
    mean: Array | None
    singles: Array | None
    high: float
    high_single: float
    reason: str = ""


def over_images(heading: str, lines: Sequence[str], images: Pixels | None, kinds: Sequence[Heat]) -> "Figure":
    """A row a kind: the mean map, then the maps over the images (n, 32, 32, 3), which stand on top of their columns."""
    heights = [ABSENT if kind.mean is None and kind.singles is None else SIDE for kind in kinds]
    canvas = Canvas(SIDE + sum(heights) + GAP * (len(kinds) + 1))
    canvas.text(EDGE, 22, heading, size=TITLE, weight=700)
    for place, text in enumerate(lines):
        canvas.text(EDGE, 68 + 30 * place, text, colour=FAINT)
    for x, image in zip(_columns(), images if images is not None else (), strict=False):
        canvas.image(image, x, 0, SCALE)
    y = SIDE + GAP
    for kind, height in zip(kinds, heights, strict=True):
        _row(canvas, kind, images, y, height)
        y += height + GAP
    return canvas.figure


def _columns() -> list[int]:
    """Left ends of the columns of images."""
    return [ACROSS - BAR - 3 * SIDE - 2 * GAP + column * (SIDE + GAP) for column in range(3)]


def _row(canvas: Canvas, kind: Heat, images: Pixels | None, y: int, height: int) -> None:
    for place, text in enumerate(kind.label):
        canvas.text(EDGE, y + height / 2 + 32 * (place - (len(kind.label) - 1) / 2), text, weight=700)
    if height < SIDE:
        canvas.text(LEFT + 2 * GAP, y + height / 2, kind.reason, colour=FAINT)
    if kind.mean is not None:
        canvas.image(paint(kind.mean, kind.high), LEFT, y, SIDE // len(kind.mean))
        canvas.upright_bar(bar(kind.unit, kind.high, colours()), LEFT + SIDE + 12, y, SIDE)
    if kind.singles is not None and images is not None:
        for x, image, values in zip(_columns(), images, kind.singles, strict=False):
            canvas.image(overlay(image, values, kind.high_single), x, y, SCALE)
        ramp = np.linspace(0, 1, 256)
        mixed = blend(np.full(256, 128.0), ramp)
        canvas.upright_bar(bar(kind.unit, kind.high_single, mixed), ACROSS - BAR + 12, y, SIDE)


def bar(label: str, high: float, ramp: Pixels) -> Bar:
    """A colour bar from zero to `high`, which also stands for all that lies beyond."""
    return Bar(label, "0", f"≥ {words.text(high, '', high / 20)}", ramp)


def top(maps: Sequence[Array | None], share: float = TOP_SHARE) -> float:
    """Upper end of a scale for several maps; above zero, so that a map of zeros can be painted."""
    values = [values[np.isfinite(values)] for values in maps if values is not None]
    highest = float(np.quantile(np.concatenate(values), share)) if values and sum(map(len, values)) else 0.0
    return highest if highest > 0 else 1.0
