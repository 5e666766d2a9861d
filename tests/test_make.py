"""The Makefile: what is given to it comes to the command as it is."""

import os
import shlex
import subprocess
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
