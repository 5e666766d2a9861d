"""Style: the font is the one that is meant, and models stay apart for colour-blind readers and on grey paper."""

import re
import warnings
from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from fontTools.ttLib import TTFont
from matplotlib import font_manager
from matplotlib.colors import to_hex, to_rgb
from matplotlib.ft2font import FT2Font

from report import labels
from report.paint import paint
from report.style import CLASSES, LOOKS, SMALL, class_colour, class_rim, fallbacks, styled

# Models that meet in one figure, beside those of which nothing is drawn.
DRAWN = ("ae", "dae", "vae", "mcae", "mcae_sparse", "vit_mae", "pca", "gaussian")
# Machado, Oliveira & Fernandes 2009, severity 1.0, on linear RGB.
PROTANOPE = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)
DEUTERANOPE = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour: str, eye: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of a colour as an eye sees it."""
    srgb = np.array(to_rgb(colour))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(eye @ linear, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", [np.eye(3), PROTANOPE, DEUTERANOPE], ids=["all cones", "protanope", "deuteranope"])
def test_colours_of_models_differ_for_every_eye(eye: np.ndarray) -> None:
    for one, other in combinations(DRAWN, 2):
        apart = float(np.linalg.norm(lab(LOOKS[one].colour, eye) - lab(LOOKS[other].colour, eye)))
        assert apart > 13, (one, other, apart)  # 2 is just noticeable side by side


@pytest.mark.parametrize("eye", [np.eye(3), PROTANOPE, DEUTERANOPE], ids=["all cones", "protanope", "deuteranope"])
def test_what_rises_is_yellow_and_what_falls_blue_for_every_eye(eye: np.ndarray) -> None:
    for share in np.linspace(0.1, 1, 19):
        rises, falls = (lab(to_hex(paint(np.array(sign * share)) / 255), eye) for sign in (1, -1))
        assert rises[2] > 5, share  # b*, from blue to yellow
        assert falls[2] < -1, share
        assert np.linalg.norm(rises - falls) > 13


def test_without_colour_every_dash_and_every_marker_is_one_models() -> None:
    assert len({LOOKS[model].dash for model in DRAWN}) == len(DRAWN)
    assert len({LOOKS[model].marker for model in DRAWN}) == len(DRAWN)


def test_ae_and_dae_which_are_compared_most_differ_in_lightness_too() -> None:
    assert lab(LOOKS["dae"].colour, np.eye(3))[0] - lab(LOOKS["ae"].colour, np.eye(3))[0] > 15


def test_lines_stand_out_from_white() -> None:
    """Three to one, what WCAG asks of graphics (success criterion 1.4.11)."""
    for model in DRAWN:
        lightness = lab(LOOKS[model].colour, np.eye(3))[0]
        assert 1.05 / (((lightness + 16) / 116) ** 3 + 0.05) > 3, model


def test_points_of_every_class_are_seen_on_white() -> None:
    """Yellow ones by their rim."""
    rims = [class_rim(label) for label in range(2 * len(CLASSES))]
    assert max(lab(rim, np.eye(3))[0] for rim in rims) < 80
    assert [rim for label, rim in enumerate(rims[:10]) if rim != class_colour(label)] == [rims[6]]


def test_letters_that_our_fonts_lack_come_from_this_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with styled():
        font = TTFont(font_manager.findfont(font_manager.FontProperties(weight=400)))
    for table in font["cmap"].tables:
        table.cmap[0x732B] = table.cmap[ord("W")]  # 猫 looks like a W
    font.save(tmp_path / "made.ttf")
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    entries = [
        font_manager.FontEntry(fname=str(path), name=name)
        for path, name in ((broken, "A broken one"), (tmp_path / "gone.ttf", "B"), (tmp_path / "made.ttf", "Made"))
    ]
    fallbacks.cache_clear()
    assert fallbacks("Zürich 猫") == ()
    fallbacks.cache_clear()
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [*font_manager.fontManager.ttflist, *entries])
    assert fallbacks("Zürich") == ()
    assert fallbacks("Zürich 猫") == ("Made",)
    with warnings.catch_warnings(), styled(["猫"]):
        warnings.simplefilter("error")
        assert labels.width("猫", 7.2) == pytest.approx(labels.width("W", 7.2))
    fallbacks.cache_clear()


@pytest.mark.parametrize("weight", [400, 700])
def test_the_font_is_source_sans_in_the_asked_weight(weight: int) -> None:
    with styled():
        found = font_manager.findfont(font_manager.FontProperties(weight=weight), fallback_to_default=False)
    font = FT2Font(str(found))
    assert font.family_name.startswith("Source Sans 3")
    table = font.get_sfnt_table("OS/2")
    assert table is not None
    assert table["usWeightClass"] == weight
    for character in "aé−–×²σ‖≥≤→…⁻⁰⁹\u2009\u202f":
        assert font.get_char_index(ord(character)), character


def test_settings_come_back_and_a_matplotlibrc_does_not_leak_in() -> None:
    with matplotlib.rc_context({"font.size": 31.0, "lines.linewidth": 9.0}):
        with styled():
            assert matplotlib.rcParams["lines.linewidth"] < 2
            assert matplotlib.rcParams["xtick.labelsize"] == SMALL >= 7
        assert matplotlib.rcParams["font.size"] == 31.0


def test_twenty_classes_have_a_colour_each() -> None:
    colours = [class_colour(label) for label in range(20)]
    assert len(set(colours)) == 20
    assert class_colour(20) == class_colour(0)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)
