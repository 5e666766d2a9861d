"""What becomes of a task whose worker dies, leaves or fills up, and how many workers count."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("distributed")

from distributed import KilledWorker

from experiments import cluster, dask_executor, pool, worker
from experiments.dask_executor import DaskExecutor
from experiments.machine import Lacks
from tests.progress import Log


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
    DaskExecutor(Client(), "x", "tcp://here:1")._settle(future, remote)  # type: ignore[arg-type]
    with pytest.raises(pool.Lost, match=r"4 workers were lost while they computed it, tcp://there:1 at last"):
        future.result(60)


def test_a_worker_that_ends_in_the_middle_of_a_task_settles_its_future() -> None:
    def ended() -> None:
        raise worker.Unwanted

    future: Future[Any] = Future()
    DaskExecutor(Client(), "x", "tcp://here:1")._settle(future, SimpleNamespace(result=ended))  # type: ignore[arg-type]
    assert isinstance(future.exception(60), worker.Unwanted)


def test_a_worker_that_leaves_while_it_is_asked_is_not_counted() -> None:
    client: Any = Client()
    client.run = lambda *_, **__: {"a": OSError("gone"), "b": worker.facts()}
    with pytest.raises(Lacks, match="the cluster has no workers"):
        cluster._facts(client, "cpu")


def test_a_cluster_that_has_lost_all_its_workers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_executor, "LOOK", 0.01)
    monkeypatch.setattr(dask_executor, "ALONE", 0.05)
    client: Any = Client(a="running")
    watched, future, log = DaskExecutor(client, "x", "tcp://here:1"), Future[Any](), Log()
    watched._running[future] = SimpleNamespace()  # type: ignore[assignment]
    with watched.watched(log):
        client.states = {}
        with pytest.raises(Lacks, match="no worker of tcp://here:1 takes tasks any more; what was"):
            future.result(60)
    assert log.notes == ["worker a is gone; what it computed runs again on another one"]
    assert watched.slots() == 1


def test_a_full_worker_counts_as_long_as_it_has_a_task() -> None:
    """Its task is among those that run, to which the number of slots is held."""
    client: Any = Client(a="running", b="paused, executing", c="paused", d="running")
    assert DaskExecutor(client, "x", "tcp://here:1").slots() == 3


def test_workers_that_come_and_fill_up_are_told() -> None:
    found = list(
        dask_executor.changes({"a": "running", "b": "running"}, {"a": "paused", "b": "running", "c": "running"})
    )
    assert found == [
        "worker a is full: Dask gives it no more tasks until it has memory again",
        "worker c has joined",
    ]
