"""A preview follows its folder of templates, whatever becomes of it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import watchfiles
from watchfiles._rust_notify import WatchfilesRustInternalError

from report.preview import Document
from tests.previews import previewed, served
from tests.waiting import until


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Document:
    return previewed(tmp_path, monkeypatch)


def test_a_folder_that_is_put_back_is_followed(document: Document) -> None:
    """As its own advice, `aereport eject`, does; also at once, when its inode may get the number of the one before."""
    folder = document.templates
    with served(document):
        shutil.rmtree(folder)
        until(lambda: "aereport eject" in document.error)
        folder.mkdir()
        (folder / "title.html").write_text("<p>put back</p>")
        until(lambda: "put back" in document.html)
        (folder / "title.html").write_text("<p>and written in</p>")
        until(lambda: "and written in" in document.html)
        shutil.rmtree(folder)
        folder.mkdir()
        until(lambda: "aereport eject" in document.error)
        (folder / "title.html").write_text("<p>at once</p>")
        until(lambda: "at once" in document.html)


@pytest.mark.parametrize("error", [WatchfilesRustInternalError("Too many open files"), OSError("watch limit reached")])
def test_a_folder_that_cannot_be_watched_is_looked_at(
    document: Document, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """As where other programs of the user watch as much as they may."""
    watch = watchfiles.awatch

    def awatch(*folders: Path, force_polling: bool | None = None, **named: Any) -> AsyncIterator[Any]:
        if not force_polling:
            raise error
        return watch(*folders, force_polling=True, **named)

    monkeypatch.setattr(watchfiles, "awatch", awatch)
    with served(document):
        (document.templates / "title.html").write_text("<p>seen</p>")
        until(lambda: "seen" in document.html)
        (document.templates / "title.html").write_text("<p>and seen again</p>")
        until(lambda: "and seen again" in document.html)
