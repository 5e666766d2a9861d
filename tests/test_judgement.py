"""Judging: what an interval is over and where it ends, how few decide nothing, and why there is none."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from experiments.bundle import Bundle, Result
from experiments.metrics import split
from experiments.presets import preset
from models.base import hidden_cells
from report.claims import CLAIMS
from report.fake import fake
from report.judgement import judge_all, to_json
from report.stats import Interval


def test_a_straight_line_over_uneven_ratios_is_gradual(tmp_path: Path) -> None:
    bundle = fake(tmp_path, settings=preset("smoke", ["seeds=3", "mask_ratios=[0,0.1,0.3,0.5,0.9]"]))
    for key in CLAIMS["mcae_gradual"].keys(bundle.settings):
        cells = hidden_cells(float(split(key)[2]["mask"]))
        bundle.values[key] = [cells + seed + seed * 1e-4 * cells**2 for seed in range(3)]  # seeds are never alike
    judgement = judge_all(bundle)["mcae_gradual"]
    assert judgement.effect == pytest.approx(0, abs=0.01)
    assert judgement.verdict == "supported"


def test_a_ratio_beyond_those_of_the_training_bends_one_curve_alone(tmp_path: Path) -> None:
    bundle = fake(tmp_path, settings=preset("smoke", ["seeds=3", "mask_ratios=[0.1,0.3,0.5,0.7,0.9]"]))
    for key in CLAIMS["mcae_gradual"].keys(bundle.settings):
        ratio = float(split(key)[2]["mask"])
        cells = hidden_cells(ratio) * (2 if ratio > 0.75 else 1)
        bundle.values[key] = [cells + seed + seed * 1e-4 * cells**2 for seed in range(3)]
    found = judge_all(bundle)
    assert (found["mcae_gradual"].verdict, found["mcae_gradual_trained"].verdict) == ("refuted", "supported")


def test_a_bend_needs_three_ratios(tmp_path: Path) -> None:
    three = preset("smoke", ["mask_ratios=[0.05,0.1,0.3,0.5,0.7]", "mask_low=0.1", "mask_high=0.5"])
    assert [key[14:17] for key in CLAIMS["mcae_gradual_trained"].keys(three)] == ["0.1", "0.3", "0.5"]
    bundle = fake(tmp_path, settings=preset("smoke", ["seeds=3", "mask_high=0.4"]))
    judgement = judge_all(bundle)["mcae_gradual_trained"]
    assert (judgement.verdict, judgement.effect) == ("unavailable", None)
    assert judgement.reason == "the settings do not ask for what it needs"


def test_an_interval_ends_where_its_effect_must(tmp_path: Path) -> None:
    bundle = fake(tmp_path)
    bundle.values["dae/probe_accuracy"], bundle.values["ae/probe_accuracy"] = [0.0, *[1.0] * 5], [0.0] * 6
    judgement = judge_all(bundle)["dae_better_clean"]
    assert judgement.basis == "seeds"
    assert judgement.interval is not None
    assert judgement.interval.low < judgement.effect < judgement.interval.high == 1


def test_what_is_the_same_for_every_seed_is_held_against_each(tmp_path: Path) -> None:
    bundle = fake(tmp_path)
    bundle.values["ae/psnr"], bundle.values["pca/psnr"] = [24.0, 25, 26, 27, 28, 29], [23.0]
    judgement = judge_all(bundle)["ae_beats_pca"]
    assert (judgement.effects, judgement.seeds, judgement.basis) == ((1, 2, 3, 4, 5, 6), 6, "seeds")


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
        for model, shift in (("ae", 1.1), ("dae", 0.0)):
            result = Result(model, seed)
            result.add("psnr", errors + shift)
            bundle.add(result)
    judgement = judge_all(bundle)["prefer_clean"]
    assert (judgement.verdict, judgement.basis, judgement.seeds, judgement.images) == ("supported", "images", 2, 500)
    assert judgement.effect == pytest.approx(1.1)
    assert judgement.interval is not None
    assert (judgement.interval.low + judgement.interval.high) / 2 == pytest.approx(judgement.effect, abs=1e-12)


def test_an_interval_over_images_contains_both_seeds(tmp_path: Path) -> None:
    bundle = Bundle(preset("quick"), fake(tmp_path).provenance)
    images = np.random.default_rng(0).normal(20, 3, 500)
    for seed, shift in ((0, 1.0), (1, 3.0)):
        for model, added in (("ae", shift), ("dae", 0.0)):
            result = Result(model, seed)
            result.add("psnr", images + added)
            bundle.add(result)
    judgement = judge_all(bundle)["prefer_clean"]
    assert judgement.effects == pytest.approx((1.0, 3.0))
    assert judgement.interval is not None
    assert judgement.interval.low < 1.0 < 3.0 < judgement.interval.high


def test_an_interval_over_images_ends_where_its_effect_must(tmp_path: Path) -> None:
    bundle = Bundle(preset("quick", ["seeds=1"]), fake(tmp_path).provenance)
    for model, right in (("ae", [0.0, 1.0]), ("dae", [1.0, 0.0])):
        result = Result(model, 0)
        result.add("probe_accuracy", np.array(right))
        bundle.add(result)
    judgement = judge_all(bundle)["dae_better_clean"]
    assert (judgement.basis, judgement.images, judgement.interval) == ("images", 2, Interval(-1, 1))


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
    bundle = fake(tmp_path)
    del bundle.values["vae/roughness"]
    bundle.reasons |= {"vae/roughness": "seed 0 gave nan", "vae": "it failed"}
    judgements = judge_all(bundle)
    document = json.loads(to_json(judgements))
    interval = judgements["dae_more_robust"].interval
    assert interval
    noisy, other = (np.array(bundle.values[f"{model}/probe_accuracy[noise=0.1]"]) for model in ("dae", "ae"))
    assert document["format"] == 1
    assert list(document["claims"]) == list(CLAIMS)
    assert document["claims"]["dae_more_robust"] == {
        "verdict": "supported", "effect": pytest.approx((interval.low + interval.high) / 2),
        "effects": pytest.approx(noisy - other), "interval": [interval.low, interval.high],
        "margin": 0.01, "unit": "points", "seeds": 6, "images": 0, "basis": "seeds",
        "keys": ["dae/probe_accuracy[noise=0.1]", "ae/probe_accuracy[noise=0.1]"],
        "sentence": "Under noise the DAE's latents are easier to classify than the AE's.", "asserts": "above",
        "reason": "",
    }  # fmt: skip
    lost = document["claims"]["vae_smooth"]
    assert (lost["verdict"], lost["effect"], lost["interval"]) == ("unavailable", None, None)
    assert (lost["seeds"], lost["images"], lost["basis"]) == (0, 0, "")
    assert lost["reason"] == "vae/roughness: seed 0 gave nan"
    assert document["claims"]["mcae_gradual"]["asserts"] == "below"


def test_why_there_is_no_effect_or_no_interval(tmp_path: Path) -> None:
    bundle = Bundle(preset("quick", ["seeds=2"]), fake(tmp_path).provenance)
    bundle.values = {"ae/psnr": [20.0, None], "dae/psnr": [None, 21.0]}
    assert judge_all(bundle)["prefer_clean"].reason == "no seed has all the values it needs"
    bundle.values = {"ae/psnr": [20.0, 1e31], "dae/psnr": [19.0, 21.0]}
    judgement = judge_all(bundle)["prefer_clean"]
    assert (judgement.verdict, judgement.reason) == ("unavailable", "the effect is not finite")
    for part, whole in ((1.0, 0.0), (0.0, 0.0), (1e29, 1e-300)):  # a share of nothing
        bundle.values |= {f"{m}/mse[mask=0.5,where=masked]": [mse] * 2 for m, mse in (("mcae", part), ("ae", whole))}
        assert judge_all(bundle)["mcae_context"].reason == "the effect is not finite"
    for model, images in (("ae", 500), ("dae", 400)):
        result = Result(model, 0)
        result.add("psnr", np.linspace(10, 30, images))
        bundle.add(result)
    bundle.values["ae/psnr"][1] = None
    judgement = judge_all(bundle)["prefer_clean"]
    assert (judgement.verdict, judgement.interval) == ("inconclusive", None)
    assert judgement.reason == "an interval for this effect needs three seeds"
    bundle.settings = preset("quick", ["seeds=3"])  # of which one is complete
    judgement = judge_all(bundle)["prefer_clean"]
    assert judgement.reason == "an interval for this effect needs three seeds with all its values"


@pytest.mark.parametrize("lowest", [0.5, 1])  # an AUROC of one is no answer that is right
@pytest.mark.parametrize(("images", "verdict"), [(19, "inconclusive"), (20, "no_difference")])
def test_a_few_values_that_are_alike_decide_nothing(tmp_path: Path, images: int, verdict: str, lowest: float) -> None:
    bundle = Bundle(preset("quick"), fake(tmp_path).provenance)
    for model, seed in (("ae", 0), ("ae", 1), ("dae", 0), ("dae", 1)):
        result = Result(model, seed)
        result.add("anomaly_auroc", np.linspace(lowest, 1, images))
        bundle.add(result)
    judgement = judge_all(bundle)["prefer_anomaly"]
    assert judgement.verdict == verdict
    assert (judgement.interval is None) == (images < 20)
    assert judgement.reason == ("its 19 classes came out alike, which may be chance" if images < 20 else "")


def test_classes_that_are_alike_but_for_rounding_decide_nothing(tmp_path: Path) -> None:
    """Of a run on 300 classes: each of two seeds lost one pair of images, in another class than the other seed."""
    bundle = Bundle(preset("quick"), fake(tmp_path).provenance)
    for model, seed, pairs in (
        ("ae", 0, (132, 54)),
        ("ae", 1, (196, 47)),
        ("dae", 0, (132, 53)),
        ("dae", 1, (195, 47)),
    ):
        result = Result(model, seed)
        result.add("anomaly_auroc", np.array(pairs) / 299)
        bundle.add(result)
    judgement = judge_all(bundle)["prefer_anomaly"]
    assert (judgement.verdict, judgement.interval) == ("inconclusive", None)
    assert judgement.effect == pytest.approx(-0.5 / 299)
    assert judgement.reason == "its 2 classes came out alike, which may be chance"


@pytest.mark.parametrize(("seeds", "verdict"), [(3, "inconclusive"), (20, "no_difference")])
def test_a_few_seeds_that_are_alike_decide_nothing(tmp_path: Path, seeds: int, verdict: str) -> None:
    bundle = Bundle(preset("quick", [f"seeds={seeds}"]), fake(tmp_path).provenance)
    for model, seed in product(("ae", "dae"), range(seeds)):
        result = Result(model, seed)
        result.add("anomaly_auroc", np.array([seed + 5, seed + (7 if model == "ae" else 6)]) / 299)
        bundle.add(result)
    judgement = judge_all(bundle)["prefer_anomaly"]
    assert judgement.verdict == verdict
    assert judgement.reason == ("its 3 seeds came out alike, which may be chance" if seeds < 20 else "")
