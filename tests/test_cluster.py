"""A cluster: a real scheduler and real workers on this machine, one of them killed, and those that do not fit."""

import os
import re
import shutil
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from experiments import cluster, due, engine, pool
from experiments.bundle import Bundle
from experiments.data import Data
from experiments.engine import LacksCluster
from experiments.study import Study
from tests.builds import build
from tests.clusters import ROOT, Heard, Start, alone, processes, scheduler, workers
from tests.studies import FEW, ONE_SEED, SETTINGS, few, told


@pytest.fixture
def start() -> Iterator[Start]:
    with processes() as starting:
        yield starting


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes its time to answer."""
    monkeypatch.setattr(cluster, "PATIENCE", 120.0)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with processes() as starting:
        yield scheduler(starting, tmp_path_factory.mktemp("scheduler"))[0]


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


def test_a_build_with_the_address_of_a_cluster_computes_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_document: None, start: Start, address: str
) -> None:
    monkeypatch.setattr(due, "tasks", few("pixels"))
    workers(start, tmp_path, address)
    status, said = build(tmp_path / "run", "--cluster", address)
    assert (status, "1 measure  1 tasks, 0 kept, 1 to do" in said, "pixels-0: done" in said) == (0, True, True), said
    assert re.search(r"on 1 × .*; a task whose worker is lost runs again", said)
    bundle = Bundle.load(tmp_path / "run/bundle")
    assert bundle.provenance.device.startswith("1 × ")
    assert list(bundle.tasks) == ["pixels-0"]


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
