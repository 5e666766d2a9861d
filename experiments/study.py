"""Finds which tasks of a run are due, and why; has them run; after each it compares models and saves the bundle.

1 measure   the judge of each seed first, then what waits for it; one failing task does not take the others along
"""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import torch

from experiments import curves, due, machine
from experiments.bundle import Bundle, Provenance, Result
from experiments.data import Data, leaked
from experiments.pool import Lost, Place, Places, here
from experiments.progress import Progress, Silent
from experiments.settings import Settings
from experiments.task import Task, reason_of
from experiments.train import precision_of, uses_bf16
from models.base import Model

UNEQUAL = 1.5  # largest class as a multiple of an equal share of the test images, above which there is a remark
LOOK = 1.0  # seconds between two looks at how many tasks can run at once: workers join while others compute
TaskId = tuple[str, int]  # model and seed
Outcome = tuple[Result, Model | None]  # what a task gives
LONGEST_FIRST = ("classifier", "vit_mae", "ae", "dae", "mcae_sparse", "vae", "mcae", "pca", "gaussian", "pixels")


@dataclass
class Study:
    """The tasks of a run, and the bundle that comes of them.

    Attributes:
        data: the images on their device.
        folder: of the run; weights go into `models`, numbers into `bundle`.
        before: what the folder held, so that only what is due is measured.
        only: models that are measured again in any case, and no others.
        device: what computes there; the images' device where not given.
        precision: what is trained there in, "bf16" or "fp32", empty where that differs; as here where not given.
    """

    settings: Settings
    data: Data
    folder: Path
    progress: Progress = field(default_factory=Silent)
    before: Bundle | None = None
    only: tuple[str, ...] = ()
    device: machine.Device | None = None
    precision: str | None = None

    def run(self, places: Places = here) -> Bundle:
        """Train and measure what is due; the bundle is on disk after each task.

        Args:
            places: where tasks run, see `experiments.pool`.

        Raises:
            ValueError: see `due`.
        """
        bundle = self._kept()
        if self.before and not self.due:  # no code and no package has measured anything since
            bundle.provenance = self.before.provenance.model_copy(update={"notes": self._notes()})
        with places(self.progress) as place:
            self._work(bundle, sorted(self.due, key=_order), place)
        self._save(bundle)
        return bundle

    @cached_property
    def due(self) -> dict[TaskId, str]:
        """Tasks that are due, and why each is; with a model whose images are judged, its judge.

        Raises:
            ValueError: `only` leaves out a model that is due and cannot be left beside those it names.
        """
        found = {}
        for model, seed in due.tasks(self.settings):
            kept = self.before.tasks.get(f"{model}-{seed}") if self.before else None
            why = due.reason(kept, self._facts(model))
            if model in self.only:
                found[model, seed] = why or "it was asked for"
            elif why and not self.only:
                found[model, seed] = why
            elif why and (what := self._mixed(model, kept)):
                raise ValueError(
                    f"--only {' '.join(self.only)}: {model} with seed {seed} is due as well ({why}); {what}"
                )
        judged = {seed for model, seed in found if model in due.JUDGED}
        return {("classifier", seed): "it judges images of models that are due" for seed in judged} | found

    def _mixed(self, model: str, kept: Mapping[str, str] | None) -> str:
        """What to do where a model that is due cannot be left beside those of `only`; empty where it can."""
        now = self._facts(model)
        if kept is None or "lost" in kept:
            return "leave out --only"
        if "precision" in now and kept.get("precision") != now["precision"]:
            return "leave out --only"
        if kept.get("settings") != now["settings"]:
            return "leave out --only, or the setting that it depends on"
        if {"classifier", *due.JUDGED}.isdisjoint(self.only) or kept.get("judge") == now.get("judge"):
            return ""
        return "add " + " ".join(f"--only {name}" for name in due.JUDGED if name not in self.only)

    def _facts(self, model: str) -> dict[str, str]:
        precision = self.precision
        if precision is None:
            precision = precision_of(uses_bf16(self.settings.precision, self.data.train_images.device))
        return due.facts(model, self.settings, self.data.fingerprint, self._device().kind, precision)

    def _device(self) -> machine.Device:
        if self.device:
            return self.device
        images = self.data.train_images.device
        cuda = images.type == "cuda"
        return machine.Device(images.type, torch.cuda.get_device_name(images) if cuda else machine.cpu())

    def _kept(self) -> Bundle:
        """A bundle with everything that is not due."""
        bundle = Bundle(self.settings, self._provenance())
        for model, seed in due.tasks(self.settings):
            if self.before and (model, seed) not in self.due:
                bundle.keep(self.before, model, seed)
        return bundle

    def _work(self, bundle: Bundle, waiting: list[TaskId], place: Place) -> None:
        judges: dict[int, Model | None] = {}
        running: dict[Future[Outcome], tuple[TaskId, float]] = {}
        while waiting or running:
            ready = [(model, seed) for model, seed in waiting if model not in due.JUDGED or seed in judges]
            for name in ready[: max(0, place.slots() - len(running))]:
                waiting.remove(name)
                began = time.monotonic()
                running[place.executor.submit(Task.run, self._task(name, judges, place))] = name, began
            finished = wait(running, LOOK, return_when=FIRST_COMPLETED).done
            for future in sorted(finished, key=lambda one: one.exception() is not None):  # results are kept first
                (model, seed), began = running.pop(future)
                result, judge = _outcome(future, model, seed)
                if model == "classifier":
                    judges[seed] = judge
                self._store(bundle, result)
                how = f"failed, {result.failed}" if result.failed else f"done, {time.monotonic() - began:.0f} s"
                self.progress.done(model, seed, how)

    def _task(self, name: TaskId, judges: dict[int, Model | None], place: Place) -> Task:
        model, seed = name
        judge = judges.get(seed) if model in due.JUDGED else None
        return Task(model, seed, self.settings, self.data, judge, self.folder / "models", place.progress)

    def _store(self, bundle: Bundle, result: Result) -> None:
        now = _now()
        if self.before and f"{result.model}-{result.seed}" in self.before.tasks:
            self._save(bundle)  # lets go of the old arrays before they are replaced: a kill is safe
        bundle.add(result, **self._facts(result.model), measured=now)
        about = f"{result.model}, seed {result.seed}: "
        notes = [note for note in bundle.provenance.notes if not note.startswith(about)]
        notes += [f"{about}{note}" for note in dict.fromkeys(result.notes)]
        bundle.provenance = bundle.provenance.model_copy(update={"measured": now, "notes": notes})
        self._save(bundle)

    def _save(self, bundle: Bundle) -> None:
        """With what follows from two models: a run that is stopped here may be rendered as it is."""
        curves.compare(bundle)
        bundle.save(self.folder / "bundle")

    def _provenance(self) -> Provenance:
        data, before = self.data, self.before.provenance if self.before else None
        return Provenance(
            data=data.name, classes=list(data.classes), train_images=len(data.train_images),
            test_images=len(data.test_images), fingerprint=data.fingerprint,
            device=self._device().name,
            versions=machine.versions(), commit=machine.commit(), demo=data.demo,
            measured=before.measured if before else _now(), notes=self._notes(),
        )  # fmt: skip

    def _notes(self) -> list[str]:
        """What is noted of the images, and was of tasks that this run has, too."""
        noted = self.before.provenance.notes if self.before else []
        known = {f"{model}, seed {seed}" for model, seed in due.tasks(self.settings)}
        return [*self.remarks, *(note for note in noted if note.partition(":")[0] in known)]

    @cached_property
    def remarks(self) -> list[str]:
        """Remarks on the images."""
        return [*_leaks(self.data), *_unequal(self.data)]


def _leaks(data: Data) -> Iterator[str]:
    if count := leaked(data):
        yield f"data: {count:,} of {len(data.test_images):,} test images are training images, too"


def _unequal(data: Data) -> Iterator[str]:
    """Where one class is so large that to guess it always beats the line of chance in figures."""
    counts = data.test_labels.bincount()
    most, tested, name = int(counts.max()), len(data.test_labels), data.classes[int(counts.argmax())]
    if most * len(data.classes) > UNEQUAL * tested:
        yield (
            f"data: {most:,} of {tested:,} test images are of the class {name}; to answer with it always is right as "
            "often, and the line of chance in figures is that of equal classes"
        )


def _outcome(future: Future[Outcome], model: str, seed: int) -> Outcome:
    """What came of a task; one whose process is gone has failed, and so has one that could not be sent there or back.

    Raises:
        OSError: the disk is full, or a cluster cannot be used: no other task would go better.
    """
    try:
        return future.result()
    except OSError:
        raise
    except Exception as error:
        killed = isinstance(error, BrokenExecutor) and not isinstance(error, Lost)
        reason = "its process was killed (out of memory?)" if killed else reason_of(error)
        return Result(model, seed, failed=reason), None


def _order(name: TaskId) -> tuple[int, int]:
    """Judges first, which others wait for, then the longest tasks of all seeds: short ones fill up the end."""
    model, seed = name
    return LONGEST_FIRST.index(model) if model in LONGEST_FIRST else len(LONGEST_FIRST), seed


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
