"""Links in a run's folder that lead out of it, and pipes in the place of its files."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.bundle import Bundle
from experiments.files import lock
from report.archive import pack, unpacked
from report.console import listening
from report.draw import draw
from tests.hostility import contents


# Links in a run's folder that lead out of it
@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A folder of the reader's own."""
    made = tmp_path / "pictures"
    made.mkdir()
    for name in ("dog.png", "dog.svg", "taxes.csv", "notes.txt"):
        (made / name).write_text("mine")
    return made


@pytest.mark.parametrize("name", ["figures", "tables"])
def test_drawing_does_not_follow_a_link(tmp_path: Path, folder: Path, victim: Path, name: str) -> None:
    (tmp_path / name).symlink_to(victim)
    before = contents(victim)
    with pytest.raises(ValueError, match=f"{name}: is a link"):
        draw(tmp_path, Bundle.load(folder), {})
    assert contents(victim) == before


@pytest.mark.parametrize("name", ["bundle", "bundle/arrays"])
def test_saving_does_not_follow_a_link(tmp_path: Path, folder: Path, victim: Path, name: str) -> None:
    run = tmp_path / "run"
    (run / name).parent.mkdir(parents=True)
    (run / name).symlink_to(victim)
    before = contents(victim)
    with pytest.raises(ValueError, match="is a link"):
        Bundle.load(folder).save(run / "bundle")
    assert contents(victim) == before


@pytest.mark.parametrize("name", ["bundle", "bundle/arrays"])
def test_unpacking_does_not_follow_a_link(tmp_path: Path, folder: Path, victim: Path, name: str) -> None:
    pack(folder.parent, tmp_path / "sent.zip")
    (tmp_path / "run" / name).parent.mkdir(parents=True)
    (tmp_path / "run" / name).symlink_to(victim)
    before = contents(victim)
    with pytest.raises(ValueError, match="is a link"):
        unpacked(tmp_path / "sent.zip", tmp_path / "run")
    assert contents(victim) == before


@pytest.mark.parametrize("name", [".lock", "build.log"])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_no_lock_and_no_log_through_a_link(tmp_path: Path, victim: Path, name: str, kind: str) -> None:
    make: dict[str, Callable[[Path], Any]] = {
        "link": lambda path: path.symlink_to(victim / "notes.txt"),
        "pipe": os.mkfifo,
        "folder": Path.mkdir,
    }
    make[kind](tmp_path / name)
    opened = lock(tmp_path) if name == ".lock" else listening(tmp_path)
    with pytest.raises(OSError, match=r"not a plain file|Is a directory"), opened:
        pass
    assert (victim / "notes.txt").read_text() == "mine"


def test_a_file_is_written_in_place_of_a_link_not_through_it(tmp_path: Path, folder: Path, victim: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "bundle.json").symlink_to(victim / "notes.txt")
    Bundle.load(folder).save(run)
    assert (victim / "notes.txt").read_text() == "mine"
    assert not (run / "bundle.json").is_symlink()
