"""The data of the page's explorer and sliders: maps, neighbours and images, packed into one JSON text for the script.

    maps     coordinates of 12 bits, three bytes per point; neighbours as uint16; all images as one JPEG of 32×32 tiles
    paths    a row of tiles for each path, a tile for each step; the paths of one model after those of another
    masks    a row of originals; then for each ratio a row of masked images and a row for each model

What the bundle lacks is left out; the page then has only the printed figures.
"""

import base64
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from markupsafe import Markup
from PIL import Image

from experiments import plan
from experiments.arrays import Array
from experiments.bundle import Bundle
from experiments.settings import Settings
from report import words
from report.series import title
from report.style import CLASSES, class_colour

MAPS = tuple(f"{kind}_map[noise={noise}]" for kind in ("pca", "tsne") for noise in ("0", "0.1"))
BEHIND = ("map_images", "map_labels")  # the points of all maps
PATHS = ("vae", "ae")  # in the order of figure and text
MOST = 4000  # points; of a larger map only the first, to limit the size of the page
ELSEWHERE = np.uint16(0xFFFF)  # a neighbour that is not among the points
FINEST = 0xFFF  # largest coordinate: finer than the pixels of a screen
LARGEST = 360_000  # bytes of the JPEG with the maps' images; 2,000 photographs fit at quality 30
QUALITIES = (80, 65, 50, 40, 30, 20, 15)
SHOWN = 90  # quality of decoded images, whose details matter; colours are never subsampled


@dataclass(frozen=True)
class Row:
    """A model in the explorer: its id in the template, and its title."""

    id: str
    title: str


@dataclass(frozen=True)
class Explorer:
    """What the template needs to know.

    Attributes:
        json: the data for the script; safe within a `script` element.
        maps: models with clean and noisy maps, and neighbours.
        classes: labels that occur, with their names.
        cut: whether there are more points than are shown.
        paths, masks: models with paths between two images, and with reconstructions at every shown mask ratio.
        ratios: shown mask ratios, ascending.
        start: index of the ratio that is shown first, which the printed figure has.
        steps: images of a path.
        keys: of the arrays behind maps and masks.
    """

    json: Markup
    maps: tuple[Row, ...]
    classes: tuple[tuple[int, str], ...]
    cut: bool
    paths: tuple[Row, ...]
    masks: tuple[Row, ...]
    ratios: tuple[float, ...]
    start: int
    steps: int
    keys: Mapping[str, Sequence[str]]


@lru_cache(maxsize=2)  # for the preview, which renders a bundle many times
def explorer(bundle: Bundle) -> Explorer:
    """The explorer of a bundle; takes a third of a second for 2,000 points."""
    packed, labels = dict[str, Any](), np.zeros(0, int)
    paths = _whole(bundle, PATHS, ["interpolation"])
    behind = _whole(bundle, ["data"], BEHIND)
    maps = _whole(bundle, plan.MAPPED, (*MAPS, "neighbours")) if behind else {}
    if maps:
        images, labels = behind["data"]
        packed["maps"] = _pack_maps(maps, images, labels)
    if paths:
        packed["paths"] = {"sheet": _sheet([row for model in paths.values() for row in model[0]], SHOWN)}
    ratios = bundle.settings.shown_mask_ratios
    masks, sheet = _pack_masks(bundle)
    packed |= sheet
    present = sorted({int(label) for label in labels[:MOST]})
    return Explorer(
        json=_script(packed), maps=_rows(maps), paths=_rows(paths), masks=masks, ratios=ratios,
        classes=tuple((label, bundle.provenance.classes[label]) for label in present),
        cut=len(labels) > MOST,
        start=ratios.index(0.5), steps=plan.STEPS,
        keys={
            "maps": [*_keys(maps, (*MAPS, "neighbours")), *_keys(["data"], BEHIND)],
            "masks": [*_keys(["data", *(row.id for row in masks)], _masked(bundle.settings)), "data/examples"],
        },
    )  # fmt: skip


def _whole(bundle: Bundle, models: Sequence[str], names: Sequence[str]) -> dict[str, list[Array]]:
    """Arrays `names` of each model that has every one of them."""
    found = {}
    for model in models:
        with suppress(KeyError):
            found[model] = [bundle.array(f"{model}/{name}") for name in names]
    return found


def _keys(models: Iterable[str], names: Sequence[str]) -> list[str]:
    return [f"{model}/{name}" for model in models for name in names]


def _masked(settings: Settings) -> list[str]:
    return [f"masked_examples[{tag}]" for tag in plan.shown_mask_tags(settings)]


def _rows(models: Iterable[str]) -> tuple[Row, ...]:
    return tuple(Row(model, title(model)) for model in models)


def _pack_maps(maps: dict[str, list[Array]], images: Array, labels: Array) -> dict[str, Any]:
    count = min(len(images), MOST)
    columns = int(np.ceil(np.sqrt(count)))
    tiles = np.zeros((-(-count // columns) * columns, *images.shape[1:]), np.uint8)
    tiles[:count] = images[:count]
    return {
        "count": count, "columns": columns, "sheet": _sheet(tiles.reshape(-1, columns, *images.shape[1:]), *QUALITIES),
        "labels": _shorts(labels[:count]), "colours": [class_colour(n) for n in range(2 * len(CLASSES))],
        "places": {model: _places(arrays[: len(MAPS)], count) for model, arrays in maps.items()},
        "near": {
            model: _shorts(np.where(arrays[-1] < count, arrays[-1], ELSEWHERE)[:count])
            for model, arrays in maps.items()
        },
    }  # fmt: skip


def _places(arrays: Sequence[Array], count: int) -> dict[str, str]:
    """Each packed map by its name, "pca 0" to "tsne 0.1"; a clean map and its noisy one share their scale."""
    packed = {}
    for kind, pair in zip(("pca", "tsne"), (arrays[:2], arrays[2:]), strict=True):
        both = np.stack(pair).astype(float)[:, :count]
        low, high = both.min((0, 1)), both.max((0, 1))
        side = float((high - low).max()) or 1.0
        scaled = np.rint(((both - (low + high) / 2) / side + 0.5) * FINEST).astype(np.uint32)
        for noise, points in zip(("0", "0.1"), scaled, strict=True):
            packed[f"{kind} {noise}"] = _base64(_three_bytes(points[:, 0], FINEST - points[:, 1]).tobytes())
    return packed


def _three_bytes(across: Array, down: Array) -> Array:
    """Two numbers of 12 bits per point as three bytes, (n, 3)."""
    word = across | down << 12
    return np.stack([word & 0xFF, word >> 8 & 0xFF, word >> 16], axis=1).astype(np.uint8)


def _pack_masks(bundle: Bundle) -> tuple[tuple[Row, ...], dict[str, Any]]:
    """The models with reconstructions of masked images, and the sheet of these images."""
    originals = _whole(bundle, ["data"], ["examples"])
    given = _whole(bundle, ("data", *plan.MASKED, "ae", "vae"), _masked(bundle.settings))
    if not originals or "data" not in given or len(given) == 1:
        return (), {}
    ratios = bundle.settings.shown_mask_ratios
    rows = [arrays[place] for place in range(len(ratios)) for arrays in given.values()]
    packed = {
        "sheet": _sheet([*originals["data"], *rows], SHOWN), "models": len(given),
        "ratios": [words.exact(ratio) for ratio in ratios],
    }  # fmt: skip
    return _rows([model for model in given if model != "data"]), {"masks": packed}


def _sheet(rows: Sequence[Array] | Array, *qualities: int) -> str:
    """Rows of images (n, h, w, 3) as one JPEG, in the first quality that stays within LARGEST, or else the last."""
    picture = Image.fromarray(np.concatenate([row.swapaxes(0, 1).reshape(row.shape[1], -1, 3) for row in rows]))
    content = b""
    for quality in qualities:
        buffer = io.BytesIO()
        picture.save(buffer, "jpeg", quality=quality, subsampling=0)  # optimize=True overflows on noise
        content = buffer.getvalue()
        if len(content) <= LARGEST:
            break
    return _base64(content)


def _shorts(values: Array) -> str:
    return _base64(values.astype("<u2").tobytes())


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _script(packed: dict[str, Any]) -> Markup:
    """JSON for a `script` element: it cannot end the element."""
    return Markup(json.dumps(packed, separators=(",", ":")).replace("<", "\\u003c"))
