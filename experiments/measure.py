"""Step 1: from the words of a command line to a bundle on disk. Torch is loaded here."""

import importlib.util
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from experiments import due, machine, pool
from experiments.bundle import Bundle
from experiments.data import Data, load
from experiments.files import own_folder
from experiments.legible import line
from experiments.machine import GB, Lacks
from experiments.options import Options, earlier_run
from experiments.pool import Places
from experiments.progress import Progress
from experiments.settings import Settings
from experiments.study import Study
from models.base import PIXELS

if TYPE_CHECKING:
    from experiments.cluster import Cluster


def measure(options: Options, out: Path, only: tuple[str, ...], progress: Progress, cluster: str = "") -> Bundle:
    """Train and measure what is due in the run's folder `out`.

    Args:
        only: models, see `Study`.
        cluster: address of a Dask scheduler whose workers are to compute; this process where empty.

    Raises:
        ValueError, DataError, BundleError, Lacks: one line.
    """
    there = _cluster(cluster, options.device) if cluster else None
    place = torch.device("cpu") if there else _device(options.device)
    before = earlier_run(out)
    own_folder(out, "models")
    images = load(options.source, Path(), progress.note)
    if images.demo:
        progress.note("THE IMAGES ARE DRAWN (demo): nothing in this report speaks of real pictures")
    settings = fitted(options.settings, images, progress)
    images = images.head(settings.train_images, settings.test_images)
    if (images.train_images == images.train_images[0]).all():
        same = "every training image is the same picture; nothing can be learned from it"
        raise ValueError(f"--data {options.source}: {same}")
    if before and before.provenance.fingerprint != images.fingerprint:
        _same_images(out, before.provenance.data, images.name, only)
    device_and_precision = (there.device, there.precision(settings.precision)) if there else (None, None)
    study = Study(settings, _moved(images, place), out, progress, before, only, *device_and_precision)
    places = partial(there.places, study.data, _needed(study)) if there else _here(study, place, progress)
    _say_what_is_due(study, progress)
    return study.run(places)


def _device(name: str) -> torch.device:
    cuda = torch.cuda.is_available()
    if name == "cuda" and not cuda:
        why = "no GPU was found" if torch.version.cuda else "this torch was built without CUDA"
        raise Lacks(f"--device cuda: {why}; take --device cpu, or see what aereport doctor says")
    return torch.device("cuda" if name == "cuda" or (name == "auto" and cuda) else "cpu")


def _moved(images: Data, place: torch.device) -> Data:
    try:
        return images.to(place)
    except RuntimeError as error:  # of a GPU: its memory is full, or it cannot be used
        why = str(error).partition("\n")[0]
        raise Lacks(f"{place}: {why}; take --device cpu, or see what aereport doctor says") from None


def _cluster(address: str, device: str) -> "Cluster":
    if not importlib.util.find_spec("distributed"):
        raise Lacks(
            "--cluster: Dask is not installed: in the source folder pip install '.[cluster]' -c constraints.txt"
        )
    from experiments import cluster

    return cluster.look(address, device)


def _same_images(out: Path, before: str, now: str, only: tuple[str, ...]) -> None:
    """Refuse other images than the run's, unless they go by the same name: then they changed, and are measured anew."""
    if only:
        raise ValueError(f"{out}: measured on other data ({before}); --only cannot mix the two")
    if before != now:
        raise ValueError(f"{out}: holds a run on {before}; choose another --out for {now}, or delete the folder")


def fitted(settings: Settings, data: Data, progress: Progress) -> Settings:
    """Settings that the data have enough images for; what is changed is said.

    Raises:
        ValueError: too few images for any run, no class of a name that `triplet` asks for, or one that it both adds and
            takes away.
    """
    asked_for = settings.triplet != Settings.model_fields["triplet"].default
    if asked_for and (odd := [name for name in settings.triplet if name not in data.classes]):
        raise ValueError(f"triplet: there is no class {odd[0]!r}; there are {line(', '.join(data.classes), 300)}")
    if asked_for and settings.triplet[1] in settings.triplet[::2]:
        raise ValueError(f"triplet: {settings.triplet[1]!r} is both added and taken away; take another second class")
    fewest = int(torch.bincount(data.train_labels, minlength=len(data.classes)).min())
    found = settings.fitted(len(data.train_images), len(data.test_images), fewest, len(data.classes))
    for name, value in found:
        wanted = getattr(settings, name)
        if wanted and value != wanted:
            progress.note(f"{name} is {_listed(value)} instead of {_listed(wanted)}: {_limit(name, value, wanted)}")
    return found


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _limit(name: str, value: Any, wanted: Any) -> str:
    """Why a setting cannot be as it was asked for."""
    if name == "anomaly_classes":
        return "there are not more classes"
    if name == "few_labels":
        return "some class has no more among the images of the probes"
    if name == "paths":
        return "a figure shows that many"
    if name.endswith("epochs"):
        return "that is one update"
    if value > wanted:
        return "each class has one at least"
    part = "training" if name in ("train_images", "batch_size", "probe_images") else "test"
    return f"the run has no more {part} images"


def _here(study: Study, device: torch.device, progress: Progress) -> Places:
    """Where tasks run on this machine: in as many processes as there are cores and tasks, and as fit into memory."""
    if device.type == "cuda":
        return pool.here
    wanted, memory = min(machine.cores(), max(1, len(study.due))), machine.memory()[0]
    each = _needed(study)
    room = max(1, int(memory / each))
    if room < wanted:
        progress.note(
            f"{room} of {wanted} tasks at a time: one takes up to {each:.1f} GB of memory, of {memory:.1f} GB"
        )
    count = min(wanted, room)
    return partial(pool.processes, count, study.data) if count > 1 else pool.here


def _needed(study: Study) -> float:
    images = study.data.train_images.nbytes + study.data.test_images.nbytes
    return memory_needed(study.settings.width, images, study.settings.probe_images)


def memory_needed(width: int, images: int, probed: int) -> float:
    """GB of memory that a process needs at most, whichever tasks come to it.

    Measured with the settings of `quick` and widths of 8, 32 and 64: 1.2, 1.8 and 2.7 GB once it has looked at a ViT's
    latents; 1.1 GB more for covariances of all pixels; with 60,000 images, where probes on pixels need more than these,
    1.9 GB beside 0.75. With those of `full`, a short training, and latents of 50,000 images: 5.1 GB.

    Args:
        width: the setting. images: bytes. probed: training images of the probes.
    """
    return max(2.2, 0.75 + 10 * images / GB) + 0.026 * width + 7 * probed * PIXELS / GB


def _say_what_is_due(study: Study, progress: Progress) -> None:
    found, tasks = study.due, due.tasks(study.settings)
    for remark in study.remarks:
        progress.note(remark)
    progress.note(f"1 measure  {len(tasks)} tasks, {len(tasks) - len(found)} kept, {len(found)} to do")
    if study.before:
        for (model, seed), why in found.items():
            progress.note(f"           {model}-{seed}: {why}")
        if left := study.before.tasks.keys() - {f"{model}-{seed}" for model, seed in tasks}:
            progress.note(f"           no longer in this run, which has fewer seeds: {', '.join(sorted(left))}")
    progress.expect(len(found))
