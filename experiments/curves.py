"""Two models' training curves of one seed, compared where they are equal in error or in time. Imports no torch.

A curve of the test images has the untrained model as entry 0, and then an entry a point, as `seconds` has.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from experiments.bundle import Bundle
from experiments.legible import MAX_TEXT

CLOCKS = "training times on different devices are not compared"
NEVER = "the DAE's PSNR does not exceed the AE's at the highest noise level"
NEEDED = ("test_mse", "test_psnr", "test_detail", "seconds")  # curves that a comparison takes
Curves = Mapping[str, Sequence[float]]


def equal_mse(first: Curves, second: Curves) -> tuple[float, float]:
    """Shares of fine detail that both models keep where they have the same MSE: the larger of the two final ones.

    Each share is read where the model's curve first came down to that MSE, between points by straight line over the
    logarithm of the MSE.
    """
    target = max(first["test_mse"][-1], second["test_mse"][-1])
    return _share_at(first, target), _share_at(second, target)


def _share_at(curves: Curves, target: float) -> float:
    errors, shares = np.asarray(curves["test_mse"], float), np.asarray(curves["test_detail"], float)
    reached = int(np.argmax(errors <= target))  # the last entry, at the latest, is not above the target
    if reached == 0:
        return float(shares[0])
    before, after, wanted = np.log(errors[reached - 1]), np.log(errors[reached]), np.log(target)
    weight = (wanted - before) / (after - before)
    return float(shares[reached - 1] + weight * (shares[reached] - shares[reached - 1]))


def equal_time(first: Curves, second: Curves) -> tuple[float, float]:
    """PSNR of both models, in decibels, after the same training time: the smaller of the two totals.

    Between points it is interpolated over the seconds.
    """
    budget = min(first["seconds"][-1], second["seconds"][-1])
    return _psnr_at(first, budget), _psnr_at(second, budget)


def _psnr_at(curves: Curves, budget: float) -> float:
    return float(np.interp(budget, [0.0, *curves["seconds"]], curves["test_psnr"]))


def crossing(variances: Sequence[float], first: Sequence[float], second: Sequence[float]) -> float:
    """Noise variance above which the second model's PSNR exceeds the first's, by straight line between two levels.

    Args:
        variances: ascending noise levels.
        first, second: PSNRs at these levels, in decibels.

    Returns:
        The variance at which the lead changes for good; NaN where the second never leads at the last level, and the
        smallest level where it leads at all of them.
    """
    lead = np.asarray(second, float) - np.asarray(first, float)
    if not lead[-1] > 0:
        return float("nan")
    behind = np.flatnonzero(~(lead > 0))
    if len(behind) == 0:
        return float(variances[0])
    left = int(behind[-1])
    weight = -lead[left] / (lead[left + 1] - lead[left])
    return float(variances[left] + weight * (variances[left + 1] - variances[left]))


COMPARISONS = (
    ("ae", "vae", equal_mse, "transfer[band=fine,at=equal_mse]"),
    ("ae", "dae", equal_time, "psnr[at=equal_time]"),
)


def compare(bundle: Bundle) -> None:
    """Put what follows from two models of a bundle into it, seed by seed: COMPARISONS, and where AE and DAE cross."""
    seeds = range(bundle.settings.seeds)
    for first, second, function, name in COMPARISONS:
        apart = clocks_apart(bundle, first, second) if function is equal_time else {}
        pairs = [(None, None) if seed in apart else _pair(bundle, first, second, seed, function) for seed in seeds]
        for index, (model, other) in enumerate(((first, second), (second, first))):
            key = f"{model}/{name}"
            bundle.values[key] = [pair[index] for pair in pairs]
            explain(bundle, key, other, apart)
    crossings = [_crossing(bundle, bundle.settings.noise_levels, seed) for seed in seeds]
    never = [found is not None and np.isnan(found) for found in crossings]
    bundle.values["dae/crossing"] = [None] * len(never) if any(never) else crossings  # some seeds' would mislead
    explain(bundle, "dae/crossing", "ae", {})
    if any(never):
        bundle.reasons["dae/crossing"] = NEVER if all(never) else f"with {sum(never)} of {len(never)} seeds {NEVER}"


def explain(bundle: Bundle, key: str, other: str, apart: Mapping[int, str]) -> None:
    """Why a comparison with another model is missing: for the clocks' sake, by seed, or for that model's."""
    bundle.give_reasons(key, apart)
    own = bundle.reasons.get(key.partition("/")[0], "")
    lost = any(value is None and seed not in apart for seed, value in enumerate(bundle.values[key]))
    theirs = f"it takes {other}, which is missing: {bundle.reasons[other]}" if other in bundle.reasons else ""
    if lost and apart and (own or theirs):
        bundle.reasons[key] = f"{bundle.reasons[key]}; {own or theirs}"[:MAX_TEXT]
    elif lost and theirs and not own:
        bundle.reasons[key] = theirs[:MAX_TEXT]


def failure(reason: str) -> bool:
    """Whether a reason tells of a failure, and not of what came out (NEVER) or cannot be compared (CLOCKS)."""
    return not reason.endswith((NEVER, CLOCKS))


def clocks_apart(bundle: Bundle, first: str, second: str) -> dict[int, str]:
    """Seeds whose two models were trained on devices of different names, and which those are."""
    found = {}
    for seed in range(bundle.settings.seeds):
        one, other = (bundle.tasks.get(f"{model}-{seed}", {}).get("trained_on", "") for model in (first, second))
        if one and other and one != other:
            found[seed] = f"{first} was trained on {one}, {second} on {other}: {CLOCKS}"
    return found


def _pair(
    bundle: Bundle, first: str, second: str, seed: int, function: Callable[[Curves, Curves], tuple[float, float]]
) -> tuple[float | None, float | None]:
    """What a function makes of both models' curves; None where one of them was not trained."""
    found = []
    for model in (first, second):
        runs = {name: bundle.curves.get(f"{model}/{name}", []) for name in NEEDED}
        curves = {name: run[seed] for name, run in runs.items() if seed < len(run) and run[seed]}
        if len(curves) < len(runs) or any(None in curve for curve in curves.values()):
            return None, None
        found.append({name: [value for value in curve if value is not None] for name, curve in curves.items()})
    return function(*found)


def _crossing(bundle: Bundle, levels: Sequence[float], seed: int) -> float | None:
    """As `crossing`; None where one of the PSNRs was not measured."""
    rows = []
    for model in ("ae", "dae"):
        keys = [f"{model}/psnr" + (f"[noise={level:g}]" if level else "") for level in levels]
        values = [bundle.values[key][seed] for key in keys if key in bundle.values]
        if len(values) < len(levels) or None in values:
            return None
        rows.append([value for value in values if value is not None])
    return crossing(levels, *rows)
