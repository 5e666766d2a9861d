"""What tests of studies share: settings, a few tasks, and tasks that train nothing."""

import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments import due
from experiments.bundle import Bundle, Result
from experiments.metrics import metric_of
from experiments.presets import preset
from experiments.settings import Settings
from experiments.study import Study
from experiments.task import Task
from models import MODELS
from tests.planned import coloured

SETTINGS = preset(
    "smoke",
    [
        "seeds=2",
        "epochs=0.2",
        "judge_epochs=0.2",
        "mask_images=20",
        "influence_images=2",
        "paths=4",
        "test_images=50",
        "map_images=20",
        "probe_images=100",
        "corruption_images=20",
        "gradient_images=2",
        "anomaly_epochs=0.3",
        "efficiency_epochs=0.2",
        "few_labels=[2,5]",
    ],
)
FEW = ("dae", "classifier", "pca")
ONE_SEED = preset("smoke", ["seeds=1"]).model_copy(
    update=SETTINGS.model_dump(exclude={"seeds", "preset"}) | {"bits": (4,), "pca_dims": (8,), "anomaly_classes": 1}
)
# From here on nothing is trained: a task gives numbers that say what they were made of.
QUICK = preset("smoke", ["seeds=2"])
SHORT = ("ae", "dae", "pca", "classifier")
ALL_TASKS = due.tasks


def few(*models: str) -> Callable[[Settings], list[tuple[str, int]]]:
    """A run's tasks of these models only, in the place of `due.tasks`."""
    return lambda settings: [(model, seed) for model, seed in ALL_TASKS(settings) if model in models]


@contextmanager
def reads() -> Iterator[dict[str, set[str]]]:
    """By setting, the models whose tasks read it meanwhile; what a model is built with counts as read."""
    read: dict[str, set[str]] = {name: set() for name in Settings.model_fields}
    running, run = list[str](), Task.run

    def recording(task: Task) -> Any:
        known = inspect.signature(MODELS[task.model]).parameters if task.model in MODELS else ()
        for name in {*known} & {*read}:
            read[name].add(task.model)
        running.append(task.model)
        try:
            return run(task)
        finally:
            running.pop()

    def get(settings: Settings, name: str) -> Any:
        if running and name in read:
            read[name].update(running)
        return object.__getattribute__(settings, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Task, "run", recording)
        patch.setattr(Settings, "__getattribute__", get, raising=False)
        yield read


def told(text: str) -> dict[str, Any]:
    """The content of a bundle.json without what depends on the clock."""
    content: dict[str, Any] = json.loads(text)
    del content["sha256"], content["files"], content["provenance"]["measured"], content["provenance"]["commit"]
    for facts in content["tasks"].values():
        del facts["measured"]
    for key in [key for key in content["values"] if metric_of(key).timed]:
        del content["values"][key]
    for key in [key for key in content["curves"] if key.endswith("/seconds")]:
        del content["curves"][key]
    return content


def stub(self: Task) -> tuple[Result, Any]:
    number = 10 * SHORT.index(self.model) + self.seed + self.settings.epochs / 100 + self.settings.noise_variance
    result = Result(self.model, self.seed)
    result.add("judge_accuracy" if self.model == "classifier" else "psnr", np.array([number, number + 1]))
    if self.model != "classifier":
        result.add("examples", np.full((10, 32, 32, 3), int(number), np.uint8))
    return result, self.model == "classifier" or None


def study(folder: Path, settings: Settings = QUICK, only: tuple[str, ...] = (), **more: Any) -> Study:
    before = Bundle.load(folder / "bundle") if (folder / "bundle" / "bundle.json").exists() else None
    return Study(settings, coloured(), folder, before=before, only=only, **more)
