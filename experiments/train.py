"""fit(): the only training loop.

The data lies on the device as uint8, half of the images are mirrored, bf16 and channels-last are used where they pay,
and every random number follows from the seed and the place in the run. The host waits for the device once a point of
the curves, never in between.
"""

import json
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from experiments import machine
from experiments.checkpoint import Checkpoint, load, save
from experiments.data import Data
from experiments.due import code
from experiments.files import sha256
from experiments.gradients import Gradients
from experiments.optimizer import Optimizer
from experiments.progress import Silent, TaskProgress
from experiments.schedule import Schedule
from experiments.settings import Settings
from models.base import Model

SAVE_EVERY = 10.0  # seconds at least between two states, which are of points: what an interruption may cost
USED = {  # settings that a training follows from: its checkpoint is resumed only where they are equal
    "batch_size", "learning_rate", "weight_decay", "warmup", "ema_decay", "latent_dim", "width", "noise_variance",
    "mask_low", "mask_high",
}  # fmt: skip


class Evaluate(Protocol):
    """Scores a model in training.

    Attributes:
        facts: what its scores follow from beside the model.
    """

    @property
    def facts(self) -> str: ...

    def __call__(self, model: Any, /) -> Mapping[str, float]:
        """Numbers by name."""


class TrainingDiverged(RuntimeError):
    """A loss or a gradient was not finite."""


def fit(
    model: Model,
    data: Data,
    settings: Settings,
    *,
    seed: int,
    epochs: float,
    checkpoint: Path | None = None,
    progress: TaskProgress | None = None,
    evaluate: Evaluate | None = None,
) -> dict[str, list[float]]:
    """Train a model in place and leave it in eval mode with its averaged weights.

    Args:
        model: on the device where it is trained; its `set_mean` is called here.
        data: with tensors on the same device.
        epochs: passes over the training images, fractions allowed.
        checkpoint: file for the state, written at points at least ten seconds apart and at the end. One of the same run
            is resumed, bit-identically on a CPU; one whose points were scored otherwise is not.
        evaluate: scores the averaged weights at each point, in eval mode and without gradients.

    Returns:
        Curves. Each part of the loss (its mean since the point before) and "seconds" (of training, cumulative) have one
        number a point; what `evaluate` gives has one more, the untrained state, in front. Points are evenly spaced: the
        i-th of n lies at epoch i / n · epochs.

    Raises:
        TrainingDiverged: a loss or a gradient is not finite; says at which update, 1 is the first.
    """
    schedule = Schedule(len(data.train_images), settings.batch_size, epochs)
    model.set_mean(data.train_images)
    run = _Run(model, data, settings, seed, schedule, progress)
    key = _key(model, data, settings, seed, schedule, evaluate.facts if evaluate else "")
    state = load(checkpoint, key) if checkpoint else None
    if state:
        run.restore(state)
    elif evaluate:
        run.evaluate(evaluate)
    saved = time.monotonic()
    with closing(run.gradients):
        while run.point < schedule.points:
            run.advance()
            if evaluate:
                run.evaluate(evaluate)
            if checkpoint and (run.point == schedule.points or time.monotonic() - saved >= SAVE_EVERY):
                save(checkpoint, key, run.state())
                saved = time.monotonic()
    run.optimizer.swap()
    model.eval()
    return run.curves


class _Run:
    """A training under way."""

    def __init__(
        self, model: Model, data: Data, settings: Settings, seed: int, schedule: Schedule, progress: TaskProgress | None
    ) -> None:
        self.model = model.to(memory_format=torch.channels_last)
        self.seed, self.schedule, self.progress = seed, schedule, progress or Silent()
        self.batch, self.device = settings.batch_size, model.mean.device
        model.bf16 = uses_bf16(settings.precision, self.device)
        self.optimizer = Optimizer(model, settings, schedule.updates)
        self.gradients = Gradients(self.model, data, model.bf16, self.batch, self.progress)
        self.point = 0
        # on a CPU the time that this process had of it: others may compete for the core
        self.clock = time.process_time if self.device.type == "cpu" else time.perf_counter
        self.curves: dict[str, list[float]] = {}

    def advance(self) -> None:
        """Train up to the next point."""
        began, came = self.clock(), time.perf_counter()
        start, stop = self.schedule.update(self.point), self.schedule.update(self.point + 1)
        order = image_order(self.seed, self.schedule.images, start * self.batch, stop * self.batch, self.device)
        mirror = _generator(self.device, self.seed, "mirror", self.point)
        mirrored = torch.rand(len(order), generator=mirror, device=self.device) < 0.5
        self.gradients.draws.manual_seed(_number(self.seed, "loss", self.point))
        self.model.train()
        rows, names = [], []
        for i, (chosen, flip) in enumerate(
            zip(torch.split(order, self.batch), torch.split(mirrored, self.batch), strict=True)
        ):
            parts = self.gradients(chosen, flip)
            norm = self.optimizer.update(start + i)
            rows.append(torch.stack([*parts.values(), norm]))
            names = list(parts)
        found = torch.stack(rows).double().cpu()  # (updates, parts + 1)
        seconds, passed = self.clock() - began, time.perf_counter() - came
        bad = (~found.isfinite()).any(1).nonzero()
        if len(bad):
            first = int(bad[0])
            what = "gradient" if found[first, :-1].isfinite().all() else "loss"
            raise TrainingDiverged(f"the {what} is not finite at step {start + first + 1}")
        for name, value in zip(names, found.mean(0).tolist(), strict=False):
            self.curves.setdefault(name, []).append(value)
        clock = self.curves.setdefault("seconds", [])
        clock.append((clock[-1] if clock else 0.0) + seconds)
        self.point += 1
        self._tell(len(order) / passed)

    @torch.no_grad()
    def evaluate(self, evaluate: Evaluate) -> None:
        """Add a point to the held-out curves."""
        self.model.eval()
        self.optimizer.swap()
        for name, value in evaluate(self.model).items():
            self.curves.setdefault(name, []).append(float(value))
        self.optimizer.swap()

    def state(self) -> Checkpoint:
        return Checkpoint(self.optimizer.state(), self.point, self.gradients.micro_batches, self.curves)

    def restore(self, state: Checkpoint) -> None:
        self.optimizer.restore(state.tensors)
        self.gradients.cut(state.micro_batches)
        self.point, self.curves = state.point, state.curves

    def _tell(self, images_per_second: float) -> None:
        left = (self.schedule.updates - self.schedule.update(self.point)) * self.batch / images_per_second
        epoch, epochs = self.schedule.epoch(self.point), self.schedule.epochs
        loss = self.curves["loss"][-1]
        self.progress.epoch(self.model.name, self.seed, epoch, epochs, loss, images_per_second, left)


def image_order(seed: int, images: int, start: int, stop: int, device: torch.device) -> Tensor:
    """Entries start … stop − 1, (stop − start,), of an endless row of shuffles, the same for every model."""
    epochs = range(start // images, (stop - 1) // images + 1)
    shuffles = [torch.randperm(images, generator=_generator(device, seed, "order", e), device=device) for e in epochs]
    first = epochs[0] * images
    return torch.cat(shuffles)[start - first : stop - first]


def uses_bf16(precision: str, device: torch.device) -> bool:
    """Whether training computes in bfloat16; "auto" asks the hardware."""
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return supported is not None and bool(supported())


def device_name(device: torch.device) -> str:
    """Name of the processor or GPU that computes there."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else machine.processor()


def precision_of(bf16: bool) -> str:
    return "bf16" if bf16 else "fp32"


def _generator(device: torch.device, *parts: object) -> torch.Generator:
    return torch.Generator(device).manual_seed(_number(*parts))


def _number(*parts: object) -> int:
    return int(sha256(repr(parts).encode())[:16], 16) >> 1  # the 63 bits that a seed may have


def _key(model: Model, data: Data, settings: Settings, seed: int, schedule: Schedule, scored: str) -> str:
    """Equal for runs that would do the same, and score it the same."""
    shapes = {name: list(value.shape) for name, value in model.state_dict().items()}
    device = model.mean.device
    subset = sha256(data.train_labels.cpu().numpy().tobytes())
    facts = [
        model.name, shapes, seed, repr(schedule), data.fingerprint, subset,
        settings.model_dump(include=USED), device_name(device), uses_bf16(settings.precision, device),
        torch.__version__, code(model.name, "experiments/train.py"), scored,
    ]  # fmt: skip
    return sha256(json.dumps(facts).encode())
