"""What stands between a bundle and the page: drawings, tables and their cells, as plain data."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.bundle import Bundle
from report.judgement import Judgement

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawing:
    """A figure as its function made it.

    Attributes:
        figure: what is saved, as SVG where it is lines and as PNG where it is images.
        alt: what is seen and what it says, for readers who do not see it.
        keys: of the bundle's arrays, values and curves that were drawn.
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
    """A cell bound to a key, e.g. `Num("ae/psnr")`. Bold only where a claim or an interval says that it leads."""

    key: str
    bold: bool = False


@dataclass(frozen=True)
class Text:
    """A cell of words."""

    text: str


@dataclass(frozen=True)
class Verdict:
    """A cell with the verdict of a claim, and its effect; links to the claim's row in the appendix."""

    claim: str


@dataclass(frozen=True)
class Missing:
    """A cell of something that this run did not measure, with the reason."""

    reason: str


Cell = Num | Text | Verdict | Missing


@dataclass(frozen=True)
class Table:
    """A table. Every row has one cell a column; the first cell of a row is its header.

    Attributes:
        columns: what the head says, units included, e.g. "PSNR / dB".
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Content:
    """All that a document is made of; judgements, figures and tables by name.

    Attributes:
        parts: names of the figures and tables of each Part.
    """

    bundle: Bundle
    judgements: Mapping[str, Judgement]
    figures: Mapping[str, RenderedFigure] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    parts: Sequence[Collection[str]] = ()

    def left_out(self, shown: Set[str]) -> set[str]:
        """Figures and tables of the Parts of which a document shows none: its author hands in the others alone."""
        return {name for part in self.parts if shown.isdisjoint(part) for name in part}
