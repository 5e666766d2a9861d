"""Progress of a build: bars on a terminal, otherwise lines with timestamps, which also go to build.log."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any, TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from experiments.files import open_plain
from report.guard import printable

BEGAN = "build began on"
SILENCE = 10.0  # seconds between two lines about the same training


class Lossy:
    """A stream whose reader may go away, or whose disk may be full: then its output is lost, and the build goes on."""

    def __init__(self, out: TextIO | None) -> None:
        self._out = out or StringIO()  # Python has none where the process was started with a closed one

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._out.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._out.flush()

    def close(self) -> None:
        with suppress(OSError):  # of what it still had to write
            self._out.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)


class Lines:
    """A line when a task ends, and at most one in SILENCE seconds about its training."""

    def __init__(self, log: TextIO | Lossy, out: Lossy | None) -> None:
        self.log, self.out = log, out
        self.said: dict[str, float] = {}
        self.within: dict[str, str] = {}  # the step of each task; some steps train models of their own

    def note(self, text: str) -> None:
        """Write lines into build.log and, if there are no bars, to the screen."""
        now = datetime.now().astimezone().strftime("%H:%M:%S")
        for line in map(printable, text.splitlines()):
            self.log.write(f"{now} {line}\n")
            if self.out:
                self.out.write(f"{now} {line}\n")
                self.out.flush()
        self.log.flush()

    def epoch(
        self, model: str, seed: int, epoch: float, epochs: float, loss: float, images_per_second: float, eta: float
    ) -> None:
        name = f"{model}-{seed}"
        if name not in self.said or time.monotonic() - self.said[name] >= SILENCE:
            self.said[name] = time.monotonic()
            rate = f"{images_per_second:,.0f} images/s, {eta:.0f} s left"
            self.note(f"{name}{self.within.get(name, '')}: epoch {epoch:.3g} of {epochs:g}, loss {loss:.4g}, {rate}")

    def step(self, model: str, seed: int, what: str) -> None:
        name = f"{model}-{seed}"
        self.said.setdefault(name, time.monotonic())
        self.within[name] = "" if what == "fit" else f", {what.replace('_', ' ')}"

    def done(self, model: str, seed: int, how: str) -> None:
        self.note(f"{model}-{seed}: {how}")

    def expect(self, tasks: int) -> None:
        """Tell how many tasks there will be."""


class Bars(Lines):
    """A bar for each running task and one for all of them, with the important lines above."""

    def __init__(self, log: TextIO | Lossy, console: Console) -> None:
        super().__init__(log, None)
        self.bars = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[what]}"), TimeRemainingColumn(),
            console=console, transient=True,
        )  # fmt: skip
        self.all: TaskID | None = None
        self.left = 0  # tasks
        self.rows: dict[str, TaskID] = {}

    def note(self, text: str) -> None:
        super().note(text)
        self.bars.console.print(printable(text), markup=False, highlight=False, emoji=False)

    def expect(self, tasks: int) -> None:
        self.left = tasks
        self.all = self.bars.add_task("all tasks", total=tasks, what=f"{tasks} to come")

    def epoch(
        self, model: str, seed: int, epoch: float, epochs: float, loss: float, images_per_second: float, eta: float
    ) -> None:
        what = f"epoch {epoch:.3g}/{epochs:g}  loss {loss:.4g}  {images_per_second:,.0f} images/s  {eta:.0f} s"
        self.bars.update(self._row(model, seed), completed=epoch, total=epochs, what=what)

    def step(self, model: str, seed: int, what: str) -> None:
        super().step(model, seed, what)
        now = f"{model}, seed {seed}{self.within[f'{model}-{seed}']}"
        self.bars.update(self._row(model, seed), description=now, what="")

    def done(self, model: str, seed: int, how: str) -> None:
        self.bars.update(self._row(model, seed), visible=False)  # a late message may arrive after a task's end
        Lines.note(self, f"{model}-{seed}: {how}")
        if self.all is not None:
            self.left -= 1
            self.bars.update(self.all, advance=1, what=f"{self.left} to come")

    def _row(self, model: str, seed: int) -> TaskID:
        name = f"{model}-{seed}"
        if name not in self.rows:
            self.rows[name] = self.bars.add_task(f"{model}, seed {seed}", total=None, what="training")
        return self.rows[name]


@contextmanager
def listening(folder: Path) -> Iterator[Lines]:
    """A listener for the progress of a build, which writes build.log into the run's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = open_plain(folder / "build.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with closing(Lossy(os.fdopen(descriptor, "a", encoding="utf-8"))) as log:
        screen = Lossy(sys.stderr)
        console = Console(file=cast(TextIO, screen))
        Lines(log, None).note(f"{BEGAN} {datetime.now().astimezone():%Y-%m-%d}")
        try:
            if console.is_terminal and not console.is_dumb_terminal and not os.environ.get("CI"):
                bars = Bars(log, console)
                with bars.bars:
                    yield bars
            else:
                yield Lines(log, screen)
        except BaseException as error:
            Lines(log, None).note(f"stopped: {str(error) or type(error).__name__}")
            raise
