"""What only a GPU can show: whether it computes what a CPU does, records its batches, and lets the host run ahead.

    python -m tests.benchmarks.gpu [--preset smoke|quick|full] [--models ae,…] [--updates N]

Each model is trained on random images with batches of the preset. "From a CPU's" is the relative distance between the
gradients of both in fp32. "Waits" are those of the host in the last eighth of the updates: 1, as it asks for the losses
then, where nothing is left to be recorded. Speed is that of this eighth, memory the most that was held of the GPU's.
"""

import argparse
import warnings
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from experiments.presets import preset
from experiments.progress import Silent
from experiments.settings import Settings
from experiments.train import fit
from models.base import Autoencoder, Model, random_masks
from tests.benchmarks import tables
from tests.benchmarks.loops import fresh, toy
from tests.benchmarks.training import TRAINED

COLUMNS = ("model", "from a CPU's", "images/s", "recorded", "waits", "memory, GB")


class Told(Silent):
    """What a training tells. waits: of the host, up to each point; speed: images a second from the last but one on."""

    def __init__(self, seen: list[warnings.WarningMessage]) -> None:
        self.seen, self.waits, self.speed, self.notes = seen, [0], 0.0, list[str]()

    def epoch(self, *facts: Any) -> None:
        self.waits.append(sum("synchronizing" in str(one.message) for one in self.seen))
        self.speed = facts[5]

    def note(self, text: str) -> None:
        self.notes.append(text)


def gradients(name: str, settings: Settings, device: str) -> Tensor:
    """Of a loss without random numbers, in fp32: (weights,), on the CPU."""
    data, model = toy(64, "cpu"), fresh(name, settings, "cpu")
    model.set_mean(data.train_images)
    model, images = model.to(device).train(), data.train_images.to(device).float() / 255
    if isinstance(model, Autoencoder):
        masks = random_masks(len(images), 30, torch.Generator().manual_seed(0)).to(device)
        F.mse_loss(model(images, masks), images).backward()  # type: ignore[no-untyped-call]
    else:
        F.cross_entropy(model(images), data.train_labels.to(device)).backward()  # type: ignore[no-untyped-call]
    found = [weight.grad for weight in model.parameters() if weight.grad is not None]
    return torch.cat([gradient.flatten().double().cpu() for gradient in found])


def row(name: str, settings: Settings, device: str, updates: int) -> list[str]:
    """A line of the table."""
    expected = gradients(name, settings, "cpu")
    apart = float((gradients(name, settings, device) - expected).norm() / expected.norm())
    data = toy(max(64, 8 * settings.batch_size), device)
    model: Model = fresh(name, settings, device)
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        told = Told(seen)
        fit(model, data, settings, seed=0, epochs=updates * settings.batch_size / len(data.train_images), progress=told)
    held = torch.cuda.max_memory_reserved() / 1e9 if device == "cuda" else 0.0
    recorded = "; ".join(told.notes) or ("yes" if device == "cuda" else "–")
    return [
        name, f"{apart:.1e}", f"{told.speed:,.0f}", recorded, str(told.waits[-1] - told.waits[-2]), f"{held:.1f}"
    ]  # fmt: skip


def main() -> None:
    parser = tables.parser(__doc__ or "")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--preset", choices=("smoke", "quick", "full"), default="full")
    parser.add_argument("--models", default=",".join(TRAINED), help="with commas between")
    parser.add_argument("--updates", type=int, default=1600)
    given = parser.parse_args()
    names, chosen, updates = given.models.split(","), given.preset, given.updates
    if given.smoke:
        names, chosen, updates = names[:1], "smoke", 16
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(1)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    if device == "cuda":
        torch.cuda.set_sync_debug_mode("warn")
    rows = []
    for name in names:
        rows.append(row(name, preset(chosen), device, updates))
        print(" ".join(rows[-1]), flush=True)
    print(tables.header(f"What a GPU does, preset {chosen}", device), end="\n\n")
    print(tables.markdown(COLUMNS, rows))
    tables.write(given.json, device, preset=chosen, rows=rows)


if __name__ == "__main__":
    main()
