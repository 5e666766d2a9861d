"""Spacing: labels keep their distance and their order, and move no further than they must."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from report.labels import NUMBER
from report.spacing import apart, spaced


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.01, 0.12))
def test_labels_keep_their_distance_their_order_and_the_axes(wanted: list[float], gap: float) -> None:
    places = spaced(wanted, gap)
    order = np.argsort(wanted, kind="stable")
    assert np.all(np.diff(places[order]) >= gap - 1e-9)
    assert places.min() >= -1e-9
    assert places.max() <= 1 + 1e-9


def test_labels_move_as_little_as_possible() -> None:
    wanted, gap = np.array([0.5, 0.52, 0.55, 0.9]), 0.1
    constraints = [{"type": "ineq", "fun": lambda y, i=i: y[i + 1] - y[i] - gap} for i in range(3)]
    best = minimize(lambda y: np.sum((y - wanted) ** 2), wanted + gap * np.arange(4), constraints=constraints).x
    assert spaced(wanted, gap) == pytest.approx(best, abs=1e-4)


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=20))
def test_numbers_of_a_map_do_not_stand_on_each_other(wanted: list[tuple[float, float]]) -> None:
    places = apart(wanted, NUMBER)
    near = np.abs(places[:, None] - places) < NUMBER - 0.02
    assert np.array_equal(near.all(2), np.eye(len(wanted), dtype=bool))
    assert np.allclose(places.mean(0), np.mean(wanted, 0))


def test_numbers_with_room_stay_where_they_are_and_others_part_the_short_way() -> None:
    assert apart([[0, 0], [0, 0.5], [1, 0]], [0.3, 0.4]).tolist() == [[0, 0], [0, 0.5], [1, 0]]
    assert apart([[0, 0], [0.1, 0.3]], [0.3, 0.4]) == pytest.approx(np.array([[0, -0.05], [0.1, 0.35]]))
    assert apart([[1, 1], [1, 1]], [0.4, 0.3]) == pytest.approx(np.array([[1, 0.85], [1, 1.15]]))
