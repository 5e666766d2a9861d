"""Figures of Part I: autoencoder and denoising autoencoder. The twin of templates/part1.html."""

from collections.abc import Callable

import numpy as np

from experiments import plan
from experiments.bundle import Bundle
from experiments.metrics import METRICS
from report import error_maps, labels, plots, recipes, words
from report.document import Drawing
from report.grids import grid, ink
from report.series import Line, Source, head, scale, title
from report.style import FAINT, INK, LOOKS, WIDTH

PAIR = ("ae", "dae")
PRINTED = {"jpeg": "JPEG", "gaussian_noise": "Gaussian noise"}  # corruptions whose names are more than words


def reconstructions(bundle: Bundle) -> Drawing:
    source, models = Source(bundle), ("ae", "pca")
    originals = source.array("data/examples")
    first = recipes.image_row(source, "data/examples", "original")
    rows = [recipes.image_row(source, f"{model}/examples", title(model), originals) for model in models]
    maps, bar = error_maps.under(rows, originals)
    alt = (
        "Test images, their reconstructions and error maps. PSNR over all test images: "
        f"{recipes.each_text(source, models, 'psnr')}."
    )
    return recipes.drawing(grid([first, *rows, *maps], recipes.class_names(source), bar=bar), alt, source)


def pca_by_dim(bundle: Bundle) -> Drawing:
    source, d, truncated = Source(bundle), bundle.settings.latent_dim, bundle.settings.pca_dims
    dims = sorted({*truncated, d})
    keys = {dim: f"pca/psnr[d={dim}]" if dim in truncated else "pca/psnr" for dim in dims}
    pca = source.line(list(keys.values()))
    figure, (ax,) = plots.panels(height=6.4, right=1.2)
    ax.set_xscale("log", base=2)
    ticks = plots.roomy(dims, d)
    ax.set(xticks=ticks, xticklabels=map(str, ticks))
    plots.name(ax, "Latent dimension", head("ae/psnr"))
    plots.curves(ax, dims, {"pca": pca}, label=False)
    here = float(pca.mean[dims.index(d)])
    above, below = list[labels.End](), list[labels.End]()
    points = {model: source.line([f"{model}/psnr"]) for model in plan.CONVOLUTIONAL}
    there = {model: float(point.mean[0]) for model, point in points.items() if point.there}
    plots.marks(ax, d, points)
    for model, value in there.items():
        (above if value > here else below).append((title(model), LOOKS[model].colour, d, value))
    if d == dims[-1]:  # no room at the right
        above, below = [*above, *below], []
    labels.label_ends(ax, above, shift=-0.5)
    labels.label_ends(ax, below, shift=0.5, under=here)
    if pca.there:
        labels.label_ends(ax, [(title("pca"), LOOKS["pca"].colour, dims[-1], float(pca.mean[-1]))])
    by_dim = words.listing([f"{source.text(key)} with {dim}" for dim, key in keys.items()])
    labels.say_missing(figure, source.missing)
    alt = (
        f"PSNR on test images over the latent dimension. PCA: {by_dim}. "
        f"With {d}: {recipes.each_text(source, plan.CONVOLUTIONAL, 'psnr')}."
    )
    return recipes.drawing(figure, alt, source)


def error_curves(bundle: Bundle) -> Drawing:
    source = Source(bundle)
    figure, axes = plots.panels(2, height=6.2, right=1.0, gap=2.1)
    lines = {name: {model: source.curve(f"{model}/{name}") for model in PAIR} for name in ("loss", "test_mse")}
    plots.cover(axes, [line for pair in lines.values() for line in pair.values()])
    for ax, (name, pair), label in zip(axes, lines.items(), ("MSE, training", "MSE, test"), strict=True):
        plots.curves(ax, {model: source.epochs(f"{model}/{name}") for model in PAIR}, pair, log=True)
        plots.name(ax, "Epoch", label)
    labels.say_missing(figure, source.missing)
    alt = (
        "Mean error over epochs, in training and on test images. MSE on clean test images at the end: "
        f"{recipes.each_text(source, PAIR, 'mse')}."
    )
    return recipes.drawing(figure, alt, source)


def spectrum(bundle: Bundle) -> Drawing:
    source, models, bands = Source(bundle), ("ae", "dae", "vae", "pca"), {"low": "low", "mid": "middle", "high": "high"}
    figure, (left, right) = plots.panels(2, height=7.1, top=1.0, gap=3.4, widths=(1.25, 1))
    powers = {model: source.array(f"{model}/spectrum") for model in ("data", *models)}
    lines = {model: Line.plain(power[1:]) for model, power in powers.items() if power is not None}
    plots.curves(left, range(1, plan.SPECTRUM_BINS), lines, log=True, names={"data": "original"})
    plots.name(left, "Spatial frequency / cycles per image", "Power / (pixel value)²", raised=True)
    ends = (0.5, 16.3)
    left.set(xlim=ends, xticks=range(0, 17, 4))
    for band, text in bands.items():
        low, high = np.clip(plan.BANDS[band], *ends)
        labels.over(left, (low + high) / 2, text)
        if high < ends[1]:
            left.axvline(high, color=FAINT, linewidth=0.6, linestyle=(0, (2, 2)))
    tags = [f"band={band}" for band in bands]
    kept = {model: source.line(recipes.tagged(model, "transfer", tags)) for model in models}
    plots.dots(right, kept, list(bands.values()))
    low, high = right.get_xlim()
    right.set(xlabel="Amplitude recovered in phase / %", xlim=(min(0, low), max(108, high)))
    right.axvline(100, color=INK, linewidth=0.7)
    labels.over(right, 100, "original")
    labels.say_missing(figure, source.missing)
    labels.key(figure, labels.model_key(kept, line=False), x=right.get_position().x0 * WIDTH, y=0.1, tight=True)
    alt = (
        "Power over spatial frequency, and the share of the amplitude recovered in phase, by band. "
        f"Low band: {recipes.each_text(source, models, 'transfer[band=low]')}; "
        f"high band: {recipes.each_text(source, models, 'transfer[band=high]')}."
    )
    return recipes.drawing(figure, alt, source)


def latent_maps(bundle: Bundle) -> Drawing:
    source = Source(bundle)
    classes = source.array("data/map_labels")
    figure, axes = plots.panels(4, 2, height=9.2, left=0.9, right=0.05, top=1.25, bottom=0.1, gap=0.2, row_gap=0.2)
    for row, model in enumerate(PAIR):
        name = axes[4 * row].set_ylabel(title(model), fontweight=700, color=ink(model))
        name.set(rotation=0, ha="right", va="center")
        for place, kind in enumerate(("pca", "tsne")):
            keys = [f"{model}/{kind}_map[noise={noise}]" for noise in ("0", "0.1")]
            pair = [source.array(key) for key in keys]
            for state, ax in enumerate(axes[4 * row + 2 * place :][:2]):
                recipes.map_panel(ax, pair[state], classes, pair[1 - state], moved=state == 1)
    for ax, text in zip(axes, ("PCA, clean", "PCA, noisy", "t-SNE, clean", "t-SNE, noisy"), strict=False):
        ax.set_title(text)
    labels.say_missing(figure, source.missing)
    labels.key(figure, recipes.class_key(source, classes), x=0.9, y=0.1, tight=True)
    alt = (
        f"Latents of {words.exact(bundle.settings.map_images)} test images mapped to a plane by PCA and by "
        "t-SNE, clean and with noise of variance 0.1, coloured by class; lines connect each noisy image to its clean "
        "position. Share of noisy images whose nearest clean latent is that of the same image: "
        f"{recipes.each_text(source, PAIR, 'retrieval[noise=0.1]')}."
    )
    return recipes.drawing(figure, alt, source)


def denoising(bundle: Bundle) -> Drawing:
    source = Source(bundle)
    originals = source.array("data/examples")
    rows = [recipes.image_row(source, "data/examples", "original")]
    rows += [recipes.image_row(source, "data/noisy_examples", "noisy", originals)]
    given = [recipes.image_row(source, f"{model}/noisy_examples", title(model), originals) for model in PAIR]
    maps, bar = error_maps.under(given, originals)
    alt = (
        "Test images, the same with Gaussian noise of variance 0.1, reconstructions of the noisy ones, and error maps. "
        f"PSNR over all test images: noisy input {source.text('data/input_psnr[noise=0.1]')}, "
        f"{recipes.each_text(source, PAIR, 'psnr[noise=0.1]')}."
    )
    return recipes.drawing(grid([*rows, *given, *maps], recipes.class_names(source), bar=bar), alt, source)


def noise_quality(bundle: Bundle) -> Drawing:
    source, models = Source(bundle), ("ae", "dae", "pca")
    levels, tags = recipes.noise_places(bundle.settings)
    figure, axes = plots.panels(2, height=6.9, right=1.1, top=0.9, gap=2.9)
    for ax, metric in zip(axes, ("psnr", "ssim"), strict=True):
        lines = {model: source.line(recipes.tagged(model, metric, tags)) for model in models}
        if metric == "psnr":
            lines["data"] = source.line(recipes.tagged("data", "input_psnr", [tag for tag in tags if tag]))
        places = {model: levels[-len(line.mean) :] for model, line in lines.items()}
        plots.curves(ax, places, lines, names={"data": "noisy input"})
        plots.name(ax, "Noise variance", head(f"ae/{metric}"), raised=True)
    crossing = source.line(["dae/crossing"], needed=False)
    if crossing.mean[0] > 0:  # at 0 the DAE leads everywhere; nan is where it never catches up
        labels.upright(axes[0], float(crossing.mean[0]), f"AE = DAE at {source.text('dae/crossing')}")
    labels.say_missing(figure, source.missing)
    alt = (
        "PSNR and SSIM over the noise variance. PSNR at variance 0.1: noisy input "
        f"{source.text('data/input_psnr[noise=0.1]')}, {recipes.each_text(source, models, 'psnr[noise=0.1]')}."
    )
    return recipes.drawing(figure, alt, source)


def noise_probe(bundle: Bundle) -> Drawing:
    source = Source(bundle)
    figure, axes = plots.panels(3, height=5.8, right=1.0, gap=1.9)
    for ax, (metric, label) in zip(axes, recipes.PROBE_AXES.items(), strict=True):
        levels, tags = recipes.noise_places(bundle.settings, clean=metric == "probe_accuracy")
        lines = {model: source.line(recipes.tagged(model, metric, tags)) for model in plan.NOISY}
        floor = 0.0 if metric == "displacement" else None
        guess = recipes.chance(bundle) if metric == "probe_accuracy" else None
        ax.set_xlim(-0.04 * levels[-1], 1.04 * levels[-1])
        plots.name(ax, "Noise variance", label)
        plots.curves(ax, levels, lines, factor=scale(f"ae/{metric}"), floor=floor, guess=guess)
    labels.say_missing(figure, source.missing)
    alt = (
        "Probe accuracy, retrieval and displacement of the latents over the noise variance. "
        f"Probe accuracy at variance 0.1: {recipes.each_text(source, plan.NOISY, 'probe_accuracy[noise=0.1]')}; "
        f"on clean images: {recipes.each_text(source, plan.NOISY, 'probe_accuracy')}."
    )
    return recipes.drawing(figure, alt, source)


def corruptions(bundle: Bundle) -> Drawing:
    source, tags = Source(bundle), plan.corruption_tags(bundle.settings)
    keys = {model: recipes.tagged(model, "probe_accuracy", tags) for model in PAIR}
    lines, lead = {model: source.line(rows) for model, rows in keys.items()}, source.paired(keys["dae"], keys["ae"])
    order = np.argsort(-lead.mean, kind="stable")
    names = [PRINTED.get(name, name.replace("_", " ")) for name in np.array(plan.CORRUPTIONS)[order]]
    figure, (left, right) = plots.panels(2, height=6.6, left=2.4, top=0.7, gap=0.5)
    plots.dots(left, {model: line.sorted(order) for model, line in lines.items()}, names)
    plots.dots(right, {"difference": lead.sorted(order)}, names)
    plots.zero_line(right, 100 * METRICS["probe_accuracy"].margin)
    right.tick_params(axis="y", labelleft=False)
    left.set_xlabel("Linear probe / %")
    right.set_xlabel("DAE − AE / points")
    labels.say_missing(figure, source.missing)
    labels.key(figure, labels.model_key(lines, line=False), x=2.4, y=0.1, tight=True)
    ends = f" The largest is for {names[0]}, the smallest for {names[-1]}." if lead.there else ""
    above = f", which is above zero for {int(np.sum(lead.mean > 0))} of them" if lead.there else ""
    alt = f"Probe accuracy of AE and DAE under {len(names)} corruptions, and the difference DAE − AE{above}.{ends}"
    return recipes.drawing(figure, alt, source)


def rate_distortion(bundle: Bundle) -> Drawing:
    source, models, bits = Source(bundle), ("ae", "dae", "pca"), bundle.settings.bits
    tags = plan.bit_tags(bundle.settings)
    lines = {model: source.line(recipes.tagged(model, "psnr", tags)) for model in models}
    rates = {model: source.line(recipes.tagged(model, "rate", tags)).mean for model in models}
    equal = plan.EQUAL_BITS * bundle.settings.latent_dim / 32**2
    figure, (ax,) = plots.panels(height=5.8, right=1.2, top=0.9)
    ax.update_datalim([(equal, 0)], updatey=False)  # before the labels at line ends, which the dashed line would move
    ax.margins(y=0.12)  # for the numbers below the lowest mark
    plots.curves(ax, rates, lines)
    plots.name(ax, "Rate / bits per pixel", head("ae/psnr"), raised=True)
    levels = [words.exact(2**count) for count in bits]
    texts = [f"{levels[0]} levels", *levels[1:]]
    for model in [model for model, line in lines.items() if line.there][:1]:
        labels.under(ax, LOOKS[model].colour, zip(texts, rates[model], lines[model].mean, strict=True))
    labels.upright(ax, equal, f"{plan.EQUAL_BITS:g} bits per dimension = {equal:g} bits per pixel")
    labels.say_missing(figure, source.missing)
    alt = (
        f"PSNR over the rate of the quantised latents, with {' to '.join(dict.fromkeys([levels[0], levels[-1]]))} "
        f"levels for the widest dimension. At equal rate: {recipes.each_text(source, models, 'psnr[at=equal_rate]')}."
    )
    return recipes.drawing(figure, alt, source)


FIGURES: dict[str, Callable[[Bundle], Drawing]] = {
    function.__name__: function
    for function in (
        reconstructions, pca_by_dim, error_curves, spectrum, latent_maps, denoising, noise_quality, noise_probe,
        corruptions, rate_distortion,
    )
}  # fmt: skip
