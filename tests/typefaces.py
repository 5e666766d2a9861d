"""Typefaces that this process cuts once, and not for each of many small PDFs."""

from collections.abc import Iterable
from pathlib import Path

from report import fonts

CUT = fonts.cut  # anew each time


def cut_once() -> None:
    """From here on."""
    known = dict[object, bytes]()

    def cut(path: Path, letters: Iterable[int], **axes: float) -> bytes:
        wanted = frozenset(letters)
        what = path, wanted, *axes.items()
        if what not in known:
            known[what] = CUT(path, wanted, **axes)
        return known[what]

    fonts.cut = cut
