"""Pictures and fonts inside the page."""

import base64
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from report.embed import FACES, picture, print_fonts, screen_fonts


def test_size_of_a_png(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    source, width, height = picture(tmp_path / "a.png")
    assert (width, height) == (30, 20)
    assert base64.b64decode(source.partition(",")[2]) == (tmp_path / "a.png").read_bytes()


def test_size_of_an_svg_is_in_css_pixels(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 453.5 216"></svg>')
    source, width, height = picture(tmp_path / "a.svg")
    assert (width, height) == (605, 288)
    assert source.startswith("data:image/svg+xml;base64,")


@pytest.mark.parametrize(("name", "content"), [("a.png", b"no"), ("a.svg", b"<svg></svg>")])
def test_no_picture(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match="no picture of a known size"):
        picture(tmp_path / name)


def test_another_kind_of_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"figures are \.svg or \.png"):
        picture(tmp_path / "a.gif")


def test_screen_fonts_hold_the_letters_of_the_page_and_the_same_bytes() -> None:
    rules = screen_fonts("Žσ²")
    assert screen_fonts("²σŽ") == rules
    assert len(rules) < 200_000
    content = base64.b64decode(rules.split("base64,")[1].split(")")[0])
    cmap = TTFont(BytesIO(content)).getBestCmap()
    assert {ord(letter) for letter in "aZ09Žσ²"} <= set(cmap)
    assert ord("Щ") not in cmap


def test_print_fonts_are_files_of_packages() -> None:
    rules = print_fonts()
    for _, _, path in FACES:
        assert path.is_file()
        assert path.as_uri() in rules
