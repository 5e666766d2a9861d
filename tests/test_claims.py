"""Claims: every key is one that a run measures, effects have the sign the sentence gives them."""

import re

import numpy as np
import pytest

from experiments import plan
from experiments.metrics import metric_of
from experiments.presets import PRESETS, preset
from report.claims import (
    CLAIMS,
    bend,
    decade_difference,
    difference,
    growth_difference,
    lead,
    possible,
    reduction,
    slope_difference,
)

SPEAKS: list[tuple[str, str | None, str | None]] = [  # claim, a number that speaks for it the larger it is, one against
    ("ae_beats_pca", "ae/psnr", "pca/psnr"),
    ("shape_kept_texture_lost", "ae/transfer[band=low]", "ae/transfer[band=high]"),
    ("clusters_are_classes", "ae/ari", "pca/ari"),
    ("features_useful", "ae/probe_accuracy", "random_encoder/probe_accuracy"),
    ("features_beat_pca", "ae/probe_accuracy", "pca/probe_accuracy"),
    ("noise_barely_moves_latents", "ae/probe_accuracy[noise=0.1]", "ae/probe_accuracy"),
    ("ae_denoises", "ae/psnr[noise=0.1]", "data/input_psnr[noise=0.1]"),
    ("dae_more_robust", "dae/probe_accuracy[noise=0.1]", "ae/probe_accuracy[noise=0.1]"),
    ("dae_better_clean", "dae/probe_accuracy", "ae/probe_accuracy"),
    ("prefer_clean", "ae/psnr", "dae/psnr"),
    ("prefer_noisy", "dae/psnr[noise=0.1]", "ae/psnr[noise=0.1]"),
    ("dae_beats_pca_noisy", "dae/psnr[noise=0.1]", "pca/psnr[noise=0.1]"),
    ("prefer_variability", "dae/probe_accuracy[corruption=fog]", "ae/probe_accuracy[corruption=fog]"),
    ("prefer_anomaly", "dae/anomaly_auroc", "ae/anomaly_auroc"),
    ("prefer_compression", "ae/psnr[at=equal_rate]", "dae/psnr[at=equal_rate]"),
    ("prefer_transfer", "dae/probe_accuracy[labels=5]", "ae/probe_accuracy[labels=5]"),
    ("prefer_low_resource", "ae/psnr[at=equal_time]", "dae/psnr[at=equal_time]"),
    ("vae_blurrier", "ae/transfer[band=fine]", "vae/transfer[band=fine]"),
    ("vae_blurrier_equal_mse", "ae/transfer[band=fine,at=equal_mse]", "vae/transfer[band=fine,at=equal_mse]"),
    ("ae_overfits", "ae/mse", "ae/mse[on=train]"),
    ("ae_overfits", "vae/mse[on=train]", "vae/mse"),
    ("vae_smooth", "ae/roughness", "vae/roughness"),
    ("vae_confident_midway", "vae/midpoint_confidence", "ae/midpoint_confidence"),
    ("vae_neighbours", "vae/precision_at_10", "pixels/precision_at_10"),
    ("arithmetic_works", "vae/target_probability[of=arithmetic]", "vae/target_probability[of=alone]"),
    ("arithmetic_beats_random", "vae/target_probability[of=arithmetic]", "vae/target_probability[of=random]"),
    ("mcae_gradual", None, "mcae/mse[mask=0.5,where=masked]"),
    ("mcae_gradual_trained", None, "mcae/mse[mask=0.5,where=masked]"),
    ("mcae_context", "ae/mse[mask=0.5,where=masked]", "mcae/mse[mask=0.5,where=masked]"),
    ("mcae_context_vae", "vae/mse[mask=0.5,where=masked]", "mcae/mse[mask=0.5,where=masked]"),
    ("mcae_beats_gaussian", "gaussian/mse[mask=0.5,where=masked]", "mcae/mse[mask=0.5,where=masked]"),
    ("errors_on_texture", "mcae/texture_correlation[mask=0.5]", None),
    ("cnn_local", "vit_mae/erf_r90[depth=last,state=trained]", "mcae/erf_r90[depth=last,state=trained]"),
    ("cnn_bias", "vit_mae/equivariance_error[shift=4,state=trained]", "mcae/equivariance_error[shift=4,state=trained]"),
    ("cnn_bias_data", "vit_mae/mse[mask=0.5,where=masked,data=0.1]", "vit_mae/mse[mask=0.5,where=masked,data=1]"),
    (
        "cnn_bias_data",
        "mcae_sparse/mse[mask=0.5,where=masked,data=1]",
        "mcae_sparse/mse[mask=0.5,where=masked,data=0.1]",
    ),
    ("cnn_masking_hurts", "mcae/mse[mask=0.7,where=masked]", "vit_mae/mse[mask=0.7,where=masked]"),
    ("vit_beats_mcae", "mcae/mse[mask=0.5,where=masked]", "vit_mae/mse[mask=0.5,where=masked]"),
    ("cnn_masking_hurts_probe", "vit_mae/probe_accuracy[mask=0.7]", "mcae/probe_accuracy[mask=0.7]"),
    ("sparse_closes_gap", "mcae/mse[mask=0.5,where=masked]", "mcae_sparse/mse[mask=0.5,where=masked]"),
    ("cnn_global_slow", "vit_mae/far_mass[depth=first,state=trained]", "mcae/far_mass[depth=first,state=trained]"),
]
MARGINS = {  # of claims whose margin is not that of their metric; where an error is saved it is 5 %
    "noise_barely_moves_latents": 0.02,
    "vae_blurrier": 0.02,
    "vae_blurrier_equal_mse": 0.02,
    "mcae_gradual": 0.25,
    "mcae_gradual_trained": 0.25,
    "cnn_bias_data": 0.02,
    "ae_overfits": 0.01,
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
    if claim.effect in (difference, slope_difference, growth_difference, decade_difference):
        assert " − " in claim.measure


@pytest.mark.parametrize("name", ["cnn_masking_hurts", "cnn_masking_hurts_probe", "mcae_gradual_trained"])
def test_what_training_never_hid_decides_nothing(name: str) -> None:
    keys = CLAIMS[name].keys(preset("smoke"))
    assert [key for key in keys if "0.9" in key] == []
    assert any("mask=0.7" in key for key in keys)
    assert CLAIMS[name].keys(preset("smoke", ["mask_low=0.4", "mask_high=0.6"])) == []  # one ratio shows no rise


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
        unit = "" if claim.effect in (bend, decade_difference) else "%" if name == "ae_overfits" else metric.unit
        assert claim.unit == {"%": "points"}.get(unit, unit)
        assert claim.margin == MARGINS.get(name, metric.margin)


def test_the_assignment_asserts_26_of_the_sentences() -> None:
    own = {
        "ae_beats_pca", "features_beat_pca", "dae_beats_pca_noisy", "vae_blurrier_equal_mse", "vae_confident_midway",
        "arithmetic_beats_random", "mcae_beats_gaussian", "cnn_bias_data", "cnn_masking_hurts_probe",
        "sparse_closes_gap", "dae_better_clean", "arithmetic_works", "mcae_gradual",
    }  # fmt: skip
    assert {name for name, claim in CLAIMS.items() if not claim.asked} == own
    assert len(CLAIMS) - len(own) == 26


def test_effects_in_closed_form() -> None:
    assert difference(np.array([[3.0], [5.0], [1.0], [2.0]])).tolist() == [2.5]
    assert reduction(np.array([[0.75], [1.0]])).tolist() == [0.25]
    assert lead(np.array([[0.75, 1.0, 2.0], [1.0, 0.75, 2.0]])).tolist() == [0.25, -0.25, 0]
    assert bend(np.array([[1.0], [2.0], [3.0]])).tolist() == [0.0]
    assert bend(np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 1e-3]])).tolist() == [1.0, 1.0]  # a share, however small
    assert bend(np.array([[9.0], [7.0], [5.0]])).tolist() == [1.0]  # straight down: a quality that rises
    assert bend(np.array([[0.0], [3.0], [4.0], [3.0], [0.0]])).tolist() == [1.0]  # by a bend it would be a half
    assert bend(np.array([[1.0], [3.0], [9.0]]), [0.1, 0.3, 0.9]) == pytest.approx(0)
    assert bend(np.array([[0.0], [3.0], [4.0]]), [0.0, 1.0, 3.0]) == pytest.approx([(3 - 1 / 2) * 1.5 / 4])
    bent = [[np.interp(place, [0, 2, 4], [0, 3, 4])] for place in np.linspace(0, 4, 21)]
    assert bend(np.array(bent)) == pytest.approx(bend(np.array([[0.0], [1.5], [3.0], [3.5], [4.0]])))  # and not less
    assert bend(np.array(bent), list(np.linspace(0.1, 0.9, 21))) == pytest.approx([1 / 4])
    assert bend(np.array([[1.0], [2], [3], [5], [7], [9]]), [0.1, 0.2, 0.3, 0.5, 0.7, 0.9]) == pytest.approx(0)
    assert slope_difference(np.array([[0.0], [3.0], [1.0], [2.0]])).tolist() == [2.0]
    assert growth_difference(np.array([[4.0], [5.0], [2.0], [3.0]])).tolist() == [-0.25]
    assert decade_difference(np.array([[1.0], [1.0], [10.0], [1.0]])).tolist() == [1.0]


@pytest.mark.parametrize("name", CLAIMS)
def test_an_effect_lies_where_it_is_said_to(name: str) -> None:
    """Of values anywhere in their ranges, and at the ends of these, where the effect comes close to its own."""
    claim, generator = CLAIMS[name], np.random.default_rng(0)
    keys = claim.keys(preset("smoke"))
    ranges = np.array([metric_of(key).possible for key in keys]).clip(-50, 50)[..., None]
    places = generator.choice([0, 1, 1e-9, 0.3, 0.7], (len(keys), 5000))
    first = (np.arange(len(keys)) < len(keys) / 2)[:, None]
    places = np.hstack([places, first, ~first])
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = claim.effect(ranges[:, 0] + places * (ranges[:, 1] - ranges[:, 0]))
    least, most = possible(claim.effect, metric_of(keys[0]).possible)
    effects = effects[np.isfinite(effects)]
    assert least <= effects.min()
    assert effects.max() <= most
    assert least == -np.inf or effects.min() < least + 0.2
    assert most == np.inf or effects.max() > most - 0.2
