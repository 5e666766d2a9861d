"""The state of a training as one safetensors file: whole and unchanged or not there, and never pickles."""

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from experiments.files import open_plain, write_atomic


@dataclass(frozen=True)
class Checkpoint:
    """tensors: by name. point: how many points of the curves are done. micro_batches: into which a batch is cut."""

    tensors: dict[str, Tensor]
    point: int
    micro_batches: int
    curves: dict[str, list[float]]


def save(path: Path, key: str, state: Checkpoint) -> None:
    """Write a state under the key of its run."""
    facts = json.dumps({"point": state.point, "micro_batches": state.micro_batches, "curves": state.curves})
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors.items()}
    metadata = {"key": key, "facts": facts, "sha256": _digest(facts, tensors)}
    write_atomic(path, safetensors.torch.save(tensors, metadata))


def load(path: Path, key: str) -> Checkpoint | None:
    """The state of the run with this key; None if the file is missing, damaged, or another run's."""
    try:
        os.close(open_plain(path, os.O_RDONLY))  # no link, and no pipe to wait for
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("key") != key:
                return None
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None
    facts = metadata.get("facts", "")
    return Checkpoint(tensors, **json.loads(facts)) if metadata.get("sha256") == _digest(facts, tensors) else None


def _digest(facts: str, tensors: dict[str, Tensor]) -> str:
    """SHA-256 of all that a file holds: a disk's error in a weight would be measured like any other weight."""
    found = sha256(facts.encode())
    for name in sorted(tensors):
        found.update(f"{name} {tensors[name].dtype} {tuple(tensors[name].shape)}".encode())
        found.update(tensors[name].reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()
