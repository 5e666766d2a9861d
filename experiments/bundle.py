"""The bundle: everything a run measured, as plain files that can be zipped and moved. Imports no torch.

    bundle.json        format, provenance, settings, values {key: [one a seed]}, curves, reasons, tasks, the SHA-256 of
                       every other file, and its own
    arrays/*.npz       what figures and intervals need, one file a model and seed; never pickles

A bundle is untrusted input: names, sizes, shapes and types are checked before anything is allocated.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from experiments import plan
from experiments.arrays import HUGE, Array, BundleError, finite, read_npz, write_npz
from experiments.files import own_folder, sha256, write_atomic
from experiments.legible import line
from experiments.metrics import METRICS
from experiments.provenance import MAX_NOTES, Provenance
from experiments.reader import EACH_SEEDS, FORMAT, Reader, document, sealed
from experiments.settings import Settings

__all__ = ["EACH_SEEDS", "Bundle", "BundleError", "Provenance", "Result"]

Stamp = tuple[int, int, int]  # size, time and inode of a file as it was written or read


@dataclass
class Result:
    """What a task, one model with one seed, measured. Names have no model: "psnr", "probe_accuracy[noise=0.1]"."""

    model: str
    seed: int
    values: dict[str, float] = field(default_factory=dict)
    each: dict[str, Array] = field(default_factory=dict)  # one value an image, path or class
    arrays: dict[str, Array] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)
    failed: str = ""  # why something is missing
    notes: list[str] = field(default_factory=list)  # what a reader should know of how it was made
    precision: str = ""  # "bf16" or "fp32", that a trained model computed in
    trained_on: str = ""  # name of the processor or GPU, for a model that is trained

    def add(self, name: str, value: float | Array) -> None:
        """Sort one measured pair: a number, single values (kept, and their mean as the number), or a figure's array."""
        if name.partition("[")[0] not in METRICS:
            self.arrays[name] = np.asarray(value)
        elif np.ndim(value) == 0:
            self.values[name] = float(value)
        else:
            self.values[name] = float(np.mean(value, dtype=np.float64))
            if METRICS[name.partition("[")[0]].per and self.seed < EACH_SEEDS:
                self.each[name] = np.asarray(value, dtype=np.float32)


class Bundle:
    """Values, curves and arrays of a run, by key.

    Attributes:
        values: one number a seed (one in all for deterministic models); None where missing or not finite.
        curves: one list of numbers (points of the training) a seed.
        reasons: by key or model, why a value is missing.
        tasks: by "model-seed", under which facts it was measured (see `experiments.due`), when, what it was
            "trained_on", and why it "failed".
    """

    def __init__(self, settings: Settings, provenance: Provenance) -> None:
        self.settings = settings
        self.provenance = provenance
        self.values: dict[str, list[float | None]] = {}
        self.curves: dict[str, list[list[float | None]]] = {}
        self.reasons: dict[str, str] = {}
        self.tasks: dict[str, dict[str, str]] = {}
        self._files: dict[str, bytes] = {}  # "arrays/ae-0.npz" -> content
        self._stored: dict[str, tuple[Path, Stamp | None, bytes]] = {}  # the same -> what lies where on the disk
        self._members: dict[str, dict[str, Array]] = {}

    def seeds_of(self, model: str) -> int:
        return 1 if model in plan.DETERMINISTIC else self.settings.seeds

    def why(self, key: str) -> str:
        """Why there is nothing under a key: what is known of it, or of its model."""
        return self.reasons.get(key) or self.reasons.get(key.partition("/")[0]) or plan.UNKNOWN

    def add(self, result: Result, **facts: str) -> None:
        """Put a result in its place; numbers that are not finite become None, with the reason kept.

        Args:
            facts: what `tasks` says of it.
        """
        model, seed = result.model, result.seed
        for name, value in result.values.items():
            self.values.setdefault(f"{model}/{name}", [None] * self.seeds_of(model))[seed] = _drawable(value)
        for name, curve in result.curves.items():
            runs = self.curves.setdefault(f"{model}/{name}", [[] for _ in range(self.seeds_of(model))])
            runs[seed] = [_drawable(value) for value in curve]
        members = {f"each:{name}": values for name, values in result.each.items() if finite(values)}
        for name, array in result.arrays.items() if seed == 0 else ():
            self.reasons.pop(f"{model}/{name}", None)
            if finite(array):
                members[name] = array
            else:
                self.reasons[f"{model}/{name}"] = "holds numbers that are not finite"
        if members:
            name = f"arrays/{model}-{seed}.npz"
            self._members[name] = members
            self._files[name] = write_npz(members)
        more = dict(precision=result.precision, trained_on=line(result.trained_on), failed=line(result.failed))
        self.tasks[f"{model}-{seed}"] = facts | {name: text for name, text in more.items() if text}
        self._explain(model)

    def _explain(self, model: str) -> None:
        """Say why values of a model are missing: its tasks failed, or gave no finite number."""
        names = {seed: f"{model}-{seed}" for seed in range(self.seeds_of(model))}
        tasks = {seed: self.tasks[name] for seed, name in names.items() if name in self.tasks}
        self.give_reasons(model, {seed: task["failed"] for seed, task in tasks.items() if "failed" in task})
        for key, row in self.values.items():
            if key.startswith(f"{model}/"):
                none = [seed for seed, task in tasks.items() if row[seed] is None and "failed" not in task]
                self.give_reasons(key, dict.fromkeys(none, "no finite number came out"))

    def give_reasons(self, name: str, reasons: Mapping[int, str]) -> None:
        """Set why a model or key is missing, from the reasons by seed; unset it where there are none."""
        self.reasons.pop(name, None)
        said = []
        for reason in dict.fromkeys(reasons.values()):
            seeds = [str(seed) for seed, other in reasons.items() if other == reason]
            every = len(seeds) == self.seeds_of(name.partition("/")[0])
            said.append(reason if every else f"seed{'s' * (len(seeds) > 1)} {', '.join(seeds)}: {reason}")
        if said:
            self.reasons[name] = line("; ".join(said))

    def keep(self, other: "Bundle", model: str, seed: int) -> None:
        """Take over what another bundle holds of a model and seed."""
        for key, row in other.values.items():
            if key.startswith(f"{model}/") and seed < len(row):
                self.values.setdefault(key, [None] * self.seeds_of(model))[seed] = row[seed]
        for key, runs in other.curves.items():
            if key.startswith(f"{model}/") and seed < len(runs):
                self.curves.setdefault(key, [[] for _ in range(self.seeds_of(model))])[seed] = runs[seed]
        if seed == 0:  # arrays are its
            arrays = {key for key in other.reasons if key.startswith(f"{model}/") and key not in other.values}
            self.reasons |= {key: other.reasons[key] for key in arrays}
        if (name := f"arrays/{model}-{seed}.npz") in other._files:
            self._files[name] = other._files[name]
            if name in other._stored:
                self._stored[name] = other._stored[name]
        self.tasks[f"{model}-{seed}"] = other.tasks[f"{model}-{seed}"]
        self._explain(model)

    def array(self, key: str) -> Array:
        """A figure's array, from the first seed.

        Raises:
            KeyError: names the array that is not there.
        """
        model, _, name = key.partition("/")
        members = self._open(f"arrays/{model}-0.npz")
        if name not in members:
            raise KeyError(f"array {key!r} is not in the bundle")
        return members[name]

    def each(self, key: str, seed: int) -> Array | None:
        """Single values of a key in one seed, or None where none were kept."""
        model, _, name = key.partition("/")
        return self._open(f"arrays/{model}-{seed}.npz").get(f"each:{name}")

    def _open(self, file: str) -> dict[str, Array]:
        if file not in self._members:
            data, classes = self._files.get(file), len(self.provenance.classes)
            self._members[file] = {} if data is None else read_npz(file, data, self.settings, classes)
        return self._members[file]

    def save(self, folder: Path) -> None:
        """Write the bundle, arrays first, so that bundle.json never names a file that is not whole.

        Array files that this bundle read or wrote there, and that nobody touched since, are left alone.

        Raises:
            ValueError: the folder or its `arrays` is a link.
        """
        own_folder(folder.parent, folder.name)
        own_folder(folder, "arrays")
        for name, data in self._files.items():
            path = folder / name
            place, stamp, stored = self._stored.get(name, (None, None, b""))
            if place != path or stored is not data or stamp is None or stamp != _stamp(path):
                write_atomic(path, data)
                self._stored[name] = path, _stamp(path), data
        write_atomic(folder / "bundle.json", self.to_json().encode())

    def to_json(self) -> str:
        """The text of bundle.json, sealed with its own SHA-256; the same whatever was measured first."""
        content = {
            "format": FORMAT,
            "provenance": self.provenance.model_dump()
            | {"notes": [line(note) for note in self.provenance.notes[:MAX_NOTES]]},
            "settings": self.settings.model_dump(),
            "values": dict(sorted(self.values.items())),
            "curves": dict(sorted(self.curves.items())),
            "reasons": dict(sorted(self.reasons.items())),
            "tasks": dict(sorted(self.tasks.items())),
            "files": {name: sha256(data) for name, data in sorted(self._files.items())},
        }
        return sealed(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False))

    @classmethod
    def load(cls, folder: Path, lost: dict[str, str] | None = None) -> "Bundle":
        """Read and verify a bundle's folder.

        Args:
            lost: takes by task why its array file is left out; without it that is an error.

        Raises:
            BundleError: one line that names the file and what is wrong with it.
        """
        path = folder / "bundle.json"
        content = document(path)
        try:
            bundle = cls(Settings.model_validate(content["settings"]), Provenance.model_validate(content["provenance"]))
        except ValidationError as error:
            first = error.errors()[0]
            where = line(".".join(map(str, first["loc"])), 100)
            what = line(first["msg"].removeprefix("Value error, "), 200)
            raise BundleError(f"{path}: {where}: {what}") from None
        reader = Reader(path, bundle.settings)
        bundle.values = reader.values(content["values"])
        bundle.curves = reader.curves(content["curves"])
        bundle.reasons = reader.reasons(content["reasons"])
        bundle.tasks = reader.tasks(content["tasks"])
        bundle._files = reader.files(content["files"], lost)
        bundle._stored = {name: (folder / name, _stamp(folder / name), data) for name, data in bundle._files.items()}
        return bundle


def _drawable(value: float) -> float | None:
    """A number that figures can draw; None for one that is not finite, or beyond ±HUGE."""
    return value if abs(value) < HUGE else None


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino
