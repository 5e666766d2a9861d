"""CLAIMS: every judgement the document makes. Its words for each verdict stand in a template, its numbers here.

Two effects are not the nearest at hand. Corruptions are judged by a mean difference: a share of those that are won takes
thirteen values only, however small the leads. Blur is judged by the detail that comes back in phase: the share of power at
high frequencies counts what does not belong there, too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Literal

import numpy as np

from experiments import plan
from experiments.metrics import split
from experiments.settings import Settings, hidden_cells
from report.stats import Effect, Floats

Keys = Callable[[Settings], list[str]]
POINTS = 5  # of a curve whose bend is judged; as many as the presets have mask ratios
FEWEST = 3  # that can show a bend


@dataclass(frozen=True)
class Claim:
    """A sentence that can turn out wrong.

    Attributes:
        sentence: what is asserted, in our words; true or false for itself, whatever comes out for the others.
        measure: what the effect is and which way it counts, e.g. "PSNR, AE − PCA".
        effect: from the values of `keys`, one row a key (K, N), the effects (N,).
        keys: what the effect needs, in its order; none where the settings do not ask for it.
        margin: smallest effect of interest, in the effect's unit.
        unit: as in METRICS: "dB", "%" (a share of the other value), "px", ""; "points" for a difference of two shares.
        asserts: "above": the effect exceeds the margin; "below": it stays under it.
        asked: asserted by the assignment (else the document asks it of itself).
    """

    sentence: str
    measure: str
    effect: Effect
    keys: Keys
    margin: float
    unit: str
    asserts: Literal["above", "below"] = "above"
    asked: bool = True


def _fixed(*keys: str) -> Keys:
    return lambda settings: list(keys)


def _pairs(first: str, second: str, tags: plan.Tags) -> Keys:
    """Keys of two models over the same tags: all of the first, then all of the second."""
    return lambda settings: [f"{path}[{tag}]" for path in (first, second) for tag in tags(settings)]


def difference(rows: Floats) -> Floats:
    """First half of the rows minus the second half, on average."""
    first, second = np.split(rows, 2)
    differences: Floats = np.mean(first - second, axis=0)
    return differences


def reduction(rows: Floats) -> Floats:
    """By which share of the second the first is smaller."""
    return 1 - rows[0] / rows[1]  # type: ignore[no-any-return]


def lead(rows: Floats) -> Floats:
    """By which share of the larger one the first is smaller; below zero where it is the larger one."""
    return (rows[1] - rows[0]) / np.maximum(rows[0], rows[1])  # type: ignore[no-any-return]


def itself(rows: Floats) -> Floats:
    """The only row."""
    return rows[0]  # type: ignore[no-any-return]


def bend(rows: Floats, at: Sequence[float] = ()) -> Floats:
    """Largest change of the rise along the rows, a mean step, or fall, over their whole range; 0 for a straight rise.

    More rows than POINTS are read at so many places, by straight line between them: the closer points stand, the less
    the rise changes from one to the next, and a curve would bend the less the more often it was measured.

    Args:
        at: where the rows stand, rising; evenly spaced where not given.
    """
    if len(rows) > POINTS:
        at = at or range(len(rows))
        places = np.linspace(at[0], at[-1], POINTS)
        rows, at = np.stack([np.interp(places, at, column) for column in rows.T], axis=1), list(places)
    steps = np.diff(at) if at else np.ones(len(rows) - 1)
    rises = np.diff(rows, axis=0) / (steps / steps.mean())[:, None]
    span = np.ptp(rows, axis=0)
    bends = np.max(np.abs(np.diff(rises, axis=0)), axis=0)
    falls = np.max(np.maximum.accumulate(rows, axis=0) - rows, axis=0)  # below the highest row before
    return np.maximum(bends, falls) / np.where(span > 0, span, 1)  # type: ignore[no-any-return]


def effect_over(claim: Claim, keys: Sequence[str]) -> Effect:
    """The effect of a claim from the values of these keys; the rows of a bend stand at the hidden cells of their tags."""
    if claim.effect is not bend:
        return claim.effect
    return partial(bend, at=[hidden_cells(float(split(key)[2]["mask"])) for key in keys])


def slope_difference(rows: Floats) -> Floats:
    """Rise from the first row to the second, less that from the third to the fourth."""
    return (rows[1] - rows[0]) - (rows[3] - rows[2])  # type: ignore[no-any-return]


def growth_difference(rows: Floats) -> Floats:
    """By which share the second row exceeds the first, less that by which the fourth exceeds the third."""
    return rows[1] / rows[0] - rows[3] / rows[2]  # type: ignore[no-any-return]


def decade_difference(rows: Floats) -> Floats:
    """How many times the error grows with a tenth of the data, log10; rows: a little, a all, b little, b all; b − a."""
    return np.log10(rows[2] / rows[3]) - np.log10(rows[0] / rows[1])  # type: ignore[no-any-return]


def possible(effect: Effect, values: tuple[float, float]) -> tuple[float, float]:
    """The range in which an effect lies, given that of the values it comes from."""
    width = values[1] - values[0]
    ranges: dict[Effect, tuple[float, float]] = {
        itself: values, difference: (-width, width), slope_difference: (-2 * width, 2 * width),
        reduction: (-inf, 1), lead: (-1, 1), bend: (0, inf),
    }  # fmt: skip
    return ranges.get(effect, (-inf, inf))


def _over_ratios(settings: Settings) -> list[str]:
    return [f"mcae/mse[{tag},where=masked]" for tag in plan.mask_tags(settings)]


def _in_training(settings: Settings) -> list[str]:
    keys = [f"mcae/mse[{tag},where=masked]" for tag in plan.trained_mask_tags(settings)]
    return keys if len(keys) >= FEWEST else []


def _rises(first: str, second: str, where: str = "") -> Keys:
    """Keys of two models at the ends of the ratios that training hid, which a rise needs two of."""

    def keys(settings: Settings) -> list[str]:
        tags = plan.trained_mask_tags(settings)
        ends = (tags[0], tags[-1]) if len(tags) > 1 else ()
        return [f"{path}[{tag}{where}]" for path in (first, second) for tag in ends]

    return keys


def _trained(name: str, *values: object) -> plan.Tags:
    return lambda settings: [f"{name}={value},state=trained" for value in values]


def _over(better: str, other: str, margin: float, unit: str, sentence: str, measure: str, asked: bool = True) -> Claim:
    return Claim(sentence, measure, difference, _fixed(better, other), margin, unit, asked=asked)


HALF = "[mask=0.5,where=masked]"


def _recovers(better: str, other: str, sentence: str, asked: bool = True) -> Claim:
    keys = _fixed(f"{better}/mse{HALF}", f"{other}/mse{HALF}")
    return Claim(sentence, "MSE reduction, half hidden", reduction, keys, 0.05, "%", asked=asked)


PARTS: dict[str, dict[str, Claim]] = {  # the claims of each Part, by name
    "Part I": {
        "ae_beats_pca": _over("ae/psnr", "pca/psnr", 0.5, "dB", "The AE reconstructs better than PCA of the same dimension.", "PSNR, AE − PCA", asked=False),
        "shape_kept_texture_lost": _over("ae/transfer[band=low]", "ae/transfer[band=high]", 0.1, "points", "Shapes are retained better than fine texture.", "amplitude recovered, low − high band"),
        "clusters_are_classes": _over("ae/ari", "pca/ari", 0.02, "", "Clusters of the AE's latents match the classes more closely than PCA's.", "adjusted Rand index, AE − PCA"),
        "features_useful": _over("ae/probe_accuracy", "random_encoder/probe_accuracy", 0.01, "points", "Training makes the AE's latents more useful as features.", "probe accuracy, AE − untrained"),
        "features_beat_pca": _over("ae/probe_accuracy", "pca/probe_accuracy", 0.01, "points", "The AE's latents are more useful features than PCA's.", "probe accuracy, AE − PCA", asked=False),
        "noise_barely_moves_latents": Claim("Moderate noise disturbs the AE's latents only slightly.", "probe accuracy, clean − noisy", difference, _fixed("ae/probe_accuracy", "ae/probe_accuracy[noise=0.1]"), 0.02, "points", "below"),
        "ae_denoises": _over("ae/psnr[noise=0.1]", "data/input_psnr[noise=0.1]", 0.5, "dB", "The AE removes noise that it never saw in training.", "PSNR under noise, output − input"),
        "dae_more_robust": _over("dae/probe_accuracy[noise=0.1]", "ae/probe_accuracy[noise=0.1]", 0.01, "points", "Under noise the DAE's latents are easier to classify than the AE's.", "probe accuracy, DAE − AE"),
        "dae_better_clean": _over("dae/probe_accuracy", "ae/probe_accuracy", 0.01, "points", "On clean images the DAE's latents are easier to classify than the AE's.", "probe accuracy, DAE − AE", asked=False),
        "prefer_clean": _over("ae/psnr", "dae/psnr", 0.5, "dB", "For clean data the AE is preferable.", "PSNR on clean images, AE − DAE"),
        "prefer_noisy": _over("dae/psnr[noise=0.1]", "ae/psnr[noise=0.1]", 0.5, "dB", "For noisy data the DAE is preferable.", "PSNR under noise, DAE − AE"),
        "dae_beats_pca_noisy": _over("dae/psnr[noise=0.1]", "pca/psnr[noise=0.1]", 0.5, "dB", "Under noise the DAE reconstructs better than PCA.", "PSNR under noise, DAE − PCA", asked=False),
        "prefer_variability": Claim("For real-world variability the DAE is preferable.", "probe accuracy, mean over corruptions, DAE − AE", difference, _pairs("dae/probe_accuracy", "ae/probe_accuracy", plan.corruption_tags), 0.01, "points"),
        "prefer_anomaly": _over("dae/anomaly_auroc", "ae/anomaly_auroc", 0.01, "", "For anomaly detection the DAE is preferable.", "AUROC, DAE − AE"),
        "prefer_compression": _over("ae/psnr[at=equal_rate]", "dae/psnr[at=equal_rate]", 0.5, "dB", "For a compressed representation the AE is preferable.", "PSNR at two bits per dimension, AE − DAE"),
        "prefer_transfer": Claim("For downstream classifiers the DAE is preferable.", "probe accuracy with few labels, DAE − AE", difference, _pairs("dae/probe_accuracy", "ae/probe_accuracy", plan.label_tags), 0.01, "points"),
        "prefer_low_resource": _over("ae/psnr[at=equal_time]", "dae/psnr[at=equal_time]", 0.5, "dB", "With scarce resources the AE is preferable.", "PSNR after equal training time, AE − DAE"),
    },
    "Part II": {
        "vae_blurrier": _over("ae/transfer[band=fine]", "vae/transfer[band=fine]", 0.02, "points", "The VAE's reconstructions are blurrier than the AE's.", "fine detail recovered, AE − VAE"),
        "vae_blurrier_equal_mse": _over("ae/transfer[band=fine,at=equal_mse]", "vae/transfer[band=fine,at=equal_mse]", 0.02, "points", "At equal error the VAE's reconstructions are blurrier than the AE's.", "fine detail recovered, AE − VAE", asked=False),
        "ae_overfits": Claim("The AE's error rises more from training to test images than the VAE's.", "relative rise of the MSE, AE − VAE", growth_difference, _fixed("ae/mse[on=train]", "ae/mse", "vae/mse[on=train]", "vae/mse"), 0.01, "points"),
        "vae_smooth": Claim("Decoded paths through the VAE's latent space are smoother than the AE's.", "relative roughness, AE − VAE", lead, _fixed("vae/roughness", "ae/roughness"), 0.05, "%"),
        "vae_confident_midway": _over("vae/midpoint_confidence", "ae/midpoint_confidence", 0.02, "points", "Midway on the VAE's paths the judge is more confident than on the AE's.", "confidence, VAE − AE", asked=False),
        "vae_neighbours": _over("vae/precision_at_10", "pixels/precision_at_10", 0.01, "points", "Images of one class lie closer together in the VAE's latent space than in pixel space.", "same-class neighbours, VAE − pixels"),
        "arithmetic_works": _over("vae/target_probability[of=arithmetic]", "vae/target_probability[of=alone]", 0.02, "points", "Arithmetic a − b + c gives class c a higher probability than c alone.", "probability of c, sum − c alone", asked=False),
        "arithmetic_beats_random": _over("vae/target_probability[of=arithmetic]", "vae/target_probability[of=random]", 0.02, "points", "Arithmetic a − b + c gives class c a higher probability than sums of random images.", "probability of c, sum − random", asked=False),
    },
    "Part III": {
        "mcae_context": _recovers("mcae", "ae", "The MCAE recovers hidden pixels better than the AE."),
        "mcae_context_vae": _recovers("mcae", "vae", "The MCAE recovers hidden pixels better than the VAE."),
        "mcae_beats_gaussian": _recovers("mcae", "gaussian", "The MCAE recovers hidden pixels better than a conditional Gaussian.", asked=False),
        "mcae_gradual_trained": Claim("Within the training range of mask ratios, the MCAE's quality falls gradually.", "largest bend or fall, share of the range", bend, _in_training, 0.25, "", "below"),
        "mcae_gradual": Claim("Over all measured mask ratios, the MCAE's quality falls gradually.", "largest bend or fall, share of the range", bend, _over_ratios, 0.25, "", "below", asked=False),
        "errors_on_texture": Claim("Hidden cells with more texture are reconstructed worse.", "rank correlation of texture and error", itself, _fixed("mcae/texture_correlation[mask=0.5]"), 0.1, ""),
        "cnn_local": Claim("The CNN's receptive field is smaller than the ViT's.", "mean radius over depths, ViT − CNN", difference, _pairs("vit_mae/erf_r90", "mcae/erf_r90", _trained("depth", *plan.DEPTHS)), 1, "px"),
        "cnn_bias": _over("vit_mae/equivariance_error[shift=4,state=trained]", "mcae/equivariance_error[shift=4,state=trained]", 0.02, "points", "The CNN is more equivariant than the ViT to shifts by a whole cell.", "equivariance error, ViT − CNN"),
        "cnn_bias_data": Claim("With a tenth of the data the sparse MCAE loses less than the ViT.", "error growth in powers of ten, ViT − sparse MCAE", decade_difference, _fixed(*(f"{model}/mse[mask=0.5,where=masked,data={share}]" for model in ("mcae_sparse", "vit_mae") for share in (0.1, 1))), 0.02, "", asked=False),
        "cnn_masking_hurts": Claim("Masking raises the CNN's error on hidden pixels more than the ViT's.", "rise of the MSE, CNN − ViT", slope_difference, _rises("mcae/mse", "vit_mae/mse", ",where=masked"), 0.002, ""),
        "vit_beats_mcae": _recovers("vit_mae", "mcae", "The ViT recovers hidden pixels better than the CNN."),
        "cnn_masking_hurts_probe": Claim("Masking costs the CNN's features more accuracy than the ViT's.", "probe accuracy lost, CNN − ViT", slope_difference, _rises("vit_mae/probe_accuracy", "mcae/probe_accuracy"), 0.01, "points", asked=False),
        "sparse_closes_gap": _recovers("mcae_sparse", "mcae", "Skipping hidden cells serves a convolution better than filling them.", asked=False),
        "cnn_global_slow": Claim("In its first stage the CNN sees less of distant pixels than the ViT.", "share of distant gradient, ViT − CNN", difference, _fixed("vit_mae/far_mass[depth=first,state=trained]", "mcae/far_mass[depth=first,state=trained]"), 0.02, "points"),
    },
}  # fmt: skip
CLAIMS = {name: claim for claims in PARTS.values() for name, claim in claims.items()}
