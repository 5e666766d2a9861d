"""Replaces attributes of WeasyPrint for the length of a `with` block."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def patched(owner: Any, **parts: Any) -> Iterator[None]:
    """Give a module or class these attributes; the old ones come back afterwards."""
    before = {name: getattr(owner, name) for name in parts}
    for name, part in parts.items():
        setattr(owner, name, part)
    try:
        yield
    finally:
        for name, part in before.items():
            setattr(owner, name, part)
