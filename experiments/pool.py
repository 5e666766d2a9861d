"""Where tasks run: in this process on a GPU, else in as many processes as there are cores, one thread each."""

import io
import multiprocessing
import os
import pickle
import secrets
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing.managers import SyncManager
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

from experiments.files import write_atomic
from experiments.progress import Progress, Relay, TaskProgress, listen
from experiments.signals import end_with_parent, no_interrupt

# In the environment of a process that is started with it, glibc (from 2.35 on) asks for huge pages, which many systems
# leave to programs. Processes that measure take 4 % less of the processor's time by it, and no more memory.
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
MARK = "shared"  # stands for it in a task
_equipment: dict[str, object] = {}  # in a worker: what is shared


class Lost(BrokenExecutor):
    """Whatever ran a task is gone, and the task with it. One line: why."""


@dataclass(frozen=True)
class Place:
    """An executor, how many tasks it takes at once (now: that may change), and whom a task tells of its progress."""

    executor: Executor
    slots: Callable[[], int]
    progress: TaskProgress


Places = Callable[[Progress], AbstractContextManager[Place]]  # opens a place, and closes it


class SerialExecutor(Executor):
    """Runs a task at once, in this process."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **keywords: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*args, **keywords))
        return future


@contextmanager
def here(progress: Progress) -> Iterator[Place]:
    """This process, one task at a time."""
    yield Place(SerialExecutor(), lambda: 1, progress)


class ProcessPool(Executor):
    """Processes, one task each; one that dies takes only its own task along, and is replaced.

    Tasks and results go through files, and their names through pipes: a process that is killed would leave a longer
    message in the middle, and who writes or reads it waiting for ever.

    Args:
        count: how many processes.
        folder: for those files, and for the temporary files of the processes.
        shared: what most tasks hold; each process is sent it once, and finds it in every task that holds it.
    """

    def __init__(self, count: int, folder: str, shared: object) -> None:
        self._shared, self._start, self._folder = shared, (pickle.dumps(shared), folder), Path(folder)
        self._context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
        self._idle: SimpleQueue[Executor] = SimpleQueue()
        self._pools: list[Executor] = []
        for _ in range(count):
            self._idle.put(self._pool())

    def submit(self, function: Callable[..., Any], /, *args: Any, **keywords: Any) -> Future[Any]:
        """Waits for an idle process; the future raises BrokenExecutor where the process died, and what kept the task
        from being packed.

        Raises:
            OSError: the disk is full.
        """
        future: Future[Any] = Future()
        path = self._folder / f"{secrets.token_hex(8)}.task"
        try:
            packed = self._packed((function, args, keywords))
        except Exception as error:
            future.set_exception(error)
            return future
        write_atomic(path, packed)
        pool = self._idle.get()
        with no_interrupt():
            try:
                inner = pool.submit(_call, path)
            except BrokenExecutor:  # it died while it had nothing to do
                pool = self._pool()
                inner = pool.submit(_call, path)
        inner.add_done_callback(lambda done: self._settle(pool, done, future))
        return future

    def _settle(self, pool: Executor, done: Future[Path], future: Future[Any]) -> None:
        """The process is idle again, or a new one in its place; the result goes where it is waited for."""
        try:
            found = pickle.loads(_taken(done.result()))
        except Exception as error:
            self._idle.put(self._pool() if isinstance(error, BrokenExecutor) else pool)
            future.set_exception(error)
        else:
            self._idle.put(pool)
            future.set_result(found)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for pool in self._pools:
            pool.shutdown(wait, cancel_futures=cancel_futures)

    def _pool(self) -> Executor:
        pool = ProcessPoolExecutor(1, mp_context=self._context, initializer=_start, initargs=self._start)
        self._pools.append(pool)
        return pool

    def _packed(self, work: object) -> bytes:
        packed = io.BytesIO()
        _Packer(packed, self._shared).dump(work)
        return packed.getvalue()


class _Packer(pickle.Pickler):
    """Puts a mark where it meets what is shared."""

    def __init__(self, file: io.BytesIO, shared: object) -> None:
        super().__init__(file)
        self._shared = shared

    def persistent_id(self, part: object) -> str | None:
        return MARK if part is self._shared and part is not None else None


class _Unpacker(pickle.Unpickler):
    """Puts in what is shared where it meets a mark."""

    def persistent_load(self, mark: str) -> object:
        return _equipment[mark]


def _call(path: Path) -> Path:
    """In a worker: from a task's file to its result's. Both are bytes: tensors would go through shared memory, which is
    small in containers."""
    function, args, keywords = _Unpacker(io.BytesIO(_taken(path))).load()
    result = path.with_suffix(".result")
    write_atomic(result, pickle.dumps(function(*args, **keywords)))  # which names its file where the disk is full
    return result


def _taken(path: Path) -> bytes:
    """The content of a file, which is deleted."""
    content = path.read_bytes()
    path.unlink()
    return content


@contextmanager
def processes(count: int, shared: object, progress: Progress) -> Iterator[Place]:
    """`count` fresh processes, each with what is shared; they end with this one, however it ends."""
    # a name without a file, where there are such: a path among temporary files may be longer than a socket's may be
    address = f"\0aereport-{secrets.token_hex(16)}" if sys.platform == "linux" else None
    manager = SyncManager(address, ctx=multiprocessing.get_context("spawn"))
    os.environ |= HUGE_PAGES | os.environ
    with no_interrupt():
        manager.start(end_with_parent)
    with manager:
        queue = manager.Queue()
        listener = threading.Thread(target=listen, args=(queue, progress), daemon=True)
        listener.start()
        try:
            with process_pool(count, shared) as workers:
                yield Place(workers, lambda: count, Relay(queue))
        finally:
            queue.put(None)
            listener.join()


@contextmanager
def process_pool(count: int, shared: object = None) -> Iterator[ProcessPool]:
    """`count` processes until the block ends. They are killed then, as they would take seconds to end by themselves.

    Their temporary files are deleted.
    """
    with TemporaryDirectory(prefix="aereport-", ignore_cleanup_errors=True) as folder:
        began, workers = set(multiprocessing.active_children()), ProcessPool(count, folder, shared)
        try:
            yield workers
        finally:
            for child in set(multiprocessing.active_children()) - began:
                child.kill()
            workers.shutdown(cancel_futures=True)


def _start(shared: bytes, folder: str) -> None:
    """In a worker: keep what is shared."""
    end_with_parent()
    tempfile.tempdir = folder
    _equipment[MARK] = pickle.loads(shared)
