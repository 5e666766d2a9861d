"""What is made once on a machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from report import kept as module
from report.kept import kept


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    module._folder.cache_clear()
    yield
    module._folder.cache_clear()


def test_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = kept("a.ttf", lambda: b"letters")
    assert path == tmp_path / "aereport" / "a.ttf"
    assert path.read_bytes() == b"letters"
    assert kept("a.ttf", lambda: pytest.fail("made again")) == path


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert kept("a.ttf", lambda: b"letters").read_bytes() == b"letters"
