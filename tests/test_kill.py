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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from experiments.bundle import Bundle
from tests.builds import ROOT, SETTINGS
from tests.studies import told
from tests.waiting import members, until

# `aereport build` of some of its models, and without its document
SCRIPT = """
import os
from experiments import due, pool
from report import steps
from report.cli import main

ALL = due.tasks
due.tasks = lambda settings: [name for name in ALL(settings) if name[0] in os.environ["MODELS"].split()]
pool.cores = lambda: int(os.environ["CORES"])
steps.figures = steps.document = lambda *_, **__: ()

if __name__ == "__main__":
    main()
"""

# Forks a build for each line that it reads, so that torch is loaded once, and kills it after some seconds.
FORKING = """
import json, sys, time
import experiments.measure, openTSNE, report.pdf, sklearn.linear_model, torch._dynamo

for line in sys.stdin:
    words, seconds, log = json.loads(line)
    pid, began = os.fork(), time.monotonic()
    if pid == 0:
        os.setsid()
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        main(words)
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        if seconds and time.monotonic() > began + seconds:
            os.kill(pid, 9)
        time.sleep(0.005)
    print(json.dumps([pid, os.waitstatus_to_exitcode(ended[1]), time.monotonic() - began]), flush=True)
"""


def command(out: Path) -> list[str]:
    """Words of a build."""
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    return ["build", "--preset", "smoke", "--data", "demo", "--device", "cpu", "--out", str(out), *settings]


def environment(models: str, cores: int) -> dict[str, str]:
    """For a script above: models to measure, and workers (1: none)."""
    return os.environ | {"PYTHONPATH": str(ROOT), "MODELS": models, "CORES": str(cores), "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Builder:
    """Builds one after the other. process: runs FORKING. log: what the last build said."""

    process: subprocess.Popen[str]
    log: Path

    def build(self, out: Path, seconds: float | None = None) -> tuple[int, float]:
        """Exit status and seconds of a build that is killed after so many seconds; none of its processes is left."""
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps([command(out), seconds, str(self.log)]), file=self.process.stdin, flush=True)
        pid, status, took = json.loads(self.process.stdout.readline())
        until(lambda: not members(pid))
        said = self.log.read_text("utf-8")
        assert "Traceback" not in said or status == -signal.SIGKILL  # a worker may miss the one that started it
        assert status == 0 or (seconds and status == -signal.SIGKILL), said
        return status, took


@contextmanager
def builder(folder: Path, models: str, cores: int) -> Iterator[Builder]:
    script = folder / "build.py"
    script.write_text(SCRIPT.replace("    main()\n", FORKING.replace("\n", "\n    ")))
    with subprocess.Popen(
        [sys.executable, script],
        env=environment(models, cores),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Builder(process, folder / "said")
        assert process.stdin
        process.stdin.close()


def measured(out: Path) -> dict[str, Any]:
    """All that a bundle holds but for the clock; its arrays by their SHA-256."""
    Bundle.load(out / "bundle")
    text = (out / "bundle" / "bundle.json").read_text("utf-8")
    return told(text) | {"files": json.loads(text)["files"]}


def survives(folder: Path, kills: int, seed: int, models: str, cores: int) -> None:
    """Kill builds until so many were killed, resuming each until it is through."""
    with builder(folder, models, cores) as builds:
        _, lasts = builds.build(folder / "undisturbed")
        whole, draws = measured(folder / "undisturbed"), random.Random(seed)
        killed, out = 0, folder / "0"
        while killed < kills:
            status, _ = builds.build(out, draws.uniform(0.05, 1.1) * lasts)
            killed += status != 0
            if (out / "bundle" / "bundle.json").exists():
                Bundle.load(out / "bundle")
            if status == 0:
                assert measured(out) == whole
                assert not list(out.rglob("*.part"))
                out = folder / str(killed)
        builds.build(out)
        assert measured(out) == whole


def test_builds_survive_kills(tmp_path: Path) -> None:
    survives(tmp_path, 3, 0, "dae classifier", 1)


@pytest.mark.long
def test_builds_with_workers_survive_fifty_kills(tmp_path: Path) -> None:
    survives(tmp_path, 50, 1, "dae ae pca classifier data", 2)


@pytest.mark.parametrize(
    ("number", "to_all"),
    [(signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGTERM, True), (signal.SIGHUP, True)],
)
def test_a_build_that_is_stopped_says_one_line_and_leaves_what_was_finished(
    tmp_path: Path, number: int, to_all: bool
) -> None:
    """By Ctrl-C or its end, which a terminal sends to all processes, or by a scheduler of jobs."""
    (tmp_path / "build.py").write_text(SCRIPT)
    (temporary := tmp_path / "temporary").mkdir()
    out = tmp_path / "run"
    child = subprocess.Popen(
        [sys.executable, tmp_path / "build.py", *command(out), "--set", "epochs=1000"], start_new_session=True,
        env=environment("classifier vae", 2) | {"TMPDIR": str(temporary)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(lambda: (out / "bundle" / "bundle.json").exists() or child.poll() is not None)
    assert child.stderr is not None
    assert list(temporary.iterdir())
    (os.killpg if to_all else os.kill)(child.pid, number)
    said = ""
    while "stopped" not in said and (line := child.stderr.readline()):
        said += line
    with suppress(ProcessLookupError):
        for _ in range(20):
            (os.killpg if to_all else os.kill)(child.pid, number)
            time.sleep(0.01)
    said += child.communicate(timeout=300)[1]
    assert child.returncode == 128 + number
    until(lambda: not members(child.pid))
    rest = [line for line in said.splitlines() if not re.match(r"\d\d:\d\d:\d\d ", line)]
    assert rest == ["aereport: stopped; what was finished is kept, and the same command goes on from there"]
    assert set(Bundle.load(out / "bundle").tasks) == {"classifier-0"}
    assert list(temporary.iterdir()) == []
