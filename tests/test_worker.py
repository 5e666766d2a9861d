"""Workers and addresses that do not fit, and what is told of those that do."""

import errno
import pickle
import re
import runpy
import socket
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("distributed")

from experiments import cluster, due, machine, measure, plan, worker
from experiments.cluster import Cluster
from experiments.data import Data
from experiments.machine import Lacks
from experiments.options import Options
from experiments.presets import preset
from experiments.progress import Silent
from experiments.task import Task


@pytest.mark.parametrize("address", ["nonsense", "foo://x:1", ""])
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(ValueError, match=r"an address reads like tcp://host:8786"):
        cluster.look(address, "auto")


def test_an_address_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections, and says nothing
        port = mute.getsockname()[1]
        with pytest.raises(Lacks, match="no Dask scheduler answers there within"):
            cluster.look(f"tcp://127.0.0.1:{port}", "auto")
    with pytest.raises(Lacks, match=f"127.0.0.1:{port}: no Dask scheduler answers"):
        cluster.look(f"127.0.0.1:{port}", "auto")


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(measure.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(OSError, match=r"Dask is not installed: in the source folder pip install '\.\[cluster\]'"):
        measure.measure(Options(preset("smoke"), "demo", "auto"), tmp_path, (), Silent(), "tcp://127.0.0.1:1")


def test_other_versions_code_and_devices_are_told_apart() -> None:
    own = replace(worker.facts(), gpu="")
    assert own.refuses(own, "auto") == own.refuses(own, "cpu") == ""
    older = replace(own, versions=own.versions | {"torch": "1.0"})
    assert own.refuses(older, "cpu").startswith(f"has torch 1.0, not {own.versions['torch']}: install the same")
    python = replace(own, versions=own.versions | {"Python": "3.5"})
    assert own.refuses(python, "cpu").startswith("has Python 3.5, not 3.1")
    assert own.refuses(replace(own, code="other"), "cpu").startswith("runs other code")
    assert own.refuses(own, "cuda").startswith("has no GPU")


def test_code_is_that_of_every_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a worker reads it that has another."""
    there, code = worker.__file__, due.code
    assert runpy.run_path(there)["CODE"] == worker.CODE
    for changed in plan.ALL:
        monkeypatch.setattr(due, "code", lambda model, *more, of=changed: code(model, *more) + "#" * (model == of))
        assert runpy.run_path(there)["CODE"] != worker.CODE


def test_arithmetic_is_known_where_all_workers_have_the_same() -> None:
    kind = machine.Device("cpu", "two")
    same, mixed = Cluster("a", kind, frozenset({True})), Cluster("a", kind, frozenset({True, False}))
    assert [same.precision(precision) for precision in ("auto", "fp32")] == ["bf16", "fp32"]
    assert [mixed.precision(precision) for precision in ("auto", "bf16")] == ["", "bf16"]
    facts = worker.facts()
    found = {"a": replace(facts, bf16={"cpu": True}), "b": replace(facts, bf16={"cpu": False})}
    client: Any = SimpleNamespace(run_on_scheduler=lambda function: 3)
    assert any("--set precision=fp32" in line for line in cluster._lines(client, found, kind))
    assert not any("precision" in line for line in cluster._lines(client, {"a": found["a"]}, kind))


def test_equipment_that_came_damaged_is_refused(data: Data) -> None:
    sent = worker.Equipment("x", data, "cpu", worker.facts())
    there = joined()
    sent.setup(there)
    assert sent.data is not None
    assert (sent.data.train_images == data.train_images).all()
    assert sent.data.fingerprint == data.fingerprint
    damaged = worker.Equipment("x", data, "cpu", worker.facts())
    damaged.images = replace(damaged.images, train_labels=damaged.images.train_labels[::-1])
    with pytest.raises(worker.Refused, match="worker tcp://there:1 received other images than were sent"):
        damaged.setup(there)
    assert damaged.data is None
    assert "received other images" in damaged.refused


def test_a_worker_of_several_threads_that_joins_later_is_refused(data: Data) -> None:
    sent = worker.Equipment("x", data, "cpu", worker.facts())
    with pytest.raises(worker.Refused, match=r"worker tcp://there:1 has 4 threads, .* use --nthreads 1 --nworkers 4"):
        sent.setup(joined(threads=4))
    assert "has 4 threads" in sent.refused
    assert sent.data is None


def test_a_gpu_that_cannot_hold_the_images_is_told(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also to who comes with a task, on a worker that joined later."""

    def full(images: Data, device: str) -> Data:
        raise RuntimeError("CUDA out of memory.\nTried to allocate")

    sent = worker.Equipment("x", data, "cpu", worker.facts())
    there = joined(plugins={"x": sent})
    monkeypatch.setattr(Data, "to", full)
    monkeypatch.setattr(worker, "get_worker", lambda: there)
    why = (
        r"^worker tcp://there:1 cannot hold the images \(CUDA out of memory\. Tried to allocate\): see nvidia-smi there"
    )
    with pytest.raises(worker.Refused, match=why):
        sent.setup(there)
    with pytest.raises(worker.Refused, match=why):
        worker.call("x", lambda task: (None, None), task())


def test_a_full_disk_is_told_with_its_worker(data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(task: Task) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device", str(task.folder / "ae-0.safetensors"))

    sent = worker.Equipment("x", data, "cpu", worker.facts())
    there = joined(plugins={"x": sent}, local_directory=str(tmp_path))
    sent.setup(there)
    monkeypatch.setattr(worker, "get_worker", lambda: there)
    with pytest.raises(OSError, match="No space left") as raised:
        worker.call("x", full, task())
    sent_back = pickle.loads(pickle.dumps(raised.value))
    assert sent_back.errno == errno.ENOSPC
    assert re.fullmatch(rf"worker tcp://there:1: {tmp_path}/\S+/ae-0.safetensors", sent_back.filename)


def joined(threads: int = 1, **more: Any) -> Any:
    """Stands for a worker."""
    return SimpleNamespace(address="tcp://there:1", state=SimpleNamespace(nthreads=threads), **more)


def task() -> Task:
    return Task("ae", 0, preset("smoke"), None, None, Path(), Silent())  # type: ignore[arg-type]
