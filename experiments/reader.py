"""bundle.json and the files it names, read as untrusted input: each fault is one line that names the file.

Imports no torch.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.arrays import MAX_NPZ, BundleError
from experiments.files import sha256

FORMAT = 1
MAX_JSON = 32 * 2**20  # bytes; a `full` bundle.json has about 1 MiB


def document(path: Path) -> dict[str, Any]:
    """The content of bundle.json, with its format and the tables it must have.

    Raises:
        BundleError: too large, unreadable, of another format, or without one of the tables.
    """
    try:
        if path.stat().st_size > MAX_JSON:
            raise BundleError(f"{path}: larger than {MAX_JSON >> 20} MiB, which no run writes")
        found = json.loads(path.read_bytes(), object_pairs_hook=_once, parse_constant=_no_constant)
    except BundleError:
        raise
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or error}; is this the folder of a run?") from None
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path}: not readable as JSON ({error})") from None
    if not isinstance(found, dict) or "format" not in found:
        raise BundleError(f"{path}: no bundle (it has no format number)")
    if found["format"] != FORMAT:
        raise BundleError(
            f"{path}: format {found['format']!r}, but this version reads {FORMAT}; "
            "measure again, or use the version that wrote it"
        )
    for name in ("provenance", "settings", "values", "curves", "reasons", "tasks", "files"):
        if not isinstance(found.get(name), dict):
            raise BundleError(f"{path}: {name!r} is missing or no object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON number")


def numbers(path: Path, key: str, row: Any) -> list[float | None]:
    """A row of numbers; None stays None. Raises BundleError for anything else, or beyond ±1e30."""
    ok = isinstance(row, list) and all(
        value is None or (type(value) in (int, float) and abs(value) < 1e30) for value in row
    )
    if not ok:
        raise BundleError(f"{path}: {key}: not a list of numbers")
    return [None if value is None else float(value) for value in row]


def texts(path: Path, name: str, table: Mapping[str, Any]) -> dict[str, str]:
    """A table of texts of at most 2,000 characters. Raises BundleError for anything else."""
    if not isinstance(table, dict) or not all(
        isinstance(value, str) and len(value) <= 2000 for value in table.values()
    ):
        raise BundleError(f"{path}: {name}: not a table of short texts")
    return dict(table)


def verified(folder: Path, name: str, digest: str) -> bytes:
    """A file's bytes. Raises BundleError where its name, kind, size or SHA-256 is not what bundle.json may say."""
    if not re.fullmatch(r"arrays/[a-z_]+-\d{1,3}\.npz", name):
        raise BundleError(f"{folder / 'bundle.json'}: {name!r} is no file of a bundle")
    path = folder / name
    try:
        if path.is_symlink() or not path.is_file():
            raise BundleError(f"{path}: missing, or not a plain file; measure again or copy the whole bundle")
        if path.stat().st_size > MAX_NPZ:
            raise BundleError(f"{path}: larger than {MAX_NPZ >> 20} MiB, which no run writes")
        data = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror}") from None
    if sha256(data) != digest:
        raise BundleError(f"{path}: its SHA-256 is not the one in bundle.json; the file was changed or damaged")
    return data
