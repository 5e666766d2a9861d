"""Places for labels near where they belong, moved apart where they would stand on each other."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def spaced(wanted: ArrayLike, gap: float, low: float = 0.0, high: float = 1.0) -> NDArray[np.float64]:
    """Places (n,) nearest to the wanted ones, in the least squares, with at least `gap` between any two; kept within
    [low, high] where they fit."""
    from scipy.optimize import isotonic_regression  # a sixth of a second to load

    places = np.asarray(wanted, dtype=float)
    order = np.argsort(places, kind="stable")
    steps = gap * np.arange(len(places))
    rising = isotonic_regression(places[order] - steps).x
    moved = np.clip(rising, low, max(low, high - steps[-1])) + steps
    result: NDArray[np.float64] = np.empty(len(moved))
    result[order] = moved
    return result


def apart(wanted: ArrayLike, gap: ArrayLike) -> NDArray[np.float64]:
    """Places (n, 2) near the wanted ones, pushed in small steps until any two have the gap (2,) between them, across
    or up."""
    places: NDArray[np.float64] = np.array(wanted, dtype=float)
    ranks = np.arange(len(places))
    for _ in range(500):
        way = places[:, None] - places  # (n, n, 2)
        lacking = np.asarray(gap) - np.abs(way)
        close = (lacking > 1e-9).all(2) & (ranks[:, None] != ranks)
        if not close.any():
            break
        shortest = lacking == lacking.min(2, keepdims=True)  # the way out; of two as long both
        away = np.where(way == 0, np.sign(ranks[:, None] - ranks)[..., None], np.sign(way))
        places += 0.4 * (away * lacking * shortest * close[..., None]).sum(1)
    return places
