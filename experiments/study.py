"""Which model, with which seed, is trained and measured by what; one failing model does not take the others along.

1 measure   for every seed: the judge first, then every model that has a measurement
"""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import torch

from experiments import generation, heatmaps, masking, plan
from experiments.batches import Measured, chunked, numbers
from experiments.bundle import Bundle, Provenance, Result
from experiments.data import Data
from experiments.settings import Settings
from experiments.train import Progress, TrainingDiverged, fit
from models import MODELS, build
from models.base import Model

PACKAGES = ("numpy", "torch", "torchvision", "scikit-learn", "scikit-image")
Judge = Model | None
Measurement = Callable[..., Measured]

MEASUREMENTS: tuple[tuple[Measurement, tuple[str, ...]], ...] = (
    (masking.inpainting, plan.INPAINTING),
    (masking.examples, ("ae", "vae", *plan.MASKED)),
    (masking.masked_inputs, ("data",)),
    (heatmaps.errors, ("mcae",)),
    (heatmaps.influences, ("mcae",)),
    (heatmaps.examples, ("mcae",)),
    (heatmaps.example_images, ("data",)),
)
JUDGED: tuple[tuple[Measurement, tuple[str, ...]], ...] = (
    (generation.interpolation, ("ae", "vae")),
    (generation.arithmetic, ("ae", "vae")),
    (generation.samples, ("ae", "vae")),
)


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
        measured = {name for _, models in MEASUREMENTS + JUDGED for name in models}
        return [name for name in plan.ALL if name in measured and (seed == 0 or name not in plan.DETERMINISTIC)]

    def _task(self, name: str, seed: int, judge: Judge) -> tuple[Judge, Result]:
        """The trained model and what was measured of it; after a failure, the reason instead."""
        result = Result(name, seed)
        try:
            model = self._trained(name, seed, result) if name in MODELS else None
            for key, value in self._measured(name, model, seed, judge):
                result.add(key, value)
        except (TrainingDiverged, ArithmeticError, RuntimeError) as error:
            result.reasons[""] = str(error).partition("\n")[0]
            return None, result
        return model, result

    def _trained(self, name: str, seed: int, result: Result) -> Model:
        model = build(name, seed, classes=len(self.data.classes), **self.settings.model_dump()).to(self.device)
        if not model.trained:
            model.set_mean(self.data.train_images)
            fitted = getattr(model, "fit", None)  # in closed form
            if fitted:
                fitted(self.data.train_images)
            return model.eval()
        epochs = self.settings.judge_epochs if name == "classifier" else self.settings.epochs
        checkpoint = self.folder / "models" / f"{name}-{seed}.safetensors"
        begin = perf_counter()
        result.curves = fit(
            model, self.data, self.settings, seed=seed, epochs=epochs, checkpoint=checkpoint, progress=self.progress
        )
        if name in plan.TRAINED:
            seconds = result.curves.get("seconds", [perf_counter() - begin])[-1]
            result.add("train_seconds", seconds)
            result.add("images_per_second", epochs * len(self.data.train_images) / seconds)
            result.add("parameters", float(sum(p.numel() for p in model.parameters() if p.requires_grad)))
        return model

    def _measured(self, name: str, model: Model | None, seed: int, judge: Judge) -> Measured:
        for function, models in MEASUREMENTS:
            if name in models:
                yield from function(model, self.data, self.settings, seed)
        for function, models in JUDGED:
            if name in models and judge is not None:
                yield from partial(function, judge=judge)(model, self.data, self.settings, seed)
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
