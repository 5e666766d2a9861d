"""A training's updates, and the points of its curves. Imports no torch."""

import math
from dataclasses import dataclass

FEWEST, MOST = 8, 100  # points of a curve


@dataclass(frozen=True)
class Schedule:
    """How many updates a run has, and where the points of its curves lie."""

    images: int
    batch: int
    epochs: float

    @property
    def updates(self) -> int:
        return max(1, round(self.epochs * self.images / self.batch))

    @property
    def points(self) -> int:
        """One an epoch, but at least 8, so that short runs have curves, and at most 100."""
        return min(self.updates, MOST, max(FEWEST, math.ceil(self.epochs)))

    def update(self, point: int) -> int:
        """Updates done at a point; point 0 is the untrained state."""
        return round(self.updates * point / self.points)

    def epoch(self, point: int) -> float:
        """The point in passes over the images."""
        return self.epochs * self.update(point) / self.updates
