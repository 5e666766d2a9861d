"""What a run of given settings measures: every key, every array and every curve. Imports no torch.

The study must deliver exactly this, fake results are drawn from it, and claims may name nothing else.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import inf
from typing import Literal

from experiments.settings import SHOWN_PATHS, Settings

CONVOLUTIONAL = ("ae", "dae", "vae", "mcae", "mcae_sparse")
MASKED = ("mcae", "mcae_sparse", "vit_mae")
TRAINED = (*CONVOLUTIONAL, "vit_mae")
MAPPED = ("ae", "dae", "vae", "mcae", "vit_mae")  # their latents can be explored
DECODING = (*TRAINED, "pca")  # give a reconstruction
SHOWN = ("ae", "vae", "pca")  # of which figures show reconstructions
ENCODING = (*DECODING, "random_encoder", "pixels")  # give a latent
INPAINTING = ("ae", "vae", *MASKED, "gaussian")  # are shown images with hidden cells
NOISY = ("ae", "dae", "vae", "pca")  # are shown noisy images
ALL = (*ENCODING, "gaussian", "classifier", "data")  # everything that has a key
DETERMINISTIC = ("pca", "pixels", "gaussian", "data")  # the same for every seed, so measured once

CORRUPTIONS = (
    "gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "motion_blur", "zoom_blur",
    "fog", "brightness", "contrast", "elastic", "pixelate", "jpeg",
)  # fmt: skip
DEPTHS = ("first", "middle", "last")
SHIFTS = (1, 2, 4)  # pixels; 4 is the stride of the 8×8 map
EXAMPLES = 10  # images in the grids
ACTIVE = 0.01  # variance of the posterior mean above which a unit is active (Burda et al. 2016, arXiv:1509.00519)
STEPS = 9  # images of an interpolation
HEAT_EXAMPLES = 3
BANDS = {"low": (0.0, 4.0), "mid": (4.0, 8.0), "high": (8.0, inf)}  # cycles an image: above the first, up to the second
SPECTRUM_BINS = 17  # radial frequencies 0 … 16 cycles an image
EQUAL_BITS = 2.0  # bits a number of the latent at which models are compared: 0.25 bits a pixel for 128 numbers

UNKNOWN = "not in this run"  # why a value is missing, where no reason was kept
Tags = Callable[[Settings], list[str]]


def noise_tags(settings: Settings) -> list[str]:
    return [f"noise={level:g}" for level in settings.noise_levels if level > 0]


def mask_tags(settings: Settings) -> list[str]:
    return [f"mask={ratio:g}" for ratio in settings.mask_ratios if ratio > 0]


def trained_mask_tags(settings: Settings) -> list[str]:
    """Tags of the mask ratios that training hid."""
    low, high = settings.mask_low, settings.mask_high
    return [f"mask={ratio:g}" for ratio in settings.mask_ratios if ratio > 0 and low <= ratio <= high]


def shown_mask_tags(settings: Settings) -> list[str]:
    return [f"mask={ratio:g}" for ratio in settings.shown_mask_ratios]


def label_tags(settings: Settings) -> list[str]:
    return [f"labels={count}" for count in settings.few_labels]


def known_tags(settings: Settings) -> list[str]:
    """Tags of the classes that are the known one in turn, counted from zero."""
    return [f"known={label}" for label in range(settings.anomaly_classes)]


def bit_tags(settings: Settings) -> list[str]:
    return [f"bits={count}" for count in settings.bits]


def corruption_tags(settings: Settings) -> list[str]:
    return [f"corruption={name}" for name in CORRUPTIONS]


def _plain(settings: Settings) -> list[str]:
    return [""]


def _of(name: str, *values: object) -> Tags:
    return lambda settings: [f"{name}={value}" for value in values]


def _both(first: Tags, second: Tags) -> Tags:
    return lambda settings: [f"{a},{b}" for a, b in product(first(settings), second(settings))]


MEASURED: tuple[tuple[tuple[str, ...], tuple[str, ...], Tags], ...] = (
    # metrics, models, tags
    (("psnr", "ssim", "mae", "mse", "psnr_of_mean_mse", "high_band", "laplacian"), DECODING, _plain),
    (("mse",), ("ae", "vae"), _of("on", "train")),
    (("psnr", "mse"), ("pca",), lambda s: [f"d={d}" for d in s.pca_dims]),
    (("psnr", "ssim"), ("ae", "dae", "pca"), noise_tags),
    (("input_mse", "input_psnr"), ("data",), noise_tags),
    (("crossing",), ("dae",), _plain),
    (("transfer",), ("ae", "dae", "vae", "pca"), _of("band", *BANDS, "fine")),
    (("transfer",), ("ae", "vae"), _both(_of("band", "fine"), _of("at", "equal_mse"))),
    (("psnr",), ("ae", "dae"), _of("at", "equal_time")),
    (("probe_accuracy", "knn_accuracy", "precision_at_10", "ari", "nmi", "silhouette"), ENCODING, _plain),
    (("probe_accuracy", "displacement", "retrieval"), NOISY, noise_tags),
    (("probe_accuracy",), ("ae", "dae"), label_tags),
    (("probe_accuracy",), ("ae", "dae"), corruption_tags),
    (("probe_accuracy",), MASKED, mask_tags),
    (("anomaly_auroc",), ("ae", "dae", "data"), _plain),
    (("anomaly_auroc",), ("ae", "dae", "data"), known_tags),
    (("psnr", "rate"), ("ae", "dae", "pca"), bit_tags),
    (("psnr",), ("ae", "dae", "pca"), _of("at", "equal_rate")),
    (("kl", "active_units", "sigma"), ("vae",), _plain),
    (("roughness", "midpoint_confidence"), ("ae", "vae"), _plain),
    (("target_probability",), ("ae", "vae"), _of("of", "arithmetic", "alone", "mean", "other", "random")),
    (("frechet_judge",), ("ae", "vae"), _of("of", "samples", "reconstructions")),
    (("mse",), INPAINTING, _both(mask_tags, _of("where", "masked", "visible", "whole"))),
    (("mse",), ("mcae_sparse", "vit_mae"), _both(_of("mask", 0.5), _both(_of("where", "masked"), _of("data", 0.1, 1)))),
    (("centre_share",), ("mcae",), shown_mask_tags),
    (("influence",), ("mcae",), _both(_of("at", "centre", "edge"), shown_mask_tags)),
    (("texture_correlation",), ("mcae",), shown_mask_tags),
    (("erf_r50", "erf_r90", "far_mass", "gradient_distance"), MASKED, _both(_of("depth", *DEPTHS), _of("state", "trained", "untrained"))),
    (("attention_distance",), ("vit_mae",), _of("depth", *DEPTHS)),
    (("equivariance_error",), MASKED, _both(_of("shift", *SHIFTS), _of("state", "trained", "untrained"))),
    (("parameters", "train_seconds"), TRAINED, _plain),
    (("judge_accuracy",), ("classifier",), _plain),
    (("judge_accuracy",), ("ae", "vae"), _of("of", "reconstructions")),
)  # fmt: skip


@dataclass(frozen=True)
class ArraySpec:
    """What a figure needs. kind: "image" uint8 in [0, 255], "label" int16, "value" float32."""

    kind: Literal["image", "label", "value"]
    shape: tuple[int, ...]


IMAGE = (32, 32, 3)


@lru_cache
def keys(settings: Settings) -> tuple[str, ...]:
    """Every key that a run measures, e.g. `ae/psnr`; the order is that of the document."""
    found = {
        f"{model}/{metric}" + (f"[{tag}]" if tag else ""): None
        for metrics, models, tags in MEASURED
        for model, metric, tag in product(models, metrics, tags(settings))
    }
    return tuple(found)


def curves(model: str) -> tuple[str, ...]:
    """Names of a trained model's curves; `experiments.train.fit` says where their points lie."""
    parts = ("reconstruction", "kl") if model == "vae" else ()
    return ("loss", *parts, "test_mse", "test_psnr", "test_detail", "seconds") if model in TRAINED else ()


def arrays(settings: Settings) -> dict[str, ArraySpec]:
    """Every array that a run keeps for its figures, by key (all of the first seed)."""
    return dict(_arrays(settings))


def _arrays(settings: Settings) -> Iterator[tuple[str, ArraySpec]]:
    grid, points, d = (EXAMPLES, *IMAGE), settings.map_images, settings.latent_dim
    yield "data/examples", ArraySpec("image", grid)
    yield "data/example_labels", ArraySpec("label", (EXAMPLES,))
    yield "data/noisy_examples", ArraySpec("image", grid)
    yield from ((f"{model}/examples", ArraySpec("image", grid)) for model in SHOWN)
    yield from ((f"{model}/noisy_examples", ArraySpec("image", grid)) for model in ("ae", "dae"))
    yield "data/map_images", ArraySpec("image", (points, *IMAGE))
    yield "data/map_labels", ArraySpec("label", (points,))
    for model, kind, noise in product(MAPPED, ("pca_map", "tsne_map"), ("0", "0.1")):
        yield f"{model}/{kind}[noise={noise}]", ArraySpec("value", (points, 2))
    yield from ((f"{model}/neighbours", ArraySpec("label", (points, 5))) for model in MAPPED)
    for model in ("data", "ae", "dae", "vae", "pca"):
        yield f"{model}/spectrum", ArraySpec("value", (SPECTRUM_BINS,))
    for model in ("ae", "vae"):
        yield f"{model}/interpolation", ArraySpec("image", (SHOWN_PATHS, STEPS, *IMAGE))
        yield f"{model}/arithmetic", ArraySpec("image", (SHOWN_PATHS, 5, *IMAGE))  # a, b, c, a − b + c, mean of c
        yield f"{model}/samples", ArraySpec("image", (16, *IMAGE))
    yield "vae/kl_per_dim", ArraySpec("value", (d,))
    yield "vae/mean_variance", ArraySpec("value", (d,))
    for tag in shown_mask_tags(settings):
        yield f"data/masked_examples[{tag}]", ArraySpec("image", grid)
        for model in ("ae", "vae", *MASKED):
            yield f"{model}/masked_examples[{tag}]", ArraySpec("image", grid)
        yield f"mcae/error_map[{tag}]", ArraySpec("value", (32, 32))
        yield f"mcae/influence_map[{tag}]", ArraySpec("value", (8, 8))
        yield f"mcae/heat_error[{tag}]", ArraySpec("value", (HEAT_EXAMPLES, 32, 32))
        yield f"mcae/heat_influence[{tag}]", ArraySpec("value", (HEAT_EXAMPLES, 8, 8))
    yield "data/heat_examples", ArraySpec("image", (HEAT_EXAMPLES, *IMAGE))
    for model, depth in product(MASKED, DEPTHS):
        yield f"{model}/receptive_field[depth={depth}]", ArraySpec("value", (32, 32))
    for depth in DEPTHS:
        yield f"vit_mae/attention[depth={depth}]", ArraySpec("value", (8, 8))


def triplet(settings: Settings, classes: Sequence[str]) -> tuple[str, str, str]:
    """The classes a, b, c of the latent arithmetic: the settings' where the data has them all, else its first three.

    Data with fewer than three classes repeats them in turn.
    """
    if set(settings.triplet) <= set(classes):
        return settings.triplet
    a, b, c = (classes[index % len(classes)] for index in range(3))
    return a, b, c
