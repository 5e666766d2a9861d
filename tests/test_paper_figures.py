"""Figures in the PDF: the pixels of a picture, and the same drawing that WeasyPrint makes of an SVG by itself."""

import io
import re
import struct
import subprocess
import zlib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from experiments.batches import Array
from report.draw import encode, figures
from report.fake import fake
from report.paper.figures import operators, stored_figures
from report.paper.pdf import to_pdf
from report.style import styled

DATE = datetime(2026, 1, 2, tzinfo=UTC)
PAGE = """<html lang=en><title>T</title><style>@page { size: 170mm 170mm; margin: 5mm } img { width: 160mm }</style>
<img alt="a" src="a.%s"></html>"""
MODES = ["RGB", "P", "two colours", "RGBA", "L", "transparent", "transparent P", "16 bits"]
AS_THEY_ARE = MODES[:3]
DRAWINGS = ["latent_maps", "noise_quality", "error_curves", "reach_by_depth"]
place = st.decimals(-999, 999, places=2)


@pytest.mark.parametrize("mode", MODES)
def test_pixels_of_a_picture(tmp_path: Path, mode: str) -> None:
    """Most go into the PDF as they are compressed in the file."""
    path = tmp_path / "a.png"
    path.write_bytes(picture(mode))
    with pikepdf.open(io.BytesIO(to_pdf(PAGE % "png", tmp_path, DATE, [path]))) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        shown = np.asarray(pikepdf.PdfImage(image).as_pil_image().convert("RGB"))
        assert np.array_equal(shown, np.asarray(Image.open(path).convert("RGB")))
        assert (image.read_raw_bytes() in path.read_bytes()) == (mode in AS_THEY_ARE)


def picture(mode: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    if mode == "16 bits":
        return sixteen_bits(pixels)
    image, buffer = Image.fromarray(pixels), io.BytesIO()
    colours = {"two colours": 2, "P": 200, "transparent P": 200}.get(mode)
    if colours:
        image = image.quantize(colours)
    elif mode != "transparent":
        image = image.convert(mode)
    transparent = {"transparent": tuple(pixels[0, 0].tolist()), "transparent P": 3}.get(mode)
    image.save(buffer, "png", compress_level=1, **({} if transparent is None else {"transparency": transparent}))
    return buffer.getvalue()


def sixteen_bits(pixels: Array) -> bytes:
    """A PNG with two bytes a value, (H, W, 3) uint8."""
    height, width, _ = pixels.shape
    rows = np.repeat(pixels.reshape(height, -1), 2, axis=1)
    body = zlib.compress(np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1).tobytes())
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)), (b"IDAT", body), (b"IEND", b"")]
    packed = (struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """SVG figures of a fake run: raster parts, error bars without ends, bands, half transparent and invisible parts."""
    bundle, names = (
        fake(tmp_path_factory.mktemp("run")),
        ("latent_maps", "noise_quality", "error_curves", "reach_by_depth"),
    )
    with styled():
        return {name: encode(figures()[name](bundle).figure, name)[1] for name in names}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_the_same_as_weasyprints_own(tmp_path: Path, drawings: dict[str, bytes], name: str) -> None:
    path = tmp_path / "a.svg"
    path.write_bytes(drawings[name])
    ours, own = (pixels(to_pdf(PAGE % "svg", tmp_path, DATE, known), tmp_path) for known in ([path], []))
    assert own.std() > 10  # it shows something
    assert np.abs(ours.astype(int) - own).max() <= 2  # a colour is rounded in another place


def pixels(pdf: bytes, folder: Path) -> Array:
    """The first page as a picture, (H, W, 3) uint8, 100 dots an inch."""
    (folder / "a.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "100", "-singlefile", "-png", "a.pdf", "a"], cwd=folder, check=True)
    return np.asarray(Image.open(folder / "a.png").convert("RGB"))


def test_what_is_not_ours_is_left_to_weasyprint(tmp_path: Path, drawings: dict[str, bytes]) -> None:
    drawing = drawings["error_curves"]
    ours, foreign, broken, text, cut = (tmp_path / name for name in ("a.svg", "b.svg", "c.svg", "d.svg", "e.png"))
    broken.write_bytes(drawing[:-9])
    text.write_bytes(drawing.replace(b"</svg>", b"<text>1</text></svg>"))
    cut.write_bytes(picture("RGB")[:40])
    ours.write_bytes(drawing)
    foreign.write_bytes(re.sub(rb' d="m', b' d="M', drawing, count=1))
    assert list(stored_figures([ours, foreign, broken, text, cut], None)) == [ours.as_uri()]


def test_operators() -> None:
    assert operators("m1 2l2.5 2c-2.5-2-.5 0 1.5 2z") == (
        "1.00 2.00 m\n3.50 4.00 l\n1.00 2.00 3.00 4.00 5.00 6.00 c\nh"
    )
    assert operators("m1 2l2 0z") + "\n4.00 6.00 m\n4.01 6.01 l" == operators("m1 2l2 0zm3 4l.01 .01")  # from its start
    assert operators("") == ""


@given(st.lists(place, min_size=6, max_size=6), st.floats(0, 1))
def test_a_quadratic_curve_is_a_cubic_one(places: list[float], t: float) -> None:
    x0, y0, x1, y1, x2, y2 = map(float, places)
    x, y = places[:2]
    moved = [place - (y if odd % 2 else x) for odd, place in enumerate(places[2:])]
    written = operators("m{} {}q{} {} {} {}".format(x, y, *moved)).splitlines()
    assert list(map(float, written[0].removesuffix(" m").split())) == [x0, y0]
    *numbers, command = written[1].split()
    assert command == "c"
    a, b, c, d, e, f = map(float, numbers)
    for (p, q, r), (u, v, w) in (((x0, x1, x2), (a, c, e)), ((y0, y1, y2), (b, d, f))):
        quadratic = (1 - t) ** 2 * p + 2 * t * (1 - t) * q + t**2 * r
        cubic = (1 - t) ** 3 * p + 3 * t * (1 - t) ** 2 * u + 3 * t**2 * (1 - t) * v + t**3 * w
        assert cubic == pytest.approx(quadratic, abs=0.001)
