"""bundle.json and the files it names, read as untrusted input: each fault is one line that names the file.

Imports no torch.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments import plan
from experiments.arrays import HUGE, MAX_NPZ, BundleError
from experiments.files import read_plain, sha256
from experiments.legible import MAX_TEXT, line, odd, quoted
from experiments.settings import Settings

FORMAT = 3  # one more for each change of what is measured under a key
MAX_JSON = 32 * 2**20  # bytes; a `full` bundle.json has about 1 MiB
MAX_FILES = 2**30  # bytes of all array files together; those of a `full` run have about 30 MiB
MAX_POINTS = 200  # of a curve; `experiments.schedule` makes 100 at most, and one before the training
MAX_FACTS = 20  # of a task
EACH_SEEDS = 2  # single values are kept for this many seeds: with more, seeds are the unit of an interval
TABLES = ("provenance", "settings", "values", "curves", "reasons", "tasks", "files")
OLDER = "measure again in another folder, or use the version that wrote it"
BACK = "put it back from a copy, or build into another --out"  # bundle.json, which nothing can measure again
SEAL = re.compile(rb',\n "sha256": "([0-9a-f]{64})"\n\}\s*\Z')


def sealed(text: str) -> str:
    """The text of a JSON object with its own SHA-256 as its last entry."""
    assert text.endswith("\n}")
    return f'{text[:-2]},\n "sha256": "{sha256(text.encode())}"\n}}'


def document(path: Path) -> dict[str, Any]:
    """The content of bundle.json, see `parsed`.

    Raises:
        BundleError: too large, unreadable, or as in `parsed`.
    """
    try:
        return parsed(path, read_plain(path, MAX_JSON))
    except FileNotFoundError:
        folder = path.parent.parent if path.parent.name == "bundle" else path.parent
        raise BundleError(f"{folder}: {no_bundle(folder)}") from None
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or error}; {BACK}") from None


def no_bundle(folder: Path) -> str:
    """What a folder without a bundle is: that of a build which was stopped early, or none of a run."""
    if (folder / "build.log").exists() and not (folder / "claims.json").exists():
        return "a build began here, and no task of it is finished; the same command goes on with it"
    return "holds no bundle; is this the folder of a run?"


def parsed(path: Path, data: bytes) -> dict[str, Any]:
    """The content of a bundle.json that was read, with its format, its seal and the tables it must have.

    Raises:
        BundleError: no JSON, of another format, changed, or without one of the tables.
    """
    try:
        found = json.loads(data, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path}: not readable as JSON ({error}), so it was changed or damaged; {BACK}") from None
    if not isinstance(found, dict) or "format" not in found:
        raise BundleError(f"{path}: no bundle (it has no format number); {BACK}")
    if type(found["format"]) is not int or found["format"] != FORMAT:
        newer = type(found["format"]) is int and found["format"] > FORMAT
        todo = "install a newer aereport" if newer else OLDER
        raise BundleError(f"{path}: format {line(str(found['format']), 20)}, but this version reads {FORMAT}; {todo}")
    seal = SEAL.search(data)
    if not seal or sha256(data[: seal.start()] + b"\n}") != seal[1].decode():
        raise BundleError(f"{path}: not as it was written, by its own SHA-256; {BACK}")
    del found["sha256"]
    if unknown := sorted(set(found) - {"format", *TABLES}):
        raise BundleError(f"{path}: {quoted(unknown[0])} is no part of a bundle")
    for name in TABLES:
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


class LostArray(BundleError):
    """An array file that is not there any more, or not as it was written: `build` measures its task again."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: {what}; put it back from a copy, or aereport build measures it again")
        self.why = f"its array {what}"


class Reader:
    """Validates the tables of a bundle.json against the plan of its settings."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path = path
        self._seeds = {model: 1 if model in plan.DETERMINISTIC else settings.seeds for model in plan.ALL}
        self._keys = set(plan.keys(settings))
        self._curves = {f"{model}/{name}" for model in plan.ALL for name in plan.curves(model)}
        self._explained = self._keys | self._curves | set(plan.arrays(settings)) | set(plan.ALL)

    def values(self, table: Mapping[str, Any]) -> dict[str, list[float | None]]:
        """Rows of one number a seed at most, by planned key."""
        for key in table:
            self._planned("values", key, self._keys)
        return {key: self._row(key, row, self._seeds[key.partition("/")[0]]) for key, row in table.items()}

    def curves(self, table: Mapping[str, Any]) -> dict[str, list[list[float | None]]]:
        """One curve a seed at most, by planned name."""
        found = {}
        for key, runs in table.items():
            self._planned("curves", key, self._curves)
            if not isinstance(runs, list) or len(runs) > self._seeds[key.partition("/")[0]]:
                raise BundleError(f"{self._path}: {key}: not a list of one curve a seed")
            found[key] = [self._row(key, run, MAX_POINTS) for run in runs]
        return found

    def reasons(self, table: Mapping[str, Any]) -> dict[str, str]:
        """Why something is missing, by model or by the planned key of a value, a curve or an array."""
        for key in table:
            self._planned("reasons", key, self._explained)
        return self._texts("reasons", table)

    def tasks(self, table: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        """Facts by "model-seed"."""
        for name, facts in table.items():
            self._seeded(name, "task")
            if not isinstance(facts, dict) or len(facts) > MAX_FACTS or any(len(key) > 50 or odd(key) for key in facts):
                raise BundleError(f"{self._path}: tasks.{name}: not a table of a few facts")
        return {name: self._texts(f"tasks.{name}", facts) for name, facts in table.items()}

    def files(self, table: Mapping[str, Any], lost: dict[str, str] | None) -> dict[str, bytes]:
        """The bytes of every array file, each as bundle.json says.

        Args:
            lost: takes by task why its file is left out; without it none is.

        Raises:
            BundleError: a file whose name, kind, size or SHA-256 is another.
        """
        for name in table:
            match = re.fullmatch(r"arrays/([a-z_]+-\d{1,3})\.npz", name)
            if not match:
                raise BundleError(f"{self._path}: {quoted(name)} is no file of a bundle")
            self._seeded(match[1], "file", EACH_SEEDS)
        folder, left, found = self._path.parent, MAX_FILES, {}
        if (folder / "arrays").is_symlink():
            raise BundleError(f"{folder / 'arrays'}: a link, not a folder")
        for name, digest in self._texts("files", table).items():
            try:
                found[name] = verified(folder / name, digest, min(left, MAX_NPZ))
            except LostArray as error:
                if lost is None:
                    raise
                lost[Path(name).stem] = error.why
            else:
                left -= len(found[name])
        return found

    def _planned(self, table: str, key: str, planned: set[str]) -> None:
        if key not in planned:
            what = f"{quoted(key)} is nothing that these settings measure in this version"
            raise BundleError(f"{self._path}: {table}: {what}; {OLDER}")

    def _seeded(self, name: str, what: str, seeds: int = 1000) -> None:
        model, _, seed = name.rpartition("-")
        if not re.fullmatch(r"0|[1-9]\d{0,2}", seed) or int(seed) >= min(seeds, self._seeds.get(model, 0)):
            raise BundleError(f"{self._path}: {quoted(name)} is no {what} of these settings")

    def _row(self, key: str, row: Any, longest: int) -> list[float | None]:
        if not is_row(row):
            raise BundleError(f"{self._path}: {key}: not a list of numbers")
        if len(row) > longest:
            raise BundleError(f"{self._path}: {key}: {len(row):,} numbers, more than {longest:,}")
        return [None if value is None else float(value) for value in row]

    def _texts(self, name: str, table: Mapping[str, Any]) -> dict[str, str]:
        for key, value in table.items():
            if not isinstance(value, str) or len(value) > MAX_TEXT:
                raise BundleError(f"{self._path}: {name}: {quoted(key)} is no short text")
            if found := odd(value):
                raise BundleError(f"{self._path}: {name}: {key} holds {found}, a character that must not be printed")
        return dict(table)


def is_row(row: object) -> bool:
    """Whether this is a list of finite numbers, or of None where one is missing."""
    return isinstance(row, list) and all(
        value is None or (type(value) in (int, float) and abs(value) < HUGE) for value in row
    )


def verified(path: Path, digest: str, limit: int) -> bytes:
    """The bytes of an array file.

    Raises:
        LostArray: it is missing, or its SHA-256 is another.
        BundleError: it cannot be read.
    """
    try:
        data = read_plain(path, limit)
    except FileNotFoundError:
        raise LostArray(path, "is missing") from None
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror}; delete it, and aereport build measures it again") from None
    if sha256(data) != digest:
        raise LostArray(path, "is not the one that was measured")
    return data
