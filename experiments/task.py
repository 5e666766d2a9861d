"""One task of a study: a model with a seed is built, trained and measured, here or in another process."""

import errno
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from inspect import signature
from pathlib import Path
from typing import cast

import torch
from threadpoolctl import threadpool_limits

from experiments import latent, plan
from experiments.batches import LATER, Measured
from experiments.bundle import Result
from experiments.data import Data
from experiments.held_out import HeldOut
from experiments.legible import MAX_TEXT
from experiments.measurements import MEASUREMENTS, Measurement
from experiments.memory import keep_freed
from experiments.progress import TaskProgress
from experiments.settings import Settings
from experiments.train import device_name, fit, precision_of
from models import MODELS, build
from models.base import Autoencoder, Model

EXPECTED = (ArithmeticError, RuntimeError, ValueError, OSError)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # of a disk, of what its user may fill of it, of a file there


@dataclass(frozen=True)
class Task:
    """What to measure, and with what.

    Attributes:
        data: the images on the device on which it is measured.
        judge: a trained classifier for the models whose images it sees; None where there is none.
        folder: where trained weights are kept.
    """

    model: str
    seed: int
    settings: Settings
    data: Data
    judge: Model | None
    folder: Path
    progress: TaskProgress

    def run(self) -> tuple[Result, Model | None]:
        """What was measured, and the trained model if it is the judge; a failure leaves its reason in the result.

        On a CPU one thread computes: as many tasks as there are cores run side by side, and a number never depends on
        how many those are.

        Raises:
            OSError: the disk is full.
        """
        result = Result(self.model, self.seed)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        # fp32 is fp32: with TF32 a GPU keeps ten bits of each factor, and by default does so in convolutions
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
        keep_freed()
        try:
            with threadpool_limits(1):
                model = self._trained(result) if self.model in MODELS else None
                self._measure(model, result)
        except Exception as error:  # whatever it is, the other models go on
            self._failed(result, "", error)
            model = None
        finally:
            torch.set_num_threads(threads)
        return result, model if self.model == "classifier" else None

    def _fresh(self) -> Model:
        model = build(self.model, self.seed, classes=len(self.data.classes), **self.settings.model_dump())
        model = model.to(self.data.train_images.device)
        model.set_mean(self.data.train_images)
        return model.eval()

    def _checkpoint(self, name: str) -> Path:
        return self.folder / f"{name}-{self.seed}.safetensors"

    def _trained(self, result: Result) -> Model:
        model, settings = self._fresh(), self.settings
        if not model.trained:
            fitted = getattr(model, "fit", None)  # in closed form
            if fitted:
                self.progress.step(self.model, self.seed, "fit")
                fitted(self.data.train_images)
            return model
        judge = self.model == "classifier"
        epochs = settings.judge_epochs if judge else settings.epochs
        held_out = None if judge else HeldOut(self.data.test_images[: settings.curve_images])
        curves = fit(
            model, self.data, settings, seed=self.seed, epochs=epochs, checkpoint=self._checkpoint(self.model),
            progress=_Noting(self.progress, result), evaluate=held_out,
        )  # fmt: skip
        result.precision = precision_of(model.bf16)
        result.trained_on = device_name(model.mean.device)
        if self.model in plan.TRAINED:
            result.curves = {part: curves[part] for part in plan.curves(self.model)}
            result.add("train_seconds", curves["seconds"][-1])
            result.add("parameters", float(sum(p.numel() for p in model.parameters() if p.requires_grad)))
        return model

    def _another(self, result: Result, name: str, data: Data, epochs: float) -> Model:
        """A fresh model of the same kind and seed, trained on other images; the name is its checkpoint's."""
        model, checkpoint = self._fresh(), self._checkpoint(f"{self.model}-{name}")
        progress = _Noting(self.progress, result)
        fit(model, data, self.settings, seed=self.seed, epochs=epochs, checkpoint=checkpoint, progress=progress)
        return model

    def _measure(self, model: Model | None, result: Result) -> None:
        """Every measurement of the model; one that fails leaves its reason, and the others go on."""
        extras: dict[str, Callable[[], object]] = {  # what a function asks for by the name of its keyword
            "judge": self._judge,
            "latents": cache(lambda: latent.Latents.of(cast(Autoencoder, model), self.data, self.settings)),
            "untrained": self._fresh,
            "train": lambda: partial(self._another, result),
        }
        paused = list[tuple[Measurement, Measured]]()
        for function, models in MEASUREMENTS:
            if self.model in models:
                pairs = self._pairs(function, model, extras)
                if self._take(function, pairs, result):
                    paused.append((function, pairs))
        for function, pairs in paused:
            self._take(function, pairs, result)

    def _pairs(self, function: Measurement, model: Model | None, extras: dict[str, Callable[[], object]]) -> Measured:
        wanted = {name: make() for name, make in extras.items() if name in signature(function).parameters}
        yield from function(model, self.data, self.settings, self.seed, **wanted)

    def _take(self, function: Measurement, pairs: Measured, result: Result) -> bool:
        """Measure up to the end, or to LATER; whether that was it."""
        self.progress.step(self.model, self.seed, function.__name__)
        try:
            for pair in pairs:
                if pair is LATER:
                    return True
                result.add(*pair)
        except Exception as error:
            self._failed(result, function.__name__, error)
        return False

    def _judge(self) -> Model:
        if self.judge is None:
            raise RuntimeError("there is no classifier to judge images")
        return self.judge

    def _failed(self, result: Result, what: str, error: Exception) -> None:
        """Keep why something is missing; a full disk is one for all tasks, which would be trained in vain."""
        if isinstance(error, OSError) and error.errno in FULL:
            raise error
        text = (f"{what}: " if what else "") + reason_of(error)
        result.failed = "; ".join(filter(None, (result.failed, text)))[:MAX_TEXT]
        if not isinstance(error, EXPECTED):
            self.progress.note(traceback.format_exc())


def reason_of(error: Exception) -> str:
    """An error in one line, with its type where it is none of EXPECTED."""
    text = str(error).partition("\n")[0]
    if isinstance(error, EXPECTED) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class _Noting:
    """Passes on what it hears, and keeps notes for the document."""

    def __init__(self, progress: TaskProgress, result: Result) -> None:
        self.epoch, self.step = progress.epoch, progress.step
        self._progress, self._result = progress, result

    def note(self, text: str) -> None:
        self._result.notes.append(text)
        self._progress.note(text)
