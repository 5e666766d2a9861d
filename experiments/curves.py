"""Two models' training curves of one seed, compared where they are equal in error or in time. Imports no torch.

A curve of the test images has the untrained model as entry 0 and then one entry an epoch; `seconds` has one an epoch.
"""

from collections.abc import Mapping, Sequence

import numpy as np

Curves = Mapping[str, Sequence[float]]


def equal_mse(first: Curves, second: Curves) -> tuple[float, float]:
    """High-band shares of both models where they have the same MSE: the larger of the two final ones.

    Each share is read where the model's curve first came down to that MSE, between epochs by straight line over the
    logarithm of the MSE.
    """
    target = max(first["test_mse"][-1], second["test_mse"][-1])
    return _share_at(first, target), _share_at(second, target)


def _share_at(curves: Curves, target: float) -> float:
    errors, shares = np.asarray(curves["test_mse"], float), np.asarray(curves["test_high_band"], float)
    reached = int(np.argmax(errors <= target))  # the last entry, at the latest, is not above the target
    if reached == 0:
        return float(shares[0])
    before, after, wanted = np.log(errors[reached - 1]), np.log(errors[reached]), np.log(target)
    weight = (wanted - before) / (after - before)
    return float(shares[reached - 1] + weight * (shares[reached] - shares[reached - 1]))


def equal_time(first: Curves, second: Curves) -> tuple[float, float]:
    """PSNR of the mean MSE of both models, in decibels, after the same training time: the smaller of the two totals.

    Between epochs the PSNR, that is the logarithm of the MSE, is interpolated over the seconds.
    """
    budget = min(first["seconds"][-1], second["seconds"][-1])
    return _psnr_at(first, budget), _psnr_at(second, budget)


def _psnr_at(curves: Curves, budget: float) -> float:
    seconds = [0.0, *curves["seconds"]]
    return float(np.interp(budget, seconds, -10 * np.log10(np.asarray(curves["test_mse"], float))))


def crossing(variances: Sequence[float], first: Sequence[float], second: Sequence[float]) -> float:
    """Noise variance from which on the second model's PSNR exceeds the first's, by straight line between two levels.

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
