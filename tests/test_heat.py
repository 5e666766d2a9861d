"""Heatmaps: scales that several figures share, rows that say why they are empty."""

import numpy as np
import pytest

from report.grids import ACROSS
from report.heat import LEFT, SIDE, Heat, Scale, over_images
from report.labels import shade
from report.paint import GREYS, blend, colours, paint
from report.style import DPI, LOOKS

pytestmark = pytest.mark.usefixtures("style")

IMAGES = np.full((3, 32, 32, 3), 90, dtype=np.uint8)


def heat(mean: np.ndarray | None, singles: np.ndarray | None) -> Heat:
    return Heat(("Where", "error lies"), "squared error", mean, singles, Scale(1.0), Scale(1.0), "MCAE not measured")


def test_the_scale_ends_near_the_highest_value_of_all_maps_and_never_at_zero() -> None:
    maps = [np.zeros((8, 8)), np.linspace(0, 2, 64).reshape(8, 8), None, np.full((2, 2), np.nan)]
    assert Scale.of(maps, 1.0) == Scale(2.0)
    assert 1.9 < Scale.of(maps).high < 2.0
    for nothing in ([np.zeros((8, 8))], [None], [], [np.full((2, 2), np.nan)]):
        assert Scale.of(nothing) == Scale(1.0)


def test_a_scale_reaches_as_far_below_zero_where_a_map_falls() -> None:
    assert Scale.of([np.full((4, 4), -3.0), np.ones((2, 2))], 1.0) == Scale(3.0, falls=True)
    both = Scale(0.0123, falls=True).bar("x")
    assert (both.low, both.high, both.ticks, both.falls) == ("≤ −0.0123", "≥ 0.0123", {0.5: "0"}, True)
    assert not Scale(2.0).bar("x").falls
    assert np.array_equal(both.colours, paint(np.linspace(-1, 1, 256), root=True))
    assert np.array_equal(both.colours[[0, -1]], paint(np.array([-1.0, 1.0])))
    assert np.array_equal(Scale(2.0).bar("x").colours, colours())


def test_a_row_has_the_mean_map_the_overlays_and_two_bars() -> None:
    whole = over_images("MCAE", "mcae", IMAGES, [heat(np.ones((32, 32)), np.ones((3, 8, 8)))])
    assert len(whole.images) == 3 + 1 + 3 + 2
    assert whole.axes[0].texts[0].get_color() == shade(LOOKS["mcae"].colour)
    assert round(whole.get_size_inches()[0] * DPI) == ACROSS


def test_a_kind_without_maps_is_a_low_row_with_the_reason() -> None:
    whole = over_images("MCAE", "mcae", IMAGES, [heat(np.ones((32, 32)), None), heat(None, np.ones((3, 8, 8)))])
    empty = over_images("MCAE", "mcae", IMAGES, [heat(None, None)] * 2)
    assert empty.get_size_inches()[1] < whole.get_size_inches()[1]
    assert [text.get_text() for text in empty.axes[0].texts].count("MCAE not measured") == 2
    assert not over_images("MCAE", "mcae", None, [heat(None, None)]).images


def test_the_bar_tells_its_end_as_reached_or_exceeded() -> None:
    bar = Scale(0.0123).bar("x", over=True)
    assert (bar.low, bar.high) == ("0", "≥ 0.0123")
    assert np.array_equal(bar.colours, blend(np.full(256, np.mean(GREYS)), np.linspace(0, 1, 256)))


def test_cells_below_zero_have_a_minus_in_the_mean_and_over_images() -> None:
    mean, singles = np.ones((8, 8)), np.ones((3, 8, 8))
    mean[2, 5] = singles[1, 0, 0] = -0.1
    mean[0, 0] = np.nan
    assert not over_images("MCAE", "mcae", IMAGES, [heat(np.ones((8, 8)), np.ones((3, 8, 8)))]).axes[0].patches
    marks = [patch.get_bbox() for patch in over_images("MCAE", "mcae", IMAGES, [heat(mean, singles)]).axes[0].patches]
    assert (marks[0].x0 + marks[0].x1) / 2 == LEFT + 5.5 * SIDE / 8
    assert len(marks) == 2
