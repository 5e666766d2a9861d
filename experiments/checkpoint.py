"""The state of a training as one safetensors file: whole or not there, and never pickles."""

import json
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from experiments.files import write_atomic


@dataclass(frozen=True)
class Checkpoint:
    """tensors: by name. point: how many points of the curves are done. pieces: into which a batch is cut."""

    tensors: dict[str, Tensor]
    point: int
    pieces: int
    curves: dict[str, list[float]]


def save(path: Path, key: str, state: Checkpoint) -> None:
    """Write a state under the key of its run."""
    facts = {"point": state.point, "pieces": state.pieces, "curves": state.curves}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors.items()}
    write_atomic(path, safetensors.torch.save(tensors, {"key": key, "facts": json.dumps(facts)}))


def load(path: Path, key: str) -> Checkpoint | None:
    """The state of the run with this key; None if the file is missing, damaged, or another run's."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("key") != key:
                return None
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None
    return Checkpoint(tensors, **json.loads(metadata["facts"]))
