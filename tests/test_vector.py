"""Figures as SVG: few elements, in the right place, the same every time."""

import re
from xml.etree import ElementTree

import numpy as np
from matplotlib.figure import Figure

from report.vector import to_svg

PATH = "{http://www.w3.org/2000/svg}path"


def figure(points: list[float]) -> Figure:
    """Two inches by one; the axes are the whole figure, so that (x, y) stands at 144 x and 72 (1 - y)."""
    made = Figure(figsize=(2, 1))
    axes = made.add_axes((0, 0, 1, 1), xlim=(0, 1), ylim=(0, 1))
    axes.set_axis_off()
    axes.plot(points, [0.5] * len(points), linestyle="", marker="s", markersize=4, markeredgewidth=0, color="#123456")
    axes.text(0.5, 0.25, "twelve words", color="#abcdef")
    return made


def paths(svg: str, colour: str) -> list[str]:
    """Outlines of what has a colour."""
    return [path.get("d", "") for path in ElementTree.fromstring(svg).iter(PATH) if colour in path.get("style", "")]


def test_markers_of_a_line_are_one_path_and_stand_where_their_points_are() -> None:
    (found,) = paths(to_svg(figure([0.25, 0.5, np.nan, 0.75]), "a"), "#123456")
    corners = np.array([[float(x), float(y)] for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", found)])
    for x in (36, 72, 108):
        near = corners[abs(corners[:, 0] - x) <= 2.5]
        assert np.allclose(near.min(0), (x - 2, 34), atol=0.6)
        assert np.allclose(near.max(0), (x + 2, 38), atol=0.6)
    assert (abs(corners[:, 0, None] - [36, 72, 108]).min(1) <= 2.5).all()  # and none for the missing one


def test_a_text_is_one_path_in_its_place() -> None:
    (found,) = paths(to_svg(figure([0.5]), "a"), "#abcdef")
    numbers = np.array(re.findall(r"-?[\d.]+", found), dtype=float).reshape(-1, 2)
    assert 71 <= numbers[:, 0].min() <= 75
    assert 54 - 12 < numbers[:, 1].min() < numbers[:, 1].max() < 54 + 4
    assert "<use" not in to_svg(figure([0.5]), "a")


def test_numbers_have_two_places() -> None:
    assert (
        max(len(places) for places in re.findall(r"\.(\d+)", " ".join(paths(to_svg(figure([1 / 3]), "a"), "#")))) == 2
    )


def test_nothing_is_drawn_where_every_point_is_missing() -> None:
    assert paths(to_svg(figure([np.nan]), "a"), "#123456") == []


def test_the_same_figure_gives_the_same_text_and_keeps_its_size() -> None:
    made = figure([0.5])
    dpi = made.dpi
    assert to_svg(made, "a") == to_svg(figure([0.5]), "a")
    assert made.dpi == dpi
