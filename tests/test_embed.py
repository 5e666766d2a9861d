"""Pictures inside the page."""

import base64
import html
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from report.embed import content, data_uri, inlined, picture


def test_size_of_a_png(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    source, width, height = picture(tmp_path / "a.png")
    assert (width, height) == (30, 20)
    assert base64.b64decode(source.partition(",")[2]) == (tmp_path / "a.png").read_bytes()


def test_size_of_an_svg_is_in_css_pixels(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 453.5 216"></svg>')
    source, width, height = picture(tmp_path / "a.svg")
    assert (width, height) == (605, 288)
    assert source.startswith("data:image/svg+xml,")


@pytest.mark.parametrize("kind", ["image/svg+xml", "image/png"])
@given(st.binary())
def test_a_file_comes_back_from_an_attribute(kind: str, file: bytes) -> None:
    uri = data_uri(file, kind)
    assert content(uri) == file
    assert not set(uri) & set('"<>&#\n\t')
    assert html.unescape(uri) == uri


def test_what_is_no_file_has_no_content() -> None:
    assert content("data:image/png;base64,%%") == b""
    assert content("") == b""


@pytest.mark.parametrize(("name", "content"), [("a.png", b"no"), ("a.svg", b"<svg></svg>")])
def test_no_picture(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match="no picture of a known size"):
        picture(tmp_path / name)


def test_another_kind_of_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"figures are \.svg or \.png"):
        picture(tmp_path / "a.gif")


def test_only_pictures_of_the_page_are_put_in() -> None:
    page = '<img src="file:///run/a.svg"> file:///run/a.svg <img src="file:///run/b.svg">'
    assert inlined(page, {"file:///run/a.svg": "data:x"}) == (
        '<img src="data:x"> file:///run/a.svg <img src="file:///run/b.svg">'
    )


@pytest.mark.parametrize(("kind", "other"), [("svg", "png"), ("png", "svg")])
def test_a_picture_under_the_name_of_the_other_kind(tmp_path: Path, kind: str, other: str) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 453.5 216"></svg>')
    (tmp_path / f"a.{kind}").rename(tmp_path / f"b.{other}")
    with pytest.raises(ValueError, match="no picture of a known size"):
        picture(tmp_path / f"b.{other}")
