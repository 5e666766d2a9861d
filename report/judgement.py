"""From a bundle to a judgement for each claim, and claims.json."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from experiments import plan
from experiments.arrays import HUGE
from experiments.bundle import Bundle
from experiments.metrics import metric_of, split
from report import stats
from report.claims import CLAIMS, Claim, effect_over, possible
from report.stats import Floats, Interval, Verdict

CLAIMS_FORMAT = 1
Basis = Literal["seeds", "images", "paths", "classes", ""]
BASES: dict[str, Basis] = {"image": "images", "path": "paths", "class": "classes"}


@dataclass(frozen=True)
class Judgement:
    """What came out for one claim.

    Attributes:
        effect: mean over the seeds used; None if it was not measured.
        interval: at the corrected level; None if there is none.
        basis: what the interval is over: "seeds"; "images", "paths" or "classes" of these runs; "" if there is none.
        images: number of images, paths or classes.
        reason: why it is unavailable or has no interval.
        effects: of each seed used.
    """

    id: str
    verdict: Verdict
    effect: float | None
    interval: Interval | None
    margin: float
    unit: str
    seeds: int
    images: int
    basis: Basis
    keys: tuple[str, ...]
    sentence: str
    measure: str
    asked: bool
    asserts: Literal["above", "below"]
    reason: str
    effects: tuple[float, ...] = ()

    @property
    def contrary(self) -> bool:
        """Refuted, and the opposite holds by more than the margin: "worse" and not only "not better"."""
        return self.verdict == "refuted" and self.interval is not None and self.interval.high < -self.margin


Judgements = Mapping[str, Judgement]  # by id of the claim


def judge_all(bundle: Bundle) -> dict[str, Judgement]:
    """A judgement for every claim, in the order of CLAIMS."""
    return {name: _judge(name, claim, bundle) for name, claim in CLAIMS.items()}


def _judge(name: str, claim: Claim, bundle: Bundle) -> Judgement:
    keys = claim.keys(bundle.settings)
    seeds = [i for i in range(bundle.settings.seeds) if all(_value(bundle, key, i) is not None for key in keys)]
    judgement = Judgement(
        id=name, verdict="unavailable", effect=None, interval=None, margin=claim.margin, unit=claim.unit,
        seeds=0, images=0, basis="", keys=tuple(keys), sentence=claim.sentence,
        measure=claim.measure, asked=claim.asked, asserts=claim.asserts, reason="",
    )  # fmt: skip
    if not keys:
        return replace(judgement, reason="the settings do not ask for what it needs")
    if not seeds:
        return replace(judgement, reason=_reason(bundle, keys))
    rows = np.array([[_value(bundle, key, seed) for seed in seeds] for key in keys], dtype=np.float64)  # (K, S)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        effects = effect_over(claim, keys)(rows)
    if not (np.abs(effects) < HUGE).all():  # so that their spread is finite, too
        return replace(judgement, reason="the effect is not finite")
    interval, basis, images, reason = _interval(bundle, claim, keys, seeds, rows, effects)
    return replace(
        judgement,
        verdict=stats.verdict(interval, claim.margin, claim.asserts) if interval else "inconclusive",
        effect=float(effects.mean()), interval=interval, seeds=len(seeds), images=images, basis=basis, reason=reason,
        effects=tuple(effects.tolist()),
    )  # fmt: skip


def _value(bundle: Bundle, key: str, seed: int) -> float | None:
    row, place = bundle.values.get(key, []), _place(key, seed)
    return row[place] if place < len(row) else None


def _place(key: str, seed: int) -> int:
    """Index of a seed's value; deterministic models have one value for all seeds."""
    return 0 if split(key)[0] in plan.DETERMINISTIC else seed


def _interval(
    bundle: Bundle, claim: Claim, keys: list[str], seeds: list[int], rows: Floats, effects: Floats
) -> tuple[Interval | None, Basis, int, str]:
    confidence, metric = stats.corrected_level(len(CLAIMS)), metric_of(keys[0])
    ends, effect = possible(claim.effect, metric.possible), effect_over(claim, keys)
    enough = len(effects) >= stats.SEEDS_FOR_T
    each = _each(bundle, keys, seeds[:1] if enough else seeds)
    step = stats.one_image(effect, each[0]) if each is not None and metric.answers else 0.0
    if enough and not step and _alike(float(np.ptp(effects)), len(effects), rows):
        return None, "", 0, f"its {len(effects)} seeds came out alike, which may be chance"
    if enough:
        return stats.over_seeds(effects, confidence, step).within(ends), "seeds", 0, ""
    if each is None:
        some = " with all its values" if bundle.settings.seeds >= stats.SEEDS_FOR_T else ""
        return None, "", 0, f"an interval for this effect needs three seeds{some}"
    interval = stats.over_images(effect, each, confidence, step)
    spread = (interval.high - interval.low) / stats.t_quantile(each.shape[2] - 1, confidence)
    if _alike(spread, each.shape[2], each):
        return None, "", 0, f"its {each.shape[2]} {BASES[metric.per]} came out alike, which may be chance"
    shift = float(effects.mean()) - (interval.low + interval.high) / 2  # single values are stored in fp32
    interval = Interval(interval.low + shift, interval.high + shift).within(ends)
    return interval, BASES[metric.per], each.shape[2], ""


def _alike(spread: float, count: int, values: Floats) -> bool:
    """Whether there are few values and they are all the same, but for rounding."""
    return count < stats.FEW and spread <= stats.ALIKE * float(np.abs(values).max())


def _each(bundle: Bundle, keys: list[str], seeds: list[int]) -> Floats | None:
    """Single values (S, K, n) of these seeds; None if a key lacks them, or if their numbers differ."""
    rows = [singles(bundle, key, [_place(key, seed)]) for seed in seeds for key in keys]
    kept = [row for row in rows if row is not None]
    if len(kept) < len(rows) or len({len(row) for row in kept}) != 1:
        return None
    return np.stack(kept).reshape(len(seeds), len(keys), -1)


def singles(bundle: Bundle, key: str, seeds: Sequence[int]) -> Floats | None:
    """Single values of a key (n,), n ≥ 2, means over seeds; None if a seed lacks them or their numbers differ."""
    kept = [values for seed in seeds if (values := bundle.each(key, seed)) is not None and len(values) > 1]
    if len(kept) < len(seeds) or len({len(values) for values in kept}) != 1:
        return None
    return np.asarray(np.mean(kept, axis=0, dtype=np.float64))


def _reason(bundle: Bundle, keys: list[str]) -> str:
    for key in keys:
        if all(_value(bundle, key, seed) is None for seed in range(bundle.settings.seeds)):
            return f"{key}: {bundle.why(key)}"
    return "no seed has all the values it needs"


def to_json(judgements: Judgements) -> str:
    """The text of claims.json: `{"format": 1, "claims": {id: {"verdict": …, "effect": …, "effects": …, …}}}`."""
    claims = {
        name: {
            "verdict": item.verdict,
            "effect": item.effect,
            "effects": list(item.effects),
            "interval": [item.interval.low, item.interval.high] if item.interval else None,
            "margin": item.margin,
            "unit": item.unit,
            "seeds": item.seeds,
            "images": item.images,
            "basis": item.basis,
            "keys": list(item.keys),
            "sentence": item.sentence,
            "asserts": item.asserts,
            "reason": item.reason,
        }
        for name, item in judgements.items()
    }
    return json.dumps({"format": CLAIMS_FORMAT, "claims": claims}, indent=1, ensure_ascii=False) + "\n"
