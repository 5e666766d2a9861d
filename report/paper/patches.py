"""Parts of WeasyPrint that are replaced by ours for as long as a block runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(owner: Any, **parts: Any) -> Iterator[None]:
    """Within it these attributes of a module or class are others."""
    before = {name: getattr(owner, name) for name in parts}
    for name, part in parts.items():
        setattr(owner, name, part)
    try:
        yield
    finally:
        for name, part in before.items():
            setattr(owner, name, part)
