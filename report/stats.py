"""From paired effects to an interval and a verdict: the one place where "better" is decided.

Seeds are the unit from three seeds on: a t-interval of the effects paired over seeds. With one or two seeds, single
values (one an image, path or class) are resampled in pairs, and the interval speaks for these runs only; of two it is
at least as wide as their disagreement makes it. The level is corrected for the number of claims (Bonferroni), so that
at most 5 % of documents hold any false verdict.
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
FEW = 20  # values; that so few are all alike tells nothing
ALIKE = 1e-6  # of the largest one, by which values that are alike may differ: single ones are kept in fp32
SURE = 9  # significant digits of what is resampled: the last ones depend on how many threads share a product
MOST = 20_000  # single values that are resampled; where there are more, means of neighbours
Floats = NDArray[np.float64]
Effect = Callable[[Floats], Floats]  # values by key (K, N) -> effects (N,)


@dataclass(frozen=True)
class Interval:
    low: float
    high: float

    def within(self, possible: tuple[float, float]) -> "Interval":
        """Cut off where no effect can lie; what is left covers the true one as often."""
        least, most = possible
        return Interval(min(max(self.low, least), most), max(min(self.high, most), least))


def corrected_level(claims: int) -> float:
    """Confidence level of one interval out of `claims`."""
    return 1 - FAMILY_ERROR / claims


def over_seeds(effects: Floats, confidence: float, step: float = 0.0) -> Interval:
    """t-interval of the mean effect; effects (S,), S ≥ 2, are differences paired over seeds.

    Args:
        step: the smallest difference of two effects that can take certain values only. Where few seeds happen to have
            the same, their spread is taken to be what it would be had one of them come out a step away.
    """
    count = len(effects)
    half = t_quantile(count - 1, confidence) * max(float(np.std(effects, ddof=1)), step / count**0.5) / count**0.5
    centre = float(np.mean(effects))
    return Interval(centre - half, centre + half)


def one_image(effect: Effect, each: Floats) -> float:
    """How far one image moves the effect, where single values are 0 or 1 (right or wrong); 0 where they are not.

    Args:
        each: of one seed, (K, n).
    """
    if not np.isin(each, (0, 1)).all():
        return 0.0
    means, ways = each.mean(axis=1), np.where(each.all(axis=1), -1, 1)
    moved = means[:, None] + np.diag(ways) / each.shape[1]  # in each column another key's image
    return float(np.abs(effect(moved) - effect(means[:, None])).max())


def over_images(effect: Effect, each: Floats, confidence: float, step: float = 0.0) -> Interval:
    """Bootstrap interval around the mean of the seeds' effects: the same images are drawn for every seed and key.

    The standard error comes from resampling, with the n / (n − 1) that this leaves out of a variance. Where two seeds
    differ by more than the images explain, it is that of their mean: every interval contains both of them. The quantile
    is Student's: at the corrected level percentiles would need hundreds of thousands of resamples, and of few values,
    such as one a class, normal quantiles are far too small.

    Args:
        each: a seed, a row a key, one value an image, path or class (S, K, n), n ≥ 2.
        step: how far one image moves the effect. Where few images happen to agree, the standard error is taken to be
            what it would be had one of them come out otherwise.
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
    """Of Student's t: what it exceeds, either way, as often as an interval at this level may miss."""
    return float(special.stdtrit(freedom, (1 + confidence) / 2))


@lru_cache(maxsize=4)  # most claims are about equally many images
def _weights(n: int) -> Floats:
    """How often each of n images is drawn in each resample, as a share: (RESAMPLES, n)."""
    return np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n


def verdict(interval: Interval, margin: float, asserts: Literal["above", "below"]) -> Verdict:
    """What an interval says of a sentence.

    "above" asserts an effect above the margin: supported above it, no difference within ±margin, refuted else below.
    "below" asserts an effect under the margin ("only slightly"): supported under it, refuted over it.
    """
    if asserts == "below":
        return "supported" if interval.high < margin else "refuted" if interval.low > margin else "inconclusive"
    if interval.low > margin:
        return "supported"
    if interval.low > -margin and interval.high < margin:
        return "no_difference"
    return "refuted" if interval.high < margin else "inconclusive"
