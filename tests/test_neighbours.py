"""Neighbours against scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from experiments import neighbours

torch.set_num_threads(1)
DRAWS = torch.Generator().manual_seed(0)
POINTS, QUERIES = 100 + torch.randn(2300, 5, generator=DRAWS), 100 + torch.randn(1500, 5, generator=DRAWS)


def test_neighbours_are_scikit_learns() -> None:
    distances, indices = neighbours.nearest(QUERIES, POINTS, 3)
    expected, wanted = NearestNeighbors(n_neighbors=3).fit(POINTS.numpy()).kneighbors(QUERIES.numpy())
    np.testing.assert_array_equal(indices, wanted)
    np.testing.assert_allclose(distances, expected, rtol=1e-4)


def test_no_point_is_its_own_neighbour() -> None:
    distances, indices = neighbours.nearest(POINTS, POINTS, 2, others=True)
    expected, wanted = NearestNeighbors(n_neighbors=2).fit(POINTS.numpy()).kneighbors()
    np.testing.assert_array_equal(indices, wanted)
    np.testing.assert_allclose(distances, expected, rtol=1e-4)


def test_directions_order_by_cosine() -> None:
    centre = POINTS.mean(0)
    _, indices = neighbours.nearest(neighbours.directions(QUERIES, centre), neighbours.directions(POINTS, centre), 5)
    reference = NearestNeighbors(n_neighbors=5, metric="cosine", algorithm="brute").fit((POINTS - centre).numpy())
    wanted = reference.kneighbors((QUERIES - centre).numpy(), return_distance=False)
    assert np.mean(indices.numpy() == wanted) > 0.999  # cosines of neighbours differ in the last bits


def test_too_few_points_are_named() -> None:
    with pytest.raises(ValueError, match="5 neighbours wanted among 4"):
        neighbours.nearest(POINTS[:5], POINTS[:5], 5, others=True)
    assert neighbours.nearest(POINTS[:5], POINTS[:5], 4, others=True)[1].shape == (5, 4)
