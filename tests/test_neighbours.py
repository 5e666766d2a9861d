"""Neighbours against scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from experiments import neighbours

torch.set_num_threads(1)
DRAWS = torch.Generator().manual_seed(0)
POINTS, QUERIES = 100 + torch.randn(2300, 5, generator=DRAWS), 100 + torch.randn(1500, 5, generator=DRAWS)


@pytest.fixture(autouse=True, params=[1, 400 * len(POINTS), 10_000_000])
def distances(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once: those of one query, of some, of all."""
    monkeypatch.setattr(neighbours, "DISTANCES", request.param)


def test_neighbours_are_scikit_learns() -> None:
    wanted = NearestNeighbors(n_neighbors=3).fit(POINTS.numpy()).kneighbors(QUERIES.numpy(), return_distance=False)
    np.testing.assert_array_equal(neighbours.nearest(QUERIES, POINTS, 3), wanted)


def test_no_point_is_its_own_neighbour() -> None:
    wanted = NearestNeighbors(n_neighbors=2).fit(POINTS.numpy()).kneighbors(return_distance=False)
    np.testing.assert_array_equal(neighbours.nearest(POINTS, POINTS, 2, others=True), wanted)


def test_directions_order_by_cosine() -> None:
    centre = POINTS.mean(0)
    indices = neighbours.nearest(neighbours.directions(QUERIES, centre), neighbours.directions(POINTS, centre), 5)
    reference = NearestNeighbors(n_neighbors=5, metric="cosine", algorithm="brute").fit((POINTS - centre).numpy())
    wanted = reference.kneighbors((QUERIES - centre).numpy(), return_distance=False)
    assert np.mean(indices.numpy() == wanted) > 0.999  # cosines of neighbours differ in the last bits
