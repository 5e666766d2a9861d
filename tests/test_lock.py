"""One build a folder: a lock that ends with its process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments.bundle import Bundle
from experiments.files import Locked, lock
from report.cli import main

ROOT = Path(__file__).parent.parent


def test_a_second_build_in_a_folder_is_refused(tmp_path: Path) -> None:
    with lock(tmp_path), pytest.raises(Locked, match=rf"process {os.getpid()}\) is at work here"), lock(tmp_path):
        pass


def test_what_stands_in_a_lock_is_not_printed(tmp_path: Path) -> None:
    with lock(tmp_path):
        (tmp_path / ".lock").write_text("\x1b[31m" * 1000)
        with pytest.raises(Locked, match="process unknown"), lock(tmp_path):
            pass


HOLD = """
import subprocess, sys, time
from pathlib import Path
from experiments.files import lock
with lock(Path({folder!r})):
    {then}
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that holds the folder, and has a child of its own that lives on."""
    child = "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
    then = f"{child}\n    print(child.pid, flush=True)\n    while True: time.sleep(0.1)"  # an early signal is not lost
    command = [sys.executable, "-c", HOLD.format(folder=str(tmp_path), then=then)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        child_id = int(process.stdout.readline())
        yield process
        process.kill()
        os.kill(child_id, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_dead_process_holds_no_lock(tmp_path: Path, holder: "subprocess.Popen[bytes]", number: int) -> None:
    """Nor does a child that outlives it."""
    with pytest.raises(Locked, match=f"process {holder.pid}"), lock(tmp_path):
        pass
    holder.send_signal(number)
    holder.wait()
    with lock(tmp_path):
        assert (tmp_path / ".lock").read_text() == str(os.getpid())


def test_two_commands_side_by_side(tmp_path: Path, holder: "subprocess.Popen[bytes]") -> None:
    """The second says who is at work, and touches nothing; another folder is free."""
    outcome = CliRunner().invoke(main, ["fake", str(tmp_path)])
    assert outcome.exit_code == 2
    assert outcome.output.count("\n") == 1
    assert f"another command (process {holder.pid}) is at work here" in outcome.output
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    assert CliRunner().invoke(main, ["fake", str(tmp_path / "other"), "--scenario", "one-seed"]).exit_code == 0


def test_two_at_once_leave_one_whole_bundle(tmp_path: Path) -> None:
    body = "from report.cli import main\nmain(['fake', {run!r}, '--scenario', {scenario!r}])"
    run = str(tmp_path / "run")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", body.format(run=run, scenario=scenario)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for scenario in ("nominal", "flipped")
    ]
    said = [process.communicate()[1].decode() for process in processes]
    assert 0 in [process.returncode for process in processes]
    assert all(process.returncode in (0, 2) for process in processes), said
    assert Bundle.load(tmp_path / "run" / "bundle").provenance.fake
