"""Files that are made once on a machine and kept for the next command: fonts that are cut to size."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from experiments.files import write_atomic


def kept(name: str, make: Callable[[], bytes]) -> Path:
    """A file of this name in the user's cache; made where it is not there yet. The name says all that it depends on."""
    path = _folder() / name
    if not path.is_file():
        write_atomic(path, make())
    return path


@cache
def _folder() -> Path:
    """$XDG_CACHE_HOME/aereport or ~/.cache/aereport; where that cannot be written, a folder for this process alone."""
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aereport"
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except (OSError, RuntimeError):  # no home
        pass
    folder = Path(tempfile.mkdtemp(prefix="aereport-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
