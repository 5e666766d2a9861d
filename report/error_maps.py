"""Errors of reconstructed images as maps, under the images or beside them, all of a figure on one scale."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from report import words
from report.grids import Bar, Row
from report.paint import Pixels, colours, paint

HIGHEST = 0.995  # of the errors lie within the scale: single pixels would darken all others
LABEL = "absolute error, mean over the colours, pixels in [0, 1]"


def error(images: Pixels, originals: Pixels) -> NDArray[np.float64]:
    """Absolute error (n, h, w), mean over the colours, of images (n, h, w, 3)."""
    return np.asarray(np.abs(images.astype(float) - originals).mean(axis=-1) / 255)


def under(rows: Sequence[Row], originals: Pixels | None) -> tuple[list[Row], Bar | None]:
    """A row of error maps for each row of reconstructions that is there, and their colour bar."""
    there = [row for row in rows if row.images is not None]
    if originals is None or not there:
        return [], None
    maps = [error(row.images, originals) for row in there if row.images is not None]
    high = top(maps)
    labelled = zip(there, maps, strict=True)
    maps_of = [Row(f"error of\n{row.label}", paint(values, high), model=row.model) for row, values in labelled]
    return maps_of, bar(high)


def beside(rows: Sequence[Row], originals: Pixels | None, shown: int) -> tuple[list[Row], Bar | None]:
    """The first `shown` images of each row; where a row has numbers under it, its error maps stand at the right."""
    cut = [replace(row, images=None if row.images is None else row.images[:shown], under=row.under[:shown])
           for row in rows]  # fmt: skip
    maps = [
        error(row.images, originals[:shown]) if row.under and row.images is not None and originals is not None else None
        for row in cut
    ]
    there = [values for values in maps if values is not None]
    if not there:
        return cut, None
    high = top(there)
    return [
        row
        if values is None or row.images is None
        else replace(row, images=np.concatenate((row.images, paint(values, high))))
        for row, values in zip(cut, maps, strict=True)
    ], bar(high)


def top(maps: Sequence[NDArray[np.float64]]) -> float:
    """Upper end of a scale for several maps."""
    return max(float(np.quantile(values, HIGHEST)) for values in maps) or 1.0


def bar(high: float) -> Bar:
    return Bar(LABEL, "0", f"{words.text(high, '', high / 20)} or more", colours())
