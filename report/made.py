"""What claims.json, tables and documents were made from, so that a stale one is known. Imports no torch.

made.json   {"format": 2, "files": {name: {"sha256": of the file, "inputs": of everything behind it, "templates": the
            folder of the templates of one's own that it was made with, else ""}}}
"""

import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from experiments.files import read_plain, sha256, write_atomic

FORMAT = 2
MAX_FILE = 200_000_000  # bytes of a document, of a figure or of what they are made from
CODE = Path(__file__).parent  # that makes documents
TEMPLATES = CODE.parent / "templates"  # ours
PACKAGES = {"report.html": ("jinja2",), "report.pdf": ("jinja2", "weasyprint"), "claims.json": ("scipy",)}
WORDED = ("experiments/metrics.py", "experiments/plan.py", "experiments/settings.py")  # whose words are printed
TABLE = re.compile(r"tables/\w+\.csv")  # holds verdicts, as claims.json does
WORDS = "what it is made from has changed"
OTHER = "made with other templates than report.html"


def remember(run: Path, names: Iterable[str], templates: Path) -> None:
    """Note of files that were just written what they were made from."""
    files, behind = _read(run), cache(partial(inputs, run, templates=templates))
    folder = templates.resolve()  # from wherever it is asked for later
    own = "" if folder == TEMPLATES.resolve() else str(folder)
    for name in names:
        content, made_from = sha256((run / name).read_bytes()), behind(_kind(name))
        files[name] = {"sha256": content, "inputs": made_from, "templates": own}
    _write(run, files)


def forget(run: Path, tables: Iterable[str]) -> None:
    """Delete the tables of an earlier version that are none of these, by name; a file that was not noted stays."""
    files = _read(run)
    gone = {name for name in files if TABLE.fullmatch(name)} - {f"tables/{name}.csv" for name in tables}
    for name in gone:
        with suppress(OSError):
            (run / name).unlink()
        del files[name]
    if gone:
        _write(run, files)


def noted(run: Path) -> Path | None:
    """The folder of the templates of one's own that a run's page was made with, also where it is gone."""
    folder = Path(_read(run).get("report.html", {}).get("templates", ""))
    return folder if folder.is_absolute() else None


def templates(run: Path) -> Path | None:
    """The same; None where it is gone, or never was."""
    folder = noted(run)
    return folder if folder and os.path.isdir(folder) else None  # also where no path is as long


def stale(run: Path) -> dict[str, str]:
    """By file, why it is out of date; those that are not are left out."""
    files, found, behind = _read(run), {}, cache(partial(inputs, run))
    for name in (*PACKAGES, *sorted(files.keys() - PACKAGES.keys())):
        entry, path = files.get(name), run / name
        if not path.is_file():
            found[name] = "not made yet"
        elif entry is None or file_hash(path) != entry["sha256"]:
            found[name] = "not as it was written, or by another version"
        elif entry["inputs"] != behind(_kind(name), Path(entry["templates"] or TEMPLATES)):
            found[name] = WORDS
    both = [files[name]["templates"] for name in ("report.html", "report.pdf") if name in files]
    if len({folder if os.path.isdir(folder) else "" for folder in both}) > 1:
        found.setdefault("report.pdf", OTHER)
    return found


def _kind(name: str) -> str:
    """The file of PACKAGES that is made from the same: tables are, as claims.json is."""
    return "claims.json" if TABLE.fullmatch(name) else name


def inputs(run: Path, name: str, templates: Path) -> str:
    """SHA-256 over the bundle's table (which holds those of its arrays), figures, code, templates and packages."""
    paths = [run / "bundle/bundle.json", *sorted(CODE.glob("*.py")), *(CODE.parent / name for name in WORDED)]
    if name != "claims.json":
        folders = dict.fromkeys((templates, TEMPLATES))  # what one's own lack is taken from ours
        paths += [
            run / "figures/index.json",
            *(path for folder in filter(os.path.isdir, folders) for path in sorted(folder.glob("[!.]*.*"))),
        ]
    if name == "report.pdf":
        paths += sorted((CODE / "paper").glob("*.py"))
    packages = " ".join(f"{package} {version(package)}" for package in PACKAGES[name])
    return sha256("".join(f"{path.name} {file_hash(path)} " for path in paths).encode() + packages.encode())


def file_hash(path: Path) -> str:
    """SHA-256 of a plain file; nothing for what is none, or too large for any that belongs here."""
    try:
        return sha256(read_plain(path, MAX_FILE))
    except OSError:
        return ""


def _write(run: Path, files: dict[str, dict[str, Any]]) -> None:
    write_atomic(run / "made.json", json.dumps({"format": FORMAT, "files": files}, indent=1).encode())


def _read(run: Path) -> dict[str, dict[str, Any]]:
    """What is known of the files; nothing where the note cannot be read."""
    try:
        content = json.loads(read_plain(run / "made.json", MAX_FILE))
        files = content["files"] if content["format"] == FORMAT else {}
        return {
            name: entry
            for name, entry in files.items()
            if _kind(name) in PACKAGES
            and all(isinstance(entry[field], str) for field in ("sha256", "inputs", "templates"))
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
