"""Labels above axes stay within the figure, and those at points on one side of them."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.text import Annotation, Text

from report import labels, plots
from report.series import Line
from report.style import CM, FAINT, WIDTH

pytestmark = pytest.mark.usefixtures("style")


@pytest.mark.parametrize("x", [0, 0.5, 1])
def test_a_text_above_the_axes_stands_at_its_place_or_where_it_is_whole(x: float) -> None:
    figure, (ax,) = plots.panels(height=5, top=1)
    ax.plot([0, 1], [0, 1])
    labels.upright(ax, x, "two bits for a number are a quarter of a bit for a pixel")
    figure.draw_without_rendering()
    box = Annotation.get_window_extent(ax.texts[0])
    assert -2 < box.x0 < box.x1 < WIDTH * CM * figure.dpi + 2  # letters have side bearings
    centre = ax.transData.transform((x, 0))[0]
    assert ((box.x0 + box.x1) / 2 == pytest.approx(centre, abs=2)) == (x == 0.5)


def test_names_stay_under_a_line_where_they_fit_there() -> None:
    for under, there in ((0.65, True), (0.02, False), (float("nan"), False)):
        figure, (ax,) = plots.panels(height=5)
        ax.plot([0, 1], [0, 1])
        labels.label_ends(ax, [(name, "#004c8c", 0.5, 0.6) for name in "abc"], 0.5, under)
        figure.draw_without_rendering()
        tops = [Text.get_window_extent(text).y1 for text in ax.texts]
        assert (max(tops) < ax.transData.transform((0, under))[1]) == there


def test_chance_is_named_beside_models_that_guess_and_hides_none_of_their_marks() -> None:
    figure, (ax,) = plots.panels(height=5, right=2)
    guessing = {model: Line.plain(np.array([52.0, 51.0, 50 + place])) for place, model in enumerate(("ae", "dae"))}
    plots.curves(ax, [0, 0.1, 0.2], guessing, guess=50)
    figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in ax.texts]
    middles = sorted((box.y0 + box.y1) / 2 for box in boxes)
    assert {(text.get_text(), text.get_color() == FAINT) for text in ax.texts} == {
        ("AE", False), ("DAE", False), ("chance", True),
    }  # fmt: skip
    assert all(box.x0 > ax.get_window_extent().x1 for box in boxes)
    assert all(above - below > 0.9 * labels.LABEL_GAP * CM * figure.dpi for below, above in pairwise(middles))
    plots.curves(plots.panels(height=5)[1][0], [0], {}, guess=50)


def test_texts_at_points_stand_at_their_lower_right_in_their_colour() -> None:
    figure, (ax,) = plots.panels(height=5)
    ax.plot([1, 2, 3], [1, 5, 4])
    labels.under(ax, "#004c8c", [("4 levels", 1, 1), ("8", 2, 5), ("16", float("nan"), 4)])
    figure.draw_without_rendering()
    assert [(text.get_text(), text.xy, text.get_color()) for text in ax.texts] == [
        ("4 levels", (1, 1), "#004c8c"), ("8", (2, 5), "#004c8c"),
    ]  # fmt: skip
    for text in ax.texts:
        x, y = ax.transData.transform(text.xy)
        box = Annotation.get_window_extent(text)
        assert box.x0 > x
        assert box.y1 < y
