"""Two single-threaded workers of a cluster against one: seconds of the same tasks, in turn.

    python -m tests.benchmarks.cluster [--tasks N] [--epochs N] [--repeats N]

A scheduler and two worker processes run on this machine, and nothing else should. The tasks are one model with several
seeds, all as long as each other; one worker is the same cluster that is given one task at a time.
"""

import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from experiments import cluster
from experiments.pool import Place
from experiments.presets import preset
from experiments.progress import Silent
from experiments.task import Task
from tests.benchmarks import tables
from tests.benchmarks.loops import toy
from tests.benchmarks.scaling import TINY
from tests.clusters import Crew, processes

MODEL = "mcae"  # its tasks need no judge
WORKERS = 2
MEMORY = 1.2  # GB of a worker, for one model on few images


@contextmanager
def started() -> Iterator[str]:
    """A scheduler with its workers; its address."""
    with tempfile.TemporaryDirectory() as folder, processes() as start:
        yield Crew(start, Path(folder)).of(WORKERS)


def succeeded(finished: Iterable[Future[Any]]) -> None:
    """Raises RuntimeError where a task failed."""
    for future in finished:
        result, _ = future.result()
        if result.failed:
            raise RuntimeError(result.failed)


def seconds(place: Place, tasks: list[Task], at_once: int) -> float:
    """How long the tasks take where so many of them run side by side.

    Raises:
        RuntimeError: one failed.
    """
    began, running = time.perf_counter(), set[Future[Any]]()
    for task in tasks:
        if len(running) == at_once:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            succeeded(finished)
        running.add(place.executor.submit(Task.run, task))
    succeeded(wait(running).done)
    return time.perf_counter() - began


def main() -> None:
    options = tables.parser("Two workers of a cluster against one.")
    options.add_argument("--tasks", type=int, default=6, help="seeds; a multiple of two")
    options.add_argument("--epochs", type=int, default=10)
    options.add_argument("--repeats", type=int, default=3)
    asked, model, images = options.parse_args(), MODEL, 2000
    if asked.smoke:  # "data" trains nothing
        asked.tasks, asked.epochs, asked.repeats, model, images = 2, 1, 1, "data", 64
    data = toy(images, "cpu")
    settings = preset("smoke", [*TINY, f"epochs={asked.epochs}", f"train_images={images}"])
    found: dict[int, list[float]] = {1: [], WORKERS: []}
    with started() as address, cluster.look(address, "cpu").places(data, MEMORY, Silent()) as place:
        tasks = [Task(model, seed, settings, data, None, Path(), place.progress) for seed in range(asked.tasks)]
        seconds(place, tasks[:WORKERS], WORKERS)  # to warm up
        for _ in range(asked.repeats):
            for count, values in found.items():
                values.append(seconds(place, tasks, count))
    ratios = [one / two for one, two in zip(found[1], found[WORKERS], strict=True)]
    print(tables.header("Workers of a cluster", "cpu"))
    print(f"\n{asked.tasks} tasks of {model}, {asked.epochs} epochs of {len(data.train_images)} images\n")
    cells = [tables.spread(found[1], 1), tables.spread(found[WORKERS], 1), tables.spread(ratios)]
    print(tables.markdown(("one worker (s)", "two workers (s)", "times as fast"), [cells]))
    tables.write(asked.json, "cpu", one=found[1], two=found[WORKERS], ratio=statistics.median(ratios))


if __name__ == "__main__":
    main()
