"""A logo for the title page: any picture that Pillow reads, kept in the settings as a small PNG. Imports no torch."""

import base64
import io
from pathlib import Path

from PIL import Image, ImageOps

from experiments.legible import line

SIDE = 400  # pixels at most, both ways
PREFIX = "data:image/png;base64,"
MAX_URI = 860_000  # characters: a PNG of SIDE × SIDE pixels that do not compress, in base64
PATTERN = r"^(data:image/png;base64,[A-Za-z0-9+/]+=*)?$"


def embedded(path: Path) -> str:
    """The picture as a data URI.

    Raises:
        ValueError: no picture that can be read; says which file.
    """
    try:
        with Image.open(path.expanduser()) as opened:
            image = ImageOps.exif_transpose(opened).convert("RGBA")
    except FileNotFoundError:
        raise ValueError(f"logo: {line(str(path), 200)}: no such file") from None
    except Exception:  # Pillow's readers raise whatever a broken file leads them to
        raise ValueError(f"logo: {line(str(path), 200)}: no picture that can be read; a PNG or JPEG is") from None
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    if image.info.get("icc_profile", b"")[16:20] != b"RGB ":  # of a printer, say: large, and of colours that were left
        image.info.pop("icc_profile", None)
    buffer = io.BytesIO()
    image.save(buffer, "png", optimize=True)
    return PREFIX + base64.b64encode(buffer.getvalue()).decode()


def checked(text: str) -> str:
    """The data URI as it is, once its header says that it is a small PNG.

    Raises:
        ValueError: not a PNG, or larger than SIDE.
    """
    if text:
        head = base64.b64decode(text.removeprefix(PREFIX)[:44])  # signature, then the chunk IHDR: width, height
        if head[:8] != b"\x89PNG\r\n\x1a\n" or head[12:16] != b"IHDR":
            raise ValueError("not a PNG")
        if max(int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) > SIDE:
            raise ValueError(f"more than {SIDE} pixels wide or high")
    return text
