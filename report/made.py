"""What claims.json, tables and documents were made from, to tell which of them are stale. Imports no torch.

made.json   {"format": 2, "files": {name: {"sha256": of the file, "inputs": hash of everything that it was made from,
            "templates": folder of the user's templates that it was made with, or ""}}}
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from experiments.files import read_plain, sha256, write_atomic

FORMAT = 2
MAX_FILE = 200_000_000  # bytes; no document, figure or input of them is larger
CODE = Path(__file__).parent
TEMPLATES = CODE.parent / "templates"  # the installed ones
WORDED = ("metrics.py", "plan.py", "settings.py")  # modules of experiments whose words are printed
PACKAGES = {"report.html": ("jinja2",), "report.pdf": ("jinja2", "weasyprint"), "claims.json": ("scipy",)}
TABLE = re.compile(r"tables/\w+\.csv")
CHANGED = "what it is made from has changed"
OTHER_TEMPLATES = "made with other templates than report.html"


def remember(run: Path, names: Iterable[str], templates: Path) -> None:
    """Record what files that were just written were made from."""
    files, behind = _read(run), cache(partial(inputs, run, templates=templates))
    folder = templates.resolve()  # independent of the current folder
    own = "" if folder == TEMPLATES.resolve() else str(folder)
    for name in names:
        content, made_from = sha256((run / name).read_bytes()), behind(_kind(name))
        files[name] = {"sha256": content, "inputs": made_from, "templates": own}
    _write(run, files)


def forget(run: Path, tables: Iterable[str]) -> None:
    """Delete recorded tables whose names are not among these, as an earlier version may have written them."""
    files = _read(run)
    gone = {name for name in files if TABLE.fullmatch(name)} - {f"tables/{name}.csv" for name in tables}
    for name in gone:
        with suppress(OSError):
            (run / name).unlink()
        del files[name]
    if gone:
        _write(run, files)


def noted(run: Path) -> Path | None:
    """Folder of the user's templates that report.html was made with, even if it is gone; None if there is none."""
    folder = Path(_read(run).get("report.html", {}).get("templates", ""))
    return folder if folder.is_absolute() else None


def templates(run: Path) -> Path | None:
    """The same, but None if it is gone."""
    folder = noted(run)
    return folder if folder and os.path.isdir(folder) else None  # False for an impossible path, too


def stale(run: Path) -> dict[str, str]:
    """Why files are out of date, by name; empty if none is."""
    files, found, behind = _read(run), {}, cache(partial(inputs, run))
    for name in (*PACKAGES, *sorted(files.keys() - PACKAGES.keys())):
        entry, path = files.get(name), run / name
        if not path.is_file():
            found[name] = "not made yet"
        elif entry is None or file_hash(path) != entry["sha256"]:
            found[name] = "not as it was written, or by another version"
        elif entry["inputs"] != behind(_kind(name), Path(entry["templates"] or TEMPLATES)):
            found[name] = CHANGED
    both = [files[name]["templates"] for name in ("report.html", "report.pdf") if name in files]
    if len({folder if os.path.isdir(folder) else "" for folder in both}) > 1:
        found.setdefault("report.pdf", OTHER_TEMPLATES)
    return found


def _kind(name: str) -> str:
    """The name in PACKAGES of the file with the same inputs: tables have those of claims.json."""
    return "claims.json" if TABLE.fullmatch(name) else name


def inputs(run: Path, name: str, templates: Path) -> str:
    """SHA-256 of bundle.json (which holds those of the arrays), figures, code, templates and versions of packages."""
    paths = [run / "bundle/bundle.json", *sources()]
    if name != "claims.json":
        folders = dict.fromkeys((templates, TEMPLATES))  # files that the user's lack are ours
        paths += [
            run / "figures/index.json",
            *(path for folder in filter(os.path.isdir, folders) for path in sorted(folder.glob("[!.]*.*"))),
        ]
    if name == "report.pdf":
        paths += sorted((CODE / "paper").glob("*.py"))
    packages = " ".join(f"{package} {version(package)}" for package in PACKAGES[name])
    return sha256("".join(f"{path.name} {file_hash(path)} " for path in paths).encode() + packages.encode())


def sources() -> list[Path]:
    """The modules that figures and documents depend on."""
    return [*sorted(CODE.glob("*.py")), *(CODE.parent / "experiments" / name for name in WORDED)]


def file_hash(path: Path) -> str:
    """SHA-256 of a file; "" if it is missing, too large or no plain file."""
    try:
        return sha256(read_plain(path, MAX_FILE))
    except OSError:
        return ""


def _write(run: Path, files: dict[str, dict[str, Any]]) -> None:
    write_atomic(run / "made.json", json.dumps({"format": FORMAT, "files": files}, indent=1).encode())


def _read(run: Path) -> dict[str, dict[str, Any]]:
    def valid(name: str, entry: Mapping[str, Any]) -> bool:
        texts = (entry[field] for field in ("sha256", "inputs", "templates"))
        return _kind(name) in PACKAGES and all(isinstance(text, str) for text in texts)

    return read_entries(run / "made.json", FORMAT, "files", valid)


def read_entries(
    path: Path, version: int, table: str, valid: Callable[[str, Mapping[str, Any]], bool]
) -> dict[str, dict[str, Any]]:
    """Valid entries of a JSON file {"format": version, table: {name: entry}}; empty if it cannot be read."""
    try:
        content = json.loads(read_plain(path, MAX_FILE))
        entries = content[table] if content["format"] == version else {}
        return {name: entry for name, entry in entries.items() if valid(name, entry)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
