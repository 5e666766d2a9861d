"""A state on disk: whole, of the right run, or not there."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from experiments.checkpoint import Checkpoint, load, save

STATE = Checkpoint(
    {"a": torch.arange(6.0).view(2, 3).T, "b": torch.tensor(0.1 + 0.2)}, 3, 2, {"loss": [0.1 + 0.2, 1e-30]}
)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    save(tmp_path / "models" / "ae-0.safetensors", "key", STATE)
    found = load(tmp_path / "models" / "ae-0.safetensors", "key")
    assert found is not None
    assert (found.point, found.micro_batches, found.curves) == (3, 2, STATE.curves)
    assert all(torch.equal(found.tensors[name], value) for name, value in STATE.tensors.items())
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["ae-0.safetensors"]


def test_another_run_s_state_is_not_taken(tmp_path: Path) -> None:
    save(tmp_path / "x", "key", STATE)
    assert load(tmp_path / "x", "other") is None


def test_nothing_is_loaded_from_nothing(tmp_path: Path) -> None:
    assert load(tmp_path / "x", "key") is None


@pytest.mark.parametrize("length", [0, 5, 60, -1])
def test_a_damaged_file_counts_as_none(tmp_path: Path, length: int) -> None:
    path = tmp_path / "x"
    save(path, "key", STATE)
    path.write_bytes(path.read_bytes()[:length])
    assert load(path, "key") is None


def test_noise_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(bytes(range(256)) * 10)
    assert load(tmp_path / "x", "key") is None


def test_a_changed_bit_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "x"
    save(path, "key", STATE)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert load(path, "key") is None, place


@pytest.mark.parametrize("odd", [os.mkfifo, lambda path: path.symlink_to(path.with_name("other"))])
def test_what_is_no_plain_file_counts_as_none_and_is_not_waited_for(
    tmp_path: Path, odd: Callable[[Path], None]
) -> None:
    save(tmp_path / "other", "key", STATE)
    odd(tmp_path / "x")
    assert load(tmp_path / "x", "key") is None
