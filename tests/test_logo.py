"""A logo becomes a small PNG in the settings, and nothing else gets in."""

import base64
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import Base

from experiments.bundle import Bundle
from experiments.logo import PREFIX, SIDE, embedded
from experiments.presets import preset, validated
from report.document import Content
from tests.pages import Tags, page


def png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "png")
    return buffer.getvalue()


def test_a_large_picture_is_made_small_in_its_proportions(tmp_path: Path) -> None:
    path = tmp_path / "logo.jpg"
    Image.new("CMYK", (1600, 800)).save(path)
    settings = preset("smoke", [f"logo={path}"])
    image = Image.open(io.BytesIO(base64.b64decode(settings.logo.removeprefix(PREFIX))))
    assert (image.format, image.size) == ("PNG", (SIDE, SIDE // 2))
    assert embedded(path) == settings.logo


def test_a_picture_stands_as_its_camera_was_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    exif = Image.Exif()
    exif[Base.Orientation] = 6  # turned by a quarter
    Image.new("RGB", (60, 20), "teal").save(tmp_path / "logo.jpg", exif=exif)
    image = Image.open(io.BytesIO(base64.b64decode(embedded(Path("~/logo.jpg")).removeprefix(PREFIX))))
    assert image.size == (20, 60)


@pytest.mark.parametrize(
    ("mode", "space", "size"), [("CMYK", b"CMYK", 1_000_000), ("L", b"GRAY", 500), ("RGB", b"RGB ", 500)]
)
def test_a_profile_is_kept_where_it_is_of_the_colours_that_are_kept(
    tmp_path: Path, mode: str, space: bytes, size: int
) -> None:
    """Print shops give logos in CMYK, with a profile of half a megabyte or more; with it they were too large."""
    profile = bytes(16) + space + np.random.default_rng(0).bytes(size)
    Image.new(mode, (60, 20)).save(tmp_path / "logo.jpg", icc_profile=profile)
    logo = preset("smoke", [f"logo={tmp_path / 'logo.jpg'}"]).logo
    image = Image.open(io.BytesIO(base64.b64decode(logo.removeprefix(PREFIX))))
    assert image.info.get("icc_profile") == (profile if mode == "RGB" else None)


def test_a_picture_that_does_not_compress_is_taken(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 4), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "logo.png")
    assert preset("smoke", [f"logo={tmp_path / 'logo.png'}"]).logo == embedded(tmp_path / "logo.png")


@pytest.mark.parametrize("content", [b"", b"no picture", png(3, 3)[:40]])
def test_what_is_no_picture_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "logo.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"logo\.png: no picture"):
        preset("smoke", [f"logo={path}"])
    with pytest.raises(ValueError, match=r"nowhere\.png: no such file"):
        preset("smoke", ["logo=nowhere.png"])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(png(SIDE + 1, 1), "pixels wide or high"), (png(1, 30_000), "pixels wide or high"), (b"GIF89a" * 9, "not a PNG")],
)
def test_a_bundle_cannot_bring_another_kind_of_picture(content: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        validated({"logo": PREFIX + base64.b64encode(content).decode()})


def test_no_other_address_is_taken() -> None:
    with pytest.raises(ValueError, match="logo"):
        validated({"logo": "file:///etc/passwd"})


def test_the_title_page_shows_it_with_an_alternative_text(made: Content, tmp_path: Path) -> None:
    """PDF/UA refuses a picture without one."""
    (tmp_path / "logo.png").write_bytes(png(3, 2))
    logo, bundle = embedded(tmp_path / "logo.png"), Bundle(made.bundle.settings, made.bundle.provenance)
    for given in (logo, ""):
        bundle.settings = made.bundle.settings.model_copy(update={"logo": given})
        tags = Tags(page(replace(made, bundle=bundle))).tags
        found = [attrs for tag, attrs in tags if tag == "img" and "logo" in (attrs.get("class"), attrs["alt"].lower())]
        assert found == ([{"class": "logo", "src": logo, "alt": "Logo"}] if given else [])
