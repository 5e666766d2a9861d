"""The mark of a number: its change against the noise over seeds or images, and against its margin."""

import numpy as np
import pytest
from scipy import stats

from experiments.bundle import Bundle, Provenance, Result
from experiments.presets import preset
from report import words
from report.comparison.difference import TIMED, difference
from report.comparison.side import Side
from report.comparison.wording import LEGEND

PROVENANCE = Provenance(
    data="toys", classes=["a", "b"], train_images=50, test_images=50, fingerprint="ab" * 32, device="cpu", versions={},
    commit="", measured="2026-01-02T03:04:05+00:00",
)  # fmt: skip


def side(
    rows: dict[str, list[float | None]], seeds: int = 3, each: np.ndarray | None = None, data: str = "d",
    key: str = "ae/psnr",
) -> Side:  # fmt: skip
    """A side without verdicts; `each` are the single values of a key."""
    bundle = Bundle(preset("quick", [f"seeds={seeds}"]), PROVENANCE)
    if each is not None:
        model, _, name = key.partition("/")
        result = Result(model, 0)
        result.add(name, each)
        bundle.add(result)
    return Side("s", 1, rows, {}, {"fingerprint": data}, bundle=bundle)


def mark(old: Side, new: Side, key: str = "ae/psnr") -> str:
    item = difference(key, old, new)
    assert item
    return item.mark


def test_the_noise_over_seeds_is_welchs() -> None:
    old, new = [20.0, 21.0, 23.0], [21.0, 22.5, 22.5, 24.0]
    item = difference("ae/psnr", side({"ae/psnr": old}), side({"ae/psnr": new}))  # type: ignore[dict-item]
    assert item
    assert item.change == pytest.approx(22.5 - 64 / 3)
    expected = stats.ttest_ind(new, old, equal_var=False).confidence_interval(0.99)
    assert item.noise == pytest.approx((expected.high - expected.low) / 2)
    assert (item.mark, item.basis) == ("~", "3 and 4 seeds")


@pytest.mark.parametrize(("before", "after"), [(2, 3), (3, 2)])
def test_two_seeds_on_either_side_tell_no_noise(before: int, after: int) -> None:
    item = difference("ae/psnr", side({"ae/psnr": [20.0, 21.0, 23.0][:before]}), side({"ae/psnr": [25.0] * after}))
    assert item
    assert (item.mark, item.noise, item.basis) == ("*", None, "noise unknown")


def test_single_values_tell_no_noise_of_a_mean_that_more_seeds_are_in() -> None:
    """They are kept for two seeds: those of a third, which alone makes the difference, would seem to have no noise."""
    each = np.random.default_rng(0).normal(20, 5, 400)
    two, three = side({"ae/psnr": [20.0, None]}, 2, each), side({"ae/psnr": [20.0, None, 26.0]}, 3, each)
    for item in (difference("ae/psnr", two, three), difference("ae/psnr", three, two)):
        assert item
        assert (item.mark, item.noise, item.basis) == ("*", None, "noise unknown")


@pytest.mark.parametrize(("shift", "expected"), [(0.0, "="), (0.3, "~"), (0.5, "+"), (0.6, "+"), (-0.6, "-")])
def test_the_margin_decides_where_there_is_no_noise(shift: float, expected: str) -> None:
    """And where none is known, nothing is said to be better or worse."""
    rows = [20.0, 20.0, 20.0]
    assert mark(side({"ae/psnr": list(rows)}), side({"ae/psnr": [value + shift for value in rows]})) == expected
    alone = expected if expected in "=~" else "*"
    assert mark(side({"ae/psnr": [20.0]}, 1), side({"ae/psnr": [20.0 + shift]}, 1)) == alone


def test_what_is_drawn_from_the_same_images_again_and_again_tells_no_noise() -> None:
    each = np.random.default_rng(0).uniform(0, 0.5, 400)
    for of, basis in (("arithmetic", "400 paths in pairs, of these runs"), ("mean", "noise unknown")):
        key = f"vae/target_probability[of={of}]"
        old, new = (side({key: [value]}, 1, each + value, key=key) for value in (0.0, 0.5))
        item = difference(key, old, new)
        assert item
        assert item.basis == basis


def test_single_values_are_paired_where_the_images_are_the_same() -> None:
    each = np.random.default_rng(0).normal(20, 5, 400)
    moved = each + 0.6 + np.random.default_rng(1).normal(0, 0.5, 400)
    old = side({"ae/psnr": [float(each.mean())]}, 1, each)
    new = side({"ae/psnr": [float(moved.mean())]}, 1, moved)
    elsewhere = side({"ae/psnr": [float(moved.mean())]}, 1, moved, data="other")
    assert mark(old, new) == "+"
    assert mark(old, elsewhere) == "~"
    item = difference("ae/psnr", old, new)
    assert item
    assert "400 images in pairs" in item.basis
    paired = stats.ttest_rel(moved, each).confidence_interval(0.99)
    assert item.noise == pytest.approx((paired.high - paired.low) / 2, rel=1e-4)
    few = difference("ae/psnr", side({"ae/psnr": [20.0]}, 1, each[:3]), side({"ae/psnr": [21.0]}, 1, moved[:3]))
    assert few
    paired = stats.ttest_rel(moved[:3], each[:3]).confidence_interval(0.99)
    assert few.noise == pytest.approx((paired.high - paired.low) / 2, rel=1e-4)


def test_single_values_of_other_images_are_not_paired() -> None:
    """As where a setting takes more of the same images."""
    each = np.random.default_rng(0).normal(20, 5, 400)
    item = difference("ae/psnr", side({"ae/psnr": [20.0]}, 1, each), side({"ae/psnr": [21.0]}, 1, each[:300]))
    assert item
    assert item.basis == "400 and 300 images"
    whole, none = side({"ae/psnr": [20.0]}, 1, each), side({"ae/psnr": [21.0]}, 1)
    for item in (difference("ae/psnr", whole, none), difference("ae/psnr", none, whole)):
        assert item
        assert (item.noise, item.basis) == (None, "noise unknown")


def test_a_time_needs_a_tenth() -> None:
    """And no less than the margin of a second; so says the legend."""
    assert f"for a time at least {words.exact(TIMED, '%')} of it" in LEGEND
    key = "ae/train_seconds"
    for before, after, expected in ((300.0, 329.0, "~"), (300.0, 331.0, "*"), (3.0, 3.9, "~"), (3.0, 4.1, "*")):
        assert mark(side({key: [before]}, 1), side({key: [after]}, 1), key) == expected
    known = side({key: [300.0, 301.0, 302.0]}), side({key: [400.0, 401.0, 402.0]})
    assert mark(*known, key) == "*"  # another machine, or other work beside it: no worse


def test_a_quality_after_equal_time_needs_no_tenth() -> None:
    """A tenth of 20 dB would be four margins; which way is better is left open, as it depends on the clock."""
    key = "ae/psnr[at=equal_time]"
    for after, expected in ((20.4, "~"), (21.0, "*")):
        assert mark(side({key: [20.0, 20.0, 20.1]}), side({key: [after, after, after + 0.1]}), key) == expected


def test_missing_seeds_and_values() -> None:
    assert difference("ae/psnr", side({"ae/psnr": [None, None]}), side({"ae/psnr": [20.0]})) is None
    assert difference("ae/psnr", side({}), side({"ae/psnr": [20.0]})) is None
    assert difference("ae/psnr", side({"ae/psnr": [20.0]}), side({"ae/psnr": [None]})) is None
    assert mark(side({"ae/psnr": [20.0, None, 22.0]}), side({"ae/psnr": [21.0]})) == "="
