"""A figure as an SVG of few elements: one path a text and one a line's markers, no groups, and hundredths of a point.

matplotlib's own has an element for every glyph and every tick, in groups; WeasyPrint takes its time for each of them.
Points are told from where the path stands: most of a figure are outlines of letters, which are a half shorter so.
"""

import io
import re
from typing import Any, cast

import numpy as np
from matplotlib import rc_context
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform, Transform

POINTS = 72  # an inch
PATH = re.compile(r'(?<= d=")[^"]+')
COMMAND = re.compile(r"([MLQCz])([^MLQCz]*)")


class _Renderer(RendererSVG):
    _draw_text_as_path = cast(Any, RendererBase)._draw_text_as_path  # one path; its own writes a glyph at a time

    def open_group(self, s: str, gid: str | None = None) -> None:
        pass

    def close_group(self, s: str) -> None:
        pass

    def draw_markers(
        self, gc: GraphicsContextBase, marker_path: Path, marker_trans: Transform, path: Path, trans: Transform,
        rgbFace: Any = None,
    ) -> None:  # fmt: skip
        marker, places = marker_trans.transform_path(marker_path), np.asarray(trans.transform_path(path).vertices)
        outline = np.asarray(marker.vertices)
        paths = [Path(outline + place, marker.codes) for place in places if np.isfinite(place).all()]
        if paths:
            self.draw_path(gc, Path.make_compound_path(*paths), IdentityTransform(), rgbFace)  # type: ignore[no-untyped-call]


def to_svg(figure: Figure, salt: str) -> str:
    """The figure; the same one gives the same text. Raster parts have the figure's dots per inch.

    Args:
        salt: of the names within it, so that two figures in one page do not share any.
    """
    width, height = figure.get_size_inches()
    dpi, buffer = figure.dpi, io.StringIO()
    figure.dpi = POINTS
    with rc_context({"svg.hashsalt": salt}):
        across, down, about = width * POINTS, height * POINTS, {"Date": None, "Creator": None}
        svg = _Renderer(across, down, buffer, image_dpi=dpi, metadata=about)  # type: ignore[no-untyped-call]
        renderer: Any = MixedModeRenderer(figure, width, height, dpi, svg)  # type: ignore[no-untyped-call]
        figure.draw(renderer)
        renderer.finalize()
    figure.dpi = dpi
    return PATH.sub(lambda found: _relative(found[0]), buffer.getvalue())


def _relative(path: str) -> str:
    """The same path, each of its points as far as it lies from the end of the step before."""
    x, y, start, steps = 0, 0, (0, 0), list[str]()
    for command, text in COMMAND.findall(path):
        points = [round(100 * float(number)) for number in text.split()]
        moved = [point - (y if place % 2 else x) for place, point in enumerate(points)]
        steps.append(command.lower() + " ".join(map(_short, moved)).replace(" -", "-"))
        x, y = points[-2:] or start
        start = (x, y) if command == "M" else start
    return "".join(steps)


def _short(hundredths: int) -> str:
    whole, rest = divmod(abs(hundredths), 100)
    text = f"{whole or ''}.{rest:02}".rstrip("0").rstrip(".") or "0"
    return f"-{text}" if hundredths < 0 else text
