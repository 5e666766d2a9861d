"""Plots: labels that keep apart, intervals and gaps as they are, axes in plain numbers, notes that hide nothing."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from report import labels, plots
from report.series import Line
from report.style import CM, LOOKS, TEXT, WIDTH

pytestmark = pytest.mark.usefixtures("style")


def line(*means: float, half: float = 0.5) -> Line:
    mean = np.array(means)
    return Line(mean, mean - half, mean + half)


@settings(deadline=None)
@given(st.text("abWi .é", max_size=40), st.floats(0.3, 4))
def test_a_text_that_is_cut_keeps_its_ends_and_fits(text: str, room: float) -> None:
    found = labels.fitted(text, 7.2, room)
    assert found == text or labels.width(found, 7.2) <= room or found == "…"
    if found not in (text, "…"):
        head, tail = found.split("…")
        assert text.startswith(head)
        assert text.endswith(tail)
    assert (found == text) == (labels.width(text, 7.2) <= room)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ((0.059, 0.118), ["0.06", "0.08", "0.1"]),  # one at 1, 2 or 5 only
        ((0.0068, 0.059), ["0.007", "0.01", "0.02", "0.03", "0.05"]),  # three at 1, 2 or 5
        ((0.004, 0.3), ["0.005", "0.01", "0.02", "0.05", "0.1", "0.2"]),
        ((1e-6, 1.0), ["10⁻⁵", "10⁻⁴"]),
    ],
)
def test_a_logarithmic_axis_has_numbers_to_read_it_by(values: tuple[float, float], ticks: list[str]) -> None:
    figure, (ax,) = plots.panels(height=5)
    ax.plot([0, 1], values)
    plots.log_axis(ax)
    figure.canvas.draw()
    low, high = ax.get_ylim()
    marks = [label.get_text() for label in ax.get_yticklabels() if low <= label.get_position()[1] <= high]
    assert [mark for mark in marks if mark in ticks] == ticks


def test_numbers_that_would_touch_are_left_out_and_the_models_own_is_not() -> None:
    assert plots.roomy([16, 32, 64, 128], 64) == [16, 32, 64, 128]
    assert plots.roomy([2, 2046, 2047, 2048], 2047) == [2, 2047]


def test_panels_have_their_margins_in_centimetres() -> None:
    figure, axes = plots.panels(2, 1, height=5, left=1, right=2, top=0.5, bottom=1, gap=3, widths=(1, 4))
    assert figure.get_size_inches() == pytest.approx((16 * CM, 5 * CM))
    boxes = [ax.get_position() for ax in axes]
    assert [box.x0 * WIDTH for box in boxes] == pytest.approx([1, 1 + 2 + 3])
    assert [box.width * WIDTH for box in boxes] == pytest.approx([2, 8])
    assert boxes[0].height * 5 == pytest.approx(3.5)


def test_ticks_need_no_digit_that_says_nothing() -> None:
    figure, (ax,) = plots.panels(height=4.4)
    ax.plot([0, 1], [86.1, 100])
    figure.draw_without_rendering()
    assert [text for label in ax.get_yticklabels() if "." in (text := label.get_text())] == []


def test_an_axis_stands_on_its_floor_or_on_what_is_below() -> None:
    for floor, values, low in ((0, (2, 3), 0), (10, (40, 30), 8.2), (10, (5, 40), 2.9)):
        _, (ax,) = plots.panels(height=5)
        plots.curves(ax, [1, 2], {"ae": line(*values, half=0)}, floor=floor)
        assert ax.get_ylim()[0] == pytest.approx(low)
        assert max(values) < ax.get_ylim()[1] < 1.1 * max(values)
    _, (ax,) = plots.panels(height=5)
    plots.curves(ax, [1], {}, floor=0)
    assert ax.get_ylim() == (0, 1)


def test_panels_of_one_quantity_have_one_range() -> None:
    lines = {"ae": line(0.1, 0.2, half=0), "dae": line(0.01, float("nan"), half=0)}
    for log in (False, True):
        _, axes = plots.panels(2, height=5)
        plots.cover(axes, lines.values())
        for ax, (model, values) in zip(axes, lines.items(), strict=True):
            plots.curves(ax, [1, 2], {model: values}, log=log)
        assert axes[0].get_ylim() == axes[1].get_ylim()
        assert axes[0].get_ylim()[0] < 0.01
    plots.cover(axes, [])


def test_marks_that_would_hide_each_other_stand_side_by_side_with_their_intervals() -> None:
    aside = plots.ASIDE
    assert plots.beside(np.array([3.0, 1.0, 1.1, 2.0])).tolist() == [0, -aside / 2, aside / 2, 0]
    assert plots.beside(np.array([1.2, 1.1, 1.0])) == pytest.approx([aside, 0, -aside])
    figure, (ax,) = plots.panels(height=5)
    plots.marks(ax, 3, {"ae": line(20), "mcae": line(5), "mcae_sparse": line(5.01)})
    figure.draw_without_rendering()
    assert [float(mark.get_ydata()[0]) for mark in ax.lines] == [20, 5, 5.01]
    across = [mark.get_transform().transform((3, 5))[0] / figure.dpi / CM for mark in ax.lines]
    assert np.diff(across) == pytest.approx([-aside / 2, aside])
    assert [bars.get_transform().transform((3, 5))[0] / figure.dpi / CM for bars in ax.collections] == across
    plots.marks(ax, 3, {"ae": line(np.nan)})
    assert len(ax.lines) == 3


@pytest.mark.parametrize(
    ("low", "high", "spans"),
    [(0.1, 0.75, [(-0.045, 0.1), (0.75, 0.945)]), (0, 0.75, [(0.75, 0.945)]), (0.1, 1, [(-0.045, 0.1)]), (0, 1, [])],
)
def test_what_training_never_had_is_shaded_where_something_is_drawn(
    low: float, high: float, spans: list[tuple[float, float]]
) -> None:
    _, (ax,) = plots.panels(height=5)
    plots.beyond(ax, low, high)
    assert not ax.has_data()
    ax.plot([0, 0.5, 0.9], [1, 2, 3])
    plots.beyond(ax, low, high)
    found = [patch.get_extents().transformed(ax.transData.inverted()).intervalx for patch in ax.patches]
    assert [pytest.approx(span) for span in spans] == [tuple(span) for span in found]
    assert ax.get_xlim() == pytest.approx((-0.045, 0.945))
    said = [(text.get_text(), text.xy[0]) for text in ax.texts]
    assert said == [("not in training", pytest.approx(sum(span) / 2)) for span in spans[-1:]]


def test_a_curve_shows_means_interval_ends_and_gaps() -> None:
    _, (ax,) = plots.panels(height=5)
    plots.curves(ax, [1, 2, 3], {"ae": line(0.1, float("nan"), 0.3, half=0.05)}, factor=100)
    drawn = ax.lines[0]
    assert drawn.get_ydata() == pytest.approx([10, float("nan"), 30], nan_ok=True)
    assert drawn.get_color() == LOOKS["ae"].colour
    segments = [segment[:, 1].tolist() for segment in ax.collections[0].get_segments() if len(segment)]
    assert segments == [pytest.approx([5, 15]), pytest.approx([25, 35])]
    assert [text.get_text() for text in ax.texts] == ["AE"]


def test_long_curves_have_a_band_without_markers() -> None:
    _, (ax,) = plots.panels(height=5)
    plots.curves(ax, range(40), {"ae": line(*np.linspace(1, 2, 40))}, label=False)
    assert ax.lines[0].get_marker() == ""
    assert ax.collections[0].get_datalim(ax.transData).bounds == pytest.approx((0, 0.5, 39, 2))


def test_a_model_without_values_is_not_drawn() -> None:
    _, (ax,) = plots.panels(height=5)
    plots.curves(ax, [1, 2], {"ae": line(float("nan"), float("nan"))}, log=True)
    assert not ax.has_data()
    assert not ax.texts


def test_a_curve_that_ends_early_is_named_at_its_end() -> None:
    _, (ax,) = plots.panels(height=6, right=2)
    places = {"ae": np.linspace(0, 10, 5), "pca": np.linspace(0, 5, 5)}
    plots.curves(ax, places, {model: line(1, 2, 3, 4, 5) for model in places})
    across = {text.get_text(): text.get_position()[0] for text in ax.texts}
    assert across["AE"] > 1
    assert 0.5 < across["PCA"] < 0.6


def test_end_labels_stand_at_their_lines_and_never_over_each_other() -> None:
    figure, (ax,) = plots.panels(height=6, right=3)
    lines = {model: line(1, 2 + 0.001 * place) for place, model in enumerate(("ae", "dae", "vae", "mcae"))}
    plots.curves(ax, [0, 1], {**lines, "pca": line(1, 9)})
    figure.draw_without_rendering()
    boxes = sorted((Text.get_window_extent(text) for text in ax.texts), key=lambda box: float(box.y0))
    for lower, upper in pairwise(boxes):
        assert upper.y0 - lower.y0 > TEXT / 72 * figure.dpi  # the line's height, without its leading
    far = ax.transData.transform((1, 9))[1]
    assert (boxes[-1].y0 + boxes[-1].y1) / 2 == pytest.approx(far, abs=4)
    assert all(ax.get_window_extent().x1 < box.x0 and box.x1 < figure.bbox.x1 for box in boxes)


def test_log_axes_are_labelled_in_plain_numbers_or_powers() -> None:
    for values, wanted in (((0.004, 0.03), "0.01"), ((1e-8, 1e-2), "10⁻⁴")):
        figure, (ax,) = plots.panels(height=5)
        plots.curves(ax, [0, 1], {"ae": line(*values, half=0)}, log=True)
        figure.draw_without_rendering()
        assert wanted in [label.get_text() for label in ax.get_yticklabels()]


def test_what_is_missing_stands_under_the_axes_and_leaves_them_as_they_are() -> None:
    figure, (ax,) = plots.panels(height=5)
    plots.curves(ax, [0, 1], {"ae": line(1, 2)})
    before = ax.get_position().height * figure.get_figheight()
    labels.say_missing(figure, ["VAE not measured: no luck"])
    assert ax.get_position().height * figure.get_figheight() == pytest.approx(before)
    figure.draw_without_rendering()
    (note,) = figure.texts
    assert note.get_window_extent().y0 >= 0
    assert note.get_window_extent().y1 < ax.xaxis.get_tightbbox().y0


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (("cat", "dog"), 1),
        ([f"a bird {n:02d}" for n in range(12)], 2),
        (["a", "of many letters"] * 10, 3),
        (["m" * 90] * 3, 3),
    ],
)
def test_a_key_takes_the_rows_that_it_needs_and_hides_nothing(names: list[str], rows: int) -> None:
    figure, (ax,) = plots.panels(height=5, top=1.25)
    ax.set_title("Above the axes")
    before = ax.get_window_extent()
    labels.key(figure, [(name, {"marker": "o"}) for name in names], x=0.7, y=0.1, tight=True)
    figure.draw_without_rendering()
    legend, title = figure.legends[0], ax.title.get_window_extent()
    box, whole = legend.get_window_extent(), figure.bbox
    places = [text.get_window_extent() for text in legend.get_texts()]
    assert len({round(place.y0, 1) for place in places}) == rows
    assert title.y1 < box.y0
    assert box.y1 <= whole.y1
    assert max(place.x1 for place in places) <= whole.x1 or rows == len(names)
    assert ax.get_window_extent().size == pytest.approx(before.size)


def test_an_empty_panel_says_why() -> None:
    figure, axes = plots.panels(2, height=5)
    labels.say_missing(figure, ["VAE not measured: no luck"])
    assert [ax.texts[0].get_text().replace("\n", " ") for ax in axes] == ["VAE not measured: no luck"] * 2
    assert not figure.texts


def test_dots_put_the_first_row_on_top() -> None:
    _, (ax,) = plots.panels(height=5)
    plots.dots(ax, {"ae": line(1, 2), "dae": line(3, 4)}, ["one", "two"])
    assert ax.lines[0].get_xdata().tolist() == [100, 200]
    low, high = ax.get_ylim()
    assert low > high
    assert ax.lines[0].get_ydata()[0] < ax.lines[1].get_ydata()[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]


def test_a_dollar_in_a_class_name_is_a_dollar() -> None:
    figure = Figure()
    labels.key(figure, [("$x_1$", dict(marker="o"))])
    figure.draw_without_rendering()
    assert figure.legends[0].get_texts()[0].get_text() == "$x_1$"
