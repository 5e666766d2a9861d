"""One of two runs that are compared: the content of its bundle, its verdicts and its figures.

Figures that are not up to date are drawn again, in a temporary folder: so two figures differ only where their numbers
do, and the run is not changed.
"""

import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.bundle import Bundle, BundleError
from experiments.files import read_plain, write_atomic
from experiments.legible import line
from experiments.metrics import METRICS, split
from experiments.reader import FORMAT, MAX_JSON, is_row
from report.archive import opened
from report.draw import draw, figures
from report.fresh import index
from report.judgement import Judgements, judge_all
from report.made import MAX_FILE

Row = list[float | None]


@dataclass(frozen=True)
class Picture:
    """A figure's file; `kind` is "svg" or "png"."""

    kind: str
    content: bytes
    alt: str


@dataclass(frozen=True)
class Side:
    """A run to compare.

    Attributes:
        name: its path as the user gave it.
        format: version of the bundle's format.
        values: as in the bundle.
        settings, provenance: plain data by name.
        tasks: by "model-seed", as in the bundle.
        bundle: None if it has another format; then there are no verdicts and no figures, either.
    """

    name: str
    format: int
    values: Mapping[str, Row]
    settings: Mapping[str, Any]
    provenance: Mapping[str, Any]
    tasks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    bundle: Bundle | None = None
    judgements: Judgements = field(default_factory=dict)
    figures: Mapping[str, Picture] = field(default_factory=dict)


def load(path: Path) -> Side:
    """A side from a run's folder, a bundle's folder or a bundle.zip.

    Raises:
        BundleError: it is none of these, or damaged; another format is no error.
    """
    with opened(path) as run:
        try:
            bundle = Bundle.load(run / "bundle")
        except BundleError:
            side = _other_format(str(path), run / "bundle" / "bundle.json")
            if side is None:
                raise
            return side
        judgements = judge_all(bundle)
        return Side(
            name=line(str(path)), format=FORMAT, values=bundle.values,
            settings=bundle.settings.model_dump(mode="json"), provenance=bundle.provenance.model_dump(mode="json"),
            tasks=bundle.tasks, bundle=bundle, judgements=judgements, figures=_figures(run, bundle, judgements),
        )  # fmt: skip


def _figures(run: Path, bundle: Bundle, judgements: Judgements) -> dict[str, Picture]:
    with tempfile.TemporaryDirectory(prefix="aereport-") as name:
        folder = Path(name)
        known = index(run / "figures")
        for file in ["index.json", *(known[name]["file"] for name in figures() if name in known)]:
            with suppress(OSError):  # what is missing is drawn below
                write_atomic(folder / "figures" / file, read_plain(run / "figures" / file, MAX_FILE))
        drawn = draw(folder, bundle, judgements).figures
        return {
            name: Picture(figure.path.suffix[1:], figure.path.read_bytes(), figure.alt)
            for name, figure in drawn.items()
        }


def _other_format(name: str, path: Path) -> Side | None:
    """What can be read of a bundle of another format: numbers of known metrics, settings and provenance; None if it is
    no such bundle."""
    try:
        found = json.loads(read_plain(path, MAX_JSON))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or type(found.get("format")) is not int or found["format"] == FORMAT:
        return None
    tables = {name: table(found.get(name)) for name in ("values", "settings", "provenance")}
    values = {key: row for key, row in tables["values"].items() if _legible(key, row)}
    return Side(line(name), found["format"], values, tables["settings"], tables["provenance"])


def table(value: object) -> dict[str, Any]:
    """An object of a JSON file; empty if the value is no object."""
    return value if isinstance(value, dict) else {}


def _legible(key: str, row: object) -> bool:
    try:
        known = split(key)[1] in METRICS and line(key) == key
    except ValueError:
        return False
    return known and is_row(row)
