"""Numbers: the mean, what its error is over, and what a reader is told."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from experiments.bundle import Bundle, Result
from experiments.curves import NEVER
from experiments.metrics import METRICS
from experiments.presets import preset
from report import words
from report.numbers import number
from tests.standins import parts


def bundle(seeds: int, values: list[float], each: list[list[float]] | None = None) -> Bundle:
    """PSNR of the AE, and nothing else."""
    made = Bundle(preset("smoke", [f"seeds={seeds}"]), parts().bundle.provenance)
    for seed, value in enumerate(values):
        result = Result("ae", seed, values={"psnr": value})
        if each:
            result.each["psnr"] = np.array(each[seed], dtype=np.float32)
        made.add(result)
    return made


def test_three_seeds_are_the_unit() -> None:
    values = [20.0, 21.0, 23.0]
    found = number(bundle(3, values), "ae/psnr")
    assert found.value == pytest.approx(np.mean(values))
    assert found.se == pytest.approx(stats.sem(values))
    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    assert found.interval
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))
    assert found.basis == "3 seeds"


def test_an_interval_ends_where_no_value_can_lie() -> None:
    made = bundle(3, [20.0] * 3)
    made.values["ae/retrieval[noise=0.1]"] = [0.9, 0.99, 1.0]
    found = number(made, "ae/retrieval[noise=0.1]")
    assert found.interval
    assert found.interval.high == 1
    assert found.se == pytest.approx(stats.sem([0.9, 0.99, 1.0]))
    assert "to 100" in found.story


def test_a_share_is_told_in_percent() -> None:
    made = bundle(1, [20.0])
    made.values["ae/retrieval[noise=0.1]"] = [0.07]  # a hundred times 0.07 is a little more than 7
    assert number(made, "ae/retrieval[noise=0.1]").story.splitlines()[:2] == ["7.0 %", "1 seed: 7.0"]


def shares(values: list[list[float]], key: str = "ae/retrieval[noise=0.1]") -> Bundle:
    """Right or wrong by image, one list a seed."""
    made = Bundle(preset("smoke", [f"seeds={len(values)}"]), parts().bundle.provenance)
    model, _, name = key.partition("/")
    for seed, each in enumerate(values):
        result = Result(model, seed)
        result.add(name, np.array(each))
        made.add(result)
    return made


@pytest.mark.parametrize("seeds", [1, 2])
def test_images_that_are_answered_alike_are_as_unsure_as_one_of_them_makes_them(seeds: int) -> None:
    key = "ae/retrieval[noise=0.1]"
    found = number(shares([[1.0] * 50] * seeds), key)
    half = stats.t.ppf(0.975, 49) / 50 / seeds
    assert found.interval
    assert (found.interval.low, found.interval.high) == (pytest.approx(1 - half), 1)


@pytest.mark.parametrize(
    ("key", "printed"),
    [
        ("mcae/far_mass[depth=first,state=trained]", "0.0\u00a0%"),
        ("gaussian/mse[mask=0.5,where=visible]", "0"),
    ],
)
def test_a_share_or_an_error_of_zero_is_no_wrong_answer(key: str, printed: str) -> None:
    found = number(shares([[0.0] * 50], key), key)
    assert (found.se, found.interval, found.text()) == (0, None, printed)


def test_means_of_the_same_images_have_no_interval() -> None:
    for of, there in (("arithmetic", True), ("alone", True), ("mean", False), ("other", False)):
        key = f"vae/target_probability[of={of}]"
        assert bool(number(shares([[0.1, 0.2, 0.4]], key), key).interval) is there


def test_a_count_has_no_unit_and_no_point() -> None:
    made = bundle(1, [20.0])
    made.values["ae/parameters"] = [1595587.0]
    assert number(made, "ae/parameters").story.splitlines()[:2] == ["1595587", "1 seed: 1595587"]


def test_an_interval_over_images_ends_where_no_value_can_lie() -> None:
    found = number(shares([[1.0, 1.0, 1.0, 0.0]], "ae/probe_accuracy"), "ae/probe_accuracy")
    assert found.interval
    assert (found.interval.low, found.interval.high) == (0, 1)


def test_one_seed_with_single_values() -> None:
    each = [20.0, 22.0, 24.0, 30.0]
    found = number(bundle(1, [24.0], [each]), "ae/psnr")
    assert found.se == pytest.approx(stats.sem(each))
    assert found.basis == "4 images of these runs"
    assert found.interval
    expected = stats.t.interval(0.95, 3, 24.0, stats.sem(each))
    assert (found.interval.low, found.interval.high) == pytest.approx(expected)
    assert "95\N{NO-BREAK SPACE}% interval: " in found.story


@pytest.mark.parametrize("other", [[20.0, 22.0], [21.0]])
def test_two_seeds_of_unlike_images_have_no_interval(other: list[float]) -> None:
    made = bundle(2, [20.0, 21.0], [[20.0, 22.0, 24.0], other])
    assert (number(made, "ae/psnr").interval, number(made, "ae/psnr").se) == (None, 0.5)


def test_a_missing_seed_takes_no_other_seed_along() -> None:
    each = [20.0, 22.0, 24.0, 30.0]
    found = number(bundle(2, [math.nan, 24.0], [[math.nan] * 4, each]), "ae/psnr")
    assert found.seeds == (None, 24.0)
    assert found.se == pytest.approx(stats.sem(each))
    assert "2 seeds: missing, 24" in found.story


def test_two_seeds_without_single_values_have_an_error_but_no_interval() -> None:
    found = number(bundle(2, [20.0, 21.0]), "ae/psnr")
    assert found.se == pytest.approx(stats.sem([20.0, 21.0]))
    assert found.interval is None
    assert "interval" not in found.story
    made = bundle(2, [20.0, 20.0])
    made.values["ae/ari"] = [0.6, 0.6]
    assert number(made, "ae/ari").se == pytest.approx(0.002)  # two that agree by chance earn no digits
    assert number(made, "ae/ari").text() == "0.600"


@pytest.mark.parametrize("each", [None, [[20.0]]])
def test_one_value_alone(each: list[list[float]] | None) -> None:
    found = number(bundle(1, [20.0], each), "ae/psnr")
    assert (found.value, found.se, found.interval) == (20.0, None, None)
    assert found.text() == "20.00\u00a0dB"
    assert "1 seed: 20.0" in found.story
    assert found.story.endswith(f"\ndefinition: {words.typographic(METRICS['psnr'].how)}\nkey: ae/psnr")


def test_a_missing_seed_is_named() -> None:
    made = bundle(3, [20.0, float("nan"), 21.0])
    found = number(made, "ae/psnr")
    assert found.value == 20.5
    assert "3 seeds: 20.0, missing, 21.0\nmissing: seed 1" in found.story


def test_why_a_value_is_missing() -> None:
    made = bundle(1, [])
    assert number(made, "ae/psnr").reason == "not in this run"
    made.reasons["ae"] = "the loss was not finite"
    assert number(made, "ae/psnr").reason == "the loss was not finite"
    made.reasons["ae/psnr"] = "seed 0 gave nan"
    assert number(made, "ae/psnr").story == "not measured: seed 0 gave nan\nkey: ae/psnr"


def test_none_can_be_what_came_out() -> None:
    made = bundle(1, [])
    made.reasons["dae/crossing"] = NEVER
    found = number(made, "dae/crossing")
    assert (found.absent, found.story) == ("none", f"none: {NEVER}\nkey: dae/crossing")
    made.reasons["dae/crossing"] = f"with 1 of 3 seeds {NEVER}"
    assert number(made, "dae/crossing").absent == "none that holds for every seed"
    made.reasons = {"dae": "the loss was not finite"}
    assert number(made, "dae/crossing").absent == "not measured"


def test_a_key_that_nothing_measures() -> None:
    with pytest.raises(KeyError, match="no run of these settings measures the key 'ae/psnr\\[noise=7\\]'"):
        number(bundle(1, [20.0]), "ae/psnr[noise=7]")
    made = bundle(1, [20.0])
    made.values["ae/psnr[noise=7]"] = [19.0]  # of other settings, and there
    assert number(made, "ae/psnr[noise=7]").value == 19


@pytest.mark.parametrize(
    ("key", "value", "printed"),
    [
        ("ae/ari", 0.04853, "0.049"),
        ("ae/psnr", 22.7094, "22.71\u00a0dB"),
        ("ae/mse", 0.0060412, "0.00604"),
        ("ae/probe_accuracy", 0.36604, "36.6\u00a0%"),
        ("mcae/far_mass[depth=last,state=trained]", 0.00021, "0.02\u00a0%"),  # of which little is left otherwise
    ],
)
def test_no_digit_is_small_beside_the_margin(key: str, value: float, printed: str) -> None:
    made = bundle(3, [])
    made.values[key] = [value * share for share in (0.9999999, 1, 1.0000001)]
    assert number(made, key).text() == printed


def test_a_zero_has_no_digit_that_is_small_beside_the_margin() -> None:
    assert number(shares([[0.0] * 2000] * 2), "ae/retrieval[noise=0.1]").text() == "0.0\u00a0%"


def test_bare_numbers_have_no_unit() -> None:
    found = number(bundle(1, [20.0]), "ae/psnr")
    assert found.text(bare=True) == "20.00"
    with pytest.raises(AssertionError):
        replace(found, value=None).text()
