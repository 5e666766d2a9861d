"""What figures take from a bundle: estimates with intervals, curves and arrays, and a note of what is missing."""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.bundle import Bundle
from experiments.metrics import MODEL_TITLES, metric_of, split
from report.claims import difference, possible
from report.numbers import CONFIDENCE, number
from report.stats import SEEDS_FOR_T, Floats, over_seeds
from report.words import listing

PLAIN = re.compile(r"[a-z]{2}")  # begins with a word, and not with a letter as in k-means or kNN
LONGEST = 90  # characters of a reason in a figure; the page has all of it


@dataclass(frozen=True)
class Line:
    """Estimates at n places: means and interval ends (n,), NaN where there is none.

    The interval is the t-interval over seeds from three seeds on, the range of two seeds, and none for one.
    """

    mean: Floats
    low: Floats
    high: Floats

    @classmethod
    def plain(cls, values: NDArray[Any]) -> "Line":
        """Values (n,) without intervals."""
        return cls(values.astype(np.float64), *np.full((2, len(values)), np.nan))

    def sorted(self, order: NDArray[np.intp]) -> "Line":
        """The same estimates in another order."""
        return Line(self.mean[order], self.low[order], self.high[order])

    @property
    def there(self) -> bool:
        return bool(np.isfinite(self.mean).any())


@dataclass
class Source:
    """A bundle, with a note of every key that a figure looked at and of what it did not find.

    Attributes:
        used: keys that were looked at, in order.
    """

    bundle: Bundle
    used: list[str] = field(default_factory=list)
    _missing: dict[str, list[str]] = field(default_factory=dict)  # reason -> titles of models

    @property
    def missing(self) -> list[str]:
        """A sentence for each reason why something is not there: "AE and DAE not measured: …"."""
        return [f"{listing(titles)} not measured: {reason}" for reason, titles in self._missing.items()]

    def line(self, keys: Sequence[str], *, needed: bool = True) -> Line:
        """Estimates under `keys`, in their order; where all are missing and they are needed, that is noted."""
        rows = [self._estimate(key) for key in keys]
        line = Line(*np.array(rows, dtype=np.float64).reshape(len(keys), 3).T)
        if keys and needed and not line.there:
            self.miss(keys[0])
        return line

    def text(self, key: str) -> str:
        """A key's number as it is printed, or "not measured"."""
        self._use(key)
        found = number(self.bundle, key)
        return found.absent if found.value is None else found.text()

    def paired(self, first: Sequence[str], second: Sequence[str]) -> Line:
        """First minus second, seed by seed, key by key; models measured once count for every seed."""
        rows = []
        for one, other in zip(first, second, strict=True):
            pairs = zip(self.seeds(one), self.seeds(other), strict=True)
            effects = np.array([a - b for a, b in pairs if a is not None and b is not None])
            rows.append(spread(effects, possible(difference, metric_of(one).possible)))
        line = Line(*np.array(rows, dtype=np.float64).reshape(len(first), 3).T)
        if not line.there:
            self.line(first)
            self.line(second)
        return line

    def curve(self, key: str) -> Line:
        """A training curve, seeds together."""
        self._use(key)
        runs = [run for run in self.bundle.curves.get(key, []) if run]
        table = np.full((len(runs), max(map(len, runs), default=0)), np.nan)
        for row, run in zip(table, runs, strict=True):
            row[: len(run)] = [np.nan if value is None else value for value in run]
        line = Line(*np.array([spread(column[np.isfinite(column)]) for column in table.T]).reshape(-1, 3).T)
        if not line.there:
            self.miss(key)
        return line

    def epochs(self, key: str) -> list[float]:
        """Where a curve's points lie, in epochs: evenly up to the last; test images have one more, before training."""
        model, _, name = key.partition("/")
        count, trained = (max(map(len, self.bundle.curves.get(name, [])), default=0) for name in (key, f"{model}/loss"))
        first = 0 if name.startswith("test") and count > trained else 1
        last = first + count - 1
        return [self.bundle.settings.epochs * point / max(last, 1) for point in range(first, last + 1)]

    def array(self, key: str) -> NDArray[Any] | None:
        """A figure's array, or None, with a note of it, where the bundle has none."""
        self._use(key)
        try:
            return self.bundle.array(key)
        except KeyError:
            self.miss(key)
            return None

    def miss(self, key: str) -> None:
        """Note that a key is not there, once a model."""
        titles = self._missing.setdefault(self._why(key), [])
        if (name := title(key.partition("/")[0])) not in titles:
            titles.append(name)

    def reason(self, key: str) -> str:
        """Why a key is not there, as a sentence for a figure."""
        return f"{title(key.partition('/')[0])} not measured: {self._why(key)}"

    def _why(self, key: str) -> str:
        return textwrap.shorten(self.bundle.why(key), LONGEST, placeholder=" …")

    def _estimate(self, key: str) -> tuple[float, float, float]:
        self._use(key)
        found = [value for value in self.bundle.values.get(key, []) if value is not None]
        return spread(np.array(found, dtype=np.float64), metric_of(key).possible)

    def seeds(self, key: str) -> list[float | None]:
        """One value a seed, repeated where the model was measured once."""
        self._use(key)
        row, seeds = self.bundle.values.get(key, []), self.bundle.settings.seeds
        if self.bundle.seeds_of(split(key)[0]) == 1:
            row = row * seeds
        return [*row, *([None] * seeds)][:seeds]

    def _use(self, key: str) -> None:
        if key not in self.used:
            self.used.append(key)


def spread(values: Floats, ends: tuple[float, float] = (-inf, inf)) -> tuple[float, float, float]:
    """Mean and interval of one value a seed (S,), cut off where no value can lie."""
    nan = float("nan")
    if not len(values):
        return nan, nan, nan
    mean = float(values.mean())
    if len(values) >= SEEDS_FOR_T:
        interval = over_seeds(values, CONFIDENCE).within(ends)
        return mean, interval.low, interval.high
    return (mean, float(values.min()), float(values.max())) if len(values) == 2 else (mean, nan, nan)


def title(model: str) -> str:
    """A model's name as figures and tables print it."""
    return MODEL_TITLES.get(model, model)


def head(key: str) -> str:
    """What an axis or a table's head says of a key's metric, with its unit: "PSNR / dB"."""
    metric = metric_of(key)
    name, unit = capital(metric.title), "" if metric.unit == "count" else metric.unit
    return f"{name} / {unit}" if unit else name


def capital(name: str) -> str:
    """A metric's name as it stands at the start of a row: "High-band share", but "k-means ARI" and "kNN accuracy"."""
    return name[:1].upper() + name[1:] if PLAIN.match(name) else name


def scale(key: str) -> float:
    """Factor from a stored value to the axis: shares are drawn in percent."""
    return metric_of(key).scale


def psnr(image: NDArray[np.uint8], original: NDArray[np.uint8]) -> float:
    """PSNR in dB of 8-bit images of equal shape; infinite where they are equal."""
    error = float(np.mean((image.astype(np.float64) - original) ** 2)) / 255**2
    return -10 * float(np.log10(error)) if error else float("inf")
