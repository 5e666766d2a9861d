"""Files: whole or not there, and one build a folder."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.files import Locked, lock, write_atomic


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a" / "file"
    write_atomic(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_a_second_build_in_a_folder_is_refused(tmp_path: Path) -> None:
    with lock(tmp_path), pytest.raises(Locked, match=r"another build .* is at work here"), lock(tmp_path):
        pass


def test_a_dead_process_holds_no_lock(tmp_path: Path) -> None:
    code = (
        "import pathlib, time\nfrom experiments.files import lock\n"
        f"with lock(pathlib.Path({str(tmp_path)!r})):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(Locked), lock(tmp_path):
            pass
        process.kill()
        process.wait()
    time.sleep(0.05)
    with lock(tmp_path):
        pass
