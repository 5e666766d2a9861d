"""experiments/pictures.py: any format, size and mode becomes 32×32 RGB."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile, ImageOps

from experiments import pictures
from experiments.pictures import decode, formats, strict

RED = (220, 30, 40)


def saved(folder: Path, picture: Image.Image, name: str, **options: object) -> str:
    path = folder / name
    picture.save(path, **options)
    return str(path)


def noise(height: int, width: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


@pytest.mark.parametrize("name", ["x.png", "x.webp", "x.bmp", "x.tiff", "x.tga", "x.ppm", "x.qoi"])
def test_a_lossless_picture_of_the_right_size_is_kept_to_the_bit(tmp_path: Path, name: str) -> None:
    pixels = noise(32, 32)
    options = {"lossless": True} if name == "x.webp" else {}
    np.testing.assert_array_equal(decode(saved(tmp_path, Image.fromarray(pixels), name, **options)), pixels)


@pytest.mark.parametrize("name", ["x.jpg", "x.gif", "x.jp2", "x.ico"])
def test_other_formats_are_read(tmp_path: Path, name: str) -> None:
    got = decode(saved(tmp_path, Image.new("RGB", (48, 48), RED), name))
    assert got.shape == (32, 32, 3)
    assert np.abs(got.astype(int) - RED).max() < 8


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    pixels = noise(32, 32)
    (tmp_path / "picture").write_bytes(Path(saved(tmp_path, Image.fromarray(pixels), "x.png")).read_bytes())
    np.testing.assert_array_equal(decode(str(tmp_path / "picture")), pixels)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "I", "I;16"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.full((40, 40), 65_535, np.uint16))
    elif mode == "I":
        picture = Image.fromarray(np.full((40, 40), 65_535, np.int32))
    elif mode == "PA":
        picture = Image.new("LA", (40, 40), (255, 255)).convert("PA")
    else:
        picture = Image.new("RGB", (40, 40), "white").convert(mode)
    assert (decode(saved(tmp_path, picture, "x.tiff" if mode in ("CMYK", "I", "PA") else "x.png")) == 255).all()


def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 65_535, 32).astype(np.uint16), (32, 1))
    got = decode(saved(tmp_path, Image.fromarray(ramp), "x.png"))
    np.testing.assert_allclose(got[:, :, 0], ramp / 257, atol=0.51)


@pytest.mark.parametrize("top", [1.0, 255.0])
def test_floating_point_grey(tmp_path: Path, top: float) -> None:
    ramp = np.tile(np.linspace(0, top, 32, dtype=np.float32), (32, 1))
    got = decode(saved(tmp_path, Image.fromarray(ramp), "x.tiff"))
    np.testing.assert_allclose(got[:, :, 1], ramp / top * 255, atol=0.51)


def test_floating_point_that_is_not_finite_is_an_error(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(np.full((32, 32), np.nan, np.float32)), "x.tiff")
    with pytest.raises(ValueError, match="not finite"):
        decode(path)


@pytest.mark.parametrize("name", ["x.png", "x.webp"])
def test_transparency_lies_on_white(tmp_path: Path, name: str) -> None:
    picture = Image.new("RGBA", (32, 32), (*RED, 0))
    picture.paste((*RED, 255), (0, 0, 16, 32))
    got = decode(saved(tmp_path, picture, name, lossless=True) if name == "x.webp" else saved(tmp_path, picture, name))
    assert (got[:, 20:] == 255).all()
    assert (got[:, :10] == RED).all()


def test_transparent_colour_of_a_palette(tmp_path: Path) -> None:
    picture = Image.new("P", (32, 32), 1)
    picture.putpalette([0, 0, 0, *RED])
    assert (decode(saved(tmp_path, picture, "x.png", transparency=1)) == 255).all()
    assert (decode(saved(tmp_path, picture, "y.png", transparency=0)) == RED).all()


def test_a_transparent_colour_of_rgb(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("RGB", (32, 32), RED), "x.png", transparency=RED)
    assert (decode(path) == 255).all()


def test_the_middle_square_is_resized_with_lanczos(tmp_path: Path) -> None:
    picture = Image.fromarray(noise(100, 180))
    want = ImageOps.fit(picture, (32, 32), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(decode(saved(tmp_path, picture, "x.png")), np.asarray(want))


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (1, 500), (31, 33)])
def test_small_and_narrow_pictures(tmp_path: Path, size: tuple[int, int]) -> None:
    assert (decode(saved(tmp_path, Image.new("RGB", size, RED), "x.png")) == RED).all()


def test_exif_orientation_turns_the_picture(tmp_path: Path) -> None:
    pixels = noise(32, 32)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    path = saved(tmp_path, Image.fromarray(pixels), "x.png", exif=exif)
    np.testing.assert_array_equal(decode(path), np.rot90(pixels, -1))


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in (RED, "blue")]
    path = saved(tmp_path, frames[0], "x.gif", save_all=True, append_images=frames[1:])
    assert np.abs(decode(path).astype(int) - RED).max() < 8


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("1", (9000, 9000)), "x.png")
    with pytest.raises(ValueError, match="9000×9000 pixels"):
        decode(path)


def test_too_many_bytes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_BYTES", 100)
    with pytest.raises(ValueError, match="bytes, more than 100"):
        decode(saved(tmp_path, Image.fromarray(noise(32, 32)), "x.png"))


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.webp", "x.tiff", "x.bmp", "x.gif"])
def test_a_truncated_picture_is_an_error_whatever_another_library_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    path = Path(saved(tmp_path, Image.fromarray(noise(64, 64)), name))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with strict(), pytest.raises(OSError):  # noqa: PT011
        decode(str(path))
    assert ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_picture_of_suspicious_size_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, Image.new("RGB", (60, 60)), "x.png")
    for limit in (3000, 1000):  # Pillow warns beyond it, and raises beyond twice as many
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with strict(), pytest.raises(ValueError, match=r"^more than 64,000,000 pixels$"):
            decode(path)


def test_formats_that_start_another_program_are_not_read(tmp_path: Path) -> None:
    assert not {"EPS", "WMF"} & set(formats())
    path = saved(tmp_path, Image.new("RGB", (32, 32)), "x.eps")
    with pytest.raises(OSError, match="cannot identify"):
        decode(path)
