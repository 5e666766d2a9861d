"""A run's figures as images of WeasyPrint whose content goes into the PDF as it is, instead of being computed anew.

Only for files as report/draw.py writes them; WeasyPrint reads any other picture itself.
"""

import re
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pydyf
from weasyprint import DEFAULT_OPTIONS
from weasyprint.images import RasterImage, SVGImage, get_image_from_uri
from weasyprint.svg import SVG
from weasyprint.urls import URLFetcher

from experiments.files import sha256
from report import embed

# A PNG of 8-bit red, green and blue, or with a palette; not interlaced.
COLOURS = re.compile(rb"\x89PNG\r\n\x1a\n.{4}IHDR(.{8})(?:(\x08)\x02|([\1\2\4\x08])\x03)\0\0\0", re.DOTALL)
FOREIGN = re.compile(rb'<text\b| d="[^"]*?[^-mlqcz0-9. "]')  # text, or a path command that `operators` lacks
COMMAND, NUMBER = re.compile(r"([mlqcz])([^mlqcz]*)"), re.compile(r"-?[\d.]+")
OPERATORS = {  # by a path's command
    "m": "%.2f %.2f m",
    "l": "%.2f %.2f l",
    "q": "%.3f %.3f %.3f %.3f %.3f %.3f c",
    "c": "%.2f %.2f %.2f %.2f %.2f %.2f c",
}


class StoredImage(RasterImage):  # type: ignore[misc]
    """A PNG whose compressed pixels go into the PDF; WeasyPrint would compress them again, and without the palette.

    Args:
        name: the same for the same content only.
        bits: per value; a value is an index into the palette if there is one.
        palette: red, green and blue of each entry.
    """

    def __init__(self, name: str, width: int, height: int, bits: int, pixels: bytes, palette: bytes | None) -> None:
        self.id, self.width, self.height, self.ratio = name, width, height, width / height
        self._bits, self._pixels, self._palette, self._dpi = bits, pixels, palette, None

    def get_x_object(self, interpolate: bool, dpi_ratio: float) -> pydyf.Stream:
        values, colours = 3, "/DeviceRGB"
        if self._palette:
            last = len(self._palette) // 3 - 1
            values, colours = 1, pydyf.Array(["/Indexed", colours, last, f"<{self._palette.hex()}>"])
        rows = {"Predictor": 15, "Columns": self.width, "Colors": values, "BitsPerComponent": self._bits}
        return pydyf.Stream(
            [self._pixels],
            {
                "Type": "/XObject", "Subtype": "/Image", "Width": self.width, "Height": self.height,
                "ColorSpace": colours, "BitsPerComponent": self._bits,
                "Interpolate": "true" if interpolate else "false", "Filter": "/FlateDecode",
                "DecodeParms": pydyf.Dictionary(rows),
            },
        )  # fmt: skip


class Outlines(SVG):  # type: ignore[misc]
    """An SVG whose painted paths are written in one piece; WeasyPrint writes them number by number."""

    _outline = ""

    def draw_node(self, node: Any, font_size: float, fill_stroke: bool = True, context: Any = None) -> None:
        path = node.attrib.get("d")
        if not path or not fill_stroke or "opacity" in node.attrib:  # opacity needs the bounding box
            super().draw_node(node, font_size, fill_stroke, context)
            return
        node.attrib["d"], self._outline = "", operators(path)
        super().draw_node(node, font_size, fill_stroke, context)
        node.attrib["d"], self._outline = path, ""

    def fill_stroke(self, fill: Any, stroke: Any, even_odd: bool = False, text: bool = False) -> None:
        if self._outline:
            self.stream.stream.append(self._outline)
        super().fill_stroke(fill, stroke, even_odd, text)


class StoredDrawing(SVGImage):  # type: ignore[misc]
    """An SVG of paths and images only."""

    def __init__(self, content: bytes, url: str, fetcher: URLFetcher) -> None:
        def image(url: str, forced_mime_type: str) -> Any:
            return stored_image(embed.content(url)) or get_image_from_uri({}, fetcher, DEFAULT_OPTIONS, url)

        self._svg = Outlines(ElementTree.fromstring(content), url, None, fetcher)
        self._base_url, self._context = url, SimpleNamespace(get_image_from_uri=image)


def operators(path: str) -> str:
    """A path as operators of PDF (ISO 32000-1, table 59).

    Args:
        path: SVG's relative m, l, q, c and z, each with the points of one segment, as `report.svg` writes them.
    """
    written, x, y, start = list[str](), 0.0, 0.0, (0.0, 0.0)
    for command, text in COMMAND.findall(path):
        if command == "z":
            written.append("h")
            x, y = start
            continue
        points = [float(moved) + (y if place % 2 else x) for place, moved in enumerate(NUMBER.findall(text))]
        end_x, end_y = points[-2:]
        if command == "q":  # as a cubic curve: its control points lie two thirds of the way from each end to this one
            across, down = points[:2]
            points[:2] = x + (across - x) / 1.5, y + (down - y) / 1.5
            points[2:] = end_x + (across - end_x) / 1.5, end_y + (down - end_y) / 1.5, end_x, end_y
        written.append(OPERATORS[command] % tuple(points))
        x, y = end_x, end_y
        start = (x, y) if command == "m" else start
    return "\n".join(written)


def stored_image(content: bytes) -> StoredImage | None:
    """The image of a PNG that a PDF can hold as it is; None for any other, as one with a transparent colour."""
    header, chunks = COLOURS.match(content), dict[bytes, bytes]()
    if not header:
        return None
    for kind, body in embed.png_chunks(content):
        chunks[kind] = chunks.get(kind, b"") + body
    if b"tRNS" in chunks or b"IDAT" not in chunks:
        return None
    width, height = struct.unpack(">II", header[1])
    palette = chunks[b"PLTE"] if header[3] else None
    return StoredImage(sha256(content), width, height, ord(header[2] or header[3]), chunks[b"IDAT"], palette)


def stored_figures(figures: Sequence[Path], fetcher: URLFetcher) -> dict[str, StoredImage | StoredDrawing]:
    """Images for WeasyPrint's cache, by URL: the figures that a PDF can hold as they are."""
    found = dict[str, StoredImage | StoredDrawing]()
    for path in figures:
        content, url = path.read_bytes(), embed.link(path)
        if path.suffix == ".png" and (image := stored_image(content)):
            found[url] = image
        elif path.suffix == ".svg" and not FOREIGN.search(content):
            with suppress(ElementTree.ParseError):
                found[url] = StoredDrawing(content, url, fetcher)
    return found
