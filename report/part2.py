"""Figures of Part II: the variational autoencoder. The twin of templates/part2.html."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiments import plan
from experiments.bundle import Bundle
from experiments.settings import SHOWN_PATHS
from report import error_maps, labels, plots, words
from report.document import Drawing
from report.grids import Row, grid
from report.recipes import absent_row, class_key, class_names, drawing, each_text, image_row, map_panel
from report.series import Source, title
from report.style import LOOKS, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAIR = ("vae", "ae")
SURE = 0.05  # of a single probability: to whole percents
SIGNS = {1: "−", 2: "+", 3: "="}
SAMPLED = {"vae": "VAE, from its prior", "ae": "AE, from a Gaussian fitted to its latents"}
IDLE, PALE = "#8c8c8c", 0.22  # of dimensions that are not active; how dense a bar is below its end
ROOM = 1.35  # of the highest bar, so that the key stands above all
BETWEEN, APART, BESIDE = 112, 152, 64  # printed pixels between images of a sum, between the models, within one
BLOCKS = 168  # printed pixels between the models' samples
DRAWN = 5, 3  # samples of a model that are shown, across and down: as many as fill a page's width twice
INPUTS = 3  # images of a sum, the same for both models


def interpolation(bundle: Bundle) -> Drawing:
    source, rows = Source(bundle), []
    paths = {model: source.array(f"{model}/interpolation") for model in PAIR}
    there = {model: images for model, images in paths.items() if images is not None}
    for path in range(SHOWN_PATHS):
        for place, (model, images) in enumerate(there.items()):
            group, space = ("", 0) if place else (f"path {path + 1}", 12 if path else 0)
            rows.append(Row(title(model), images[path], space=space, group=group, model=model))
    rows += [absent_row(source, f"{model}/interpolation") for model in PAIR if paths[model] is None]
    heads = ["first", *[f"{step}/{plan.STEPS - 1}" for step in range(1, plan.STEPS - 1)], "second"]
    alt = (
        f"{SHOWN_PATHS} straight paths, each between the latents of two test images, decoded in {plan.STEPS} steps. "
        f"Roughness of all paths: {each_text(source, PAIR, 'roughness')}; confidence of the judge midway: "
        f"{each_text(source, PAIR, 'midpoint_confidence')}."
    )
    return drawing(grid(rows, heads), alt, source)


def arithmetic(bundle: Bundle) -> Drawing:
    source, (a, b, c) = Source(bundle), plan.triplet(bundle.settings, bundle.provenance.classes)
    found = {model: source.array(f"{model}/arithmetic") for model in PAIR}
    there = {model: images for model, images in found.items() if images is not None}
    blocks = [images if n == 0 else images[:, INPUTS:] for n, images in enumerate(there.values())]
    unit = f"judge’s probability of {labels.fitted(c, SMALL, 3)} / %"
    said = [_judged(bundle, list(there), place) for place in range(min(map(len, blocks), default=0))]
    last = max((place for place, numbers in enumerate(said) if any(numbers)), default=0)  # where no image is below it
    rows = [
        Row("", np.concatenate(images), numbers, unit if place == last else "")
        for place, (numbers, *images) in enumerate(zip(said, *blocks, strict=True))
    ]
    rows += [absent_row(source, f"{model}/arithmetic") for model in PAIR if found[model] is None]
    sums = [INPUTS + 2 * n for n in range(len(there))]
    gaps = dict.fromkeys(range(1, INPUTS + 1), BETWEEN) | dict.fromkeys(sums[1:], APART)
    gaps |= {place + 1: BESIDE for place in sums}
    spans = [(place, place + 1, title(model), model) for place, model in zip(sums, there, strict=True)]
    heads = [a, b, c, *["sum", "mean"] * len(there)]
    picture = grid(rows, heads, gaps=gaps, signs=SIGNS, spans=spans, left=0)
    alt = (
        f"Latent arithmetic {a} − {b} + {c}, decoded, beside the decoded mean of {c}. The judge's probability of {c}: "
        f"sum {each_text(source, PAIR, 'target_probability[of=arithmetic]')}; "
        f"mean {each_text(source, PAIR, 'target_probability[of=mean]')}; "
        f"random images {each_text(source, PAIR, 'target_probability[of=random]')}."
    )
    return drawing(picture, alt, source)


def _judged(bundle: Bundle, models: Sequence[str], place: int) -> list[str]:
    """What stands under the images of a row: how probable the judge finds the wanted class in a sum and in a mean;
    nothing where the bundle has no single values, and under the images that went in."""
    keys = [f"{model}/target_probability[of={of}]" for model in models for of in ("arithmetic", "mean")]
    found = [bundle.each(key, 0) for key in keys]
    shares = [None if each is None or len(each) <= place else float(each[place]) for each in found]
    said = ["" if share is None else words.text(share, "%", SURE, bare=True) for share in shares]
    return [*[""] * INPUTS, *said] if any(said) else []


def vae_vs_ae(bundle: Bundle) -> Drawing:
    source = Source(bundle)
    originals = source.array("data/examples")
    first = image_row(source, "data/examples", "original")
    rows = [image_row(source, f"{model}/examples", title(model), originals) for model in PAIR]
    maps, bar = error_maps.under(rows, originals)
    alt = (
        "Test images, their reconstructions by VAE and AE, and error maps. PSNR over all test images: "
        f"{each_text(source, PAIR, 'psnr')}; amplitude recovered at high spatial frequencies: "
        f"{each_text(source, PAIR, 'transfer[band=high]')}."
    )
    return drawing(grid([first, *rows, *maps], class_names(source), bar=bar), alt, source)


def vae_losses(bundle: Bundle) -> Drawing:
    source = Source(bundle)
    figure, axes = plots.panels(2, height=5.8, gap=1.5)
    texts = ("KL divergence / nats per image", "Reconstruction loss / nats per image")
    for ax, name, label in zip(axes, ("kl", "reconstruction"), texts, strict=True):
        key = f"vae/{name}"
        plots.curves(ax, source.epochs(key), {"vae": source.curve(key)}, label=False)
        plots.name(ax, "Epoch", label)
    labels.say_missing(figure, source.missing)
    alt = (
        "The VAE's KL divergence and reconstruction loss over epochs. KL divergence on test images at the end: "
        f"{source.text('vae/kl')}; decoder σ: {source.text('vae/sigma')}."
    )
    return drawing(figure, alt, source)


def latent_structure(bundle: Bundle) -> Drawing:
    source = Source(bundle)
    classes = source.array("data/map_labels")
    figure, (left, middle, right) = plots.panels(3, height=6.3, left=0.1, top=1.25, gap=(0.25, 1.1))
    for ax, kind, text in ((left, "pca", "PCA"), (middle, "tsne", "t-SNE")):
        map_panel(ax, source.array(f"vae/{kind}_map[noise=0]"), classes)
        ax.set_title(text)
    _dimensions(right, source)
    labels.say_missing(figure, source.missing)
    labels.key(figure, class_key(source, classes), x=0.1, y=0.1, tight=True)
    alt = (
        f"The VAE's latents of {words.exact(bundle.settings.map_images)} test images by PCA and by t-SNE, coloured by "
        "class, and the KL divergence of each latent dimension in descending order. "
        f"Active ones out of {words.exact(bundle.settings.latent_dim)}: {source.text('vae/active_units')}."
    )
    return drawing(figure, alt, source)


def _dimensions(ax: "Axes", source: Source) -> None:
    """KL divergence of each latent dimension in falling order, active ones in the model's colour."""
    kl, variance = source.array("vae/kl_per_dim"), source.array("vae/mean_variance")
    plots.name(ax, "Rank of the dimension", "KL divergence / nats per image")
    if kl is None or variance is None:
        return
    order = np.argsort(-kl, kind="stable")
    active = variance[order] > plan.ACTIVE
    edges = np.arange(len(kl) + 1) + 0.5
    for chosen, colour, text in ((active, LOOKS["vae"].colour, "active"), (~active, IDLE, "not active")):
        ax.stairs(np.where(chosen, kl[order], 0), edges, fill=True, color=colour, alpha=PALE, linewidth=0)
        heights, starts, ends = kl[order][chosen], edges[:-1][chosen], edges[1:][chosen]
        ax.hlines(heights, starts, ends, color=colour, linewidth=1.2, label=f"{chosen.sum()} {text}")
    ax.set_xlim(0, len(kl) + 1)
    ax.locator_params(axis="x", integer=True)
    top = max(float(np.nanmax(kl)), 1e-3)
    ax.set_ylim(0, 1.06 * top if active.all() else ROOM * top)
    if not active.all():
        ax.legend(frameon=False, fontsize=SMALL, handlelength=0.8, loc="upper right", borderaxespad=0.2)


def samples(bundle: Bundle) -> Drawing:
    source, (across, down) = Source(bundle), DRAWN
    found = {model: source.array(f"{model}/samples") for model in PAIR}
    shown = [images[: across * down] for images in found.values() if images is not None]
    blocks = [images.reshape(down, across, *images.shape[1:]) for images in shown]
    rows = [Row("", np.concatenate(images)) for images in zip(*blocks, strict=True)]
    rows += [absent_row(source, f"{model}/samples") for model in PAIR if found[model] is None]
    there = [model for model in PAIR if found[model] is not None]
    spans = [(across * block, across * (block + 1) - 1, SAMPLED[model], model) for block, model in enumerate(there)]
    alt = (
        "Fifteen images per model, decoded from random latents: the VAE's from its prior, the AE's from a Gaussian "
        "fitted to its latents. Fréchet distance (judge) between such images and test images: "
        f"{each_text(source, PAIR, 'frechet_judge[of=samples]')}."
    )
    return drawing(grid(rows, gaps={across: BLOCKS}, spans=spans, left=0), alt, source)


FIGURES: dict[str, Callable[[Bundle], Drawing]] = {
    function.__name__: function
    for function in (
        interpolation, arithmetic, vae_vs_ae, vae_losses, latent_structure, samples,
    )
}  # fmt: skip
