"""Paint: colours that run one way in grey, and mean the same over any image."""

import numpy as np
import pytest

from report.paint import GREYS, NOTHING, blend, colours, dark, overlay, paint

LUMA = np.array([0.2126, 0.7152, 0.0722])


def image(low: int, high: int) -> np.ndarray:
    return np.linspace(low, high, 32 * 32).astype(np.uint8).reshape(32, 32, 1).repeat(3, axis=2)


def test_colours_run_from_dark_to_light_and_hold_at_the_ends() -> None:
    assert np.all(np.diff(colours()[::5] @ LUMA) > 0)
    assert np.array_equal(paint(np.array([0.0, 2.0, 9.0]), 2.0), colours()[[0, -1, -1]])
    assert paint(np.array([np.nan])).tolist() == [[NOTHING] * 3]


def test_what_falls_is_blue_and_prints_darker_than_what_rises_as_far() -> None:
    falls, rises = (paint(sign * np.linspace(0.1, 1, 10)).astype(int) for sign in (-1, 1))
    assert np.all(falls[:, 2] > falls[:, 0])
    assert np.all(rises[:, 2] < rises[:, 0])
    assert np.all(np.diff(falls @ LUMA) > 0)
    assert np.all((falls @ LUMA)[5:] < (rises @ LUMA)[5:])
    assert np.array_equal(paint(np.array([-2.0, -9.0]), 2.0), falls[[-1, -1]])


def test_the_root_spreads_small_values_of_either_sign() -> None:
    values = np.array([-0.25, -0.01, 0.0, 0.01, 0.25])
    assert np.array_equal(paint(values, root=True), paint(np.array([-0.5, -0.1, 0.0, 0.1, 0.5])))


def test_an_overlay_leaves_the_dark_image_where_there_is_no_heat() -> None:
    heat = np.zeros((8, 8))
    heat[2, 3], heat[5, 5] = 1.0, -1.0
    mixed = overlay(image(0, 255), heat, 1.0)
    assert np.array_equal(mixed[8:12, 12:16], np.broadcast_to(colours()[-1], (4, 4, 3)))
    assert np.array_equal(mixed[20:24, 20:24], np.broadcast_to(paint(np.array(-1.0)), (4, 4, 3)))
    assert mixed[0, 0].tolist() == [GREYS[0]] * 3
    assert mixed[-1, -1].tolist() == [GREYS[1]] * 3


@pytest.mark.parametrize(("low", "high"), [(0, 255), (0, 60), (200, 255)])
def test_every_image_has_the_same_range_under_its_map(low: int, high: int) -> None:
    found = dark(image(low, high))
    assert (found.min(), found.max()) == GREYS


def test_an_image_of_one_colour_is_one_grey() -> None:
    assert np.array_equal(dark(image(255, 255)), np.full((32, 32), GREYS[0]))


@pytest.mark.parametrize("sign", [-1, 1])
def test_heat_over_an_image_never_prints_darker_than_none(sign: int) -> None:
    """So that the lightness alone, in grey print, says how much it is."""
    ramp = blend(np.full(21, np.mean(GREYS)), sign * np.linspace(0, 1, 21)) @ LUMA
    assert ramp.min() > ramp[0] - 6
    assert np.all(np.diff(ramp[3:]) > 0)
    lightest = blend(np.full(21, GREYS[1]), sign * np.linspace(0, 1, 21)) @ LUMA
    assert np.all((lightest - ramp)[3:] < 20)
