"""Step 2: bundle and judgements become figures and tables, as files in the run's folder. Imports no torch.

    figures/<name>.svg|png   a figure; drawn again only if the numbers behind it or the code that draws it changed
    figures/index.json       what each figure was drawn from
    tables/<name>.csv        values to their last digit

Many figures are drawn by several processes, at most one per core.
"""

import base64
import io
import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from experiments.bundle import Bundle
from experiments.files import own_folder, sha256, write_atomic
from experiments.machine import cores
from experiments.pool import process_pool
from report import part1, part2, part3
from report.csv_tables import to_csv
from report.document import Content, Drawing, RenderedFigure, Table
from report.fresh import FORMAT, index, inputs, reason
from report.judgement import Judgements
from report.style import DPI, styled
from report.tables import TABLES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PARTS = (part1, part2, part3)
FEW = 6  # figures that one process draws before another has started
COLOURS = 128  # of rasterised scatter points, which are opaque and of few colours
RASTER = re.compile(rb"data:image/png;base64,([A-Za-z0-9+/=\s]+)")


def draw(run: Path, bundle: Bundle, judgements: Judgements) -> Content:
    """Write the figures and tables of a bundle that are missing or out of date; return all, in the document's order."""
    drawn, tabled = own_folder(run, "figures"), own_folder(run, "tables")
    figures, tables = _write_figures(drawn, bundle), _write_tables(tabled, bundle, judgements)
    return Content(bundle, judgements, figures, tables, parts())


def parts() -> list[set[str]]:
    """Names of the figures and tables of each Part."""
    return [{*part.FIGURES, *tables} for part, tables in zip(PARTS, TABLES, strict=True)]


def _write_figures(folder: Path, bundle: Bundle) -> dict[str, RenderedFigure]:
    before = index(folder)
    fresh = {name for name, entry in before.items() if not reason(folder, name, entry, bundle)}
    names = figures()
    drawn = _draw(folder, [name for name in names if name not in fresh], bundle)
    after = {name: drawn.get(name) or before[name] for name in names}
    for file in {entry["file"] for entry in before.values()} - {entry["file"] for entry in after.values()}:
        with suppress(OSError):
            (folder / file).unlink()  # of a figure that was removed, or changed between SVG and PNG
    content = json.dumps({"format": FORMAT, "figures": after}, indent=1, ensure_ascii=False)
    write_atomic(folder / "index.json", content.encode())
    return {
        name: RenderedFigure(folder / entry["file"], entry["alt"], tuple(entry["keys"]))
        for name, entry in after.items()
    }


def _draw(folder: Path, names: Sequence[str], bundle: Bundle) -> dict[str, dict[str, Any]]:
    """Draw these figures, in this process or several; returns their entries for the index."""
    count = min(cores(), len(names) // FEW)
    if count < 2:
        return _draw_here(folder, names, bundle) if names else {}
    try:
        with process_pool(count) as workers:
            shares = [workers.submit(_draw_here, folder, names[first::count], bundle) for first in range(count)]
            return {name: entry for share in shares for name, entry in share.result().items()}
    except BrokenExecutor:  # one was killed, perhaps for lack of memory
        return _draw_here(folder, names, bundle)


def figures() -> dict[str, Callable[[Bundle], Drawing]]:
    """The functions of all figures by name, in the document's order."""
    return {name: function for part in PARTS for name, function in part.FIGURES.items()}


def _draw_here(folder: Path, names: Sequence[str], bundle: Bundle) -> dict[str, dict[str, Any]]:
    functions, entries = figures(), {}
    with styled(bundle.provenance.classes):
        for name in names:
            drawing = functions[name](bundle)
            suffix, content = encode(drawing.figure, name)
            write_atomic(folder / f"{name}.{suffix}", content)
            entries[name] = {
                "file": f"{name}.{suffix}", "sha256": sha256(content), "inputs": inputs(name, drawing.keys, bundle),
                "alt": drawing.alt, "keys": list(drawing.keys),
            }  # fmt: skip
    return entries


def encode(figure: "Figure", name: str) -> tuple[str, bytes]:
    """A figure's file type and content: "png" if it has images, else "svg"; the same figure gives the same bytes."""
    from report.svg import to_svg

    if figure.images:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
        opaque = io.BytesIO()
        Image.open(buffer).convert("RGB").save(opaque, "png", dpi=(DPI, DPI))
        return "png", opaque.getvalue()
    return "svg", RASTER.sub(_with_palette, to_svg(figure, name).encode())


def _with_palette(match: re.Match[bytes]) -> bytes:
    """A raster part on white and with a palette, which takes an eighth of the bytes."""
    image, buffer = Image.open(io.BytesIO(base64.b64decode(match[1]))).convert("RGBA"), io.BytesIO()
    image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    few = image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.putpalette([255 if level == 254 else level for level in few.getpalette() or []])  # the tree has no white
    few.save(buffer, "png")
    return b"data:image/png;base64," + base64.b64encode(buffer.getvalue())


def tables(bundle: Bundle, judgements: Judgements) -> dict[str, Table]:
    """Every table of the document by name."""
    return {name: make(bundle, judgements) for part in TABLES for name, make in part.items()}


def _write_tables(folder: Path, bundle: Bundle, judgements: Judgements) -> dict[str, Table]:
    made = tables(bundle, judgements)
    for name, table in made.items():
        content = to_csv(table, bundle, judgements).encode()
        path = folder / f"{name}.csv"
        if not path.is_file() or path.read_bytes() != content:
            write_atomic(path, content)
    return made
