"""A cluster: a real scheduler and real workers on this machine, one of them killed, and those that do not fit."""

import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

pytest.importorskip("distributed")

from distributed import Client

from experiments import cluster, dask_executor, due, pool, worker
from experiments.bundle import Bundle
from experiments.data import Data
from experiments.machine import Lacks
from experiments.progress import Silent
from experiments.study import Study
from tests.benchmarks import cluster as benchmark
from tests.builds import build
from tests.clusters import Crew, Heard, processes
from tests.studies import FEW, ONE_SEED, SETTINGS, few, told


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes its time to answer."""
    monkeypatch.setattr(cluster, "PATIENCE", 120.0)


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    with processes() as starting:
        yield Crew(starting, tmp_path_factory.mktemp("crew"))


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


def test_a_cluster_that_cannot_compute_for_this_process_is_refused(crew: Crew) -> None:
    """It has no workers, or one with two threads, little memory or other code, or a scheduler that has no code."""
    address = crew.of(0)
    with pytest.raises(Lacks, match="no workers; start some with: dask worker"):
        cluster.look(address, "auto")

    def changed(dask_scheduler: Any, threads: int, memory: float) -> None:
        for state in dask_scheduler.workers.values():
            state.nthreads, state.memory_limit = threads, memory

    def of_code(code: str) -> None:
        worker.CODE = code

    def hide() -> None:
        sys.modules["experiments.worker"] = None  # type: ignore[assignment]

    crew.of(1)
    with cluster._client(address) as client:
        client.run_on_scheduler(changed, threads=2, memory=1e8)
        with pytest.raises(Lacks, match=r"worker tcp://127\S+ has 2 threads.* use --nthreads 1 --nworkers 2"):
            cluster.look(address, "auto")
        with pytest.raises(Lacks, match=r"worker tcp\S+ may use 0.1 GB of memory, and a task may need 0.6"):
            cluster._check_memory(client, 0.5)
        client.run_on_scheduler(changed, threads=1, memory=0)
        client.run(of_code, "other")
        with pytest.raises(Lacks, match=r"^worker tcp://127\S+ runs other code of aereport: install the same"):
            cluster.look(address, "auto")
        client.run(of_code, worker.CODE)
        client.run_on_scheduler(hide)
        with pytest.raises(Lacks, match=r"^the scheduler cannot load aereport \(import of experiments.*there as well"):
            cluster.look(address, "auto")
        client.run_on_scheduler(lambda: sys.modules.pop("experiments.worker"))
    assert cluster.look(address, "cpu")


def test_a_build_with_the_address_of_a_cluster_computes_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_document: None, crew: Crew
) -> None:
    monkeypatch.setattr(due, "tasks", few("data"))
    status, said = build(tmp_path / "run", "--cluster", crew.of(2))
    assert (status, "1 measure  1 tasks, 0 kept, 1 to do" in said, "data-0: done" in said) == (0, True, True), said
    assert re.search(r"on 2 × .*; a task whose worker is lost runs again", said)
    bundle = Bundle.load(tmp_path / "run/bundle")
    assert bundle.provenance.device.startswith("2 × ")
    assert list(bundle.tasks) == ["data-0"]


def test_the_benchmark_prints_a_table_and_writes_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], crew: Crew
) -> None:
    """Of a cluster that is there already."""
    monkeypatch.setattr(benchmark, "started", lambda: nullcontext(crew.of(2)))
    monkeypatch.setattr(sys, "argv", ["cluster", "--smoke", "--json", str(tmp_path / "found.json")])
    benchmark.main()
    assert "times as fast |" in capsys.readouterr().out
    found = json.loads((tmp_path / "found.json").read_text())
    assert {"date", "device", "torch"} < set(found)
    assert [len(found[name]) for name in ("one", "two")] == [1, 1]


def test_a_worker_is_killed_and_the_result_is_the_local_one(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crew: Crew
) -> None:
    models = (*FEW, "vae")  # whose images the judge looks at, which goes from worker to worker
    monkeypatch.setattr(due, "tasks", few(*models))
    monkeypatch.setattr(dask_executor, "LOOK", 0.1)
    address, both = crew.of(2), crew.workers
    heard = Heard(("classifier", "dae"), lambda: os.kill(both[0].pid, signal.SIGKILL))
    there = cluster.look(address, "auto")
    assert there.device.name.startswith("2 × ")
    study = Study(ONE_SEED, data, tmp_path / "run", heard, device=there.device)
    bundle = study.run(partial(there.places, data, 0.5))
    assert both[0].poll() == -signal.SIGKILL
    assert sum(" is gone" in text for text in heard.notes) == 1, heard.notes
    assert any("runs again, 3 times at most" in text for text in heard.notes)
    assert sorted(name[:2] for name in heard.over) == sorted((model, 0) for model in models)
    same(bundle, Study(ONE_SEED, data, tmp_path / "local").run())
    assert not list((tmp_path / "run").glob("**/*.safetensors"))
    same(bundle, Bundle.load(tmp_path / "run/bundle"))


@pytest.mark.long
def test_every_model_gives_on_a_cluster_what_it_gives_here(data: Data, tmp_path: Path, crew: Crew) -> None:
    there = cluster.look(crew.of(2), "cpu")
    bundle = Study(SETTINGS, data, tmp_path / "run", device=there.device).run(partial(there.places, data, 0.5))
    same(bundle, Study(SETTINGS, data, tmp_path / "local").run(partial(pool.processes, 2, data)))


def test_what_killed_builds_left_is_taken_away(data: Data, crew: Crew) -> None:
    """Every worker would hold their images as long as its scheduler lives; those of other builds stay."""

    def equipped(client: Client) -> set[str]:
        return {name for plugins in client.run(lambda dask_worker: [*dask_worker.plugins]).values() for name in plugins}

    address = crew.of(1)
    there = cluster.look(address, "cpu")
    with cluster._client(address) as other:
        names = [f"{cluster.OWN}Client-killed", f"{cluster.OWN}{other.id}"]
        for name in names:
            cluster._equip(other, worker.Equipment(name, data, "cpu", worker.facts()))
        assert equipped(other) >= {*names}
        with there.places(data, 0.5, Silent()):
            found = equipped(other)
        assert names[0] not in found
        assert names[1] in found
        assert len({name for name in found if name.startswith(cluster.OWN)}) == 2
        assert equipped(other) == found & {names[1], "shuffle"}


def test_a_scheduler_that_hangs_holds_no_build_that_is_stopped(
    data: Data, monkeypatch: pytest.MonkeyPatch, crew: Crew
) -> None:
    there = cluster.look(crew.of(1), "cpu")
    assert crew.scheduler
    tell = crew.scheduler.send_signal
    again = Timer(60, tell, [signal.SIGCONT])

    def stopped() -> None:
        monkeypatch.setattr(cluster, "PATIENCE", 1.0)
        tell(signal.SIGSTOP)
        again.start()
        time.sleep(2 * dask_executor.LOOK)  # so that somebody waits for its answer
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), there.places(data, 0.5, Silent()):
        stopped()
    hung = again.is_alive()
    again.cancel()
    tell(signal.SIGCONT)
    assert hung


def test_a_scheduler_that_dies_ends_the_study_and_what_was_measured_stays(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crew: Crew
) -> None:
    monkeypatch.setattr(due, "tasks", few("data", "mcae"))
    monkeypatch.setattr("experiments.study._order", lambda name: (0, name[0] != "data"))
    address = crew.of(1)  # "data" is over when "mcae" begins
    assert crew.scheduler
    heard = Heard(("mcae",), crew.scheduler.kill)
    there = cluster.look(address, "auto")
    study = Study(ONE_SEED, data, tmp_path / "run", heard, device=there.device)
    monkeypatch.setattr(cluster, "PATIENCE", 10.0)  # for a scheduler to come back
    with pytest.raises(Lacks, match=f"the scheduler at {address} is gone; what was finished is kept"):
        study.run(partial(there.places, data, 0.5))
    assert "data-0" in Bundle.load(tmp_path / "run/bundle").tasks
