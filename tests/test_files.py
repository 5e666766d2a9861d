"""Files: whole or not there, whatever happens to the process, the disk or the folder."""

import os
import resource
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments.files import lock, own_folder, read_plain, sha256, write_atomic
from report.cli import main

ROOT = Path(__file__).parent.parent


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.replace"])
def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    path = tmp_path / "a" / "file"
    write_atomic(path, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(call, full)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert names(path.parent) == ["file"]


def test_what_cannot_be_written_is_named_as_its_user_knows_it(tmp_path: Path) -> None:
    path = tmp_path / ("long" * 60)  # with what a temporary name adds too long for any file system
    with pytest.raises(OSError, match="File name too long") as error:
        write_atomic(path, b"new")
    assert error.value.filename == str(path)


def test_a_path_below_a_file_is_wrong_input(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = CliRunner().invoke(main, ["fake", str(tmp_path / "file/run")])
    assert (done.exit_code, done.output) == (2, f"aereport: {tmp_path / 'file/run'}: Not a directory\n")


def script(body: str) -> list[str]:
    return [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom pathlib import Path\n{body}"]


def test_a_disk_that_fills_up_leaves_the_old_file(tmp_path: Path) -> None:
    """The kernel refuses to write more than 64 KiB, in the middle of the file."""
    path = tmp_path / "file"
    write_atomic(path, b"old")
    body = f"from experiments.files import write_atomic\nwrite_atomic(Path({str(path)!r}), bytes(10**6))"
    done = subprocess.run(
        script(body), capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, 2**16)),
    )  # fmt: skip
    assert "File too large" in done.stderr
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_disk_that_fills_up_while_a_bundle_is_saved(tmp_path: Path) -> None:
    """One line that names the file, exit status 3, and the bundle that was there is there."""
    run = tmp_path / "run"
    assert CliRunner().invoke(main, ["fake", str(run)]).exit_code == 0
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    body = f"from report.cli import main\nmain(['fake', {str(run)!r}, '--scenario', 'flipped'])"
    done = subprocess.run(
        script(body), capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2**14, 2**14)),
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "File too large" in done.stderr
    before.pop(run / ".lock")
    assert {path: path.read_bytes() for path in before} == before


def test_a_killed_writer_leaves_the_old_file_and_the_next_build_clears_up(tmp_path: Path) -> None:
    path = tmp_path / "bundle" / "file"
    write_atomic(path, b"old")
    body = (
        "import os\nfrom experiments.files import lock, write_atomic\n"
        "os.fsync = lambda file: (print('writing', flush=True), __import__('time').sleep(60))\n"
        f"with lock(Path({str(tmp_path)!r})):\n    write_atomic(Path({str(path)!r}), b'new')"
    )
    with subprocess.Popen(script(body), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.kill()
    assert path.read_bytes() == b"old"
    left = [name for name in names(path.parent) if name != "file"]
    assert len(left) == 1
    (path.parent / ".file.of-mine.part").touch()  # looks alike, and is not ours
    with lock(tmp_path):
        assert names(path.parent) == [".file.of-mine.part", "file"]


def test_modes_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_a_plain_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(10))
    assert read_plain(path, 10) == bytes(10)
    with pytest.raises(OSError, match="larger than"):
        read_plain(path, 9)


def test_a_folder_of_a_run_is_made_and_is_no_link(tmp_path: Path) -> None:
    assert own_folder(tmp_path / "run", "figures").is_dir()
    (tmp_path / "link").symlink_to(tmp_path / "run")
    with pytest.raises(ValueError, match="is a link"):
        own_folder(tmp_path, "link")


@pytest.fixture
def readonly() -> Iterator[Path]:
    """A folder that this process cannot write to, also where the tests run as root."""
    with tempfile.TemporaryDirectory() as made:
        folder, user = Path(made), os.geteuid()
        folder.chmod(0o555)
        if user == 0:
            os.seteuid(65_534)
        try:
            yield folder
        finally:
            os.seteuid(user)
            folder.chmod(0o755)


def test_a_folder_that_cannot_be_written_gets_one_line(readonly: Path) -> None:
    outcome = CliRunner().invoke(main, ["fake", str(readonly)])
    assert outcome.exit_code == 3
    what = "Permission denied; change its permissions, or take another folder"
    assert outcome.output == f"aereport: {readonly}/.lock: {what}\n"
    with pytest.raises(PermissionError):
        write_atomic(readonly / "file", b"")
    assert names(readonly) == []


def test_the_checksum_is_that_of_sha256sum() -> None:
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_fsync_comes_before_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the content, then the name, then the folder: no power cut leaves an empty file under a good name."""
    calls: list[str] = []
    real, rename = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        calls.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        calls.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    write_atomic(tmp_path / "file", b"x")
    assert calls == ["file", "rename", "folder"]
