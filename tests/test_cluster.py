"""A cluster: a real scheduler and real workers on this machine, one of them killed, and those that do not fit."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("distributed")

from distributed import KilledWorker

from experiments import cluster, due, engine, machine, measure, pool, worker
from experiments.bundle import Bundle
from experiments.cluster import Cluster
from experiments.data import Data, load
from experiments.engine import Engine, LacksCluster
from experiments.progress import Silent
from experiments.settings import preset
from experiments.study import Study
from tests.studies import FEW, ONE_SEED, SETTINGS, few, told
from tests.waiting import until

ROOT = Path(__file__).parent.parent
Start = Callable[..., subprocess.Popen[bytes]]


@contextmanager
def processes() -> Iterator[Start]:
    """Starts `dask …` in a folder, where it finds this code; all are killed at the end."""
    running = []

    def start(folder: Path, *words: str, code: Path = ROOT) -> subprocess.Popen[bytes]:
        folder.mkdir(exist_ok=True)
        quiet = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1"}
        with (folder / "log").open("wb") as log:
            command = [sys.executable, "-m", "dask", *words]
            running.append(subprocess.Popen(command, cwd=folder, env=os.environ | quiet, stdout=log, stderr=log))
        return running[-1]

    try:
        yield start
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()


@pytest.fixture
def start() -> Iterator[Start]:
    with processes() as starting:
        yield starting


def scheduler(start: Start, folder: Path) -> tuple[str, subprocess.Popen[bytes]]:
    """Its address and its process."""
    file = folder / "scheduler.json"
    begun = start(folder, "scheduler", "--host=127.0.0.1", "--port=0", "--no-dashboard", f"--scheduler-file={file}")
    until(lambda: written(file))
    return json.loads(file.read_text())["address"], begun


def written(file: Path) -> bool:
    """Whether a JSON file is there and whole: Dask makes it first and fills it afterwards."""
    try:
        return bool(json.loads(file.read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return False


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes its time to answer."""
    monkeypatch.setattr(cluster, "PATIENCE", 120.0)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with processes() as starting:
        yield scheduler(starting, tmp_path_factory.mktemp("scheduler"))[0]


def workers(start: Start, folder: Path, address: str, *more: str, count: int = 1, code: Path = ROOT) -> list[Any]:
    """So many, connected, and no others."""
    alone(address)
    more = more or ("--nthreads=1", "--memory-limit=0")
    words = ("worker", address, "--host=127.0.0.1", "--no-dashboard", "--no-nanny", *more)
    begun = [start(folder / f"worker{number}", *words, code=code) for number in range(count)]
    with cluster._client(address) as client:
        until(lambda: len(engine.workers(client)) == count)
    return begun


def alone(address: str) -> None:
    """Wait until the workers of the tests before are gone."""
    with cluster._client(address) as client:
        until(lambda: not engine.workers(client))


@pytest.fixture(scope="module")
def data() -> Data:
    return load("demo", Path(), print).head(200, 50)


class Heard(Silent):
    """Keeps what it hears; `then` is called once, when every model of `waits` has told of itself."""

    def __init__(self, waits: tuple[str, ...] = (), then: Callable[[], None] = lambda: None) -> None:
        self.notes: list[str] = []
        self.over: list[tuple[str, int]] = []
        self._waits, self._then = set(waits), then

    def step(self, *values: Any) -> None:
        if self._waits:
            self._waits.discard(values[0])
            if not self._waits:
                self._then()

    epoch = step

    def done(self, *values: Any) -> None:
        self.over.append((values[0], values[1]))

    def note(self, text: str) -> None:
        self.notes.append(text)


def same(one: Bundle, other: Bundle) -> None:
    """The same value for value."""
    first, second = told(one.to_json()), told(other.to_json())
    for content in (first, second):
        del content["provenance"]["device"]  # the cluster's says how many workers it has
    assert first == second
    assert one._files.keys() == other._files.keys()
    for name in one._files:
        mine, theirs = one._open(name), other._open(name)
        assert mine.keys() == theirs.keys()
        assert all((mine[key] == theirs[key]).all() for key in mine if "equal_time" not in key)


def test_a_worker_is_killed_and_the_result_is_the_local_one(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Start, address: str
) -> None:
    models = (*FEW, "vae")  # whose images the judge looks at, which goes from worker to worker
    monkeypatch.setattr(due, "tasks", few(*models))
    monkeypatch.setattr(engine, "LOOK", 0.1)
    both = workers(start, tmp_path, address, count=2)
    heard = Heard(("classifier", "dae"), lambda: os.kill(both[0].pid, signal.SIGKILL))
    there = cluster.look(address, "auto")
    assert there.device.name.startswith("2 × ")
    study = Study(ONE_SEED, data, tmp_path / "run", heard, places=partial(there.places, data, 0.5), device=there.device)
    bundle = study.run()
    assert both[0].poll() == -signal.SIGKILL
    assert sum(" is gone" in text for text in heard.notes) == 1, heard.notes
    assert any("runs again, 3 times at most" in text for text in heard.notes)
    assert sorted(heard.over) == sorted((model, 0) for model in models)
    same(bundle, Study(ONE_SEED, data, tmp_path / "local").run())
    assert not list((tmp_path / "run").glob("**/*.safetensors"))
    same(bundle, Bundle.load(tmp_path / "run/bundle"))


@pytest.mark.long
def test_every_model_gives_on_a_cluster_what_it_gives_here(
    data: Data, tmp_path: Path, start: Start, address: str
) -> None:
    workers(start, tmp_path, address, count=2)
    there = cluster.look(address, "cpu")
    bundle = Study(SETTINGS, data, tmp_path / "run", places=partial(there.places, data, 0.5), device=there.device).run()
    same(bundle, Study(SETTINGS, data, tmp_path / "local", places=partial(pool.processes, 2, data)).run())


def test_a_scheduler_that_dies_ends_the_study_and_what_was_measured_stays(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    monkeypatch.setattr(due, "tasks", few("pixels", "mcae"))
    address, begun = scheduler(start, tmp_path)
    workers(start, tmp_path, address)
    heard = Heard(("mcae",), begun.kill)
    monkeypatch.setattr("experiments.study._order", lambda name: (0, name[0] != "pixels"))
    there = cluster.look(address, "auto")
    study = Study(ONE_SEED, data, tmp_path / "run", heard, places=partial(there.places, data, 0.5), device=there.device)
    monkeypatch.setattr(cluster, "PATIENCE", 10.0)  # for a scheduler to come back
    with pytest.raises(LacksCluster, match=f"the scheduler at {address} is gone; what was finished is kept"):
        study.run()
    assert "pixels-0" in Bundle.load(tmp_path / "run/bundle").tasks


def test_a_worker_with_other_code_is_refused(tmp_path: Path, start: Start, address: str) -> None:
    for room in ("experiments", "models"):
        shutil.copytree(ROOT / room, tmp_path / "code" / room, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "code/experiments/train.py").open("a") as file:
        file.write("# changed\n")
    workers(start, tmp_path, address, code=tmp_path / "code")
    with pytest.raises(LacksCluster, match=r"^worker tcp://127\S+ runs other code of aereport: install the same there"):
        cluster.look(address, "auto")


def test_a_cluster_without_workers_and_one_with_threads_are_refused(
    data: Data, tmp_path: Path, start: Start, address: str
) -> None:
    alone(address)
    with pytest.raises(LacksCluster, match="no workers; start some with: dask worker"):
        cluster.look(address, "auto")
    workers(start, tmp_path, address, "--nthreads=2", "--memory-limit=100MB")
    with pytest.raises(LacksCluster, match=r"worker tcp://127\S+ has 2 threads.* use --nthreads 1 --nworkers 2"):
        cluster.look(address, "auto")
    with (
        cluster._client(address) as client,
        pytest.raises(LacksCluster, match=r"worker tcp\S+ may use 0.1 GB of memory, and a task may need 0.6"),
    ):
        cluster._roomy(client, 0.5)


@pytest.mark.parametrize("address", ["nonsense", "foo://x:1", ""])
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(ValueError, match=r"an address reads like tcp://host:8786"):
        cluster.look(address, "auto")


def test_an_address_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections, and says nothing
        port = mute.getsockname()[1]
        with pytest.raises(LacksCluster, match="no Dask scheduler answers there within"):
            cluster.look(f"tcp://127.0.0.1:{port}", "auto")
    with pytest.raises(LacksCluster, match=f"127.0.0.1:{port}: no Dask scheduler answers"):
        cluster.look(f"127.0.0.1:{port}", "auto")


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(measure.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(OSError, match=r"Dask is not installed: pip install 'aereport\[cluster\]'"):
        measure.measure(preset("smoke", []), "demo", tmp_path, "auto", (), Silent(), "tcp://127.0.0.1:1")


def test_other_versions_code_and_devices_are_told_apart() -> None:
    own = replace(worker.facts(), gpu="")
    assert own.refuses(own, "auto") == own.refuses(own, "cpu") == ""
    older = replace(own, versions=own.versions | {"torch": "1.0"})
    assert own.refuses(older, "cpu").startswith(f"has torch 1.0, not {own.versions['torch']}: install the same")
    python = replace(own, versions=own.versions | {"Python": "3.5"})
    assert own.refuses(python, "cpu").startswith("has Python 3.5, not 3.1")
    assert own.refuses(replace(own, code="other"), "cpu").startswith("runs other code")
    assert own.refuses(own, "cuda").startswith("has no GPU")


def test_arithmetic_is_known_where_all_workers_have_the_same() -> None:
    kind = machine.Device("cpu", "two")
    same, mixed = Cluster("a", kind, frozenset({True})), Cluster("a", kind, frozenset({True, False}))
    assert [same.arithmetic(precision) for precision in ("auto", "fp32")] == ["bf16", "fp32"]
    assert [mixed.arithmetic(precision) for precision in ("auto", "bf16")] == ["", "bf16"]
    facts = worker.facts()
    found = {"a": replace(facts, bf16={"cpu": True}), "b": replace(facts, bf16={"cpu": False})}
    client: Any = SimpleNamespace(run_on_scheduler=lambda function: 3)
    assert any("--set precision=fp32" in line for line in cluster._lines(client, found, kind))
    assert not any("precision" in line for line in cluster._lines(client, {"a": found["a"]}, kind))


def test_equipment_that_came_damaged_is_refused(data: Data) -> None:
    sent = worker.Equipment("x", data, "cpu", worker.facts())
    there: Any = SimpleNamespace(address="tcp://there:1")
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


class Client:
    """Gives what a Dask client would tell of workers."""

    def __init__(self, **states: str) -> None:
        self.states = states

    scheduler = SimpleNamespace(identity=None)

    def sync(self, *_: Any, **__: Any) -> Any:
        return {"workers": {name: as_dask_tells(state) for name, state in self.states.items()}}


def as_dask_tells(state: str) -> dict[str, Any]:
    """Of a worker; "paused, executing" has a task."""
    status, executing = state.partition(", ")[::2]
    return {"status": status, "metrics": {"task_counts": {"executing": 1}} if executing else {}}


def test_a_task_that_kills_its_workers_says_so() -> None:
    def killed() -> None:
        raise KilledWorker("call-1", SimpleNamespace(address="tcp://there:1"), 3)  # type: ignore[arg-type]

    future: Future[Any] = Future()
    remote: Any = SimpleNamespace(result=killed)
    Engine(Client(), "x", "tcp://here:1")._settle(future, remote)  # type: ignore[arg-type]
    with pytest.raises(pool.Lost, match=r"4 workers were lost while they computed it, tcp://there:1 at last"):
        future.result(60)


def test_a_worker_that_ends_in_the_middle_of_a_task_settles_its_future() -> None:
    def ended() -> None:
        raise worker.Unwanted

    future: Future[Any] = Future()
    Engine(Client(), "x", "tcp://here:1")._settle(future, SimpleNamespace(result=ended))  # type: ignore[arg-type]
    assert isinstance(future.exception(60), worker.Unwanted)


def test_a_worker_that_leaves_while_it_is_asked_is_not_counted() -> None:
    client: Any = Client()
    client.run = lambda *_, **__: {"a": OSError("gone"), "b": worker.facts()}
    with pytest.raises(LacksCluster, match="the cluster has no workers"):
        cluster._facts(client, "cpu")


def test_a_cluster_that_has_lost_all_its_workers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LOOK", 0.01)
    monkeypatch.setattr(engine, "ALONE", 0.05)
    client: Any = Client(a="running")
    watched, future, heard = Engine(client, "x", "tcp://here:1"), Future[Any](), Heard()
    watched._running[future] = SimpleNamespace()  # type: ignore[assignment]
    with watched.watched(heard):
        client.states = {}
        with pytest.raises(LacksCluster, match="no worker of tcp://here:1 takes tasks any more; what was"):
            future.result(60)
    assert heard.notes == ["worker a is gone; what it computed runs again on another one"]
    assert watched.slots() == 1


def test_a_full_worker_counts_as_long_as_it_has_a_task() -> None:
    """Its task is among those that run, to which the number of slots is held."""
    client: Any = Client(a="running", b="paused, executing", c="paused", d="running")
    assert Engine(client, "x", "tcp://here:1").slots() == 3


def test_workers_that_come_and_fill_up_are_told() -> None:
    found = list(engine.changes({"a": "running", "b": "running"}, {"a": "paused", "b": "running", "c": "running"}))
    assert found == [
        "worker a is full: Dask gives it no more tasks until it has memory again",
        "worker c has joined",
    ]
