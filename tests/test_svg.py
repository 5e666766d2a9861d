"""Figures as SVG: few elements, in the right place, the same every time."""

import re
from xml.etree import ElementTree

import numpy as np
from matplotlib.figure import Figure

from report.svg import _relative, to_svg

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


def ends(path: str) -> np.ndarray:
    """Where the steps of a path end, (n, 2)."""
    found, place, start = [], np.zeros(2), np.zeros(2)
    for command, text in re.findall(r"([mlqcz])([^mlqcz]*)", path):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", text)]
        place = start if command == "z" else place + numbers[-2:]
        start = place if command == "m" else start
        found += [] if command == "z" else [place]
    return np.array(found)


def test_a_path_goes_on_from_where_it_is() -> None:
    """In hundredths, whose rounding does not add up; after a closed outline from where that began."""
    steps = "".join(f"L {x / 3:f} 0.004 " for x in range(1, 100))
    assert np.allclose(ends(_relative(f"M 0 0 \n{steps}")), [[round(x / 3, 2), 0] for x in range(100)])
    assert _relative("M 10 20 \nL 12 19.5 \nQ 12 19 11.05 18 \nz \nM 11 21 \nC 1 2 3 4 -5 6 \n") == (
        "m10 20l2-.5q0-.5-.95-1.5zm1 1c-10-19-8-17-16-15"
    )
    assert _relative("M 0 0 L 100 -0.001") == "m0 0l100 0"


def test_markers_of_a_line_are_one_path_and_stand_where_their_points_are() -> None:
    (found,) = paths(to_svg(figure([0.25, 0.5, np.nan, 0.75]), "a"), "#123456")
    corners = ends(found)
    for x in (36, 72, 108):
        near = corners[abs(corners[:, 0] - x) <= 2.5]
        assert np.allclose(near.min(0), (x - 2, 34), atol=0.6)
        assert np.allclose(near.max(0), (x + 2, 38), atol=0.6)
    assert (abs(corners[:, 0, None] - [36, 72, 108]).min(1) <= 2.5).all()  # and none for the missing one


def test_a_text_is_one_path_in_its_place() -> None:
    (found,) = paths(to_svg(figure([0.5]), "a"), "#abcdef")
    numbers = ends(found)
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
