"""Recipes that the figures of several parts share: rows of images, maps of the latents by class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiments.arrays import Array
from experiments.bundle import Bundle
from experiments.settings import Settings
from report import labels, plots, words
from report.document import Drawing
from report.grids import Row
from report.series import Source, psnr, title
from report.style import OWN_COLOUR, RIM, class_colour, class_rim

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KEY_LETTERS = 360  # of all classes in the key of a map, each with its sample as four
KEY_NAME = 2.6  # cm that a class takes in the key of a map
HAIR = "#c6c6c6"
FAR = 0.01  # share of a map's points at each side that its limits do not heed
MARGIN = 0.1  # of the others' range, which the limits leave around them
PROBE_AXES = {
    "probe_accuracy": "Linear probe / %",
    "retrieval": "Retrieval at 1 / %",
    "displacement": "Relative displacement",
}


def drawing(figure: "Figure", alt: str, source: Source) -> Drawing:
    """A figure with its alt text, which also says what is missing, and the keys it was drawn from."""
    missing = "; ".join(source.missing)
    return Drawing(figure, words.typographic(f"{alt} {missing}." if missing else alt), source.used)


def chance(bundle: Bundle) -> float:
    """Accuracy of guessing, in percent."""
    return 100 / len(bundle.provenance.classes)


def each_text(source: Source, models: Sequence[str], name: str) -> str:
    """ "AE 24.7 dB, DAE 22.1 dB and PCA 23.65 dB": a number a model, `name` a metric with its tag."""
    return words.listing([f"{title(model)} {source.text(f'{model}/{name}')}" for model in models])


def class_name(source: Source, label: int) -> str:
    return source.bundle.provenance.classes[label]


def class_names(source: Source) -> list[str]:
    """The classes of the example images, to stand over a grid."""
    classes = source.array("data/example_labels")
    return [] if classes is None else [class_name(source, int(label)) for label in classes]


def absent_row(source: Source, key: str) -> Row:
    """A grid's row in the place of a model's array that is not there."""
    model = key.partition("/")[0]
    return Row(title(model), None, reason=source.reason(key), model=model)


def image_row(source: Source, key: str, label: str, originals: Array | None = None) -> Row:
    """A grid's row of an array (n, h, w, 3), with each image's PSNR where there are originals."""
    images, owner = source.array(key), key.partition("/")[0]
    model = "" if owner == "data" else owner
    if images is None:
        return Row(label, None, reason=source.reason(key), model=model)
    if originals is None:
        return Row(label, images, model=model)
    ratios = [psnr(image, original) for image, original in zip(images, originals, strict=True)]
    under = [words.text(ratio, "dB", 0.2, bare=True) if np.isfinite(ratio) else "∞" for ratio in ratios]
    return Row(label, images, under, unit="PSNR / dB", model=model)


def map_panel(
    ax: "Axes", points: Array | None, classes: Array | None, other: Array | None = None, *, moved: bool = False
) -> None:
    """A map of the latents (n, 2), points coloured by class, with the number of each class, as its key has it, near the
    median of its points.

    Args:
        other: the same images in another state; the limits are those of both.
        moved: grey lines lead from there to the points.
    """
    if points is None or classes is None:
        return
    _frame(ax, points if other is None else np.concatenate((points, other)))
    if moved and other is not None:
        plots.hairs(ax, other, points, HAIR)
    order = np.random.default_rng(0).permutation(len(points))  # no class hides behind another
    colours, rims = ([of(int(label)) for label in classes[order]] for of in (class_colour, class_rim))
    plots.scatter(ax, points[order], colours, rims=rims)
    medians = {number: np.median(points[classes == label], 0) for label, number in _numbers(classes).items()}
    known = {number: median for number, median in medians.items() if number and np.isfinite(median).all()}
    if known:
        labels.label_places(ax, list(known), np.array(list(known.values())))


def _frame(ax: "Axes", points: Array) -> None:
    """Limits of a map, so that a few points far from all others do not press the rest together."""
    low, high = np.quantile(points.astype(float), (FAR, 1 - FAR), axis=0)
    room = np.where(high > low, MARGIN * (high - low), 1)
    ax.set(xlim=(low[0] - room[0], high[0] + room[0]), ylim=(low[1] - room[1], high[1] + room[1]))


def _numbers(classes: Array | None) -> dict[int, str]:
    """The classes of a map and their numbers, from 1; "" where there are too many."""
    found = sorted({int(label) for label in classes} if classes is not None else ())
    return {label: str(place) if len(found) <= OWN_COLOUR else "" for place, label in enumerate(found, 1)}


def class_key(source: Source, classes: Array | None) -> list[tuple[str, dict[str, object]]]:
    """Entries of a key with the classes of a map, as many as three or four rows hold, and how many more there are."""
    look = dict(marker="o", linestyle="", markersize=3.5, markeredgewidth=RIM)
    entries: list[tuple[str, dict[str, object]]] = []
    found = _numbers(classes)
    for place, (label, number) in enumerate(found.items()):
        name = f"{number} {labels.fitted(class_name(source, label), labels.KEY, KEY_NAME)}".lstrip()
        if sum(len(text) + 4 for text, _ in entries) + len(name) + 4 > KEY_LETTERS:
            return [*entries, (f"and {len(found) - place} more", {**look, "color": "none"})]
        entries.append((name, {**look, "color": class_colour(label), "markeredgecolor": class_rim(label)}))
    return entries


def tagged(model: str, metric: str, tags: Sequence[str]) -> list[str]:
    """Keys of a model's metric; an empty tag is the plain key."""
    return [f"{model}/{metric}[{tag}]" if tag else f"{model}/{metric}" for tag in tags]


def noise_places(settings: Settings, clean: bool = True) -> tuple[list[float], list[str]]:
    """Noise variances in rising order and their tags; the clean image's tag is empty."""
    levels = [level for level in settings.noise_levels if level > 0 or clean]
    return levels, [f"noise={level:g}" if level else "" for level in levels]


def mask_places(settings: Settings, none: bool = False) -> tuple[list[float], list[str]]:
    """Mask ratios in rising order, and their tags; with `none` an image without hidden cells as well."""
    ratios = [ratio for ratio in settings.mask_ratios if ratio > 0 or none]
    return ratios, [f"mask={ratio:g}" if ratio else "" for ratio in ratios]
