"""Tables: every cell is the one that its row and its head name."""

from pathlib import Path

import pytest

from experiments.bundle import Bundle
from experiments.presets import preset
from report import tables
from report.document import Cell, Num, Table, Verdict
from report.fake import fake
from report.judgement import judge_all
from tests.patterns import each

TITLES = {
    "ae": "AE", "dae": "DAE", "vae": "VAE", "mcae": "MCAE", "mcae_sparse": "sparse MCAE", "vit_mae": "ViT-MAE",
    "pca": "PCA", "random_encoder": "untrained encoder", "pixels": "pixels", "gaussian": "conditional Gaussian",
}  # fmt: skip
TRAINED, MASKED = ("ae", "dae", "vae", "mcae", "mcae_sparse", "vit_mae"), "{mcae|mcae_sparse|vit_mae}"
NOISES, SHIFTED = "[noise={0.02|0.05|0.1|0.2}]", "equivariance_error[shift={},state="
SHARES = {
    "MSE on hidden pixels, 0.5 hidden, trained on a tenth of the images": "data=0.1",
    "MSE on hidden pixels, 0.5 hidden, trained on all, with as many updates": "data=1",
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return fake(tmp_path_factory.mktemp("fake"), "nominal", preset("smoke", ["seeds=3"]))


def cells(table: Table) -> list[list[str]]:
    """The keys, claims and texts of all cells."""
    return [[_bound(cell) for cell in row] for row in table.rows]


def _bound(cell: Cell) -> str:
    return cell.key if isinstance(cell, Num) else cell.claim if isinstance(cell, Verdict) else cell.text  # type: ignore[union-attr]


def of_each(models: tuple[str, ...], pattern: str) -> list[list[str]]:
    """A row a model: its name, and its keys."""
    return [[TITLES[model], *each(f"{model}/{pattern}")] for model in models]


def shares() -> list[list[str]]:
    """The MCAE is not trained on less."""
    keys = "{mcae_sparse|vit_mae}/mse[mask=0.5,where=masked,%s]"
    return [[text, "–", *each(keys % share)] for text, share in SHARES.items()]


def test_quality(bundle: Bundle) -> None:
    table = tables.quality(bundle, {})
    assert table.columns == ["Model", "SSIM", "PSNR / dB", "MAE", "MSE", "High-band share / %", "Parameters"]
    assert cells(table) == [
        *of_each(TRAINED, "{ssim|psnr|mae|mse|high_band|parameters}"),
        ["PCA", *each("pca/{ssim|psnr|mae|mse|high_band}"), "none trained"],
        ["AE, quoted from the assignment", "0.234", "8.94", "0.286", "0.156", "–", "–"],
    ]


def test_latent_quality(bundle: Bundle) -> None:
    table = tables.latent_quality(bundle, {})
    heads = ["Latents of", "Probe / %", "kNN / %", "Precision at 10 / %", "ARI", "NMI", "Silhouette"]
    assert table.columns == heads
    pattern = "{probe_accuracy|knn_accuracy|precision_at_10|ari|nmi|silhouette}"
    assert cells(table) == [
        *of_each((*TRAINED, "pca", "random_encoder", "pixels"), pattern),
        ["k-means patches, quoted", "79.6", *"–––––"],
        ["masked autoencoder, small ViT, quoted", "44–49", *"–––––"],
        ["masked autoencoder, ViT-Tiny, fine-tuned, quoted", "89.8", *"–––––"],
    ]


def test_noise_classifiers(bundle: Bundle) -> None:
    table = tables.noise_classifiers(bundle, {})
    probes = ["Probe, clean", "Probe, σ² = 0.02", "Probe, σ² = 0.05", "Probe, σ² = 0.1", "Probe, σ² = 0.2"]
    assert table.columns == ["Latents of", "kNN, clean", *probes]
    assert cells(table) == [
        *(
            [TITLES[model], *each(f"{model}/{{knn|probe}}_accuracy"), *each(f"{model}/probe_accuracy{NOISES}")]
            for model in ("ae", "dae", "vae", "pca")
        ),
        ["MSE of the input", "–", "–", *each(f"data/input_mse{NOISES}")],
    ]


def test_a_small_variance_has_a_power_of_ten(tmp_path: Path) -> None:
    """Set as every other number is; `check` did not know 1e-06 again, whose hyphen may not break a line."""
    made = fake(tmp_path, "nominal", preset("smoke", ["noise_levels=0,0.000001,0.1"]))
    table = tables.noise_classifiers(made, {})
    assert table.columns[2:] == ["Probe, clean", "Probe, σ² = 1×10⁻⁶", "Probe, σ² = 0.1"]
    assert cells(table)[0][3] == "ae/probe_accuracy[noise=1e-06]"


def test_ae_or_dae(bundle: Bundle) -> None:
    table = tables.ae_or_dae(bundle, judge_all(bundle))
    assert table.columns == ["Condition", "Assignment prefers", "Measurement", "Verdict, lead", "Measured preference"]
    assert [row[:4] for row in cells(table)] == [
        ["Clean and structured data", "AE", "PSNR on clean images", "prefer_clean"],
        ["Data with noise, corruption or artifacts", "DAE", "PSNR from noisy input", "prefer_noisy"],
        [
            "Robustness to real-world variability", "DAE", "Probe accuracy, mean over corruptions",
            "prefer_variability",
        ],
        ["Anomaly or novelty detection", "DAE", "One-class AUROC, mean over classes", "prefer_anomaly"],
        ["Compressed representation learning", "AE", "PSNR at two bits per dimension", "prefer_compression"],
        ["Transfer learning or downstream classifiers", "DAE", "Probe accuracy with few labels", "prefer_transfer"],
        ["Low-resource environments", "AE", "PSNR after equal training time", "prefer_low_resource"],
    ]  # fmt: skip


def test_anomaly(bundle: Bundle) -> None:
    table = tables.anomaly(bundle, {})
    assert table.columns == ["Known class", "AE", "DAE", "Size as a PNG file"]
    assert cells(table) == [
        [name, *each(f"{{ae|dae|data}}/anomaly_auroc[known={label}]")]
        for label, name in enumerate(bundle.provenance.classes[: bundle.settings.anomaly_classes])
    ]


def test_generation(bundle: Bundle) -> None:
    table, wanted = tables.generation(bundle, {}), "Judge's probability of the target class"
    assert table.columns == ["Measured", "VAE", "AE"]
    both = {
        "Path roughness": "roughness",
        "Judge's confidence midway / %": "midpoint_confidence",
        f"{wanted}, a − b + c / %": "target_probability[of=arithmetic]",
        f"{wanted}, c alone / %": "target_probability[of=alone]",
        f"{wanted}, mean of c / %": "target_probability[of=mean]",
        f"{wanted}, mean of another class / %": "target_probability[of=other]",
        f"{wanted}, three random images / %": "target_probability[of=random]",
        "Judge's accuracy, reconstructions / %": "judge_accuracy[of=reconstructions]",
        "Fréchet distance (judge), samples": "frechet_judge[of=samples]",
        "Fréchet distance (judge), reconstructions": "frechet_judge[of=reconstructions]",
    }
    assert cells(table) == [[text, f"vae/{name}", f"ae/{name}"] for text, name in both.items()]


def test_masked_quality(bundle: Bundle) -> None:
    table = tables.masked_quality(bundle, {})
    assert table.columns == ["Mask ratio", "Model", "MSE, hidden", "MSE, visible", "MSE, whole image"]
    models = ("ae", "vae", "mcae", "mcae_sparse", "vit_mae", "gaussian")
    assert cells(table) == [
        [ratio, *row]
        for ratio in ("0.1", "0.3", "0.5")
        for row in of_each(models, f"mse[mask={ratio},where={{masked|visible|whole}}]")
    ]


def test_cnn_vit(bundle: Bundle) -> None:
    table = tables.cnn_vit(bundle, {})
    assert table.columns == ["Aspect", "Measured", "MCAE", "sparse MCAE", "ViT-MAE", "Verdict"]
    groups = (
        ("Receptive field", "Radius of 90 % of the gradient, {} stage", "erf_r90[depth={},state=trained]", "cnn_local"),
        ("Inductive bias", "Equivariance error, shift of {} px", f"{SHIFTED}trained]", "cnn_bias"),
        ("Inductive bias", "", "", "cnn_bias_data"),
        ("Masking impact", "MSE on hidden pixels, {} hidden", "mse[mask={},where=masked]", "cnn_masking_hurts"),
        ("Masking impact", "Linear probe, {} hidden", "probe_accuracy[mask={}]", "cnn_masking_hurts_probe"),
        ("Global awareness", "Gradient beyond 16 px, {} stage", "far_mass[depth={},state=trained]", "cnn_global_slow"),
    )
    depths, ends = ("first", "middle", "last"), ("0.1", "0.7")
    rows = []
    for (aspect, text, name, claim), places in zip(groups, (depths, "4", (), ends, ends, depths), strict=True):
        numbers = [[text.format(place), *each(f"{MASKED}/{name.format(place)}")] for place in places] or shares()
        rows += [[aspect, *row, claim] for row in numbers]
    assert cells(table) == rows


def test_locality(bundle: Bundle) -> None:
    table = tables.locality(bundle, {})
    assert table.columns == ["Measured", "MCAE", "sparse MCAE", "ViT-MAE"]
    shifts = [(shift, state) for state in ("trained", "untrained") for shift in (1, 2, 4)]
    text, name = "Equivariance error, shift of {} px, {}", f"{SHIFTED}{{}}]"
    half = "Radius of 50 % of the gradient, {} stage"
    assert cells(table) == [
        *(
            [half.format(depth), *each(f"{MASKED}/erf_r50[depth={depth},state=trained]")]
            for depth in ("first", "middle", "last")
        ),
        *([text.format(*place), *each(f"{MASKED}/{name.format(*place)}")] for place in shifts),
        *shares(),
        ["Parameters", *each(f"{MASKED}/parameters")],
    ]
