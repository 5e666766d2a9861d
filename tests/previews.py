"""A preview of a fake run, and served."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from report import preview as module
from report.preview import Document, address, server
from report.templates import TEMPLATES
from tests.standins import parts
from tests.waiting import until


@contextmanager
def served(document: Document) -> Iterator[str]:
    """A preview in a thread of its own, at its address."""
    made = server(document)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = address(listening)
        thread = threading.Thread(target=made.run, args=([listening],))
        thread.start()
        try:
            until(lambda: made.started)
            yield url
        finally:
            made.should_exit = True
            thread.join(60)
            assert not thread.is_alive()


def previewed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Document:
    """The document of a fake run with stand-ins for its figures, and a copy of the summary to write in."""
    made = parts()
    monkeypatch.setattr(module.Bundle, "load", lambda folder: made.bundle)
    monkeypatch.setattr(module.steps, "figures", lambda run, bundle, say: made)
    templates = folder / "templates"
    templates.mkdir()
    shutil.copy(TEMPLATES / "summary.html", templates)
    document = Document(folder / "run", templates)
    assert document.error == ""
    return document
