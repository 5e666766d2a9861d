"""The PDF is made by a process of its own, which loads WeasyPrint while this one still fills the page."""

from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from experiments.pool import Workers, hired
from report.doctor import PANGO, remedy


class LacksPango(OSError):
    """The PDF cannot be made on this machine."""


class Press:
    """What a PDF is made with; `press()` gives it."""

    def __init__(self, workers: Workers) -> None:
        self._workers, self._lacking = workers, workers.submit(lacks)

    def start(self, html: str, folder: Path, date: datetime, figures: Sequence[Path]) -> "Future[bytes] | None":
        """Begin with a PDF, see `report.pdf.to_pdf`; None where this machine lacks what it needs."""
        return None if self._lacking.result() else self._workers.submit(_print, html, folder, date, figures)

    def finish(self, started: "Future[bytes] | None") -> bytes:
        """The PDF.

        Raises:
            ValueError: see `report.pdf.to_pdf`.
            LacksPango: WeasyPrint's native libraries are not there; says how to get them.
            MemoryError: the process was killed.
        """
        if started is None:
            raise LacksPango(self._lacking.result())
        try:
            return started.result()
        except BrokenExecutor:
            raise MemoryError("report.pdf: the process that made it was killed, for memory perhaps") from None


@contextmanager
def press() -> Iterator[Press]:
    """A process that gets ready for a PDF at once, and ends afterwards."""
    with hired(1) as workers:
        yield Press(workers)


def lacks() -> str:
    """What keeps WeasyPrint from working here, and the remedy; empty where nothing does. Loads it."""
    try:
        import report.pdf  # noqa: F401
    except OSError:
        return f"the PDF needs Pango, which this machine lacks: {remedy(PANGO, 'Pango')}"
    return ""


def _print(html: str, folder: Path, date: datetime, figures: Sequence[Path]) -> bytes:
    from report.pdf import to_pdf

    return to_pdf(html, folder, date, figures)
