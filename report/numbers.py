"""The number under a key: its mean over seeds, its uncertainty, and the text that goes into the page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from markupsafe import Markup

from experiments import plan
from experiments.bundle import Bundle
from experiments.curves import NEVER
from experiments.legible import closest
from experiments.metrics import Metric, metric_of, split
from report import stats, words
from report.claims import itself
from report.judgement import BASES, singles

CONFIDENCE = 0.95  # of the interval of a single number; claims have a corrected level


@dataclass(frozen=True)
class Number:
    """What a bundle says under one key.

    Attributes:
        value: mean over the seeds that have one; None if none has.
        seeds: the value of each seed; None if it is missing.
        se: standard error of `value`; None if it is unknown.
        interval: at CONFIDENCE; None if there is none.
        basis: what `se` and `interval` are over, in words.
        reason: why the value, or that of a seed, is missing.
    """

    key: str
    metric: Metric
    value: float | None
    seeds: tuple[float | None, ...]
    se: float | None
    interval: stats.Interval | None
    basis: str
    reason: str

    def text(self, bare: bool = False) -> str:
        """The printed number; requires a `value`."""
        assert self.value is not None
        grain = min(self.metric.margin * words.GRAIN, abs(self.value) or math.inf)  # a small number keeps a digit
        return words.text(self.value, self.metric.unit, self.se, grain=grain, bare=bare)

    def printed(self, bare: bool = False) -> Markup:
        """The number as bound text, or that it is missing, with the reason."""
        if self.value is None:
            return Markup('<span class="missing" data-key="{}" data-reason="{}" title="{}">{}</span>').format(
                self.key, self.reason, self.story, self.absent
            )
        return self.bound(self.text(bare))

    def bound(self, text: str) -> Markup:
        """A text of the number in an element that is bound to the key."""
        return Markup('<data class="num" value="{}" data-key="{}" title="{}">{}</data>').format(
            repr(self.value), self.key, self.story, text
        )

    @property
    def absent(self) -> str:
        """What is printed for a missing value: that there is none can be the result."""
        if self.reason.endswith(NEVER):
            return "none" if self.reason == NEVER else "none that holds for every seed"
        return "not measured"

    @cached_property
    def story(self) -> str:
        """Everything about the number, line by line, for pop-ups: full value, interval, seeds, method, key; all
        but the value begin with what they tell and a colon."""
        if self.value is None:
            return f"{self.absent}: {self.reason}\nkey: {self.key}"
        unit = words.SUFFIX.get(self.metric.unit, "")
        lines = [f"{words.full(self.value, self.metric.unit)} {unit}".rstrip()]
        if self.interval:
            low, high = self.interval.low, self.interval.high
            level = words.exact(CONFIDENCE, "%")
            lines.append(f"{level} interval: {words.span(low, high, self.metric.unit, self.se)}, over {self.basis}")
        single = ["missing" if value is None else words.full(value, self.metric.unit) for value in self.seeds]
        lines.append(f"{words.count(len(single), 'seed')}: {', '.join(single)}")
        lines += [f"missing: {self.reason}"] if None in self.seeds else []
        return "\n".join([*lines, f"definition: {words.typographic(self.metric.how)}", f"key: {self.key}"])


def number(bundle: Bundle, key: str) -> Number:
    """The number under a key.

    Raises:
        KeyError: the key is neither in the bundle nor planned by its settings.
    """
    if key not in bundle.values and key not in plan.keys(bundle.settings):
        meant = closest(key, {*bundle.values, *plan.keys(bundle.settings)})
        raise KeyError(f"no run of these settings measures the key {key!r}{meant}")
    model = split(key)[0]
    seeds = tuple(bundle.values.get(key, [None] * bundle.seeds_of(model)))
    there = [seed for seed, value in enumerate(seeds) if value is not None]
    found = np.array([seeds[seed] for seed in there], dtype=np.float64)
    reason = bundle.why(key)
    metric = metric_of(key)
    if not len(found):
        return Number(key, metric, None, seeds, None, None, "", reason)
    se, interval, basis = _spread(bundle, key, found, there)
    return Number(key, metric, float(found.mean()), seeds, se, interval, basis, reason)


def _spread(
    bundle: Bundle, key: str, found: stats.Floats, there: Sequence[int]
) -> tuple[float | None, stats.Interval | None, str]:
    """Standard error, interval and basis: over seeds from three on, else over images, else from two seeds.

    From two seeds there is no interval. If all images are right or all wrong, the standard error is what one image that
    differs would make it.
    """
    metric = metric_of(key)
    if len(found) >= stats.SEEDS_FOR_T:
        spread = float(found.std(ddof=1)) / math.sqrt(len(found))
        interval = stats.over_seeds(found, CONFIDENCE).within(metric.possible) if spread else None
        return spread, interval, f"{len(found)} seeds"
    mean = singles(bundle, key, there)
    if mean is not None and metric.per:
        step = stats.one_image(itself, mean[None]) / len(there) if metric.answers else 0.0
        se = max(float(mean.std(ddof=1)) / math.sqrt(len(mean)), step)
        half = stats.t_quantile(len(mean) - 1, CONFIDENCE) * se
        centre = float(found.mean())
        interval = stats.Interval(centre - half, centre + half).within(metric.possible) if se else None
        return se, interval, f"{words.exact(len(mean))} {BASES[metric.per]} of these runs"
    if len(found) == 1:
        return None, None, ""
    least = 2 * 10.0 ** -words.decimals(float(found.mean()) * metric.scale, metric.unit, None) / metric.scale
    return max(float(abs(found[0] - found[1])) / 2, least), None, ""  # two seeds may agree by chance
