"""Pictures and fonts as data: URIs, so that the page needs no other file."""

import base64
import hashlib
import re
import struct
from collections.abc import Mapping
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import fontpkg_source_code_pro
import fontpkg_source_sans_3
import fontpkg_source_serif_4

from report.kept import kept

TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
SANS, SERIF, CODE = (
    Path(package.ROOT) / "files" for package in (fontpkg_source_sans_3, fontpkg_source_serif_4, fontpkg_source_code_pro)
)
FACES = (
    ("Source Serif", "normal", SERIF / "SourceSerif4[opsz,wght].ttf"),
    ("Source Serif", "italic", SERIF / "SourceSerif4-Italic[opsz,wght].ttf"),
    ("Source Sans", "normal", SANS / "SourceSans3[wght].ttf"),
    ("Source Sans", "italic", SANS / "SourceSans3-Italic[wght].ttf"),
    ("Source Code", "normal", CODE / "SourceCodePro[wght].ttf"),
)
ON_SCREEN = (FACES[2], FACES[3], FACES[4])  # the serif is for paper


def data_uri(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def picture(path: Path) -> tuple[str, int, int]:
    """A figure's data: URI, width and height; CSS pixels for SVG, pixels for PNG.

    Raises:
        ValueError: no such file, another type than SVG or PNG, or no size in it.
    """
    kind = TYPES.get(path.suffix)
    if kind is None:
        raise ValueError(f"{path}: figures are {' or '.join(TYPES)}")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    width, height = _png_size(content) if path.suffix == ".png" else _svg_size(content)
    if not (width and height):
        raise ValueError(f"{path}: no picture of a known size")
    return data_uri(content, kind), width, height


def _png_size(content: bytes) -> tuple[int, int]:
    if content[:8] != b"\x89PNG\r\n\x1a\n" or len(content) < 24:
        return 0, 0
    width, height = struct.unpack(">II", content[16:24])
    return int(width), int(height)


def _svg_size(content: bytes) -> tuple[int, int]:
    box = re.search(rb'<svg[^>]*\sviewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', content)
    return (round(float(box[1]) * 4 / 3), round(float(box[2]) * 4 / 3)) if box else (0, 0)


def inlined(html: str, pictures: Mapping[str, str]) -> str:
    """A page whose pictures are linked, with the pictures in it: data: URIs by link."""
    for link, uri in pictures.items():
        html = html.replace(f'src="{link}"', f'src="{uri}"')
    return html


def screen_fonts(characters: str) -> str:
    """@font-face rules with the glyphs of these characters, as WOFF2."""
    wanted = "".join(sorted({chr(code) for code in range(32, 127)} | set(characters)))
    return "\n".join(
        f"@font-face{{font-family:{family!r};font-style:{style};font-weight:200 900;font-display:swap;"
        f"src:url({data_uri(_cut(path, wanted), 'font/woff2')})}}"
        for family, style, path in ON_SCREEN
    )


def print_fonts() -> str:
    """@font-face rules that point at the files of the font packages."""
    return "\n".join(
        f'@font-face{{font-family:{family!r};font-style:{style};src:url("{path.as_uri()}")}}'
        for family, style, path in FACES
    )


def _cut(path: Path, characters: str) -> bytes:
    """A font with no more than these characters, as WOFF2; half a second, so it is kept for the next page."""
    depends = f"{version('fonttools')} {path.stat().st_size} {characters}".encode() + Path(__file__).read_bytes()
    name = f"{path.stem.partition('[')[0]}-{hashlib.sha256(depends).hexdigest()[:16]}.woff2"
    return kept(name, lambda: _subset(path, characters)).read_bytes()


def _subset(path: Path, characters: str) -> bytes:
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options(layout_features=["kern", "liga", "tnum"], hinting=False, flavor="woff2")
    with TTFont(path, lazy=True, recalcTimestamp=False) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=characters)
        subsetter.subset(font)
        font.flavor = "woff2"
        out = BytesIO()
        font.save(out)
    return out.getvalue()
