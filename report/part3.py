"""Figures of Part III: masked autoencoders, convolutions and the ViT. The twin of templates/part3.html."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from experiments import plan
from experiments.arrays import Array
from experiments.bundle import Bundle
from report import error_maps, labels, plots
from report.document import Drawing
from report.grids import Bar, Row, grid
from report.heat import Heat, Scale, over_images
from report.paint import NOTHING, Pixels, colours, paint
from report.recipes import chance, class_names, drawing, each_text, image_row, mask_places, tagged
from report.series import Source, head, scale, title
from report.style import FAINT, LOOKS
from report.words import count, power_of_ten

HALF = "mask=0.5"
COMPARED = ("mcae", "mcae_sparse", "vit_mae", "ae", "vae")
KINDS = (  # arrays of the mean and of single images, label, unit
    ("error_map", "heat_error", ("Where the", "error lies"), "squared error"),
    ("influence_map", "heat_influence", ("What", "matters"), "rise of the\nMSE elsewhere"),
)
BESIDE, BLOCK = 5, 3  # images in each of two blocks, and of three
BETWEEN = 36  # printed pixels between blocks
FIRST = 120  # behind the block that has numbers between its images
SEEN = (("Hidden cells in grey", ""), ("MCAE reconstruction", "mcae"), ("Error", ""))  # and whose it is
SHOWN = 3  # heatmap figures: the first shown ratios
DECADES = 3  # of the logarithmic scale of receptive fields
FIELDS = 88  # printed pixels at their left
SIDES, PATCHES = {"first": 16, "middle": 8, "last": 4}, 8  # units across the maps of a CNN, and patches of the ViT


def masked_comparison(bundle: Bundle) -> Drawing:
    source = Source(bundle)
    originals, ratio = source.array("data/examples"), HALF.removeprefix("mask=")
    rows = [image_row(source, "data/examples", "original")]
    rows += [image_row(source, f"data/masked_examples[{HALF}]", "masked")]
    names = {model: title(model).replace(" ", "\n") for model in COMPARED}
    rows += [image_row(source, f"{model}/masked_examples[{HALF}]", names[model], originals) for model in COMPARED]
    beside, bar = error_maps.beside(rows, originals, BESIDE)
    alt = (
        f"Test images, the same with a share of {ratio} of their cells hidden, the models' reconstructions, and error "
        f"maps. MSE on hidden pixels: {each_text(source, COMPARED, f'mse[{HALF},where=masked]')}."
    )
    spans = [(0, BESIDE - 1, "Image", ""), (BESIDE, 2 * BESIDE - 1, "Error", "")] if bar else []
    heads = class_names(source)[:BESIDE]
    picture = grid(beside, heads, gaps={BESIDE: BETWEEN}, spans=spans, bar=bar, bar_at=(0, BESIDE))
    return drawing(picture, alt, source)


def mask_ratios(bundle: Bundle) -> Drawing:
    """Three blocks: what the MCAE sees, what it gives back, and where it errs."""
    source, ratios = Source(bundle), bundle.settings.shown_mask_ratios
    originals, tags = source.array("data/examples"), plan.shown_mask_tags(bundle.settings)
    given = [
        image_row(source, f"mcae/masked_examples[{tag}]", f"{ratio:g} hidden", originals)
        for ratio, tag in zip(ratios, tags, strict=True)
    ]
    given, bar = error_maps.beside(given, originals, BLOCK)
    rows, _ = error_maps.beside([image_row(source, "data/examples", "original")], None, BLOCK)
    for row, tag in zip(given, tags, strict=True):
        seen = source.array(f"data/masked_examples[{tag}]")
        if row.images is not None:
            first = np.full_like(row.images[:BLOCK], NOTHING) if seen is None else seen[:BLOCK]
            row = replace(row, images=np.concatenate((first, row.images)), under=[*[""] * BLOCK, *row.under], model="")
        rows.append(row)
    numbers = "; ".join(f"{ratio:g} hidden {source.text(f'mcae/mse[mask={ratio:g},where=masked]')}" for ratio in ratios)
    alt = (
        f"Test images at {count(len(ratios), 'mask ratio')}: masked, reconstructed by the MCAE, and "
        f"error maps. MSE on hidden pixels: {numbers}."
    )
    spans = [(BLOCK * place, BLOCK * (place + 1) - 1, *head) for place, head in enumerate(SEEN)] if bar else []
    gaps = {BLOCK: FIRST, 2 * BLOCK: BETWEEN}
    heads = class_names(source)[:BLOCK]
    return drawing(grid(rows, heads, gaps=gaps, spans=spans, bar=bar, bar_at=(0, 2 * BLOCK)), alt, source)


def masked_curves(bundle: Bundle) -> Drawing:
    source = Source(bundle)
    ratios, tags = mask_places(bundle.settings)
    keys = {model: tagged(model, "mse", [f"{tag},where=masked" for tag in tags]) for model in plan.INPAINTING}
    figure, (ax,) = plots.panels(height=7.6, right=3.0, top=0.9)
    plots.curves(ax, ratios, {model: source.line(rows) for model, rows in keys.items()}, log=True)
    ax.set_xticks(ratios)
    plots.name(ax, "Mask ratio", "MSE on hidden pixels", raised=True)
    plots.beyond(ax, bundle.settings.mask_low, bundle.settings.mask_high)
    labels.say_missing(figure, source.missing)
    alt = (
        "Mean squared error on hidden pixels over the mask ratio, on a logarithmic axis. Half hidden: "
        f"{each_text(source, plan.INPAINTING, 'mse[mask=0.5,where=masked]')}."
    )
    return drawing(figure, alt, source)


def heatmaps(bundle: Bundle, place: int) -> Drawing:
    """The maps of the shown ratio at `place`, on the scales that all shown ratios share."""
    source, tags = Source(bundle), plan.shown_mask_tags(bundle.settings)
    ratio = tags[place].removeprefix("mask=")
    images = source.array("data/heat_examples")
    kinds = [_kind(source, tags, place, *kind) for kind in KINDS]
    alt = (
        f"MCAE with a share of {ratio} hidden: mean squared error of hidden pixels, and how much the error "
        "elsewhere rises when a cell is hidden, on average and over single images. Share of the error in the central "
        f"quarter: {source.text(f'mcae/centre_share[{tags[place]}]')}. Mean rise elsewhere: for cells of that quarter "
        f"{source.text(f'mcae/influence[at=centre,{tags[place]}]')}, for those around it "
        f"{source.text(f'mcae/influence[at=edge,{tags[place]}]')}."
    )
    return drawing(over_images(f"MCAE, {ratio} of the cells hidden", "mcae", images, kinds), alt, source)


def _kind(source: Source, tags: list[str], place: int, mean: str, single: str, label: Sequence[str], unit: str) -> Heat:
    means, singles = ([source.array(f"mcae/{name}[{tag}]") for tag in tags] for name in (mean, single))
    reason = source.reason(f"mcae/{mean}[{tags[place]}]")
    return Heat(label, unit, means[place], singles[place], Scale.of(means), Scale.of(singles), reason)


def receptive_fields(bundle: Bundle) -> Drawing:
    source, columns = Source(bundle), [*plan.MASKED, "attention"]
    maps = {(column, depth): _field(source, column, depth) for column in columns for depth in plan.DEPTHS}
    high = Scale.of(list(maps.values()), 1.0).high
    rows = []
    for depth in plan.DEPTHS:
        under = [
            _under(source, "90 % within", f"{model}/erf_r90[depth={depth},state=trained]") for model in plan.MASKED
        ]
        under.append(_under(source, "mean", f"vit_mae/attention_distance[depth={depth}]"))
        images = np.stack([_decades(maps[column, depth], high) for column in columns])
        rings = [None if maps[column, depth] is None else _unit(column, depth) for column in columns]
        rows.append(Row(f"{depth}\nstage", images, under, rings=rings))
    rows += [Row("", None, reason=sentence) for sentence in source.missing]
    heads = [*(f"{title(model)}, gradient" for model in plan.MASKED), f"{title('vit_mae')}, attention"]
    top = math.log10(high)
    powers = range(math.ceil(top - DECADES), math.floor(top) + 1)
    ticks = {1 + (power - top) / DECADES: power_of_ten(10.0**power) for power in powers}
    bar = Bar("share of the gradient, or of the attention, per pixel", "", "", colours(), ticks)
    alt = (
        "What influences the unit next to the centre, by depth: input gradients, and the attention of the ViT, on one "
        "logarithmic scale. "
        "Radius of 90 % of the gradient in the first stage: "
        f"{each_text(source, plan.MASKED, 'erf_r90[depth=first,state=trained]')}; in the last: "
        f"{each_text(source, plan.MASKED, 'erf_r90[depth=last,state=trained]')}."
    )
    return drawing(grid(rows, heads, of=[*plan.MASKED, "vit_mae"], scale=10, left=FIELDS, bar=bar), alt, source)


def _unit(column: str, depth: str) -> float:
    """Pixels from an image's corner, across and down, to the middle of the unit next to its centre."""
    side = SIDES[depth] if column in plan.CONVOLUTIONAL else PATCHES
    return (side // 2 + 0.5) * 32 / side


def _under(source: Source, words: str, key: str) -> str:
    number = source.text(key)
    return f"{words} {number}" if number[0].isdigit() else number


def _field(source: Source, column: str, depth: str) -> Array | None:
    """A map (32, 32) whose sum is 1: a model's receptive field, or the attention of the ViT's centre patch."""
    if column != "attention":
        return source.array(f"{column}/receptive_field[depth={depth}]")
    patches = source.array(f"vit_mae/attention[depth={depth}]")
    return None if patches is None else np.kron(patches, np.full((4, 4), 1 / 16))


def _decades(field: Array | None, high: float) -> Pixels:
    """Colours (32, 32, 3) of a map on a logarithmic scale of DECADES up to `high`."""
    if field is None:
        return paint(np.full((32, 32), np.nan))
    return paint(np.maximum(1 + np.log10(np.maximum(field / high, 1e-9)) / DECADES, 0))


def reach_by_depth(bundle: Bundle) -> Drawing:
    source, lines = Source(bundle), {}
    figure, axes = plots.panels(3, height=6.4, right=0.2, top=1.15)
    for ax, metric in zip(axes, ("erf_r90", "gradient_distance", "far_mass"), strict=True):
        for state in ("untrained", "trained"):
            tags = [f"depth={depth},state={state}" for depth in plan.DEPTHS]
            lines = {model: source.line(tagged(model, metric, tags)) for model in plan.MASKED}
            faint = state == "untrained"
            plots.curves(ax, range(3), lines, factor=scale(f"mcae/{metric}"), label=False, faint=faint)
            if ax in axes[:2]:  # both in pixels
                plots.cover(axes[:2], lines.values())
        ax.set(xticks=range(3), xticklabels=plan.DEPTHS)
        plots.name(ax, "Depth", head(f"mcae/{metric}"))
    attention = source.line(tagged("vit_mae", "attention_distance", [f"depth={depth}" for depth in plan.DEPTHS]))
    axes[1].plot(range(3), attention.mean, "o", markerfacecolor="white", color=LOOKS["vit_mae"].colour, clip_on=False)
    axes[1].vlines(range(3), attention.low, attention.high, color=LOOKS["vit_mae"].colour, linewidth=1.0, zorder=1)
    plots.cover(axes[:2], [attention])
    for ax in axes:
        ax.set_xlim(-0.2, 2.2)
        plots.stand_on(ax, 0)
    hollow = dict(marker="o", linestyle="", markerfacecolor="white", color=LOOKS["vit_mae"].colour)
    entries = [
        *labels.model_key(lines),
        ("attention distance", hollow),
        ("untrained", dict(color=FAINT, linewidth=0.9, linestyle="--")),
    ]
    labels.say_missing(figure, source.missing)
    labels.key(figure, entries, x=0.1, y=0.1)
    alt = (
        "How far units reach by depth, trained and untrained. Gradient beyond 16 px in the first stage: "
        f"{each_text(source, plan.MASKED, 'far_mass[depth=first,state=trained]')}; in the last: "
        f"{each_text(source, plan.MASKED, 'far_mass[depth=last,state=trained]')}."
    )
    return drawing(figure, alt, source)


def masking_probe(bundle: Bundle) -> Drawing:
    source = Source(bundle)
    ratios, tags = mask_places(bundle.settings, none=True)
    keys = {model: tagged(model, "probe_accuracy", tags) for model in plan.MASKED}
    clean = {model: tagged(model, "probe_accuracy", [""] * len(tags)) for model in plan.MASKED}
    figure, (left, right) = plots.panels(2, height=6.6, right=2.3, top=0.9, gap=3.1)
    lines = {model: source.line(rows) for model, rows in keys.items()}
    plots.curves(left, ratios, lines, factor=100, guess=chance(bundle))
    plots.curves(right, ratios, {model: source.paired(rows, clean[model]) for model, rows in keys.items()}, factor=100)
    for ax, name in ((left, "Linear probe / %"), (right, "Change of the linear probe / points")):
        ax.set_xticks(ratios)
        plots.name(ax, "Mask ratio", name, raised=True)
        plots.beyond(ax, bundle.settings.mask_low, bundle.settings.mask_high)
    labels.say_missing(figure, source.missing)
    alt = (
        "Probe accuracy of the latents over the mask ratio, and its change from whole images. Nothing hidden: "
        f"{each_text(source, plan.MASKED, 'probe_accuracy')}; half hidden: "
        f"{each_text(source, plan.MASKED, 'probe_accuracy[mask=0.5]')}."
    )
    return drawing(figure, alt, source)


FIGURES: dict[str, Callable[[Bundle], Drawing]] = {
    "masked_comparison": masked_comparison,
    "mask_ratios": mask_ratios,
    "masked_curves": masked_curves,
    **{f"heatmaps_{place + 1}": partial(heatmaps, place=place) for place in range(SHOWN)},
    "receptive_fields": receptive_fields,
    "reach_by_depth": reach_by_depth,
    "masking_probe": masking_probe,
}
