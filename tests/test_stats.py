"""Intervals against closed forms, verdicts at their edges, and error rates by simulation."""

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats as scipy_stats

from report import stats
from report.claims import itself
from report.stats import Floats, Interval, corrected_level, one_image, over_images, over_seeds, verdict

CLAIMS = 37


def test_over_seeds_is_the_t_interval() -> None:
    effects = np.array([1.0, 2.0, 4.0])
    expected = scipy_stats.t.interval(0.95, 2, effects.mean(), scipy_stats.sem(effects))
    assert over_seeds(effects, 0.95) == Interval(*map(pytest.approx, expected))


@pytest.mark.parametrize(
    ("possible", "expected"),
    [((0, 1), (0.5, 1)), ((0.7, 0.9), (0.7, 0.9)), ((0, 9), (0.5, 1.5)), ((2, 3), (2, 2)), ((-1, 0), (0, 0))],
)
def test_an_interval_is_cut_off_where_nothing_can_lie(
    possible: tuple[float, float], expected: tuple[float, float]
) -> None:
    assert Interval(0.5, 1.5).within(possible) == Interval(*expected)


def test_the_level_leaves_one_document_in_twenty_a_false_verdict() -> None:
    assert [corrected_level(claims) for claims in (1, 2, CLAIMS)] == pytest.approx([0.95, 0.975, 1 - 0.05 / CLAIMS])


def test_over_images_agrees_with_the_normal_interval_of_paired_means() -> None:
    generator = np.random.default_rng(1)
    each = generator.normal(size=(2, 2000))
    interval = over_images(difference, each[None], 0.95)
    differences = each[0] - each[1]
    half = 1.96 * differences.std() / np.sqrt(2000)
    assert (interval.low + interval.high) / 2 == pytest.approx(differences.mean(), abs=1e-12)
    assert (interval.high - interval.low) / 2 == pytest.approx(half, rel=0.1)


def test_many_values_are_resampled_as_means_of_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays bounded, the centre is exact, and the width that of all values."""
    each = np.random.default_rng(2).normal(size=(2, 1, 6001))
    whole = over_images(itself, each, 0.95)
    monkeypatch.setattr(stats, "MOST", 500)
    monkeypatch.setattr(stats, "_weights", lambda n, weights=stats._weights: (resampled.append(n), weights(n))[1])
    resampled = list[int]()
    blocks = over_images(itself, each, 0.95)
    assert resampled == [500, 500]  # once a seed
    assert blocks.low + blocks.high == pytest.approx(2 * each.mean(), abs=1e-12)
    assert blocks.high - blocks.low == pytest.approx(whole.high - whole.low, rel=0.1)


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_an_interval_over_few_values_misses_as_seldom_as_it_says(n: int) -> None:
    """A class each, for example: with a normal quantile 26, 12, 4 and 1 % of these missed instead of 1 %."""
    runs, confidence = 3000, 0.99
    samples = np.random.default_rng(4).normal(size=(runs, 2, n))
    intervals = [over_images(difference, sample[None], confidence) for sample in samples]
    missed = np.mean([not interval.low < 0 < interval.high for interval in intervals])
    expected = 1 - confidence
    assert missed == pytest.approx(expected, abs=4 * (expected * confidence / runs) ** 0.5)


def test_pairing_removes_what_the_images_share() -> None:
    difficulty = np.random.default_rng(2).normal(size=5000)
    interval = over_images(difference, np.stack([difficulty + 0.1, difficulty])[None], 0.95)
    assert interval.high - interval.low < 1e-9


def test_a_step_is_what_one_image_makes_of_the_effect() -> None:
    right = np.array([[1.0, 0, 1, 1, 0], [1, 1, 1, 1, 1]])
    assert one_image(lambda rows: rows[0] - rows[1], right) == pytest.approx(1 / 5)
    assert one_image(lambda rows: rows.mean(axis=0), right) == pytest.approx(1 / 10)
    assert one_image(lambda rows: rows[0] * 0 + 3, right) == 0
    assert one_image(lambda rows: rows[1].clip(max=1), right) == pytest.approx(1 / 5)  # no share exceeds one
    assert one_image(lambda rows: rows[0] - rows[1], right / 3) == 0  # not answers
    assert one_image(lambda rows: rows[0], right[:1]) == pytest.approx(1 / 5)  # whatever share is right


def test_images_that_are_answered_alike_still_have_an_interval() -> None:
    """It is as wide as if one of them were answered otherwise by one of the two."""
    each = np.ones((2, 60))
    alike = over_images(difference, each[None], 0.95, one_image(difference, each))
    each[0, 0] = 0
    one = over_images(difference, each[None], 0.95)
    assert (alike.low, alike.high) == (-alike.high, pytest.approx(scipy_stats.t.ppf(0.975, 59) / 60))
    assert one.high - one.low == pytest.approx(alike.high - alike.low, rel=0.1)
    assert over_images(difference, each[None], 0.95, one_image(difference, each)).high == pytest.approx(
        one.high, rel=0.2
    )


def test_an_effect_over_two_seeds_is_the_mean_of_theirs() -> None:
    """Of ratios it is not the ratio of their means. Each against its spread over 1,000 fresh sets of images."""

    def saved(rows: Floats) -> Floats:
        return 1 - rows[0] / rows[1]  # type: ignore[no-any-return]

    generator = np.random.default_rng(3)

    def seeds() -> Floats:
        return generator.normal([[[4.5], [3.0]], [[4.0], [1.0]]], 0.5, (2, 2, 100))

    each = seeds()
    interval = over_images(saved, each, 0.95)
    assert (interval.low + interval.high) / 2 == pytest.approx(np.mean([saved(seed.mean(axis=1)) for seed in each]))
    fresh = np.std([[saved(seed.mean(axis=1)) for seed in seeds()] for _ in range(1000)], axis=0)
    for seed, spread in zip(each, fresh, strict=True):
        interval = over_images(saved, seed[None], 0.95)
        assert (interval.high - interval.low) / 2 == pytest.approx(1.98 * spread, rel=0.2)


def test_no_interval_leaves_out_both_of_its_seeds() -> None:
    """Where they agree, the images make it as wide as it is; where they do not, they do."""
    images = np.random.default_rng(4).normal(1.0, 0.5, (2, 100))
    other = images + np.array([[2.0], [0.0]])
    alike, apart = (over_images(difference, np.stack([images, seed]), 0.95) for seed in (images, other))
    spread = np.std(images[0] - images[1], ddof=1) / 10
    assert (alike.high - alike.low) / 2 == pytest.approx(1.98 * spread, rel=0.1)
    effects = np.array([0, 2]) + (images[0] - images[1]).mean()
    assert apart.low < effects.min() < effects.max() < apart.high
    assert (apart.high - apart.low) / 2 == pytest.approx(stats.t_quantile(99, 0.95) * np.std(effects, ddof=1) / 2**0.5)


def difference(rows: Floats) -> Floats:
    return rows[0] - rows[1]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("low", "high", "above", "below"),
    [
        (1.1, 2.0, "supported", "refuted"),
        (-0.9, 0.9, "no_difference", "supported"),
        (-3.0, -2.0, "refuted", "supported"),
        (-3.0, 0.5, "refuted", "supported"),
        (0.5, 1.5, "inconclusive", "inconclusive"),
        (-3.0, 3.0, "inconclusive", "inconclusive"),
        (1.0, 2.0, "inconclusive", "inconclusive"),  # an end at the margin lies on neither side of it
        (0.0, 1.0, "inconclusive", "inconclusive"),
        (-1.0, 0.0, "refuted", "supported"),
    ],
)
def test_verdicts(low: float, high: float, above: str, below: str) -> None:
    assert verdict(Interval(low, high), 1.0, "above") == above
    assert verdict(Interval(low, high), 1.0, "below") == below


def verdicts_of(true_effect: float, seeds: int, runs: int, deviation: float) -> list[str]:
    generator = np.random.default_rng(3)
    samples = generator.normal(true_effect, deviation, size=(runs, seeds))
    return [verdict(over_seeds(sample, corrected_level(CLAIMS)), 1.0, "above") for sample in samples]


@pytest.mark.parametrize("deviation", [0.1, 1.0])
@pytest.mark.parametrize("seeds", [3, 6])
def test_a_family_of_claims_at_the_margin_rarely_holds_a_false_verdict(seeds: int, deviation: float) -> None:
    """At the margin either verdict but "inconclusive" is a coin that fell the wrong way: the worst case there is."""
    families = 300
    outcomes = np.array(verdicts_of(1.0, seeds, families * CLAIMS, deviation)).reshape(families, CLAIMS)
    false = (outcomes != "inconclusive").any(axis=1).mean()
    assert false <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / families)


def test_an_effect_of_zero_is_never_called_supported() -> None:
    assert "supported" not in verdicts_of(0.0, 6, 2000, 0.3)


def test_seeds_that_happen_to_agree_on_a_discrete_effect_still_have_an_interval() -> None:
    """A win rate over twelve kinds: three seeds with the same one decide nothing, six that win all of them do."""
    interval = over_seeds(np.full(3, 0.5), corrected_level(CLAIMS), 1 / 12)
    assert verdict(interval, 0.1, "above") == "inconclusive"
    assert verdict(over_seeds(np.full(6, 0.5), corrected_level(CLAIMS), 1 / 12), 0.1, "above") == "supported"
    one_away = np.array([0.5, 0.5, 0.5 - 1 / 12])
    other = over_seeds(one_away, corrected_level(CLAIMS))
    widths = [np.ptp([part.low, part.high]) for part in (interval, other)]
    assert widths[0] == pytest.approx(widths[1])


def test_power_at_six_seeds() -> None:
    """Twice the margin, with a spread of a quarter of it between seeds, is found nine times in ten; zero likewise."""
    assert np.mean(np.array(verdicts_of(2.0, 6, 1000, 0.25)) == "supported") > 0.9
    assert np.mean(np.array(verdicts_of(0.0, 6, 1000, 0.25)) == "no_difference") > 0.9


DRAWS = """
import numpy as np
from report.stats import over_images
draws = np.random.default_rng(1)
for _ in range(20):
    print(over_images(lambda rows: rows[0] - rows[1] - rows[2] + rows[3], draws.uniform(size=(2, 4, 2000)), 0.99))
"""


def test_an_interval_does_not_depend_on_how_many_threads_compute_it() -> None:
    """A document is checked on other machines than the one that wrote it."""
    one, two = (
        subprocess.run(
            [sys.executable, "-c", DRAWS], env=os.environ | {"OPENBLAS_NUM_THREADS": str(threads)},
            capture_output=True, text=True, check=True,
        ).stdout
        for threads in (1, 2)
    )  # fmt: skip
    assert one == two
    assert one.count("Interval") == 20
