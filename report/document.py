"""What lies between a bundle and the page: figures, tables and their cells, as plain data."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.bundle import Bundle
from report.judgement import Judgements

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawing:
    """A figure, drawn.

    Attributes:
        figure: saved as PNG if it has images, else as SVG.
        alt: alternative text: what it shows and what follows from it.
        keys: of the arrays, values and curves that were drawn.
    """

    figure: "Figure"
    alt: str
    keys: Sequence[str]


@dataclass(frozen=True)
class RenderedFigure:
    """A figure on disk: an .svg or .png file in the run's folder."""

    path: Path
    alt: str
    keys: Sequence[str]


@dataclass(frozen=True)
class Num:
    """A cell bound to a key, e.g. `Num("ae/psnr")`. Bold only if an interval says that it leads."""

    key: str
    bold: bool = False


@dataclass(frozen=True)
class Text:
    """A cell of words; if they are the name of a `model`, its mark in the figures stands before them."""

    text: str
    model: str = ""


@dataclass(frozen=True)
class Verdict:
    """A cell with the verdict and effect of a claim; links to the claim's row in the appendix."""

    claim: str


@dataclass(frozen=True)
class Missing:
    """A cell for what this run did not measure, with the reason."""

    reason: str


Cell = Num | Text | Verdict | Missing


@dataclass(frozen=True)
class Table:
    """A table. Every row has a cell for each column; its first cell is the row's header.

    Attributes:
        columns: heads of the columns with their units, e.g. "PSNR / dB".
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Content:
    """Everything that a document is made of; judgements, figures and tables by name.

    Attributes:
        parts: names of the figures and tables of each Part.
    """

    bundle: Bundle
    judgements: Judgements
    figures: Mapping[str, RenderedFigure] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    parts: Sequence[Collection[str]] = ()

    def left_out(self, shown: Set[str]) -> set[str]:
        """Figures and tables of Parts of which a document shows none, as its author left out the whole Part."""
        return {name for part in self.parts if shown.isdisjoint(part) for name in part}
