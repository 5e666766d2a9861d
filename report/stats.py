"""From paired effects to an interval and a verdict: the one place where "better" is decided.

From three seeds on, the seed is the unit: a t-interval of the effects paired over seeds. With one or two seeds, single
values (one per image, path or class) are resampled in pairs, and the interval speaks for these runs only; with two it
is at least as wide as their disagreement requires. The level is corrected for the number of claims (Bonferroni), so
that at most 5 % of documents contain any false verdict.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import special

Verdict = Literal["supported", "refuted", "no_difference", "inconclusive", "unavailable"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
FAMILY_ERROR = 0.05  # chance that any verdict of a document is false
SEEDS_FOR_T = 3
RESAMPLES = 1000
FEW = 20  # values; if fewer are all alike, that may be chance
ALIKE = 1e-6  # relative difference of values that count as alike: single values are stored in fp32
SURE = 9  # significant digits of a resampled result: further ones depend on the number of threads
MOST = 20_000  # values that are resampled; of more, means of neighbours are
Floats = NDArray[np.float64]
Effect = Callable[[Floats], Floats]  # values by key (K, N) -> effects (N,)


@dataclass(frozen=True)
class Interval:
    low: float
    high: float

    def within(self, possible: tuple[float, float]) -> "Interval":
        """Cut off where no effect can lie, which does not change how often the true effect is covered."""
        least, most = possible
        return Interval(min(max(self.low, least), most), max(min(self.high, most), least))


def corrected_level(claims: int) -> float:
    """Confidence level of one interval out of `claims`."""
    return 1 - FAMILY_ERROR / claims


def over_seeds(effects: Floats, confidence: float, step: float = 0.0) -> Interval:
    """t-interval of the mean effect; effects (S,), S ≥ 2, are differences paired over seeds.

    Args:
        step: the smallest difference of effects that take discrete values only. If the seeds happen to agree, their
            spread is taken to be what it would be if one of them were a step away.
    """
    count = len(effects)
    half = t_quantile(count - 1, confidence) * max(float(np.std(effects, ddof=1)), step / count**0.5) / count**0.5
    centre = float(np.mean(effects))
    return Interval(centre - half, centre + half)


def one_image(effect: Effect, each: Floats) -> float:
    """How far one image can move the effect if single values are 0 or 1 (wrong or right), else 0.

    Args:
        each: single values of one seed (K, n).
    """
    if not np.isin(each, (0, 1)).all():
        return 0.0
    means, ways = each.mean(axis=1), np.where(each.all(axis=1), -1, 1)
    moved = means[:, None] + np.diag(ways) / each.shape[1]  # each column changes an image of another key
    return float(np.abs(effect(moved) - effect(means[:, None])).max())


def over_images(effect: Effect, each: Floats, confidence: float, step: float = 0.0) -> Interval:
    """Bootstrap interval around the mean effect of the seeds: the same images are drawn for every seed and key.

    The standard error comes from resampling, with the factor n / (n − 1) of the variance that resampling lacks. If two
    seeds differ by more than the images explain, it is the standard error of their mean, so that the interval contains
    both. The quantile is Student's: percentiles at the corrected level would need hundreds of thousands of resamples,
    and for few values, such as one per class, normal quantiles are far too small.

    Args:
        each: single values by seed, key, and image, path or class (S, K, n), n ≥ 2.
        step: how far one image moves the effect. If all images happen to agree, the standard error is taken to be what
            it would be if one of them differed.
    """
    own = np.concatenate([effect(seed.mean(axis=1, keepdims=True)) for seed in each])
    between = float(np.std(own, ddof=1)) / len(own) ** 0.5 if len(own) > 1 else 0.0
    if each.shape[2] > MOST:
        each = np.stack([part.mean(axis=2) for part in np.array_split(each, MOST, axis=2)], axis=2)
    n = each.shape[2]
    drawn = np.mean([effect(seed @ _weights(n).T) for seed in each], axis=0)
    resampled = float(f"{np.std(drawn, ddof=1) * (n / (n - 1)) ** 0.5:.{SURE}g}")
    spread = max(resampled, step, between)
    half = t_quantile(n - 1, confidence) * spread
    centre = float(own.mean())
    return Interval(centre - half, centre + half)


def t_quantile(freedom: float, confidence: float) -> float:
    """Two-sided quantile of Student's t."""
    return float(special.stdtrit(freedom, (1 + confidence) / 2))


@lru_cache(maxsize=4)  # most claims are about equally many images
def _weights(n: int) -> Floats:
    """Share of each of n images in each resample, (RESAMPLES, n)."""
    return np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n


def verdict(interval: Interval, margin: float, asserts: Literal["above", "below"]) -> Verdict:
    """What an interval says about a sentence.

    "above" asserts an effect above the margin: supported above it, no difference within ±margin, else refuted below it.
    "below" asserts an effect under the margin ("only slightly"): supported under it, refuted above it.
    """
    if asserts == "below":
        return "supported" if interval.high < margin else "refuted" if interval.low > margin else "inconclusive"
    if interval.low > margin:
        return "supported"
    if interval.low > -margin and interval.high < margin:
        return "no_difference"
    return "refuted" if interval.high < margin else "inconclusive"
