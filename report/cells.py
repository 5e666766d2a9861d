"""Cells of tables that are bound to keys, and which of them are bold."""

from collections.abc import Sequence

import numpy as np

from experiments.bundle import Bundle
from experiments.metrics import metric_of
from report.document import Cell, Num, Text
from report.series import Source
from report.stats import SEEDS_FOR_T, corrected_level, over_seeds

NOT_DEFINED = Text("–")  # a value that the model cannot have


def numbers(bundle: Bundle, keys: Sequence[str]) -> list[Cell]:
    """A cell for each key, the leading one bold."""
    leader = leading(bundle, keys)
    return [Num(key, bold=key == leader) for key in keys]


def leading(bundle: Bundle, keys: Sequence[str]) -> str | None:
    """The key that is better than every other by more than the metric's margin, by paired intervals over seeds; None if
    there is none, if there are too few seeds, or if the metric has no better direction."""
    metric = metric_of(keys[0])
    if not metric.better or len(keys) < 2 or bundle.settings.seeds < SEEDS_FOR_T:
        return None
    sign = 1 if metric.better == "higher" else -1
    source = Source(bundle)
    rows = {key: sign * np.array(source.seeds(key), dtype=float) for key in keys}  # None becomes nan
    there = {key: values for key, values in rows.items() if np.isfinite(values).any()}
    if len(there) < 2:
        return None
    best = max(there, key=lambda key: float(np.nanmean(there[key])))
    for key in there.keys() - {best}:
        lead = there[best] - there[key]
        lead = lead[np.isfinite(lead)]
        if len(lead) < SEEDS_FOR_T or over_seeds(lead, corrected_level(len(there) - 1)).low <= metric.margin:
            return None
    return best
