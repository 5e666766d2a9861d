"""An executor over a Dask client: tasks go to workers that hold the images, and who comes and goes is told.

Dask runs a task again whose worker is lost. What it cannot do is said: a task that kills every worker it comes to is
`Lost`; a scheduler that is gone, or a cluster without workers, ends the study, and what was measured stays.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from distributed import Client, KilledWorker
from distributed import Future as Remote

from experiments import worker
from experiments.machine import Lacks
from experiments.pool import Lost
from experiments.progress import Progress

ALONE = 60.0  # seconds without any worker before a study is given up; the next one may be on its way
LOOK = 1.0  # seconds between two looks at the workers


class DaskExecutor(Executor):
    """Runs tasks on the workers of a client, which are equipped under a name."""

    def __init__(self, client: Client, name: str, address: str) -> None:
        self._client, self._name, self._address = client, name, address
        self._running: dict[Future[Any], Remote[Any]] = {}
        self._workers = _states(client)

    def slots(self) -> int:
        """How many tasks can run at once, now; one at least, which waits for a worker."""
        return max(1, sum(state in ("running", "busy") for state in self._workers.values()))

    def submit(self, function: Callable[..., Any], /, *args: Any, **keywords: Any) -> Future[Any]:
        """`function` of one task, which is sent without images: its worker has them."""
        (task,) = args
        future: Future[Any] = Future()
        light = replace(task, data=worker.light(task.data))
        try:
            remote = self._client.submit(worker.call, self._name, function, light, pure=False, **keywords)
        except Exception:  # the client is closed: it lost its scheduler
            future.set_exception(self._gone())
            return future
        self._running[future] = remote
        remote.add_done_callback(lambda done: self._settle(future, done))
        return future

    def _settle(self, future: Future[Any], remote: Remote[Any]) -> None:
        error: BaseException | None = None
        try:
            result = remote.result()
        except KilledWorker as killed:
            error = Lost(
                f"{killed.allowed_failures + 1} workers were lost while they computed it, {killed.last_worker.address}"
                " at last (out of memory?): look at its log, or start workers with a higher --memory-limit"
            )
        except (CancelledError, TimeoutError):
            error = self._gone()
        except BaseException as other:  # also what ends a worker: a future that nobody settles is waited for for ever
            error = other
        self._running.pop(future, None)
        with suppress(InvalidStateError):  # it was given up
            future.set_exception(error) if error else future.set_result(result)

    def _gone(self) -> Lacks:
        return Lacks(
            f"the scheduler at {self._address} is gone; what was finished is kept: start it and its workers, and the"
            " same command goes on from there"
        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Waits for nothing; a task that still runs ends when it has something to tell."""
        self._client.cancel(list(self._running.values()))

    @contextmanager
    def watched(self, progress: Progress) -> Iterator[None]:
        """Meanwhile, tell which workers come and go, and give up where none is left."""
        over = threading.Event()
        watch = threading.Thread(target=self._watch, args=(progress, over), daemon=True)
        watch.start()
        try:
            yield
        finally:
            over.set()
            watch.join(LOOK)  # no longer: it may wait for a scheduler that hangs

    def _watch(self, progress: Progress, over: threading.Event) -> None:
        last = time.monotonic()
        while not over.wait(LOOK):
            try:
                now = _states(self._client)
            except Exception:  # the scheduler is gone: then every future says so
                return
            before, self._workers = self._workers, now
            for line in changes(before, now):
                progress.note(line)
            if any(state in ("running", "busy") for state in now.values()):
                last = time.monotonic()
            elif time.monotonic() - last > ALONE:
                self._give_up()

    def _give_up(self) -> None:
        error = Lacks(
            f"no worker of {self._address} takes tasks any more; what was finished is kept: start some with dask worker"
            f" {self._address} --nthreads 1, and the same command goes on from there"
        )
        for future in list(self._running):
            with suppress(InvalidStateError):
                future.set_exception(error)


def changes(before: dict[str, str], now: dict[str, str]) -> Iterator[str]:
    """What happened to workers between two looks, a line each."""
    for address, state in before.items():
        if address not in now:
            yield f"worker {address} is gone; what it computed runs again on another one"
        elif state == "running" and now[address] in ("paused", "busy"):
            yield f"worker {address} is full: Dask gives it no more tasks until it has memory again"
    for address in now.keys() - before.keys():
        yield f"worker {address} has joined"


def workers(client: Client) -> dict[str, dict[str, Any]]:
    """What the scheduler knows of each worker, by address; asked for, as what a client keeps may be without workers."""
    assert client.scheduler is not None
    found: dict[str, dict[str, Any]] = client.sync(client.scheduler.identity, n_workers=-1)["workers"]
    return found


def _states(client: Client) -> dict[str, str]:
    """Of each worker, by address: "running", "busy" (it takes no more tasks, and has one), or what else Dask says."""
    found = {}
    for address, info in workers(client).items():
        executing = info["metrics"].get("task_counts", {}).get("executing", 0)
        found[address] = "busy" if executing and info["status"] != "running" else info["status"]
    return found
