"""Which model, with which seed, is trained and measured by what; one failing model does not take the others along.

1 measure   for every seed: the judge first, then every model that has a measurement
"""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from typing import cast

import torch

from experiments import latent, plan
from experiments.batches import Measured, chunked, numbers
from experiments.bundle import Bundle, Provenance, Result
from experiments.data import Data
from experiments.measurements import MEASUREMENTS
from experiments.reconstruction import held_out
from experiments.settings import Settings
from experiments.train import Progress, fit
from models import MODELS, build
from models.base import Autoencoder, Model

PACKAGES = ("numpy", "torch", "torchvision", "scikit-learn", "scikit-image")
Judge = Model | None


@dataclass(frozen=True)
class Study:
    """A run: its settings, its images on the device, and where trained weights are kept."""

    settings: Settings
    data: Data
    folder: Path
    progress: Progress | None = None

    @property
    def device(self) -> torch.device:
        return self.data.train_images.device

    def run(self) -> Bundle:
        """Train and measure everything that is due and keep the bundle after each model."""
        bundle = Bundle(self.settings, self._provenance())
        for seed in range(self.settings.seeds):
            judge, result = self._task("classifier", seed, None)
            self._keep(bundle, result)
            for model in self._due(seed):
                self._keep(bundle, self._task(model, seed, judge)[1])
        return bundle

    def _due(self, seed: int) -> list[str]:
        measured = {name for _, models in MEASUREMENTS for name in models}
        return [name for name in plan.ALL if name in measured and (seed == 0 or name not in plan.DETERMINISTIC)]

    def _task(self, name: str, seed: int, judge: Judge) -> tuple[Judge, Result]:
        """The trained model and what was measured of it; after a failure, the reason instead."""
        result = Result(name, seed)
        try:
            model = self._trained(name, seed, result) if name in MODELS else None
            for key, value in self._measured(name, model, seed, judge):
                result.add(key, value)
        except (ArithmeticError, RuntimeError) as error:
            result.reasons[""] = str(error).partition("\n")[0]
            return None, result
        return model, result

    def _fresh(self, name: str, seed: int) -> Model:
        model = build(name, seed, classes=len(self.data.classes), **self.settings.model_dump()).to(self.device)
        model.set_mean(self.data.train_images)
        return model.eval()

    def _checkpoint(self, seed: int) -> Callable[[str], Path]:
        return lambda name: self.folder / "models" / f"{name}-{seed}.safetensors"

    def _trained(self, name: str, seed: int, result: Result) -> Model:
        model = self._fresh(name, seed)
        if not model.trained:
            fitted = getattr(model, "fit", None)  # in closed form
            if fitted:
                fitted(self.data.train_images)
            return model
        epochs = self.settings.judge_epochs if name == "classifier" else self.settings.epochs
        held = self.data.test_images[: self.settings.curve_images]
        curves = fit(
            model, self.data, self.settings, seed=seed, epochs=epochs, checkpoint=self._checkpoint(seed)(name),
            progress=self.progress, evaluate=None if name == "classifier" else lambda model: held_out(model, held),
        )  # fmt: skip
        if name in plan.TRAINED:
            result.curves = {part: curves[part] for part in plan.curves(name)}
            seconds = curves["seconds"][-1]
            result.add("train_seconds", seconds)
            result.add("images_per_second", epochs * len(self.data.train_images) / seconds)
            result.add("parameters", float(sum(p.numel() for p in model.parameters() if p.requires_grad)))
        return model

    def _measured(self, name: str, model: Model | None, seed: int, judge: Judge) -> Measured:
        extras: dict[str, Callable[[], object]] = {  # what a function asks for by the name of its keyword
            "judge": lambda: judge,
            "latents": cache(lambda: latent.Latents.of(cast(Autoencoder, model), self.data, self.settings)),
            "untrained": lambda: self._fresh(name, seed),
            "checkpoint": lambda: self._checkpoint(seed),
            "progress": lambda: self.progress,
        }
        for function, models in MEASUREMENTS:
            wanted = [extra for extra in extras if extra in signature(function).parameters]
            if name in models and (judge is not None or "judge" not in wanted):
                yield from function(
                    model, self.data, self.settings, seed, **{extra: extras[extra]() for extra in wanted}
                )
        if name == "classifier" and model is not None:
            guesses = chunked(model, self.data.test_images).argmax(1)
            yield "judge_accuracy", numbers((guesses == self.data.test_labels).float())

    def _keep(self, bundle: Bundle, result: Result) -> None:
        bundle.add(result, measured=datetime.now(UTC).isoformat(timespec="seconds"))
        bundle.save(self.folder / "bundle")

    def _provenance(self) -> Provenance:
        device = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else platform.machine()
        return Provenance(
            data=self.data.name, classes=list(self.data.classes), train_images=len(self.data.train_images),
            test_images=len(self.data.test_images), fingerprint=self.data.fingerprint, device=device,
            versions={"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
            commit="", measured=datetime.now(UTC).isoformat(timespec="seconds"), demo=self.data.demo,
        )  # fmt: skip
