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
from report.claims import (
    CLAIMS,
    bend,
    decade_difference,
    difference,
    lead,
    possible,
    reduction,
    slope_difference,
    win_rate,
)
from report.fake import fake
from report.judge import judge_all, to_json
from report.stats import Interval, level, quantile

SPEAKS: list[tuple[str, str | None, str | None]] = [  # claim, a number that speaks for it the larger it is, one against
    ("ae_beats_pca", "ae/psnr", "pca/psnr"),
    ("shape_kept_texture_lost", "ae/transfer[band=low]", "ae/transfer[band=high]"),
    ("clusters_are_classes", "ae/ari", "pca/ari"),
    ("features_useful", "ae/probe_accuracy", "random_encoder/probe_accuracy"),
    ("features_beat_pca", "ae/probe_accuracy", "pca/probe_accuracy"),
    ("noise_barely_moves_latents", "ae/probe_accuracy[noise=0.1]", "ae/probe_accuracy"),
    ("dae_more_robust", "dae/probe_accuracy[noise=0.1]", "ae/probe_accuracy[noise=0.1]"),
    ("dae_better_clean", "dae/probe_accuracy", "ae/probe_accuracy"),
    ("prefer_clean", "ae/psnr", "dae/psnr"),
    ("prefer_noisy", "dae/psnr[noise=0.1]", "ae/psnr[noise=0.1]"),
    ("prefer_variability", "dae/probe_accuracy[corruption=fog]", "ae/probe_accuracy[corruption=fog]"),
    ("prefer_anomaly", "dae/anomaly_auroc", "ae/anomaly_auroc"),
    ("prefer_compression", "ae/psnr[at=equal_rate]", "dae/psnr[at=equal_rate]"),
    ("prefer_transfer", "dae/probe_accuracy[labels=5]", "ae/probe_accuracy[labels=5]"),
    ("prefer_low_resource", "ae/psnr[at=equal_time]", "dae/psnr[at=equal_time]"),
    ("vae_blurrier", "ae/transfer[band=high]", "vae/transfer[band=high]"),
    ("vae_blurrier_equal_mse", "ae/transfer[band=high,at=equal_mse]", "vae/transfer[band=high,at=equal_mse]"),
    ("vae_smooth", "ae/roughness", "vae/roughness"),
    ("vae_confident_midway", "vae/midpoint_confidence", "ae/midpoint_confidence"),
    ("vae_neighbours", "vae/precision_at_10", "pixels/precision_at_10"),
    ("arithmetic_works", "vae/target_probability[of=arithmetic]", "vae/target_probability[of=mean]"),
    ("arithmetic_beats_random", "vae/target_probability[of=arithmetic]", "vae/target_probability[of=random]"),
    ("mcae_gradual", None, "mcae/mse[mask=0.5,where=masked]"),
    ("mcae_context", "ae/mse[mask=0.5,where=masked]", "mcae/mse[mask=0.5,where=masked]"),
    ("mcae_context_vae", "vae/mse[mask=0.5,where=masked]", "mcae/mse[mask=0.5,where=masked]"),
    ("mcae_beats_gaussian", "gaussian/mse[mask=0.5,where=masked]", "mcae/mse[mask=0.5,where=masked]"),
    ("errors_on_texture", "mcae/texture_correlation[mask=0.5]", None),
    ("cnn_local", "vit_mae/erf_r90[depth=last,state=trained]", "mcae/erf_r90[depth=last,state=trained]"),
    ("cnn_bias", "vit_mae/equivariance_error[shift=2,state=trained]", "mcae/equivariance_error[shift=2,state=trained]"),
    ("cnn_bias_data", "vit_mae/mse[mask=0.5,where=masked,data=0.1]", "vit_mae/mse[mask=0.5,where=masked,data=1]"),
    (
        "cnn_bias_data",
        "mcae_sparse/mse[mask=0.5,where=masked,data=1]",
        "mcae_sparse/mse[mask=0.5,where=masked,data=0.1]",
    ),
    ("cnn_masking_hurts", "mcae/mse[mask=0.9,where=masked]", "vit_mae/mse[mask=0.9,where=masked]"),
    ("mcae_beats_vit", "vit_mae/mse[mask=0.5,where=masked]", "mcae/mse[mask=0.5,where=masked]"),
    ("cnn_masking_hurts_probe", "vit_mae/probe_accuracy[mask=0.9]", "mcae/probe_accuracy[mask=0.9]"),
    ("sparse_closes_gap", "mcae/mse[mask=0.5,where=masked]", "mcae_sparse/mse[mask=0.5,where=masked]"),
    ("cnn_global_slow", "vit_mae/far_mass[depth=first,state=trained]", "mcae/far_mass[depth=first,state=trained]"),
]
MARGINS = {  # of claims whose margin is not that of their metric; where an error is saved it is 5 %
    "noise_barely_moves_latents": 0.02,
    "prefer_variability": 0.1,
    "vae_blurrier": 0.02,
    "vae_blurrier_equal_mse": 0.02,
    "mcae_gradual": 0.25,
    "cnn_bias_data": 0.02,
    "cnn_masking_hurts": 0.002,
}


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


@pytest.mark.parametrize(("name", "pro", "contra"), SPEAKS)
def test_a_sentence_gains_by_what_speaks_for_it(name: str, pro: str | None, contra: str | None) -> None:
    """And loses by what speaks against it, be it true or not: fake results are drawn from the claims themselves."""
    claim = CLAIMS[name]
    keys, way = claim.keys(preset("smoke")), 1 if claim.asserts == "above" else -1
    for key, sign in ((pro, way), (contra, -way)):
        if key:
            raised = np.where(np.array(keys)[:, None] == key, 1.1, 1.0)
            assert sign * (claim.effect(raised) - claim.effect(np.ones_like(raised))) > 0


def test_every_claim_has_something_that_speaks_for_or_against_it() -> None:
    assert {name for name, *_ in SPEAKS} == set(CLAIMS)


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_has_the_unit_and_the_margin_of_its_metric_where_it_is_a_difference(name: str) -> None:
    claim = CLAIMS[name]
    metric = metric_of(claim.keys(preset("smoke"))[0])
    if claim.effect in (reduction, lead):
        assert (claim.unit, claim.margin) == ("%", 0.05)
    else:
        unit = "" if claim.effect in (bend, decade_difference) else metric.unit
        assert claim.unit == {"%": "points"}.get(unit, unit)
        assert claim.margin == MARGINS.get(name, metric.margin)


def test_the_assignment_asserts_25_of_the_sentences() -> None:
    own = {
        "ae_beats_pca", "features_beat_pca", "vae_blurrier_equal_mse", "vae_confident_midway",
        "arithmetic_beats_random", "mcae_beats_gaussian", "mcae_beats_vit", "cnn_bias_data", "cnn_masking_hurts_probe",
        "sparse_closes_gap",
    }  # fmt: skip
    assert {name for name, claim in CLAIMS.items() if not claim.asked} == own
    assert len(CLAIMS) - len(own) == 25


def test_effects_in_closed_form() -> None:
    assert difference(np.array([[3.0], [5.0], [1.0], [2.0]])).tolist() == [2.5]
    assert reduction(np.array([[0.75], [1.0]])).tolist() == [0.25]
    assert lead(np.array([[0.75, 1.0, 2.0], [1.0, 0.75, 2.0]])).tolist() == [0.25, -0.25, 0]
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
        for model, shift in (("ae", 1.1), ("dae", 0.0)):
            result = Result(model, seed)
            result.add("psnr", errors + shift)
            bundle.add(result)
    judgement = judge_all(bundle)["prefer_clean"]
    assert (judgement.verdict, judgement.basis, judgement.seeds, judgement.images) == ("supported", "images", 2, 500)
    assert judgement.effect == pytest.approx(1.1)
    assert judgement.interval is not None
    assert (judgement.interval.low + judgement.interval.high) / 2 == pytest.approx(judgement.effect, abs=1e-12)


def test_an_interval_over_images_ends_where_its_effect_must(tmp_path: Path) -> None:
    bundle = Bundle(preset("quick", ["seeds=1"]), fake(tmp_path).provenance)
    for model, right in (("ae", [0.0, 1.0]), ("dae", [1.0, 0.0])):
        result = Result(model, 0)
        result.add("probe_accuracy", np.array(right))
        bundle.add(result)
    judgement = judge_all(bundle)["dae_better_clean"]
    assert (judgement.basis, judgement.images, judgement.interval) == ("images", 2, Interval(-1, 1))


def test_seeds_that_win_alike_are_as_unsure_as_one_corruption_makes_them(tmp_path: Path) -> None:
    bundle = fake(tmp_path)
    for key in CLAIMS["prefer_variability"].keys(bundle.settings):
        bundle.values[key] = [float(key.startswith("dae/"))] * 6
    judgement = judge_all(bundle)["prefer_variability"]
    half = quantile(5, level(len(CLAIMS))) * (1 / len(plan.CORRUPTIONS)) / 6
    assert judgement.interval == Interval(pytest.approx(0.5 - half), 0.5)


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
    assert document["format"] == 1
    assert list(document["claims"]) == list(CLAIMS)
    assert document["claims"]["dae_more_robust"] == {
        "verdict": "supported", "effect": pytest.approx((interval.low + interval.high) / 2),
        "interval": [interval.low, interval.high], "margin": 0.01, "unit": "points", "seeds": 6, "images": 0,
        "basis": "seeds", "keys": ["dae/probe_accuracy[noise=0.1]", "ae/probe_accuracy[noise=0.1]"],
        "sentence": "Under noise the DAE's latents classify better than the AE's.", "asserts": "above", "reason": "",
    }  # fmt: skip
    lost = document["claims"]["vae_smooth"]
    assert (lost["verdict"], lost["effect"], lost["interval"]) == ("unavailable", None, None)
    assert lost["reason"] == "vae/roughness: seed 0 gave nan"
    assert document["claims"]["mcae_gradual"]["asserts"] == "below"


def test_why_there_is_no_effect_or_no_interval(tmp_path: Path) -> None:
    bundle = Bundle(preset("quick", ["seeds=2"]), fake(tmp_path).provenance)
    bundle.values = {"ae/psnr": [20.0, None], "dae/psnr": [None, 21.0]}
    assert judge_all(bundle)["prefer_clean"].reason == "no seed has all the values it needs"
    bundle.values = {"ae/psnr": [20.0, 1e31], "dae/psnr": [19.0, 21.0]}
    judgement = judge_all(bundle)["prefer_clean"]
    assert (judgement.verdict, judgement.reason) == ("unavailable", "the effect is not finite")
    for model, images in (("ae", 500), ("dae", 400)):
        result = Result(model, 0)
        result.add("psnr", np.linspace(10, 30, images))
        bundle.add(result)
    bundle.values["ae/psnr"][1] = None
    judgement = judge_all(bundle)["prefer_clean"]
    assert (judgement.verdict, judgement.interval) == ("inconclusive", None)
    assert judgement.reason == "an interval of this effect needs three seeds"
