"""What a run ran on."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from experiments import machine


def test_the_processor_has_a_name_and_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert machine.cpu().endswith(", 1 core")
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert machine.cpu().endswith(", 8 cores")
    assert len(machine.cpu()) > len(", 8 cores")


def test_a_machine_without_cpuinfo_says_what_python_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: False)
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert machine.cpu() == "arm64, 1 core"


def test_versions_are_those_installed() -> None:
    found = machine.versions()
    assert found["Python"] == platform.python_version()
    assert found["torch"] == version("torch")
    assert list(found) == ["Python", *machine.PACKAGES]


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True)


def test_the_commit_and_whether_files_differ_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    assert machine.commit() == ""
    git(tmp_path, "init")
    assert machine.commit() == ""
    (tmp_path / "file").write_text("a")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-m", "first")
    assert len(machine.commit()) == 12
    clean = machine.commit()
    (tmp_path / "untracked").touch()
    assert machine.commit() == clean
    (tmp_path / "file").write_text("b")
    assert machine.commit() == f"{clean}+"


def test_without_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.commit() == ""


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({"memory.max": "2000000000\n"}, 2.0),
        ({"memory.max": "max\n"}, float("inf")),
        ({"memory/memory.limit_in_bytes": "3000000000"}, 3.0),
        ({"other": "1"}, float("inf")),
        ({"job/step/memory.max": "2000000000", "job/memory.max": "1000000000", "memory.max": "max"}, 1.0),
        ({"job/step/memory.max": "max", "else/memory.max": "1"}, float("inf")),
        ({"memory/old/memory.limit_in_bytes": "4000000000", "memory/memory.limit_in_bytes": "9000000000"}, 4.0),
    ],
)
def test_the_memory_of_a_control_group(tmp_path: Path, files: dict[str, str], limit: float) -> None:
    """That of the process, and those around it: a job of a cluster has its limit somewhere between."""
    groups = tmp_path / "groups"
    groups.write_text("4:memory:/old\n3:cpuset:/\n0::/job/step\n")
    for file, content in files.items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    assert machine.group_limit(tmp_path, groups) == limit
    groups.unlink()
    assert machine.group_limit(tmp_path, groups) == machine.group_limit(tmp_path, Path("/dev/null"))
