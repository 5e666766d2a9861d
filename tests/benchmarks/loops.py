"""Loops that are raced: ours, a plain one as a textbook writes it, pythae's trainer, and on CUDA one after airbench.

    python -m tests.benchmarks.loops LOOP MODEL    says "ready", waits for a line, races, prints one line of JSON

All train the same model with the same loss on the same batch size; what differs is how.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from experiments.data import Data
from experiments.memory import keep_freed
from experiments.presets import preset
from experiments.progress import Silent
from experiments.settings import Settings
from experiments.train import fit
from models import build
from models.base import Model

CLASSES = 10


class Over(Exception):
    """The time is up."""


@dataclass
class Window:
    """Counts images from the end of the warm-up until the time is up.

    Attributes:
        seconds: how long it counts.
        warm: images that are not counted.
    """

    seconds: float
    warm: int
    images: float = 0.0
    _began: tuple[float, float] | None = None
    _ended: tuple[float, float] = field(default=(0.0, 0.0))

    def tick(self, images: float) -> None:
        """So many images more are trained, and the device has finished them. Raises Over."""
        now = time.perf_counter(), time.process_time()
        self.images += images
        if self._began is None:
            if self.images >= self.warm:
                self._began, self.images = now, 0.0
            return
        self._ended = now
        if now[0] - self._began[0] >= self.seconds:
            raise Over

    def found(self) -> dict[str, float]:
        """Images, and the seconds on the clock and of the processor that they took."""
        assert self._began is not None
        wall, cpu = (end - begin for begin, end in zip(self._began, self._ended, strict=True))
        return {"images": self.images, "seconds": wall, "cpu_seconds": cpu}


def ours(model: Model, data: Data, settings: Settings, window: Window) -> None:
    """`experiments.train.fit` as a task calls it: one thread, freed memory kept."""
    torch.set_num_threads(1)
    keep_freed()
    count = len(data.train_images)

    class Ticker(Silent):
        done = 0.0

        def epoch(self, model: str, seed: int, epoch: float, *rest: Any) -> None:
            window.tick((epoch - self.done) * count)
            self.done = epoch

    while True:
        fit(model, data, settings, seed=0, epochs=100, progress=Ticker())  # 100 points, one an epoch


def plain(model: Model, data: Data, settings: Settings, window: Window) -> None:
    """Dataset, transforms on each image, DataLoader, fp32, NCHW, AdamW; torch's own number of threads."""
    from torchvision import transforms

    device = data.train_images.device
    transform = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor()])
    pictures = data.train_images.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    dataset = _Pictures(pictures, data.train_labels.cpu(), transform)
    workers = 2 if device.type == "cuda" else 0  # beside a GPU they help; beside two busy cores they do not
    loader = DataLoader(dataset, settings.batch_size, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
    generator = torch.Generator(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate)
    model.train()
    while True:
        for images, labels in loader:
            loss = model.loss(images.to(device), labels.to(device), generator)["loss"]
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            loss.item()
            window.tick(len(images))


class _Pictures(Dataset[tuple[Tensor, Tensor]]):
    """Images in memory as torchvision's CIFAR10 keeps and gives them."""

    def __init__(self, pictures: Any, labels: Tensor, transform: Callable[[Image.Image], Tensor]) -> None:
        self.pictures, self.labels, self.transform = pictures, labels, transform

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.transform(Image.fromarray(self.pictures[index])), self.labels[index]


def pythae(model: Model, data: Data, settings: Settings, window: Window) -> None:
    """pythae's BaseTrainer (Chadebec et al. 2022, arXiv:2206.08309), as it comes, with our model inside its own."""
    from pythae.data.datasets import BaseDataset
    from pythae.models.base import BaseAE, BaseAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    from pythae.trainers.training_callbacks import TrainingCallback

    device = data.train_images.device
    generator = torch.Generator(device)

    class Wrapped(BaseAE):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(BaseAEConfig(input_dim=(3, 32, 32), latent_dim=settings.latent_dim))
            self.inner = model

        def forward(self, inputs: Any, **rest: Any) -> Any:
            return ModelOutput(loss=model.loss(inputs["data"], inputs["labels"].long(), generator)["loss"])

    class Ticker(TrainingCallback):  # type: ignore[misc]
        def on_train_step_end(self, *arguments: Any, **rest: Any) -> None:
            window.tick(settings.batch_size)

    with tempfile.TemporaryDirectory() as folder:
        config = BaseTrainerConfig(
            output_dir=folder, num_epochs=10**6, learning_rate=settings.learning_rate, optimizer_cls="AdamW",
            per_device_train_batch_size=settings.batch_size, no_cuda=device.type != "cuda",
        )  # fmt: skip
        dataset = BaseDataset(data.train_images.cpu().float() / 255, data.train_labels.cpu())
        BaseTrainer(Wrapped(), dataset, training_config=config, callbacks=[Ticker()]).train()


def airbench(model: Model, data: Data, settings: Settings, window: Window) -> None:
    """After KellerJordan/cifar10-airbench: data on the device, compiled, bf16, a look at the clock an epoch."""
    device, batch = data.train_images.device, settings.batch_size
    model = model.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    images = (data.train_images.float() / 255).contiguous(memory_format=torch.channels_last)
    generator = torch.Generator(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, nesterov=True, fused=device.type == "cuda")
    loss_of = torch.compile(lambda chosen, labels: model.loss(chosen, labels, generator)["loss"])
    while True:
        order = torch.randperm(len(images), device=device)
        for index in order[: len(order) // batch * batch].split(batch):
            with torch.autocast(device.type, torch.bfloat16):
                loss = loss_of(images[index], data.train_labels[index])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if device.type == "cuda":
            torch.cuda.synchronize()
        window.tick(len(order) // batch * batch)


LOOPS: dict[str, Callable[[Model, Data, Settings, Window], None]] = {
    loop.__name__: loop for loop in (ours, plain, pythae, airbench)
}


def toy(images: int, device: str) -> Data:
    """Random images: how long they take does not depend on what they show."""
    draws = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (images, 3, 32, 32), generator=draws, dtype=torch.uint8)
    labels = torch.randint(0, CLASSES, (images,), generator=draws)
    names = tuple(map(str, range(CLASSES)))
    return Data("random", names, pixels, labels, pixels[:64], labels[:64], "0" * 64).to(torch.device(device))


def fresh(name: str, settings: Settings, device: str) -> Model:
    return build(name, 0, classes=CLASSES, **settings.model_dump()).to(device)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("loop", choices=LOOPS)
    parser.add_argument("model")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--images", type=int, default=512, help="training images")
    given = parser.parse_args()
    settings = preset(given.preset)
    data = toy(given.images, given.device)
    model = fresh(given.model, settings, given.device)
    model.set_mean(data.train_images)
    window = Window(given.seconds, warm=min(4 * settings.batch_size, given.images))
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        LOOPS[given.loop](model, data, settings, window)
    except Over:
        print(json.dumps(window.found()), flush=True)
        os._exit(0)  # at once, without waiting for a DataLoader's workers


if __name__ == "__main__":
    main()
