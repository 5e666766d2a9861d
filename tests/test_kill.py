"""Real builds that are killed at random moments, or stopped by Ctrl-C, go on and end with the bundle of an undisturbed
one, value for value; no process of theirs is left."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from experiments.bundle import Bundle
from tests.builds import ROOT, SETTINGS
from tests.studies import told
from tests.waiting import members, until

# `aereport build` of some of its models, and without its document; its workers, which read this too, load none of it
SCRIPT = """
import os

if __name__ == "__main__":
    from experiments import due, machine
    from report import steps
    from report.cli import main

    ALL = due.tasks
    due.tasks = lambda settings: [name for name in ALL(settings) if name[0] in os.environ["MODELS"].split()]
    machine.cores = lambda: int(os.environ["CORES"])
    steps.figures = steps.document = lambda *_, **__: ()
    main()
"""

# Forks a build for each line that it reads, so that torch is loaded, the images are drawn and the templates are read
# once, and kills it after some seconds.
FORKING = """
import json, signal, sys, tempfile, time
import experiments.measure, openTSNE, report.console, report.paper.pdf, sklearn.linear_model, torch._dynamo
from experiments import demo
from report.render import check_request

check_request((), None)
images = demo.draw()
demo.draw = lambda: images
for line in sys.stdin:
    words, seconds, log, environment = json.loads(line)
    pid, began = os.fork(), time.monotonic()
    if pid == 0:
        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored in all that nohup starts
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        os.environ |= environment
        tempfile.tempdir = None  # it is where the environment says
        main(words)
    print(pid, flush=True)
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        if seconds and time.monotonic() > began + seconds:
            os.kill(pid, 9)
        time.sleep(0.005)
    print(json.dumps([os.waitstatus_to_exitcode(ended[1]), time.monotonic() - began]), flush=True)
"""


def command(out: Path) -> list[str]:
    """Words of a build."""
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    return ["build", "--preset", "smoke", "--data", "demo", "--device", "cpu", "--out", str(out), *settings]


@dataclass(frozen=True)
class Builder:
    """Builds one after the other. process: runs FORKING. log: what the last build said."""

    process: subprocess.Popen[str]
    log: Path

    def build(self, out: Path, seconds: float | None = None, **environment: str) -> tuple[int, float]:
        """Exit status and seconds of a build that is killed after so many seconds; none of its processes is left."""
        pid = self.begin(command(out), seconds, **environment)
        status, took = self.ended()
        until(lambda: not members(pid))
        said = self.log.read_text("utf-8")
        assert "Traceback" not in said or status == -signal.SIGKILL  # a worker may miss the one that started it
        assert status == 0 or (seconds and status == -signal.SIGKILL), said
        return status, took

    def begin(self, words: list[str], seconds: float | None = None, **environment: str) -> int:
        """The process of a build, which leads a group of its own."""
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps([words, seconds, str(self.log), environment]), file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def ended(self) -> tuple[int, float]:
        """Exit status and seconds of the build that was begun, when it is over."""
        assert self.process.stdout
        status, took = json.loads(self.process.stdout.readline())
        return status, took


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    script = (folder := tmp_path_factory.mktemp("builder")) / "build.py"
    script.write_text(SCRIPT.replace("    main()\n", FORKING.replace("\n", "\n    ")))
    own = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, script], env=os.environ | own, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Builder(process, folder / "said")
        assert process.stdin
        process.stdin.close()


def measured(out: Path) -> dict[str, Any]:
    """All that a bundle holds but for the clock; its arrays by their SHA-256."""
    Bundle.load(out / "bundle")
    text = (out / "bundle" / "bundle.json").read_text("utf-8")
    return told(text) | {"files": json.loads(text)["files"]}


def survives(builder: Builder, folder: Path, kills: int, seed: int, models: str, cores: int) -> None:
    """Kill builds of these models by so many workers (1: none) until so many were killed, resuming each until it is
    through."""
    own = {"MODELS": models, "CORES": str(cores)}
    _, lasts = builder.build(folder / "undisturbed", **own)
    whole, draws = measured(folder / "undisturbed"), random.Random(seed)
    killed, out = 0, folder / "0"
    while killed < kills:
        status, _ = builder.build(out, draws.uniform(0.05, 1.1) * lasts, **own)
        killed += status != 0
        if (out / "bundle" / "bundle.json").exists():
            Bundle.load(out / "bundle")
        if status == 0:
            assert measured(out) == whole
            assert not list(out.rglob("*.part"))
            out = folder / str(killed)
    builder.build(out, **own)
    assert measured(out) == whole


def test_builds_survive_kills(builder: Builder, tmp_path: Path) -> None:
    survives(builder, tmp_path, 2, 0, "dae classifier", 1)


@pytest.mark.long
def test_builds_with_workers_survive_fifty_kills(builder: Builder, tmp_path: Path) -> None:
    survives(builder, tmp_path, 50, 1, "dae ae pca classifier data", 2)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_build_that_is_stopped_says_one_line_and_leaves_what_was_finished(tmp_path: Path, builder: Builder) -> None:
    """By Ctrl-C or its end, which a terminal sends to all processes, or by a scheduler of jobs; each and every process
    of them: see test_pool. The first one trains meanwhile, and those that go on from there have just begun."""
    (temporary := tmp_path / "temporary").mkdir()
    out = tmp_path / "run"
    finished = out / "bundle" / "bundle.json"
    stopped(builder, out, temporary, finished.exists, signal.SIGINT, to_all=True)
    for number, to_all in ((signal.SIGTERM, False), (signal.SIGHUP, True)):
        stopped(builder, out, temporary, lambda: any(temporary.iterdir()), number, to_all)
    of_a_worker = measured(out)
    assert of_a_worker["tasks"].keys() == {"classifier-0"}
    builder.build(tmp_path / "here", MODELS="classifier", CORES="1")
    of_one_process = measured(tmp_path / "here")
    for part in ("values", "curves", "files"):
        assert {name: found for name, found in of_a_worker[part].items() if found != of_one_process[part][name]} == {}


def stopped(
    builder: Builder, out: Path, temporary: Path, when: Callable[[], bool], number: signal.Signals, to_all: bool
) -> None:
    """Begin a build with two workers, and send it a signal, and many more while it ends."""
    own = {"MODELS": "classifier vae", "CORES": "2", "TMPDIR": str(temporary)}
    child = builder.begin([*command(out), "--set", "epochs=1000"], **own)
    try:
        until(lambda: when() or gone(child))
        assert list(temporary.iterdir())
        (os.killpg if to_all else os.kill)(child, number)
        until(lambda: "stopped" in builder.log.read_text("utf-8") or gone(child))
        with suppress(ProcessLookupError):
            for _ in range(20):
                (os.killpg if to_all else os.kill)(child, number)
                time.sleep(0.01)
        assert builder.ended()[0] == 128 + number
        until(lambda: not members(child))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    said = builder.log.read_text("utf-8").splitlines()
    rest = [line for line in said if not re.match(r"\d\d:\d\d:\d\d ", line)]
    assert rest == ["aereport: stopped; what was finished is kept, and the same command goes on from there"]
    assert list(temporary.iterdir()) == []
