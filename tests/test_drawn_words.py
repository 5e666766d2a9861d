"""What stands in for a figure names each number as what it is: every key has a value of its own."""

import re

import pytest

from experiments import plan
from experiments.bundle import Bundle
from experiments.presets import preset
from report import part1, part2, words
from report.draw import figures
from report.fake import fake
from report.series import Source

MASKED = "MCAE {mcae/%s}, sparse MCAE {mcae_sparse/%s} and ViT-MAE {vit_mae/%s}"
HALF = "mse[mask=0.5,where=masked]"
HEAT = (
    "a share of # hidden: … Share of the error in the central quarter: {mcae/centre_share[mask=#]}. Mean rise "
    "elsewhere: for cells of that quarter {mcae/influence[at=centre,mask=#]}, for those around it "
    "{mcae/influence[at=edge,mask=#]}."
)
WORDS = {
    "reconstructions": "PSNR over all test images: AE {ae/psnr} and PCA {pca/psnr}.",
    "pca_by_dim": "PCA: {pca/psnr[d=16]} with 16, {pca/psnr[d=32]} with 32 and {pca/psnr[d=64]} with 64. With 32: "
    "AE {ae/psnr}, DAE {dae/psnr}, VAE {vae/psnr}, MCAE {mcae/psnr} and sparse MCAE {mcae_sparse/psnr}.",
    "error_curves": "MSE on clean test images at the end: AE {ae/mse} and DAE {dae/mse}.",
    "spectrum": "Low band: AE {ae/transfer[band=low]}, DAE {dae/transfer[band=low]}, VAE {vae/transfer[band=low]} and "
    "PCA {pca/transfer[band=low]}; high band: AE {ae/transfer[band=high]}, DAE {dae/transfer[band=high]}, "
    "VAE {vae/transfer[band=high]} and PCA {pca/transfer[band=high]}.",
    "latent_maps": "noise of variance 0.1, … lines connect each noisy image to its clean position. Share of noisy "
    "images whose nearest clean latent is that of the same image: AE {ae/retrieval[noise=0.1]} and "
    "DAE {dae/retrieval[noise=0.1]}.",
    "denoising": "noise of variance 0.1, … noisy input {data/input_psnr[noise=0.1]}, AE {ae/psnr[noise=0.1]} and "
    "DAE {dae/psnr[noise=0.1]}.",
    "noise_quality": "PSNR at variance 0.1: noisy input {data/input_psnr[noise=0.1]}, AE {ae/psnr[noise=0.1]}, "
    "DAE {dae/psnr[noise=0.1]} and PCA {pca/psnr[noise=0.1]}.",
    "noise_probe": "Probe accuracy at variance 0.1: AE {ae/probe_accuracy[noise=0.1]}, "
    "DAE {dae/probe_accuracy[noise=0.1]}, VAE {vae/probe_accuracy[noise=0.1]} and PCA {pca/probe_accuracy[noise=0.1]}; "
    "on clean images: AE {ae/probe_accuracy}, DAE {dae/probe_accuracy}, VAE {vae/probe_accuracy} and "
    "PCA {pca/probe_accuracy}.",
    "rate_distortion": "with 8 to 256 levels … At equal rate: AE {ae/psnr[at=equal_rate]}, "
    "DAE {dae/psnr[at=equal_rate]} and PCA {pca/psnr[at=equal_rate]}.",
    "interpolation": "4 straight paths, … decoded in 9 steps. Roughness of all paths: VAE {vae/roughness} and "
    "AE {ae/roughness}; confidence of the judge midway: VAE {vae/midpoint_confidence} and AE {ae/midpoint_confidence}.",
    "arithmetic": "dog − cat + bird, decoded, beside the decoded mean of bird. The judge’s probability of bird: "
    "sum VAE {vae/target_probability[of=arithmetic]} and AE {ae/target_probability[of=arithmetic]}; "
    "mean VAE {vae/target_probability[of=mean]} and AE {ae/target_probability[of=mean]}; "
    "random images VAE {vae/target_probability[of=random]} and AE {ae/target_probability[of=random]}.",
    "vae_vs_ae": "PSNR over all test images: VAE {vae/psnr} and AE {ae/psnr}; amplitude recovered at high spatial "
    "frequencies: VAE {vae/transfer[band=high]} and AE {ae/transfer[band=high]}.",
    "vae_losses": "KL divergence on test images at the end: {vae/kl}; decoder σ: {vae/sigma}.",
    "latent_structure": "latents of 100 test images … Active ones out of 32: {vae/active_units}.",
    "samples": "Fréchet distance (judge) between such images and test images: VAE {vae/frechet_judge[of=samples]} and "
    "AE {ae/frechet_judge[of=samples]}.",
    "masked_comparison": f"a share of 0.5 of their cells hidden, … MSE on hidden pixels: MCAE {{mcae/{HALF}}}, "
    f"sparse MCAE {{mcae_sparse/{HALF}}}, ViT-MAE {{vit_mae/{HALF}}}, AE {{ae/{HALF}}} and VAE {{vae/{HALF}}}.",
    "mask_ratios": "3 mask ratios: … MSE on hidden pixels: 0.1 hidden {mcae/mse[mask=0.1,where=masked]}; "
    "0.3 hidden {mcae/mse[mask=0.3,where=masked]}; 0.5 hidden {mcae/mse[mask=0.5,where=masked]}.",
    "masked_curves": f"Half hidden: AE {{ae/{HALF}}}, VAE {{vae/{HALF}}}, MCAE {{mcae/{HALF}}}, sparse MCAE "
    f"{{mcae_sparse/{HALF}}}, ViT-MAE {{vit_mae/{HALF}}} and conditional Gaussian {{gaussian/{HALF}}}.",
    **{f"heatmaps_{place}": HEAT.replace("#", ratio) for place, ratio in enumerate(("0.1", "0.3", "0.5"), 1)},
    "receptive_fields": "Radius of 90 % of the gradient in the first stage: "
    f"{MASKED % (('erf_r90[depth=first,state=trained]',) * 3)}; in the last: "
    f"{MASKED % (('erf_r90[depth=last,state=trained]',) * 3)}.",
    "reach_by_depth": "Gradient beyond 16 px in the first stage: "
    f"{MASKED % (('far_mass[depth=first,state=trained]',) * 3)}; in the last: "
    f"{MASKED % (('far_mass[depth=last,state=trained]',) * 3)}.",
    "masking_probe": f"Nothing hidden: {MASKED % (('probe_accuracy',) * 3)}; half hidden: "
    f"{MASKED % (('probe_accuracy[mask=0.5]',) * 3)}.",
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("style")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    settings = preset("smoke", ["seeds=1"])
    bundle = fake(tmp_path_factory.mktemp("fake"), "nominal", settings)
    bundle.values = {key: [place * 1.25] for place, key in enumerate(plan.keys(settings), 1)}
    return bundle


@pytest.mark.parametrize("name", sorted(WORDS))
def test_the_text_in_place_of_a_figure_names_its_numbers(bundle: Bundle, name: str) -> None:
    alt, source = figures()[name](bundle).alt, Source(bundle)
    for part in words.typographic(WORDS[name]).split(" … "):
        assert re.sub(r"\{(.*?)\}", lambda key: source.text(key[1]), part) in alt


def test_every_figure_has_such_a_text() -> None:
    assert {*WORDS, "corruptions"} == {*figures()}


def test_the_ends_of_the_corruptions_are_named_and_their_zero_is_drawn(bundle: Bundle) -> None:
    """Beside the differences, not beside the accuracies."""
    other = Bundle(bundle.settings, bundle.provenance)
    for name in plan.CORRUPTIONS:
        other.values[f"ae/probe_accuracy[corruption={name}]"] = [0.5]
        other.values[f"dae/probe_accuracy[corruption={name}]"] = [
            {"fog": 0.6, "jpeg": 0.4, "contrast": 0.5}.get(name, 0.55)
        ]
    drawing = part1.corruptions(other)
    assert drawing.alt == words.typographic(
        "Probe accuracy of AE and DAE under 12 corruptions, and the difference DAE − AE, which is above zero for 10 of "
        "them. The largest is for fog, the smallest for JPEG."
    )
    zeros = [[line for line in ax.lines if list(line.get_xdata()) == [0, 0]] for ax in drawing.figure.axes]
    assert [len(lines) for lines in zeros] == [0, 1]
    assert "The largest" not in part1.corruptions(Bundle(bundle.settings, bundle.provenance)).alt


@pytest.mark.parametrize(("variance", "named"), [(0.02, True), (0.0, False)])
def test_the_noise_at_which_the_dae_catches_up_is_named_where_it_does(
    bundle: Bundle, variance: float, named: bool
) -> None:
    """At 0 it leads everywhere."""
    other = Bundle(bundle.settings, bundle.provenance)
    other.values = bundle.values | {"dae/crossing": [variance]}
    texts = [text.get_text() for text in part1.noise_quality(other).figure.axes[0].texts]
    assert any(text.startswith("AE = DAE") for text in texts) == named


def test_thousands_are_set_apart_as_in_the_text(bundle: Bundle) -> None:
    empty = Bundle(preset("quick", ["bits=2,16", "latent_dim=1024"]), bundle.provenance)
    for figure, said in (
        (part1.latent_maps, "Latents of 1\u202f000 test images"),
        (part1.rate_distortion, "with 4 to 65\u202f536 levels"),
        (part2.latent_structure, "Active ones out of 1\u202f024:"),
    ):
        assert said in figure(empty).alt


def test_one_number_of_levels_is_no_range(bundle: Bundle) -> None:
    one = Bundle(preset("quick", ["bits=3"]), bundle.provenance)
    assert "quantised latents, with 8 levels for the widest" in part1.rate_distortion(one).alt
