"""Updates and points of a training."""

import pytest

from experiments.schedule import Schedule


@pytest.mark.parametrize(
    ("images", "batch", "epochs", "updates", "points"),
    [
        (20_000, 128, 2, 312, 8),  # short runs have eight points
        (50_000, 128, 60, 23_438, 60),  # one an epoch
        (5_000, 128, 200, 7_812, 100),  # a hundred at most
        (1_000, 10, 8.5, 850, 9),
        (100, 64, 0.2, 1, 1),  # no more than updates, one at least
        (10, 64, 0.01, 1, 1),
        (1_000, 64, 0.3, 5, 5),
    ],
)
def test_counts(images: int, batch: int, epochs: float, updates: int, points: int) -> None:
    schedule = Schedule(images, batch, epochs)
    assert (schedule.updates, schedule.points) == (updates, points)
    assert (schedule.update(0), schedule.update(points)) == (0, updates)
    assert (schedule.epoch(0), schedule.epoch(points)) == (0, epochs)
    steps = [schedule.update(i + 1) - schedule.update(i) for i in range(points)]
    assert all(type(step) is int for step in steps)
    assert min(steps) >= 1
    assert max(steps) - min(steps) <= 1  # evenly spaced
