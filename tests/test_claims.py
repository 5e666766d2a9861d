"""Claims: every key is one that a run measures, effects have the sign the sentence gives them."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from experiments import plan
from experiments.bundle import Bundle, Result
from experiments.metrics import metric_of, split
from experiments.settings import PRESETS, preset
from models.base import hidden_cells
from report.claims import CLAIMS, bend, decade_difference, difference, possible, reduction, slope_difference, win_rate
from report.fake import fake
from report.judge import judge_all, to_json


@pytest.mark.parametrize("name", PRESETS)
def test_no_claim_names_a_key_that_nobody_measures(name: str) -> None:
    settings = preset(name)
    measured = set(plan.keys(settings))
    for claim_id, claim in CLAIMS.items():
        keys = claim.keys(settings)
        assert set(keys) <= measured, claim_id
        assert claim.effect(np.random.default_rng(0).uniform(1, 2, (len(keys), 3))).shape == (3,), claim_id


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_stands_for_itself(name: str) -> None:
    """Its sentence presupposes no other's outcome; its effect says what it is, and which way a difference counts."""
    claim = CLAIMS[name]
    assert claim.sentence.endswith(".")
    assert not re.search(r"\b(too|also|still|even)\b", claim.sentence)
    assert claim.measure
    assert not re.search(r"[().;:\d]", claim.measure), "it stands in parentheses, before a colon, and unbound"
    if claim.effect in (difference, slope_difference, decade_difference):
        assert " − " in claim.measure


def test_effects_in_closed_form() -> None:
    assert difference(np.array([[3.0], [5.0], [1.0], [2.0]])).tolist() == [2.5]
    assert reduction(np.array([[0.75], [1.0]])).tolist() == [0.25]
    assert win_rate(np.array([[1.0], [2.0], [0.0], [2.0]])).tolist() == [0.25]
    assert bend(np.array([[1.0], [2.0], [3.0]])).tolist() == [0.0]
    assert bend(np.array([[0.0], [0.0], [1.0]])).tolist() == [1.0]
    assert bend(np.array([[1.0], [3.0], [9.0]]), [0.1, 0.3, 0.9]) == pytest.approx(0)
    assert bend(np.array([[0.0], [3.0], [4.0]]), [0.0, 1.0, 3.0]) == pytest.approx([(3 - 1 / 2) * 1.5 / 4])
    assert slope_difference(np.array([[0.0], [3.0], [1.0], [2.0]])).tolist() == [2.0]
    assert decade_difference(np.array([[1.0], [1.0], [10.0], [1.0]])).tolist() == [1.0]


def test_a_straight_line_over_uneven_ratios_is_gradual(tmp_path: Path) -> None:
    bundle = fake(tmp_path, settings=preset("smoke", ["seeds=3", "mask_ratios=[0,0.1,0.3,0.5,0.9]"]))
    for key in CLAIMS["mcae_gradual"].keys(bundle.settings):
        bundle.values[key] = [hidden_cells(float(split(key)[2]["mask"])) + seed for seed in range(3)]
    judgement = judge_all(bundle)["mcae_gradual"]
    assert judgement.effect == pytest.approx(0, abs=1e-12)
    assert judgement.verdict == "supported"


@pytest.mark.parametrize("name", CLAIMS)
def test_an_effect_lies_where_it_is_said_to(name: str) -> None:
    """Of values anywhere in their ranges, and at the ends of these, where the effect comes close to its own."""
    claim, generator = CLAIMS[name], np.random.default_rng(0)
    keys = claim.keys(preset("smoke"))
    ranges = np.array([metric_of(key).possible for key in keys]).clip(-50, 50)[..., None]
    places = generator.choice([0, 1, 1e-9, 0.3, 0.7], (len(keys), 5000))
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = claim.effect(ranges[:, 0] + places * (ranges[:, 1] - ranges[:, 0]))
    least, most = possible(claim.effect, metric_of(keys[0]).possible)
    effects = effects[np.isfinite(effects)]
    assert least <= effects.min()
    assert effects.max() <= most
    assert most == np.inf or effects.max() > most - 0.2


def test_an_interval_ends_where_its_effect_must(tmp_path: Path) -> None:
    bundle = fake(tmp_path)
    for key in CLAIMS["prefer_variability"].keys(bundle.settings)[:2]:
        bundle.values[key][0] = 0.0
    judgement = judge_all(bundle)["prefer_variability"]
    assert judgement.basis == "seeds"
    assert judgement.interval is not None
    assert judgement.interval.low < judgement.effect < judgement.interval.high == 0.5


def test_one_changed_value_changes_just_the_claims_that_name_it(tmp_path: Path) -> None:
    bundle = fake(tmp_path)
    before = judge_all(bundle)
    bundle.values["pca/ari"] = [0.123]
    after = judge_all(bundle)
    assert [name for name in CLAIMS if before[name] != after[name]] == ["clusters_are_classes"]


def test_single_values_give_an_interval_where_seeds_are_few(tmp_path: Path) -> None:
    settings = preset("quick")
    bundle = Bundle(settings, fake(tmp_path).provenance)
    errors = np.random.default_rng(0).normal(20, 3, 500)
    for seed in (0, 1):
        for model, shift in (("ae", 1.0), ("dae", 0.0)):
            result = Result(model, seed)
            result.add("psnr", errors + shift)
            bundle.add(result)
    judgement = judge_all(bundle)["prefer_clean"]
    assert (judgement.verdict, judgement.basis, judgement.seeds, judgement.images) == ("supported", "images", 2, 500)
    assert judgement.effect == pytest.approx(1.0)


@pytest.mark.parametrize(("classes", "verdict"), [(1, "inconclusive"), (3, "inconclusive"), (10, "supported")])
def test_few_single_values_decide_nothing(tmp_path: Path, classes: int, verdict: str) -> None:
    """One has no interval; three that differ by a third need an effect many times as large."""
    bundle = Bundle(preset("smoke", [f"anomaly_classes={classes}"]), fake(tmp_path).provenance)
    scores = np.linspace(0.6, 0.61, classes)
    for model, shift in (("ae", scores), ("dae", scores + np.linspace(0.09, 0.12, classes))):
        result = Result(model, 0)
        result.add("anomaly_auroc", shift)
        bundle.add(result)
    judgement = judge_all(bundle)["prefer_anomaly"]
    assert judgement.verdict == verdict
    assert judgement.images == (classes if classes > 1 else 0)
    assert (judgement.interval is None) == (classes == 1)


@pytest.mark.parametrize("seeds", [1, 2, 3, 4])
@pytest.mark.parametrize(("images", "verdict"), [(60, "inconclusive"), (4000, "no_difference")])
def test_few_images_that_all_answer_alike_decide_nothing(tmp_path: Path, images: int, verdict: str, seeds: int) -> None:
    bundle = Bundle(preset("quick", [f"seeds={seeds}"]), fake(tmp_path).provenance)
    right = (np.arange(images) % 3 > 0).astype(float)
    for model in ("ae", "dae"):
        for seed in range(seeds):
            result = Result(model, seed)
            result.add("probe_accuracy", right)
            bundle.add(result)
    judgement = judge_all(bundle)["dae_better_clean"]
    assert (judgement.effect, judgement.verdict) == (0, verdict)


def test_single_values_are_those_of_the_seeds_that_are_compared(tmp_path: Path) -> None:
    bundle = Bundle(preset("quick"), fake(tmp_path).provenance)
    generator = np.random.default_rng(0)
    alike = generator.normal(20, 3, 500)
    for model, seed, errors in (("dae", 0, alike), ("ae", 0, alike + 1), ("ae", 1, generator.normal(20, 30, 500))):
        result = Result(model, seed)
        result.add("psnr", errors)
        bundle.add(result)
    judgement = judge_all(bundle)["prefer_clean"]
    assert (judgement.seeds, judgement.images, judgement.effect) == (1, 500, pytest.approx(1.0))
    assert judgement.interval is not None
    assert judgement.interval.high - judgement.interval.low < 1e-5


def test_claims_json_holds_what_was_judged(tmp_path: Path) -> None:
    document = json.loads(to_json(judge_all(fake(tmp_path))))
    assert document["format"] == 1
    claim = document["claims"]["dae_more_robust"]
    assert claim["verdict"] == "supported"
    assert claim["interval"][0] < claim["effect"] < claim["interval"][1]
    assert claim["keys"] == ["dae/probe_accuracy[noise=0.1]", "ae/probe_accuracy[noise=0.1]"]
