"""The options of a build: those of its command line and, in a folder that holds a run, the run's own for the rest.

So `--set seeds=10` on a run measures the new seeds, whatever options the run was made with. Imports no torch.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments import cifar10
from experiments.bundle import Bundle
from experiments.folder import require
from experiments.presets import changed
from experiments.presets import preset as settings_of
from experiments.reader import BACK
from experiments.settings import Settings

NAMED = ("auto", "cifar10", "demo")  # data that are no folder of one's own


@dataclass(frozen=True)
class Options:
    """What a build does.

    Attributes:
        source: as in `experiments.data.load`.
        device: "cpu", "cuda", or "auto", which takes CUDA where there is one.
        taken: what was taken from the run, in words; empty where nothing was.
    """

    settings: Settings
    source: str
    device: str
    taken: str = ""


def earlier_run(out: Path) -> Bundle | None:
    """What a folder holds of an earlier build; None where it holds no bundle.

    A task whose array file is gone or damaged has one more fact: why it is "lost".

    Raises:
        ValueError: what it holds is made up, or a run without its bundle.json.
        BundleError: it cannot be read.
    """
    path, lost = out / "bundle" / "bundle.json", dict[str, str]()
    if not path.exists():
        if (out / "claims.json").exists() or (out / "made.json").exists():
            raise ValueError(f"{out}: holds a run, but {path} is missing; {BACK}")
        return None
    found = Bundle.load(path.parent, lost)
    for task, why in lost.items():
        found.tasks.setdefault(task, {})["lost"] = why
    if found.provenance.fake:
        raise ValueError(f"{out}: holds fake results; choose another --out, or delete the folder")
    return found


def resolve(out: Path, preset: str | None, overrides: Sequence[str], data: str | None, device: str | None) -> Options:
    """Complete what was given (None: was not) from the run in `out`, or with quick, auto and auto.

    Raises:
        ValueError: see `experiments.presets.preset` and `earlier_run`; `out` lies among the images; or nobody knows
            where the run's images lie.
        DataError: `data` is no folder.
    """
    if data == "":
        raise ValueError("--data is empty: give auto, cifar10, demo or a folder, or leave it out")
    if data is not None and data not in NAMED:
        folder = Path(os.path.expanduser(data))
        require(folder)  # before the run's folder is made
        _apart(out, folder)
    run = earlier_run(out)
    if run is None:
        preset = "quick" if preset is None else preset
        return Options(settings_of(preset, overrides), data or "auto", device or "auto")
    taken = []
    if preset is None:
        taken.append(f"settings of preset {run.settings.preset}")
    if data is None:
        data = _source(out, run)
        taken.append(f"data {run.provenance.data}")
    kinds = {task["device"] for task in run.tasks.values() if "device" in task}
    if device is None and len(kinds) == 1:
        device = kinds.pop()
        taken.append(f"device {device}")
    settings = settings_of(preset, overrides) if preset is not None else changed(_uncut(run), overrides)
    return Options(settings, data, device or "auto", f"taken from the run: {', '.join(taken)}" if taken else "")


def _apart(out: Path, data: Path) -> None:
    """Refuse a run that would write among the images that it learns from.

    Raises:
        ValueError: it does.
    """
    for part in ("train", "test"):
        if (data / part).is_dir() and out.resolve().is_relative_to((data / part).resolve()):
            raise ValueError(f"--out {out}: lies among the images of {data / part}; take another folder")


def _uncut(run: Bundle) -> Settings:
    """A run's settings, with the preset's counts where there were too few images for them: now there may be more."""
    settings, data = run.settings, run.provenance
    images = {name: getattr(settings, name) for name in ("train_images", "test_images")}
    whole, classes = settings_of(settings.preset).model_copy(update=images), len(data.classes)
    cut = whole.fitted(data.train_images, data.test_images, data.train_images // classes, classes)
    return settings.model_copy(
        update={name: getattr(whole, name) for name, value in cut if getattr(settings, name) == value}
    )


def _source(out: Path, run: Bundle) -> str:
    """What `--data` calls a run's images. Where a user's own folder lies is not kept: bundles go to other machines."""
    if run.provenance.demo:
        return "demo"
    if run.provenance.fingerprint == cifar10.FINGERPRINT:
        return "cifar10"
    raise ValueError(f"{out}: was measured on the images of a folder ({run.provenance.data}); give its --data again")
