"""Grids: every image pixel is a square of whole printed pixels, absences are said, marks stand above the images."""

import io
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.patches import Circle
from PIL import Image

from report import grids
from report.grids import ACROSS, GAP, HEAD, Bar, Canvas, Row, grid
from report.labels import shade, width
from report.paint import colours
from report.style import CM, DPI, FAINT, INK, LOOKS, SMALL

pytestmark = pytest.mark.usefixtures("style")

GENERATOR = np.random.default_rng(0)


def images(count: int) -> np.ndarray:
    return GENERATOR.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def pixels(figure: object) -> np.ndarray:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")  # type: ignore[attr-defined]
    return np.asarray(Image.open(buffer).convert("RGB"))


def test_images_are_enlarged_exactly_and_end_at_the_right_margin() -> None:
    shown = images(10)
    picture = pixels(grid([Row("original", shown), Row("model", shown[::-1])], ["class"] * 10))
    assert picture.shape[1] == ACROSS
    size = 4 * 32
    for row, expected in ((0, shown[9]), (1, shown[0])):
        top = HEAD + row * (size + GAP)
        last = picture[top : top + size, ACROSS - size :]
        assert np.array_equal(last, expected.repeat(4, axis=0).repeat(4, axis=1))


def test_texts_and_gaps_take_the_place_that_they_need() -> None:
    plain = grid([Row("a", images(2))]).get_size_inches()[1]
    numbered = Row("a", images(2), ["1", "2"], unit="PSNR / dB")
    with_text = grid([numbered], spans=[(0, 1, "both", "")]).get_size_inches()[1]
    assert with_text > plain
    texts = grid([Row("a", images(4), ["", "", "3", "4"], unit="PSNR / dB")]).axes[0].texts
    across = {text.get_text(): text.get_position()[0] for text in texts}
    assert across["3"] - 150 < across["PSNR / dB"] < across["3"]  # left of the first number, not of the first image
    wide = pixels(grid([Row("", images(2))], gaps={1: 100}, signs={1: "+"}, left=0))
    gap = wide[:128, 128:228]
    assert gap.min() < 100  # the sign
    assert np.all(gap[:20] == 255)


def test_a_unit_of_several_rows_stands_at_the_first() -> None:
    rows = [Row("a", images(2), ["1", "2"], unit="dB"), Row("b", images(2), ["3", "4"], unit="dB"),
            Row("c", images(2)), Row("d", images(2), ["5", "6"], unit="px")]  # fmt: skip
    texts = [text.get_text() for text in grid(rows).axes[0].texts]
    assert [text for text in texts if text in ("dB", "px")] == ["dB", "px"]


def test_words_about_a_model_have_the_colour_of_its_curves() -> None:
    rows = [Row("original", images(2)), Row("AE", images(2), model="ae"), Row("VAE", None, model="vae")]
    texts = grid(rows, spans=[(0, 0, "DAE", "dae"), (1, 1, "Error", "")]).axes[0].texts
    colours = {text.get_text(): text.get_color() for text in texts}
    assert colours["original"] == colours["Error"] == INK
    for model in ("ae", "vae", "dae"):
        assert colours[model.upper()] == shade(LOOKS[model].colour)
    for of, wanted in ((("dae", "vae"), shade(LOOKS["vae"].colour)), ((), FAINT)):
        heads = grid([Row("original", images(2))], ["DAE, gradient", "VAE, gradient"], of=of, scale=5).axes[0].texts
        assert next(text for text in heads if text.get_text() == "VAE, gradient").get_color() == wanted


def test_the_label_of_a_row_in_a_group_stands_at_its_images() -> None:
    figure = grid([Row("AE", images(4), group="path 1"), Row("a", images(4))])
    figure.draw_without_rendering()
    group, label, plain = (text.get_window_extent() for text in figure.axes[0].texts if text.get_text())
    first = ACROSS - 4 * 128 - 3 * GAP
    assert abs(group.x0 - plain.x0) < 3
    assert first - 20 < label.x1 < first


def test_a_ring_is_at_its_place_in_each_image_that_has_one() -> None:
    figure = grid([Row("a", images(3), rings=[16, None, 20])], left=100)
    found = {patch.get_center() for patch in figure.axes[0].patches if isinstance(patch, Circle)}
    assert found == {(100 + 4 * 16, 4 * 16), (100 + 2 * (128 + GAP) + 4 * 20, 4 * 20)}


def test_a_bar_with_ticks_stands_at_the_right_of_the_images_and_takes_no_height() -> None:
    rows = [Row("a", images(2)), Row("b", images(2)), Row("", None, reason="c not measured")]
    figure = grid(rows, bar=Bar("share", "", "", colours(), {0.25: "10⁻²"}), left=0)
    assert figure.get_size_inches()[1] == grid(rows, left=0).get_size_inches()[1]
    (tick,) = (text for text in figure.axes[0].texts if text.get_text() == "10⁻²")
    assert tick.get_position()[0] > 2 * 128 + GAP
    assert tick.get_position()[1] == 0.75 * (2 * 128 + GAP)


def test_a_missing_row_says_why_and_a_grid_of_nothing_is_drawn() -> None:
    figure = grid([Row("VAE", None, reason="VAE not measured"), Row("AE", images(3))])
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "VAE not measured" in texts
    assert not grid([Row("VAE", None, reason="no")], ["x"]).images


def test_a_bar_shows_its_colours_from_left_to_right() -> None:
    picture = pixels(grid([Row("a", images(2))], bar=Bar("error", "0", "1", colours()), left=200))
    low, high = (np.argwhere((picture[140:] == colour).all(-1)) for colour in colours()[[0, -1]])
    assert low[:, 1].min() < high[:, 1].min()


def test_an_upright_bar_has_ticks_at_their_places_and_a_minus_on_what_falls() -> None:
    canvas = Canvas(300)
    canvas.upright_bar(Bar("error", "-1", "1", colours(), {0.5: "0"}, falls=True), 10, 20, 200)
    places = {text.get_text(): text.get_position()[1] for text in canvas.ax.texts}
    assert {name: places[name] for name in ("1", "0", "-1")} == {"1": 20, "0": 120, "-1": 220}
    assert [patch.get_bbox().y0 > 120 for patch in canvas.ax.patches] == [True] * 3
    canvas.upright_bar(Bar("error", "0", "1", colours()), 10, 20, 200)
    assert len(canvas.ax.patches) == 3


def test_marks_are_seen_above_images() -> None:
    canvas = Canvas(100)
    canvas.image(np.zeros((100, 100, 3), dtype=np.uint8), 0, 0)
    canvas.minus(50, 20)
    canvas.ring(50, 70, 12)
    picture = pixels(canvas.figure)
    assert picture[20, 46:54].min() > 250
    assert picture[26:34, 50].max() < 5
    assert max(picture[70 + 12, 50].tolist()) > 250
    assert picture[70, 50].max() < 5


def test_heads_stand_into_the_columns_beside_them_where_there_is_room_and_are_cut_where_not() -> None:
    pitch = 104

    def side_by_side(heads: list[str]) -> list[str]:
        return grids._side_by_side(heads, 500 + pitch * np.arange(len(heads)), pitch)

    classes = ["airplane", "automobile", "bird", "cat"]
    assert side_by_side(classes) == classes
    cut = side_by_side([f"bird species {n:03}" for n in range(3)])
    assert cut == ["bird…000", "bird…001", "bird…002"]
    for one, other in pairwise(cut):
        assert (width(one, SMALL) + width(other, SMALL)) / 2 * CM * DPI < pitch
    assert side_by_side([]) == []


def test_heads_at_the_edges_stand_whole_within_the_picture() -> None:
    """Images of a sum are far apart, and the first one begins at the left edge."""
    across = (ACROSS - 4 * 32) // 3
    names = ["Schmetterlingsblütlergewächse"] * 2 + ["bird"] + ["Schmetterlingsblütlergewächse"]
    gaps = dict.fromkeys((1, 2, 3), across - 4 * 32)
    heads = grid([Row("", images(4))], names, gaps=gaps, left=0).axes[0].texts[:4]
    for text in heads:
        half = width(text.get_text(), SMALL) * CM * DPI / 2
        assert text.get_position()[0] - half >= 0
        assert text.get_position()[0] + half <= ACROSS
    assert heads[1].get_text() == names[1]
