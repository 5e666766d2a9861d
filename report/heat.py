"""Heatmaps as one picture: mean maps beside maps over the images they speak of, each kind with its colour bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from experiments.arrays import Array
from report import words
from report.grids import ACROSS, EDGE, GAP, Bar, Canvas, ink
from report.paint import GREYS, Pixels, blend, overlay, paint
from report.style import FAINT, TITLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCALE = 7  # printed pixels a pixel of a map of 32×32
SIDE = 32 * SCALE
TOP = 32 * 3  # of an original above its column
ABSENT = 84  # height of a row without maps
LEFT, BAR = 196, 150  # printed pixels for labels at the left, and for an upright colour bar
TOP_SHARE = 0.99  # of a map's values lie within its scale: single pixels would darken all others


@dataclass(frozen=True)
class Scale:
    """From zero to `high`, or, where there are falls, too, from −`high`; the ends also stand for all beyond them."""

    high: float
    falls: bool = False

    @classmethod
    def of(cls, maps: Sequence[Array | None], share: float = TOP_SHARE) -> "Scale":
        """One for several maps. Its end is above zero, so that a map of zeros can be painted."""
        values = np.concatenate([np.zeros(0), *(part[np.isfinite(part)] for part in maps if part is not None)])
        high = float(np.quantile(np.abs(values), share)) if len(values) else 0.0
        return cls(high if high > 0 else 1.0, bool((values < 0).any()))

    def bar(self, label: str, *, over: bool = False) -> Bar:
        """A colour bar, of maps that lie over images, or of pure ones."""
        end, low = words.text(self.high, "", self.high / 20), -1.0 if self.falls else 0.0
        shares = np.linspace(low, 1, 256)
        ramp = blend(np.full(256, np.mean(GREYS)), shares) if over else self.paint(shares * self.high)
        if not self.falls:
            return Bar(label, "0", f"≥ {end}", ramp)
        return Bar(label, f"≤ {words.MINUS}{end}", f"≥ {end}", ramp, {0.5: "0"}, falls=True)

    def paint(self, values: Array) -> Pixels:
        """Values (…) as colours (…, 3); by their roots where there are falls, whose small ones matter, too."""
        return paint(values, self.high, root=self.falls)


@dataclass(frozen=True)
class Heat:
    """One kind of map.

    Attributes:
        label: lines at the left of its row; unit: along its colour bars.
        mean: map over all images (h, h); singles: maps of the shown images (n, h, h); None where they are missing.
        scale, scale_single: theirs, which several figures share.
        reason: stands in the place of missing maps.
    """

    label: Sequence[str]
    unit: str
    mean: Array | None
    singles: Array | None
    scale: Scale
    scale_single: Scale
    reason: str


def over_images(heading: str, model: str, images: Pixels | None, kinds: Sequence[Heat]) -> "Figure":
    """A row a kind: the mean map, then the maps over the images (n, 32, 32, 3), which stand on top of their columns.

    The heading has the colour of the model.
    """
    heights = [ABSENT if kind.mean is None and kind.singles is None else SIDE for kind in kinds]
    canvas = Canvas(TOP + sum(heights) + GAP * (len(kinds) + 1))
    canvas.text(EDGE, 22, heading, size=TITLE, colour=ink(model), weight=700)
    canvas.text(LEFT + SIDE / 2, TOP - 12, "mean over test images", ha="center", colour=FAINT)
    for x, image in zip(_columns(), images if images is not None else (), strict=False):
        canvas.image(image, x + (SIDE - TOP) // 2, 0, TOP // 32)
    y = TOP + GAP
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
        canvas.image(kind.scale.paint(kind.mean), LEFT, y, SIDE // len(kind.mean))
        _mark_falls(canvas, kind.mean, LEFT, y)
        canvas.upright_bar(kind.scale.bar(kind.unit), LEFT + SIDE + 12, y, SIDE)
    if kind.singles is not None and images is not None:
        for x, image, values in zip(_columns(), images, kind.singles, strict=False):
            canvas.image(overlay(image, values, kind.scale_single.high), x, y, SCALE)
            _mark_falls(canvas, values, x, y)
        canvas.upright_bar(kind.scale_single.bar(kind.unit, over=True), ACROSS - BAR + 12, y, SIDE)


def _mark_falls(canvas: Canvas, values: Array, x: int, y: int) -> None:
    """A minus in each cell below zero: in grey print both ends of a scale are light."""
    side = SIDE / len(values)
    for row, column in np.argwhere(values < 0):
        canvas.minus(x + (column + 0.5) * side, y + (row + 0.5) * side)
