"""Typefaces, cut to size."""

import base64
import re
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from report.fonts import FACES, SERIF, WEIGHTS, cut, for_paper, for_screen


def test_the_screen_has_the_letters_of_the_page_in_any_weight_and_the_same_bytes() -> None:
    rules = for_screen("Žσ²")
    assert for_screen("²σŽ") == rules
    assert len(rules) < 200_000
    for file in re.findall(r"base64,([^)]+)", rules):
        font = TTFont(BytesIO(base64.b64decode(file)))
        assert {ord(letter) for letter in "aZ09Žσ²"} <= set(font.getBestCmap())
        assert ord("Щ") not in font.getBestCmap()
        assert [axis.axisTag for axis in font["fvar"].axes] == ["wght"]


def test_paper_has_a_file_a_weight() -> None:
    rules, files = for_paper("Ж")
    assert for_paper("Ж") == (rules, files)
    fonts = [TTFont(BytesIO(file)) for file in files.values()]
    assert re.findall(r"url\((.*?)\)", rules) == list(files)
    assert len(fonts) == len(FACES) * len(WEIGHTS)
    assert [font["OS/2"].usWeightClass for font in fonts] == list(WEIGHTS) * len(FACES)
    assert not any("fvar" in font for font in fonts)
    assert {ord("Ж"), 0x2010} <= set(fonts[0].getBestCmap())


@pytest.mark.parametrize("weight", [400, 700])
def test_an_axis_is_pinned_where_it_is_said(weight: int) -> None:
    path = SERIF / "SourceSerif4[opsz,wght].ttf"
    font = TTFont(BytesIO(cut(path, [ord("a")], wght=weight)))
    assert font["OS/2"].usWeightClass == weight
    assert [axis.axisTag for axis in font["fvar"].axes] == ["opsz"]


def test_digits_have_one_width() -> None:
    """Tables set them one below the other."""
    for _, _, path in FACES:
        font = TTFont(BytesIO(cut(path, range(32, 127), wght=600)))
        assert len({font["hmtx"][font.getBestCmap()[ord(digit)]][0] for digit in "0123456789"}) == 1
