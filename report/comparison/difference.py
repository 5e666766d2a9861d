"""One number in two runs: by how much it differs, how much of that may be noise, and a mark as asv has them.

+  better      -  worse      =  equal to the last digit      ~  within the noise, or less than the metric's margin
*  changed, and neither way is better, it depends on the clock, or the noise is unknown
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from experiments.metrics import Metric, metric_of
from report import words
from report.comparison.side import Row, Side
from report.judgement import BASES, singles
from report.stats import SEEDS_FOR_T, Floats, t_quantile

Mark = Literal["-", "+", "*", "~", "="]  # what is worse is read first
CONFIDENCE = 0.99  # as in asv; not corrected for the number of comparisons, as a change must exceed the margin, too
TIMED = 0.1  # least relative change of a time, as asv's factor of 1.1


@dataclass(frozen=True)
class Difference:
    """A number that both runs have, as means over their seeds.

    Attributes:
        noise: half width of the difference's interval at CONFIDENCE; None if unknown.
        basis: what the noise was estimated from, in words.
    """

    key: str
    metric: Metric
    old: float
    new: float
    noise: float | None
    basis: str
    mark: Mark

    @property
    def change(self) -> float:
        return self.new - self.old


def difference(key: str, old: Side, new: Side) -> Difference | None:
    """The difference of a key between two runs; None if one of them has no value.

    Args:
        key: of a metric in METRICS.
    """
    metric, before, after = metric_of(key), _found(old.values.get(key)), _found(new.values.get(key))
    if not (len(before) and len(after)):
        return None
    noise, basis = _noise(key, old, new, before, after)
    first, second = float(before.mean()), float(after.mean())
    return Difference(key, metric, first, second, noise, basis, _mark(metric, first, second, noise))


def _found(row: Row | None) -> Floats:
    return np.array([value for value in row or [] if value is not None], dtype=np.float64)


def _mark(metric: Metric, old: float, new: float, noise: float | None) -> Mark:
    change = new - old
    if change == 0:
        return "="
    worth = max(metric.margin, TIMED * abs(old)) if metric.unit == "s" else metric.margin
    if abs(change) < worth or abs(change) <= (noise or 0):
        return "~"
    if not metric.better or metric.timed or noise is None:
        return "*"
    return "+" if (change > 0) == (metric.better == "higher") else "-"


def _noise(key: str, old: Side, new: Side, before: Floats, after: Floats) -> tuple[float | None, str]:
    """Noise and its basis: from the spread over seeds if both runs have three (Welch's interval), else from single
    values, paired if both runs have the same images."""
    if min(len(before), len(after)) >= SEEDS_FOR_T:
        return _welch(before, after), f"{len(before)} and {len(after)} seeds"
    first, second = _singles(key, old), _singles(key, new)
    unit = BASES.get(metric_of(key).per, "")
    if first is None or second is None or not unit:
        return None, "noise unknown"
    same = old.provenance.get("fingerprint") == new.provenance.get("fingerprint")
    if not same or len(first) != len(second):
        return _welch(first, second), f"{words.exact(len(first))} and {words.exact(len(second))} {unit}"
    error = float(np.std(second - first, ddof=1)) / math.sqrt(len(first))
    return t_quantile(len(first) - 1, CONFIDENCE) * error, f"{words.exact(len(first))} {unit} in pairs, of these runs"


def _singles(key: str, side: Side) -> Floats | None:
    """Single values of a key, averaged over the seeds that its mean is over; None if one of them lacks some."""
    if side.bundle is None:
        return None
    return singles(side.bundle, key, [seed for seed, value in enumerate(side.values[key]) if value is not None])


def _welch(first: Floats, second: Floats) -> float:
    """Half width of Welch's interval for the difference of two means."""
    shares = np.array([first.var(ddof=1) / len(first), second.var(ddof=1) / len(second)])
    if not shares.sum():
        return 0.0
    freedom = shares.sum() ** 2 / (shares**2 / (np.array([len(first), len(second)]) - 1)).sum()
    return t_quantile(freedom, CONFIDENCE) * math.sqrt(shares.sum())
