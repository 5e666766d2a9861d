"""How long each step of a build takes: training and measuring, figures, HTML, PDF, and the small commands.

    python -m tests.benchmarks.build_steps [--preset smoke|quick] [--runs N]

Training and measuring are those of one seed, one thread, split by what the progress says: `smoke` on drawn images,
`quick` on CIFAR-10 where it is in .data. The other steps are the commands as a user types them, on a fake bundle as
large as that of a full run.
"""

import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from typing import Any

import torch

from experiments import due, plan
from experiments.data import load
from experiments.measure import fitted
from experiments.presets import preset
from experiments.progress import Silent
from experiments.settings import Settings
from experiments.task import Task
from models.base import Model
from report.fake import fake
from report.templates import TEMPLATES
from tests.benchmarks import tables

COMMAND = "from report.cli import main; main()"
CHANGED = "HTML, a template changed"
HELP, STATUS, HTML = 3.5, 0.5, 1.0  # limits: times a bare import of click; seconds; seconds after a template's change
TINY = [
    "seeds=1", "train_images=100", "test_images=50", "judge_epochs=0.2", "width=8", "curve_images=20",
    "probe_images=50", "map_images=20", "few_labels=[2]",
]  # fmt: skip


@dataclass
class Stopwatch(Silent):
    """Adds up the seconds of each step; what comes before a task's first step is its training."""

    seconds: dict[str, float] = field(default_factory=dict)
    now: str = "train"
    since: float = field(default_factory=lambda: time.perf_counter())

    def step(self, model: str, seed: int, what: str) -> None:
        self._turn("train" if what == "fit" else what)

    def done(self, *_: Any) -> None:
        self._turn("train")

    def _turn(self, what: str) -> None:
        passed = time.perf_counter() - self.since
        self.seconds[self.now] = self.seconds.get(self.now, 0.0) + passed
        self.now, self.since = what, time.perf_counter()


def study_seconds(settings: Settings, models: Sequence[str]) -> dict[str, float]:
    """Seconds by step, "train" and the names of the measurements, of these models' tasks one after another.

    Raises:
        RuntimeError: a task failed.
    """
    source = "demo" if settings.preset == "smoke" else "auto"
    data = load(source, Path(), print).head(settings.train_images, settings.test_images)
    settings = fitted(settings, data, Silent())
    judge: Model | None = None
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        for model in sorted(models, key=lambda name: name != "classifier"):  # the judge first
            seen = judge if model in due.JUDGED else None
            result, trained = Task(model, 0, settings, data, seen, Path(folder), watch).run()
            watch.done(model, 0, result.failed)
            if result.failed:
                raise RuntimeError(f"{model}: {result.failed}")
            judge = judge or trained
    return watch.seconds


def seconds(*arguments: str) -> tuple[float, float]:
    """Of a fresh Python with these arguments, on the clock and of the processor. A status may be 1: something is due.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    began, before = time.perf_counter(), _children()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    wall = time.perf_counter() - began
    if done.returncode > 1 or (done.returncode and "status" not in arguments):
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr[-2000:] or done.stdout[-2000:]}")
    return wall, _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def commands(run: Path, own: Path, runs: int, names: Collection[str] = ()) -> dict[str, list[tuple[float, float]]]:
    """Seconds of each command on a run folder, each so many times but the first.

    Args:
        own: a folder for templates, of which one is changed before each "HTML, a template changed".
        names: commands to measure; none for all.
    """
    copytree(TEMPLATES, own)

    def aereport(*arguments: str) -> tuple[float, float]:
        return seconds("-c", COMMAND, arguments[0], str(run), *arguments[1:])

    def changed(time: int) -> tuple[float, float]:
        (own / "part1.html").write_text((TEMPLATES / "part1.html").read_text() + f"<!-- change {time} -->\n")
        return aereport("render", "--to", "html", "--templates", str(own))

    steps: dict[str, tuple[int, Callable[[int], tuple[float, float]]]] = {
        "figures, none there yet": (1, lambda time: aereport("figures")),
        "figures, all up to date": (runs, lambda time: aereport("figures")),
        CHANGED: (runs, changed),
        "PDF": (math.ceil(runs / 3), lambda time: aereport("render", "--to", "pdf")),
        "HTML": (runs, lambda time: aereport("render", "--to", "html")),
        "status": (runs, lambda time: aereport("status")),
    }
    return {
        name: [work(time) for time in range(times)]
        for name, (times, work) in steps.items()
        if not names or name in names
    }


def help_times(runs: int) -> tuple[list[float], list[float]]:
    """Seconds of `aereport --help` and of a bare import of click, in turn."""
    pairs = [(seconds("-c", COMMAND, "--help")[0], seconds("-c", "import click")[0]) for _ in range(runs)]
    ours, bare = map(list, zip(*pairs, strict=True))
    return ours, bare


def lines(found: dict[str, list[tuple[float, float]]]) -> list[list[str]]:
    """Rows of the commands' table."""
    limits = {CHANGED: f"{HTML:.1f}", "status": f"{STATUS:.1f}"}
    return [
        [name, *(tables.spread(of) for of in zip(*times, strict=True)), limits.get(name, "")]
        for name, times in found.items()
    ]


def main() -> None:
    parser = tables.parser(__doc__ or "")
    parser.add_argument("--preset", choices=("smoke", "quick"), default="smoke", help="for training and measuring")
    parser.add_argument("--runs", type=int, default=10, help="of each small command")
    given = parser.parse_args()
    torch.set_num_threads(1)
    runs = 1 if given.smoke else given.runs
    settings = preset("smoke", TINY) if given.smoke else preset(given.preset, ["seeds=1"])
    spent = study_seconds(settings, ("classifier",) if given.smoke else plan.ALL)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        fake(run, settings=preset("smoke" if given.smoke else "full"))
        found = commands(run, Path(folder) / "templates", runs, ("status",) if given.smoke else ())
        sizes = {path.name: path.stat().st_size for path in sorted(run.glob("report.*"))}
    ours, bare = help_times(runs)
    ratio = statistics.median(ours) / statistics.median(bare)

    total = sum(spent.values())
    rows = [[what, f"{s:.1f}", f"{s / total:.0%}"] for what, s in sorted(spent.items(), key=lambda item: -item[1])]
    title = f"Train and measure, preset {settings.preset}, one seed of every model, one thread"
    print(tables.header(title, "cpu"), end="\n\n")
    print(tables.markdown(("step", "seconds", "share"), rows), end="\n\n")
    print(tables.header("Commands, on a fake bundle of a full run", "cpu"), end="\n\n")
    print(tables.markdown(("command", "seconds", "CPU seconds", "limit"), lines(found)), end="\n\n")
    print("; ".join(f"{name} {size / 2**20:.2f} MiB" for name, size in sizes.items()) + ".")
    print(
        f"`--help` {1e3 * statistics.median(ours):.0f} ms against {1e3 * statistics.median(bare):.0f} ms"
        f" of `import click`: {ratio:.2f}× (limit {HELP}×), medians of {runs} runs each."
    )
    tables.write(given.json, "cpu", study=spent, commands=found, sizes=sizes, help=ours, click=bare)


if __name__ == "__main__":
    main()
