"""One picture file as 32×32 RGB, whatever its format, size and mode."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from experiments.images import SIDE

MAX_BYTES = 256 * 2**20  # of a file
MAX_PIXELS = 64_000_000  # of a picture: 0.2 GB once decoded
COMMON = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")  # asked first
OUTSIDE = ("EPS", "WMF")  # formats that Pillow hands to another program or to the system


@cache
def formats() -> tuple[str, ...]:
    """The formats that Pillow decodes by itself."""
    Image.init()
    return (*COMMON, *sorted(set(Image.OPEN) - {*COMMON, *OUTSIDE}))


@contextmanager
def strict() -> Iterator[None]:
    """Within it a picture of which a part is missing is an error, and so is one that is too large; metadata is not.

    Libraries change Pillow's behaviour for the whole process: WeasyPrint lets it read truncated pictures.
    """
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def decode(path: str) -> NDArray[np.uint8]:
    """(32, 32, 3): a picture turned as its EXIF orientation says, cropped to its middle square, resized with Lanczos.

    Transparency is laid on white; of an animation the first frame counts; 16-bit grey is scaled to 8 bits, and
    floating-point grey is taken as [0, 1], or as [0, 255] where it exceeds 1.

    Raises:
        ValueError: the file or the picture is too large, or it is empty.
        Exception: whatever Pillow raises for a file that it cannot read.
    """
    if (size := os.stat(path).st_size) > MAX_BYTES:
        raise ValueError(f"{size:,} bytes, more than {MAX_BYTES:,}")
    try:
        with Image.open(path, formats=formats()) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise ValueError(f"{width}×{height} pixels, more than {MAX_PIXELS:,}")
            picture.load()
            return np.asarray(_fitted(_rgb(ImageOps.exif_transpose(picture))))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):  # Pillow's limit, as it opens a file
        raise ValueError(f"more than {MAX_PIXELS:,} pixels") from None


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture
    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        return _grey(picture).convert("RGB")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return picture.convert("RGB")


def _grey(picture: Image.Image) -> Image.Image:
    """More than 8 bits of grey, as 8."""
    values = np.asarray(picture, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("pixel values that are not finite")
    top = 65_535 if picture.mode != "F" else 1 if values.max() <= 1 else 255
    return Image.fromarray(np.round(np.clip(values / top, 0, 1) * 255).astype(np.uint8))


def _fitted(picture: Image.Image) -> Image.Image:
    size = (SIDE, SIDE)
    return picture if picture.size == size else ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
