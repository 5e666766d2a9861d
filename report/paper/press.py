"""The PDF is made by a process of its own, which loads WeasyPrint while this one reads the run and fills the page."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from experiments.machine import Lacks
from experiments.pool import ProcessPool, process_pool
from report.doctor import PANGO, remedy


class Press:
    """What makes one PDF; `press()` gives it."""

    def __init__(self, workers: ProcessPool) -> None:
        self._workers = workers
        workers.submit(lacks)
        self._page: tuple[str, Path, datetime, Sequence[Path]]
        self._made: Future[bytes]

    def start(self, html: str, folder: Path, date: datetime, figures: Sequence[Path]) -> None:
        """Begin to make the PDF, see `report.paper.pdf.to_pdf`."""
        self._page = html, folder, date, figures
        self._made = self._workers.submit(_print, *self._page)

    def finish(self) -> bytes:
        """The PDF, made in this process where the other one was killed.

        Raises:
            ValueError: see `report.paper.pdf.to_pdf`.
            Lacks: WeasyPrint's native libraries are not there; says how to get them.
        """
        try:
            return self._made.result()
        except BrokenExecutor:
            return _print(*self._page)


@contextmanager
def press(formats: Sequence[str]) -> Iterator[Press | None]:
    """Where a PDF is wanted, a process that gets ready for it at once, and ends with the block."""
    if "pdf" not in formats:
        yield None
        return
    with process_pool(1) as workers:
        yield Press(workers)


def lacks() -> str:
    """What keeps WeasyPrint from working here, and the remedy; empty where nothing does. Loads it."""
    try:
        import report.paper.pdf  # noqa: F401
    except OSError:
        return f"the PDF needs Pango, which this machine lacks: {remedy(PANGO, 'Pango')}"
    return ""


def unset(texts: Iterable[str]) -> str:
    """Letters of some texts that no font of this machine has, and the remedy; empty where there are none."""
    text = " ".join(texts)
    if text.isascii() or lacks():
        return ""
    from report.paper.pdf import to_pdf

    try:
        to_pdf(f"<html lang=en><title>-</title><p>{escape(text)}</p></html>", Path.cwd(), datetime.now(UTC))
    except Lacks as error:
        return str(error)
    except (OSError, ValueError):  # a full disk, say, is told where something is lost by it
        pass
    return ""


def _print(html: str, folder: Path, date: datetime, figures: Sequence[Path]) -> bytes:
    if lacking := lacks():
        raise Lacks(lacking)
    from report.paper.pdf import to_pdf

    return to_pdf(html, folder, date, figures)
