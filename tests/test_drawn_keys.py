"""Figures name exactly the keys that they are drawn from: these decide whether a figure is drawn again."""

import pytest

from experiments import plan
from experiments.bundle import Bundle
from experiments.presets import preset
from report.draw import figures
from report.fake import fake
from tests.patterns import each

NOISY, NOISES = "{|[noise=0.02]|[noise=0.05]|[noise=0.1]|[noise=0.2]}", "[noise={0.02|0.05|0.1|0.2}]"
MASKS, SHOWN = "{0.1|0.3|0.5|0.7|0.9}", "{0.1|0.3|0.5}"
MASKED, DEPTHS = "{mcae|mcae_sparse|vit_mae}", "{first|middle|last}"
EXAMPLES = "data/{examples|example_labels}"
HEATMAPS = f"data/heat_examples mcae/{{error|influence}}_map[mask={SHOWN}] mcae/heat_{{error|influence}}[mask={SHOWN}]"
KEYS = {
    "reconstructions": f"{EXAMPLES} {{ae|pca}}/{{examples|psnr}}",
    "pca_by_dim": "pca/psnr[d={16|32|64}] {ae|dae|vae|mcae|mcae_sparse}/psnr",
    "error_curves": "{ae|dae}/{loss|test_mse|mse}",
    "spectrum": "{data|ae|dae|vae|pca}/spectrum {ae|dae|vae|pca}/transfer[band={low|mid|high}]",
    "latent_maps": "data/map_labels {ae|dae}/{pca|tsne}_map[noise={0|0.1}] {ae|dae}/retrieval[noise=0.1]",
    "denoising": f"{EXAMPLES} {{data|ae|dae}}/noisy_examples data/input_psnr[noise=0.1] {{ae|dae}}/psnr[noise=0.1]",
    "noise_quality": f"{{ae|dae|pca}}/{{psnr|ssim}}{NOISY} data/input_psnr{NOISES} dae/crossing",
    "noise_probe": f"{{ae|dae|vae|pca}}/probe_accuracy{NOISY} {{ae|dae|vae|pca}}/{{retrieval|displacement}}{NOISES}",
    "corruptions": f"{{ae|dae}}/probe_accuracy[corruption={{{'|'.join(plan.CORRUPTIONS)}}}]",
    "rate_distortion": "{ae|dae|pca}/{psnr|rate}[bits={3|5|8}] {ae|dae|pca}/psnr[at=equal_rate]",
    "interpolation": "{vae|ae}/{interpolation|roughness|midpoint_confidence}",
    "arithmetic": "{vae|ae}/arithmetic {vae|ae}/target_probability[of={arithmetic|mean|random}]",
    "vae_vs_ae": f"{EXAMPLES} {{vae|ae}}/{{examples|psnr|transfer[band=high]}}",
    "vae_losses": "vae/{kl|reconstruction|sigma}",
    "latent_structure": "data/map_labels vae/{pca|tsne}_map[noise=0] vae/{kl_per_dim|mean_variance|active_units}",
    "samples": "{vae|ae}/{samples|frechet_judge[of=samples]}",
    "masked_comparison": f"{EXAMPLES} data/masked_examples[mask=0.5]"
    " {mcae|mcae_sparse|vit_mae|ae|vae}/{masked_examples[mask=0.5]|mse[mask=0.5,where=masked]}",
    "mask_ratios": f"{EXAMPLES} {{data|mcae}}/masked_examples[mask={SHOWN}] mcae/mse[mask={SHOWN},where=masked]",
    "masked_curves": f"{{ae|vae|mcae|mcae_sparse|vit_mae|gaussian}}/mse[mask={MASKS},where=masked]",
    "heatmaps_1": f"{HEATMAPS} mcae/centre_share[mask=0.1] mcae/influence[at={{centre|edge}},mask=0.1]",
    "heatmaps_2": f"{HEATMAPS} mcae/centre_share[mask=0.3] mcae/influence[at={{centre|edge}},mask=0.3]",
    "heatmaps_3": f"{HEATMAPS} mcae/centre_share[mask=0.5] mcae/influence[at={{centre|edge}},mask=0.5]",
    "receptive_fields": f"{MASKED}/receptive_field[depth={DEPTHS}] {MASKED}/erf_r90[depth={DEPTHS},state=trained]"
    f" vit_mae/attention{{|_distance}}[depth={DEPTHS}]",
    "reach_by_depth": f"{MASKED}/{{erf_r90|gradient_distance|far_mass}}[depth={DEPTHS},state={{trained|untrained}}]"
    f" vit_mae/attention_distance[depth={DEPTHS}]",
    "masking_probe": f"{MASKED}/probe_accuracy{{|[mask=0.1]|[mask=0.3]|[mask=0.5]|[mask=0.7]|[mask=0.9]}}",
}

pytestmark = pytest.mark.usefixtures("style")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return fake(tmp_path_factory.mktemp("fake"), "nominal", preset("smoke", ["seeds=1"]))


def test_every_figure_has_its_keys_here() -> None:
    assert set(KEYS) == set(figures())


@pytest.mark.parametrize("name", KEYS)
def test_a_figure_has_these_keys_and_no_others(bundle: Bundle, name: str) -> None:
    found = figures()[name](bundle).keys
    assert sorted(found) == sorted(key for pattern in KEYS[name].split() for key in each(pattern))
