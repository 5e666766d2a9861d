"""A build that cannot go on, for its disk, its user or its reader: one line, and nothing is lost."""

import errno
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from experiments import bundle as bundle_module
from experiments import due, task
from experiments.bundle import Bundle
from report import archive
from report.fake import fake
from tests.builds import ROOT, build, last_line
from tests.studies import few

FULL = Path("/dev/full")

pytestmark = pytest.mark.usefixtures("one_process")


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    assert build(tmp_path / "file")[0] == 2
    status, said = build(tmp_path / "file" / "run")
    assert (status, said) == (2, f"aereport: {tmp_path / 'file' / 'run'}: Not a directory\n")

    def refused(self: Path, *_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refused)
    what = "Permission denied; change its permissions, or take another folder"
    assert build(tmp_path / "run") == (3, f"aereport: {tmp_path / 'run'}: {what}\n")


def test_a_full_disk_is_one_line_and_keeps_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_document: None
) -> None:
    real, writes = bundle_module.write_atomic, iter(range(100))

    def full(path: Path, data: bytes) -> None:
        if next(writes) > 4:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        real(path, data)

    monkeypatch.setattr(due, "tasks", few("dae", "classifier", "pca"))
    monkeypatch.setattr(bundle_module, "write_atomic", full)
    status, said = build(tmp_path)
    assert status == 3
    assert last_line(said).startswith(f"aereport: {tmp_path / 'bundle'}")
    assert last_line(said).endswith(": No space left on device; free some space")
    kept = len(Bundle.load(tmp_path / "bundle").tasks)
    assert kept == 2
    monkeypatch.setattr(bundle_module, "write_atomic", real)
    status, said = build(tmp_path)
    assert (status, "1 measure  3 tasks, 2 kept, 1 to do" in said) == (0, True)


def test_a_disk_that_takes_no_large_file(tmp_path: Path, no_document: None) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        status, said = build(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert status == 3
    assert last_line(said) == f"aereport: {tmp_path / 'models' / 'classifier-0.safetensors'}: File too large"
    assert "failed" not in said  # it is no fault of the model
    assert not list(tmp_path.rglob("*.part"))


def test_ctrl_c_is_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # this process listens on

    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(task, "fit", stopped)
    status, said = build(tmp_path)
    assert status == 130
    assert last_line(said) == ("aereport: stopped; what was finished is kept, and the same command goes on from there")


@pytest.mark.parametrize("command", ["claims", "status"])
def test_a_closed_pipe_is_silent(tmp_path: Path, command: str) -> None:
    fake(tmp_path, "nominal")
    process = subprocess.Popen(
        [sys.executable, "-c", "from report.cli import main; main()", command, tmp_path], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    with process:
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_a_bundle_whose_unpacking_was_stopped_is_unpacked_by_the_same_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path / "run", "one-seed")
    write, left = archive.write_atomic, 0

    def stopped(path: Path, content: bytes) -> None:
        nonlocal left
        if left == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
            (path.parent / f".{path.name}.{'0' * 16}.part").write_bytes(content[:10])
            raise KeyboardInterrupt
        left -= 1
        write(path, content)

    monkeypatch.setattr(archive, "write_atomic", stopped)
    for count in (0, 1, 3):
        left = count
        with pytest.raises(KeyboardInterrupt):
            archive.unpacked(tmp_path / "run", tmp_path / "out")
    left = -1
    archive.unpacked(tmp_path / "run", tmp_path / "out")
    assert Bundle.load(tmp_path / "out" / "bundle").values == Bundle.load(tmp_path / "run" / "bundle").values


@pytest.mark.skipif(not FULL.is_char_device(), reason="a device that is always full is there on Linux")
@pytest.mark.parametrize("words", ["--help", "--version", "build --help"])
def test_help_that_no_disk_takes(words: str) -> None:
    with FULL.open("w") as full:
        command = [sys.executable, "-m", "report.cli", *words.split()]
        process = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (process.returncode, process.stderr) == (3, "aereport: No space left on device; free some space\n")
