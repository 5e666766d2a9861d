"""What a run ran on."""

import math
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from experiments import machine


def test_the_processor_has_a_name_and_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 1)
    assert machine.cpu().endswith(", 1 core")
    monkeypatch.setattr(machine, "cores", lambda: 8)
    assert machine.cpu().endswith(", 8 cores")
    assert len(machine.cpu()) > len(", 8 cores")


def test_a_machine_without_cpuinfo_says_what_python_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: False)
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
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
    assert machine.memory_limit(tmp_path, group(tmp_path, files)) == limit
    assert machine.memory_limit(tmp_path, tmp_path / "none") == machine.memory_limit(tmp_path, Path("/dev/null"))


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({"cpu.max": "200000 100000\n"}, 2.0),
        ({"cpu.max": "max 100000\n"}, math.inf),
        ({"job/cpu.max": "150000 100000\n", "cpu.max": "max 100000"}, 1.5),
        ({"cpu/old/cpu.cfs_quota_us": "50000\n", "cpu/old/cpu.cfs_period_us": "100000\n"}, 0.5),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, math.inf),
        ({"cpu/cpu.cfs_quota_us": "50000\n"}, math.inf),
        ({}, math.inf),
    ],
)
def test_the_cores_of_a_control_group(tmp_path: Path, files: dict[str, str], limit: float) -> None:
    assert machine.cores_limit(tmp_path, group(tmp_path, files)) == limit


def group(root: Path, files: dict[str, str]) -> Path:
    """What a process reads of its control group, with these files at the root."""
    for file, content in files.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    groups = root / "groups"
    groups.write_text("4:memory:/old\n3:cpuset:/\n2:cpu,cpuacct:/old\n0::/job/step\n")
    return groups


@pytest.mark.parametrize(
    ("own", "limit", "cores"), [(8, math.inf, 8), (8, 2.0, 2), (8, 1.5, 2), (1, 4.0, 1), (4, 0.5, 1)]
)
def test_cores_are_those_of_a_process_and_no_more_than_its_container_may_use(
    monkeypatch: pytest.MonkeyPatch, own: int, limit: float, cores: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(own)), raising=False)
    monkeypatch.setattr(machine, "cores_limit", lambda: limit)
    assert machine.cores() == cores
