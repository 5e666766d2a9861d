"""Where tasks run: in this process on a GPU, else in as many processes as there are cores, one thread each."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from queue import SimpleQueue
from typing import Any

from experiments.progress import Progress, Relay, listen


class Lost(BrokenExecutor):
    """Whatever ran a task is gone, and the task with it. One line: why."""


@dataclass(frozen=True)
class Place:
    """An executor, how many tasks it takes at once (now: that may change), and whom a task tells of its progress."""

    executor: Executor
    slots: Callable[[], int]
    progress: Progress


class Here(Executor):
    """Runs a task at once, in this process."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **keywords: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*args, **keywords))
        return future


@contextmanager
def here(progress: Progress) -> Iterator[Place]:
    """This process, one task at a time."""
    yield Place(Here(), lambda: 1, progress)


class Workers(Executor):
    """So many processes, one task each; one that dies takes only its own task along, and is replaced."""

    def __init__(self, count: int) -> None:
        self._context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
        self._idle: SimpleQueue[Executor] = SimpleQueue()
        self._pools: list[Executor] = []
        for _ in range(count):
            self._idle.put(self._pool())

    def submit(self, function: Callable[..., Any], /, *args: Any, **keywords: Any) -> Future[Any]:
        """Waits for an idle process; the future raises BrokenExecutor where the process died."""
        pool = self._idle.get()
        future = pool.submit(function, *args, **keywords)
        future.add_done_callback(lambda done: self._idle.put(self._pool() if _broken(done) else pool))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for pool in self._pools:
            pool.shutdown(wait, cancel_futures=cancel_futures)

    def _pool(self) -> Executor:
        pool = ProcessPoolExecutor(1, mp_context=self._context, initializer=_start)
        self._pools.append(pool)
        return pool


@contextmanager
def processes(count: int, progress: Progress) -> Iterator[Place]:
    """So many fresh processes; they end with this one, however it ends."""
    with multiprocessing.get_context("spawn").Manager() as manager:
        queue, workers = manager.Queue(), Workers(count)
        listener = threading.Thread(target=listen, args=(queue, progress), daemon=True)
        listener.start()
        began = set(multiprocessing.active_children())
        try:
            yield Place(workers, lambda: count, Relay(queue))
            workers.shutdown()
            queue.put(None)
            listener.join()
        except BaseException:
            for child in set(multiprocessing.active_children()) - began:
                child.kill()
            workers.shutdown(wait=False, cancel_futures=True)
            raise


def _broken(future: Future[Any]) -> bool:
    return not future.cancelled() and isinstance(future.exception(), BrokenExecutor)


def _start() -> None:
    """In a worker: leave Ctrl-C to the parent, and end when the parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
