"""One style for all figures: colours, markers and dashes by model, the font, and sizes as they are printed.

The hues follow Okabe & Ito (2008, "Color Universal Design"), which colour-blind readers keep apart; lightness, marker
and dash differ as well, so that a grey printer keeps the models apart, too.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from experiments.files import sha256, write_atomic
from report.fonts import LETTERS, SANS, cut

CM = 1 / 2.54  # inches
WIDTH = 16.0  # cm, of every figure: the text block of the page, so that a point in a figure is a point on paper
DPI = 240  # of raster parts and of image grids
TEXT, SMALL, TITLE = 8.0, 7.2, 8.5  # points; nothing is set smaller than SMALL
INK, FAINT, GRID = "#1a1a1a", "#6b6b6b", "#e3e3e3"
# From zero up, in equal steps of lightness: brown and orange, which no eye takes for the blue of COLD.
HEAT = ("#0f0a06", "#52280c", "#97480a", "#d77214", "#f8b047", "#fff3bc")
COLD = "berlin"  # its blue half, which is as dark in the middle
COLDEST = 0.15  # of that map, where cold ends: beyond, it prints lighter than heat
FONT = "Source Sans 3"
WEIGHTS = (400, 700)  # of the font: plain, and for titles


@dataclass(frozen=True)
class Look:
    """How a model is drawn wherever it appears. `dash` is matplotlib's, in line widths."""

    colour: str
    marker: str
    dash: tuple[float, ...] = ()

    @property
    def linestyle(self) -> tuple[float, tuple[float, ...]] | str:
        return (0, self.dash) if self.dash else "-"


LOOKS = {
    "ae": Look("#004c8c", "o"),
    "dae": Look("#c24900", "s", (5, 1.5)),
    "vae": Look("#11a37f", "^", (4, 1, 1, 1)),
    "mcae": Look("#7a1d3f", "D", (8, 1.5, 1.2, 1.5)),
    "mcae_sparse": Look("#d264a4", "P", (4, 1.2, 1, 1.2, 1, 1.2)),
    "vit_mae": Look("#b98c00", "v", (2.6, 1.2)),
    "pca": Look("#666666", "X", (1, 2.2)),
    "gaussian": Look("#3593cc", "h", (8, 2.5)),
    "data": Look(INK, "", (3, 1.2, 1, 1.2)),
    "difference": Look(INK, "o"),
}
# Ten classes: the eight of Okabe & Ito with a brown and a grey; the next ten are lighter, and then they begin again.
CLASSES = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442", "#000000", "#7f4f24", "#999999")
PALE = 0.75  # luma (ITU-R BT.601) above which a small point has a rim
RIM = 0.25  # points
OWN_COLOUR = 2 * len(CLASSES)  # classes at most that have a colour to themselves, and a number in maps

FAMILIES = (FONT, "DejaVu Sans")
RC: dict[Any, Any] = {
    "font.size": TEXT,
    "text.color": INK,
    "text.parse_math": False,  # class names and reasons come from outside: a dollar is a dollar
    "axes.titlesize": TITLE,
    "axes.titleweight": 700,
    "axes.titlelocation": "left",
    "axes.titlepad": 5,
    "axes.labelsize": TEXT,
    "axes.labelcolor": INK,
    "axes.labelpad": 3,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.formatter.useoffset": False,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "ytick.alignment": "center",  # by their box: "center_baseline" is a point too low
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.4,
    "lines.markersize": 3.8,
    "savefig.dpi": DPI,
    "figure.dpi": DPI,
}


@contextmanager
def styled(names: Sequence[str] = ()) -> Iterator[None]:
    """Within it figures are made and saved in this style; matplotlib's settings from before come back after it.

    Args:
        names: of classes, for whose letters the fonts of this machine are looked through.
    """
    import matplotlib

    _register_fonts()
    with warnings.catch_warnings(), matplotlib.rc_context():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a box stands for a class's odd letter
        matplotlib.rcdefaults()  # whatever a matplotlibrc on this machine says
        matplotlib.rcParams.update(RC | {"font.family": [*FAMILIES, *fallbacks("".join(names))]})
        yield


@cache
def fallbacks(text: str) -> tuple[str, ...]:
    """Families of this machine that have the letters of a text which ours lack; none where ours have all."""
    if text.isascii():
        return ()
    from matplotlib.font_manager import fontManager, get_font

    lacking = {*map(ord, text)} - {*LETTERS} - get_font(fontManager.findfont("DejaVu Sans")).get_charmap().keys()
    found = []
    entries = (entry for entry in fontManager.ttflist if not entry.name.startswith("Last Resort"))  # that has boxes
    for entry in sorted(entries, key=lambda entry: (entry.name, entry.fname)):
        with suppress(OSError, RuntimeError):  # a file that is gone, or no font that can be drawn
            font = get_font(entry.fname) if lacking else None
            if font and font.scalable and (has := lacking & font.get_charmap().keys()):
                found.append(entry.name)
                lacking -= has
    return tuple(found)


@cache
def _register_fonts() -> None:
    """matplotlib takes only the default weight of a variable font, here a hairline: it gets a file a weight."""
    import matplotlib
    from matplotlib.font_manager import FontEntry, fontManager

    for weight in WEIGHTS:
        content = cut(SANS / "SourceSans3[wght].ttf", LETTERS, wght=weight)
        path = Path(matplotlib.get_cachedir()) / f"aereport-{sha256(content)[:16]}.ttf"
        if not path.is_file():
            write_atomic(path, content)
        fontManager.ttflist.append(FontEntry(fname=str(path), name=FONT, weight=weight))


def class_colour(label: int) -> str:
    colour = CLASSES[label % len(CLASSES)]
    if label // len(CLASSES) % 2 == 0:
        return colour
    return "#" + "".join(f"{(level + 255) // 2:02x}" for level in levels(colour))


@cache
def class_rim(label: int) -> str:
    """Of a point of the class: its own colour, or grey where that is hardly seen on white, as yellow is."""
    colour = class_colour(label)
    red, green, blue = (level / 255 for level in levels(colour))
    return FAINT if 0.299 * red + 0.587 * green + 0.114 * blue > PALE else colour


def levels(colour: str) -> list[int]:
    """Red, green and blue of "#rrggbb", 0 to 255."""
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
