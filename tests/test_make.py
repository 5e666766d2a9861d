"""The Makefile: what is given to it comes to the command as it is, and what was set up may be moved."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("folder", ["/home/o'neil/my pictures", "a, b", "$$HOME", "a;b", '"', "a\\b"])
def test_a_folder_of_any_name(folder: str) -> None:
    command = ["make", "-n", "-o", ".venv/.train", "-o", ".venv/.pango", "report", f"DATA={folder}", f"OUT={folder}"]
    env = {"PATH": os.environ["PATH"]}  # without what a make around the tests hands on
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    words, name = shlex.split(done.stdout), folder.replace("$$", "$")  # which make has for $
    assert words[words.index("build") + 1 :] == ["--data", name, "--out", name]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Set up, as far as make can tell; its Python is this one."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "report", "experiments", "templates"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    python = tmp_path / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    for stamp in (".pip", ".train", ".pango"):
        (tmp_path / ".venv" / stamp).touch()
    return tmp_path


def made(folder: Path, *words: str) -> str:
    env = {"PATH": os.environ["PATH"]}
    return subprocess.run(["make", *words], cwd=folder, env=env, capture_output=True, text=True, check=True).stdout


def test_a_folder_that_was_moved_still_makes_reports(clone: Path) -> None:
    """Programs in .venv/bin name the folder where they were installed."""
    assert made(clone, "report", "ARGS=--help").startswith("Usage: aereport build [OPTIONS]")


@pytest.mark.parametrize("python", ["", "#!/bin/sh\nexit 1\n"])
def test_a_python_that_is_gone_or_another_is_set_up_again(clone: Path, python: str) -> None:
    again = "-m venv --clear .venv"
    assert again not in made(clone, "-n", "report")
    (clone / ".venv/bin/python").unlink()
    if python:
        (clone / ".venv/bin/python").write_text(python)
    assert again in made(clone, "-n", "report")
