"""report/doctor.py: every lack is found and comes with a remedy in one line."""

import builtins
import importlib.util
import os
import shutil
import sys
import tempfile
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from experiments import machine
from report import doctor
from report.doctor import USES, Finding, checks, status, table


@pytest.fixture
def found(tmp_path: Path) -> dict[str, Finding]:
    return {check.name: check for check in checks(tmp_path, tmp_path / "build" / "x")}


def broken_import(monkeypatch: pytest.MonkeyPatch, package: str, error: Exception) -> None:
    """Importing the package raises the error."""
    real = builtins.__import__

    def imported(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == package:
            raise error
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", imported)


def only_on_path(monkeypatch: pytest.MonkeyPatch, *programs: str) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name in programs else None)


def test_everything_is_looked_at(found: dict[str, Finding]) -> None:
    names = "Python torch device memory Pango fonts data writing disk Chromium"
    assert list(found) == names.split()


def test_every_check_says_what_needs_it(found: dict[str, Finding]) -> None:
    assert list(USES) == list(found)
    assert all(check.use for check in found.values())
    assert USES["writing"] == "everything but check, claims, compare, status and doctor"


def test_the_table_has_a_line_a_check_and_one_a_remedy() -> None:
    found = [
        Finding("Python", "ok", "3.11.7"),
        Finding("data", "optional", "no CIFAR-10 in \x1b[31m", "fetch it"),
        Finding("Pango", "missing", "no PDF without it", "apt-get install x"),
    ]
    assert table(found).split("\n") == [
        "ok        Python    3.11.7",
        "optional  data      no CIFAR-10 in \\x1b[31m",
        "                    for build: fetch it",
        "missing   Pango     no PDF without it",
        "                    for report.pdf: apt-get install x",
        "missing: Pango (for report.pdf)",
    ]
    assert status(found) == 3
    assert status(found[:2]) == 0
    assert table(found[:1]).endswith("\neverything that is needed is here")


def test_what_is_missing_has_a_remedy_in_one_line(found: dict[str, Finding]) -> None:
    for check in found.values():
        assert check.found
        assert "\n" not in check.found + check.remedy
        assert (check.state == "ok") == (not check.remedy)


def test_this_machine_builds_reports(found: dict[str, Finding]) -> None:
    assert {found[name].state for name in ("Python", "Pango", "fonts", "writing")} == {"ok"}


def test_nothing_is_left_behind(tmp_path: Path, found: dict[str, Finding]) -> None:
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 15, 0)])
def test_another_python(monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int]) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    check = doctor._python()
    assert check.state == "missing"
    assert "from 3.11 to 3.14" in check.remedy


def test_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    check = doctor._torch()
    assert check.state == "optional"
    assert "'.[train]'" in check.remedy
    broken_import(monkeypatch, "torch", ImportError("No module named torch"))
    monkeypatch.setattr(machine, "cores", lambda: 1)
    assert "1 CPU core" in doctor._device().found
    monkeypatch.setattr(machine, "cores", lambda: 8)
    assert "8 CPU cores" in doctor._device().found


def test_a_torch_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    broken_import(monkeypatch, "torch", OSError("libcudart.so:\ncannot open shared object file"))
    check = doctor._torch()
    assert check.state == "missing"
    assert check.found == "does not start: libcudart.so: cannot open shared object file"


def test_a_gpu_with_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (70 * 10**9, 80 * 10**9))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A GPU")
    assert doctor._device().found.startswith("A GPU, 70 of 80 GB free (cuda)")


def test_a_gpu_that_others_hold_or_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A GPU")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (10**9, 80 * 10**9))
    check = doctor._device()
    assert check.state == "optional"
    assert "--device cpu" in check.remedy

    def busy() -> tuple[int, int]:
        raise RuntimeError("CUDA error: out of memory\nCompile with TORCH_USE_CUDA_DSA")

    monkeypatch.setattr(torch.cuda, "mem_get_info", busy)
    check = doctor._device()
    assert check.state == "optional"
    assert "does not answer: CUDA error: out of memory Compile" in check.found


def test_a_gpu_that_torch_cannot_use(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    only_on_path(monkeypatch, "nvidia-smi")
    check = doctor._device()
    assert check.state == "optional"
    assert "driver" in check.remedy


def test_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sysconf", lambda name: 1024)
    check = doctor._memory()
    assert check.state == "optional"
    assert "--set train_images=" in check.remedy


def test_little_memory_in_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory_limit", lambda: 2.0)
    check = doctor._memory()
    assert check.state == "optional"
    assert check.found.startswith("2.0 GB in this container")


def test_without_pango(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    broken_import(monkeypatch, "weasyprint", OSError("cannot load library 'libpango-1.0-0'"))
    only_on_path(monkeypatch, "apt-get")
    check = doctor._pango()
    assert check.state == "missing"
    assert "libpango-1.0-0" in check.found
    assert "apt-get install -y libpango-1.0-0" in check.remedy
    assert capsys.readouterr().out == ""


def test_without_harfbuzz_subset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weasyprint.text.ffi.harfbuzz_subset", None)
    only_on_path(monkeypatch, "apt-get")
    check = doctor._pango()
    assert check.state == "optional"
    assert "without HarfBuzz-Subset" in check.found
    assert "libharfbuzz-subset0" in check.remedy


def test_without_fonts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from report import fonts

    monkeypatch.setattr(fonts, "FACES", (("Source Sans", "normal", tmp_path / "Sans.ttf"),))
    check = doctor._fonts()
    assert check.state == "missing"
    assert "Sans.ttf" in check.found


@pytest.mark.parametrize("path", ["cifar10/train/", "cifar-10-batches-py/", "cifar-10-python.tar.gz"])
def test_data_on_the_disk(tmp_path: Path, path: str) -> None:
    assert doctor._data(tmp_path).state == "optional"
    target = tmp_path / ".data" / path
    target.parent.mkdir(parents=True)
    target.mkdir() if path.endswith("/") else target.touch()
    assert doctor._data(tmp_path).state == "ok"


def test_no_permission_to_write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    check = doctor._writable(tmp_path / "not" / "yet")
    assert check.state == "missing"
    assert check.found == f"{tmp_path}: Permission denied"
    assert "--out" in check.remedy


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**12, 10**12, 10**8))
    check = doctor._disk(tmp_path / "x")
    assert check.state == "missing"
    assert check.found == "0.1 GB free, 2 GB needed"


def test_chromium_is_for_tests_only(monkeypatch: pytest.MonkeyPatch) -> None:
    only_on_path(monkeypatch)
    assert doctor._browser().state == "optional"
    only_on_path(monkeypatch, "google-chrome")
    assert doctor._browser().found == "/usr/bin/google-chrome"


@pytest.mark.parametrize(
    ("programs", "user", "want"),
    [
        (("apt-get",), 0, "apt-get install -y libpango"),
        (("apt-get",), 1000, "sudo apt-get install -y libpango"),
        (("dnf",), 1000, "sudo dnf install -y pango"),
        (("brew",), 501, "brew install pango"),
        ((), 0, "install Pango with this system's package manager"),
    ],
)
def test_remedy_fits_the_system(monkeypatch: Any, programs: tuple[str, ...], user: int, want: str) -> None:
    only_on_path(monkeypatch, *programs)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert doctor.remedy(doctor.PANGO, "Pango").startswith(want)


def test_the_setup_script_installs_what_the_remedy_names() -> None:
    script = (Path(__file__).parent.parent / ".ci" / "native").read_text()
    assert doctor.PANGO["apt-get"].partition("-y ")[2] in script
    assert doctor.CHROMIUM["apt-get"].partition("-y ")[2] in script
