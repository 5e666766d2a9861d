"""Comparisons of training curves on curves whose answers are known."""

import math

import pytest

from experiments import curves


def curve(errors: list[float], shares: list[float] | None = None, epoch: float = 1) -> dict[str, list[float]]:
    return {
        "test_mse": errors,
        "test_high_band": shares or [0.0] * len(errors),
        "seconds": [epoch * (i + 1) for i in range(len(errors) - 1)],
    }


def test_equal_mse_reads_the_better_model_where_it_passes_the_worse_ones_final_error() -> None:
    worse = curve([0.1, 0.01], [0.0, 0.3])
    better = curve([0.1, 0.02, 0.005], [0.0, 0.2, 0.6])
    share_worse, share_better = curves.equal_mse(worse, better)
    assert share_worse == pytest.approx(0.3)
    assert share_better == pytest.approx(0.4)  # 0.01 is half way from 0.02 to 0.005 in the logarithm
    assert curves.equal_mse(better, worse) == pytest.approx((0.4, 0.3))


def test_equal_mse_of_equal_curves_is_their_end() -> None:
    one = curve([0.1, 0.05, 0.02], [0.0, 0.1, 0.25])
    assert curves.equal_mse(one, one) == pytest.approx((0.25, 0.25))


def test_equal_mse_takes_the_first_time_and_the_untrained_state_where_that_suffices() -> None:
    overfitted = curve([0.1, 0.01, 0.02], [0.0, 0.5, 0.9])  # its end is the target, reached in epoch 1 already
    share, other = curves.equal_mse(overfitted, curve([0.015, 0.001], [0.7, 0.8]))
    weight = math.log(0.1 / 0.02) / math.log(0.1 / 0.01)
    assert (share, other) == pytest.approx((0.5 * weight, 0.7))


def test_equal_time_interpolates_the_slower_model() -> None:
    fast, slow = curve([0.1, 0.01, 0.001], epoch=1), curve([0.1, 0.01, 0.001], epoch=2)
    assert curves.equal_time(fast, slow) == pytest.approx((30, 20))
    assert curves.equal_time(curve([0.1, 0.001], epoch=1), slow) == pytest.approx((30, 15))


def test_crossing() -> None:
    levels = [0.0, 0.02, 0.05, 0.1]
    assert curves.crossing(levels, [25, 22, 19, 16], [23, 21, 20, 18]) == pytest.approx(0.035)
    assert curves.crossing(levels, [20] * 4, [21] * 4) == 0
    assert math.isnan(curves.crossing(levels, [21] * 4, [20] * 4))
    assert math.isnan(curves.crossing(levels, [21] * 4, [21] * 4))
    # The lead that lasts counts, not a first short one.
    assert curves.crossing(levels, [20, 20, 20, 20], [21, 19, 19, 21]) == pytest.approx(0.075)
