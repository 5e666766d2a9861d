"""A cluster on this machine: a real scheduler and real workers, and one who listens to a study."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments import cluster, dask_executor
from tests.progress import Log
from tests.waiting import until

ROOT = Path(__file__).parent.parent
Start = Callable[..., subprocess.Popen[bytes]]


@contextmanager
def processes() -> Iterator[Start]:
    """Starts `dask …` in a folder, where it finds this code; all are killed at the end."""
    running = []

    def start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
        folder.mkdir(exist_ok=True)
        quiet = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
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


@dataclass
class Crew:
    """A scheduler and its workers, for several tests: what one of them kills is there again for who asks next."""

    start: Start
    folder: Path
    address: str = ""
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _begun: int = 0

    def of(self, count: int) -> str:
        """The scheduler's address, when it has so many workers and no others."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            self._leave(self.workers)
            self.address, self.scheduler = scheduler(self.start, self._fresh())
        here = [worker for worker in self.workers if worker.poll() is None]
        self._leave(here[count:])
        self.workers = here[:count]
        while len(self.workers) < count:
            self.workers.append(worker(self.start, self._fresh(), self.address))
        connected(self.address, count)
        return self.address

    def _leave(self, workers: list[subprocess.Popen[bytes]]) -> None:
        for process in workers:
            process.kill()
            process.wait()

    def _fresh(self) -> Path:
        self._begun += 1
        return self.folder / str(self._begun)


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


def worker(start: Start, folder: Path, address: str) -> subprocess.Popen[bytes]:
    words = ("--host=127.0.0.1", "--no-dashboard", "--no-nanny", "--nthreads=1", "--memory-limit=0")
    return start(folder, "worker", address, *words)


def connected(address: str, count: int) -> None:
    """Wait until so many workers are."""
    with cluster._client(address) as client:
        until(lambda: len(dask_executor.workers(client)) == count)


class Heard(Log):
    """Progress that is kept; `then` is called once, when every model of `waits` has reported something."""

    def __init__(self, waits: tuple[str, ...] = (), then: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._waits, self._then = set(waits), then

    def step(self, *facts: Any) -> None:
        if self._waits:
            self._waits.discard(facts[0])
            if not self._waits:
                self._then()

    epoch = step
