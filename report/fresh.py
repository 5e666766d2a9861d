"""Which figures of a run are out of date. Imports no matplotlib, to be quick.

figures/index.json   {"format": 1, "figures": {name: {"file", "sha256", "inputs", "alt", "keys"}}}
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from experiments.bundle import EACH_SEEDS, Bundle
from report.made import CODE, WORDED, file_hash, read_entries

FORMAT = 1
DRAWING = (  # modules of report from which a figure follows
    "claims", "document", "draw", "embed", "error_maps", "fonts", "grids", "heat", "judgement", "labels", "numbers",
    "paint", "part1", "part2", "part3", "plots", "recipes", "series", "spacing", "stats", "style", "svg", "words",
)  # fmt: skip
UNDRAWN = {"preset", "title", "author", "course", "logo"}  # settings that are in no figure


def stale(folder: Path, bundle: Bundle) -> dict[str, str]:
    """Why figures are out of date, by name; empty if none is."""
    known = index(folder)
    if not known:
        return {"index.json": "no figure was drawn yet, or by another version"}
    return {name: why for name, entry in known.items() if (why := reason(folder, name, entry, bundle))}


def index(folder: Path) -> dict[str, dict[str, Any]]:
    """The index of the drawn figures; empty if it cannot be read, so that all are drawn again."""

    def valid(name: str, entry: Mapping[str, Any]) -> bool:
        texts = [*(entry[field] for field in ("sha256", "inputs", "alt")), *entry["keys"]]
        named = name.isidentifier() and entry["file"] in (f"{name}.svg", f"{name}.png")
        return named and all(isinstance(text, str) for text in texts)

    return read_entries(folder / "index.json", FORMAT, "figures", valid)


def reason(folder: Path, name: str, entry: Mapping[str, Any], bundle: Bundle) -> str:
    """Why a figure is out of date; "" if it is not."""
    if file_hash(folder / entry["file"]) != entry["sha256"]:
        return "its file is missing, or not as it was drawn"
    same = inputs(name, entry["keys"], bundle) == entry["inputs"]
    return "" if same else "its numbers, or the code that draws it, have changed"


def inputs(name: str, keys: Sequence[str], bundle: Bundle) -> str:
    """A hash of all that a figure is drawn from: code, settings, and the numbers under its keys."""
    digest = hashlib.sha256(f"{name} {_code()}".encode())
    digest.update(bundle.settings.model_dump_json(exclude=UNDRAWN).encode())
    digest.update(json.dumps(bundle.provenance.classes).encode())
    if not (names := "".join(bundle.provenance.classes)).isascii():
        from report.style import fallbacks

        digest.update(repr(fallbacks(names)).encode())  # change if a font is installed
    for key in keys:
        model = key.partition("/")[0]
        reasons = bundle.reasons.get(key), bundle.reasons.get(model)
        digest.update(repr((key, bundle.values.get(key), bundle.curves.get(key), reasons)).encode())
        digest.update(_array_bytes(bundle, key))
        for seed in range(EACH_SEEDS):
            if (each := bundle.each(key, seed)) is not None:
                digest.update(each.tobytes())
    return digest.hexdigest()


def _array_bytes(bundle: Bundle, key: str) -> bytes:
    try:
        return bytes(bundle.array(key).tobytes())
    except KeyError:
        return b""


@cache
def _code() -> str:
    """A hash of the modules that draw, and of matplotlib's version."""
    digest = hashlib.sha256(version("matplotlib").encode())
    for path in (*(CODE / f"{name}.py" for name in DRAWING), *(CODE.parent / "experiments" / name for name in WORDED)):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
