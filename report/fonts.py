"""The document's typefaces, which are installed as packages, cut to the letters and weights in use."""

from collections.abc import Iterable
from pathlib import Path

import fontpkg_source_code_pro
import fontpkg_source_sans_3
import fontpkg_source_serif_4
import uharfbuzz

from report.embed import data_uri

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
ON_SCREEN = (FACES[2], FACES[3], FACES[4])  # the serif would add a tenth of a megabyte
WEIGHTS = (400, 600, 700)  # for paper
TEXT_SIZE = 10.0  # points: the optical size of the serif on paper
ASCII = range(32, 127)
LETTERS = (*range(0x20, 0x250), *range(0x370, 0x400), *range(0x2000, 0x20A0),
           0x2192, 0x2208, 0x2211, 0x2212, 0x221A, 0x221E, 0x2248, 0x2264, 0x2265)  # fmt: skip


def cut(path: Path, letters: Iterable[int], **axes: float) -> bytes:
    """A TrueType font with the glyphs of these code points, and its axes pinned to these values.

    The same arguments give the same bytes.
    """
    face, wanted = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path))), uharfbuzz.SubsetInput()
    wanted.unicode_set.update(letters)
    for axis, place in axes.items():
        wanted.pin_axis_location(face, axis, place)
    return bytes(uharfbuzz.subset(face, wanted).blob.data)


def for_screen(text: str) -> str:
    """@font-face rules for the letters of a text, as variable fonts; a browser uses them for printing, too."""
    letters = {*ASCII, *map(ord, text)}
    return "\n".join(
        _rule(family, style, "200 900", data_uri(cut(path, letters), "font/ttf")) for family, style, path in ON_SCREEN
    )


def for_paper(text: str) -> tuple[str, dict[str, bytes]]:
    """@font-face rules for a text's letters and LETTERS, which styles may add, and the font files by URL."""
    letters, rules, files = {*LETTERS, *map(ord, text)}, [], {}
    for family, style, path in FACES:
        size = {"opsz": TEXT_SIZE} if "opsz" in path.name else {}
        for weight in WEIGHTS:
            url = f"font:{path.stem.partition('[')[0]}-{weight}"
            files[url] = cut(path, letters, wght=weight, **size)
            rules.append(_rule(family, style, str(weight), url))
    return "\n".join(rules), files


def _rule(family: str, style: str, weight: str, url: str) -> str:
    return (
        f"@font-face{{font-family:{family!r};font-style:{style};font-weight:{weight};font-display:swap;src:url({url})}}"
    )
