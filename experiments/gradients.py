"""Gradients of a batch, in as many pieces as memory asks for; recorded on a GPU, see `experiments.cuda_graph`."""

import torch
from torch import Tensor

from experiments.cuda_graph import Drawn, Parts, Recorder, Unrecordable
from experiments.data import Data
from experiments.progress import TaskProgress
from models.base import Model


class Gradients:
    """Leaves the gradients of a batch at the weights of a model.

    Attributes:
        draws: what the loss draws from; to be seeded before the first batch.
        micro_batches: into how many pieces a batch is cut.
    """

    def __init__(self, model: Model, data: Data, bf16: bool, batch: int, progress: TaskProgress) -> None:
        self.model, self.data, self.bf16, self.progress = model, data, bf16, progress
        self.device = model.mean.device
        self.draws, self.micro_batches = torch.Generator(self.device), 1
        self.recorder = Recorder(model, batch) if self.device.type == "cuda" else None

    def __call__(self, order: Tensor, mirrored: Tensor) -> Parts:
        """Of these images, (B,), and whether each is mirrored. Gives the loss and its parts, until the next call."""
        while True:
            try:
                if self.recorder and self.micro_batches == 1:
                    return self.recorder(self._computed, order, mirrored, self.draws)
                return self._computed(order, mirrored, self.draws)
            except Unrecordable as error:
                self.draws = error.draws
                self.progress.note(f"{self.model.name}: the GPU records no batch ({error}), so each is launched anew")
            except torch.OutOfMemoryError:
                if self.micro_batches >= len(order):
                    raise
                self.cut(2 * self.micro_batches)
            self.recorder = None
            self.model.zero_grad()
            if self.micro_batches > 1:  # and not where a recording failed: torch 2.11 takes it to be still under way
                torch.cuda.empty_cache()

    def cut(self, pieces: int) -> None:
        """Cut batches into so many pieces, and say so: also in a training that goes on where another was cut."""
        self.micro_batches = pieces
        if pieces > 1:
            changes = ", which changes its loss: that is no mean over images" if self.model.batch_coupled else ""
            self.progress.note(f"{self.model.name}: out of memory, so a batch is computed in {pieces} pieces{changes}")

    def close(self) -> None:
        """Let what was recorded go, before another training records: with any graph torch 2.14 gives back the memory in
        which the matrix products of all graphs compute, and it may be long until Python lets go of a training."""
        self.recorder = None

    def _computed(self, order: Tensor, mirrored: Tensor, draws: torch.Generator, drawn: Drawn = ()) -> Parts:
        total: Parts = {}
        for index, flip in zip(order.chunk(self.micro_batches), mirrored.chunk(self.micro_batches), strict=True):
            images = self.data.train_images[index].float().div_(255).contiguous(memory_format=torch.channels_last)
            images = torch.where(flip[:, None, None, None], images.flip(3), images)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
                parts = self.model.loss(images, self.data.train_labels[index], draws, *drawn)
            share = len(index) / len(order)
            (parts["loss"] * share).backward()  # type: ignore[no-untyped-call]
            for name, part in parts.items():
                total[name] = total.get(name, 0) + part.detach().float() * share
        return total
