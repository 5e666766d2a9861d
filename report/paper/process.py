"""A process of its own makes the PDF: it loads WeasyPrint while this one reads the run and renders the page."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from experiments.machine import Lacks
from experiments.pool import ProcessPool, process_pool
from report.doctor import PANGO, remedy


class PdfProcess:
    """Makes one PDF; `pdf_process()` starts it."""

    def __init__(self, workers: ProcessPool) -> None:
        self._workers = workers
        workers.submit(missing_library)
        self._page: tuple[str, Path, datetime, Sequence[Path]]
        self._made: Future[bytes]

    def start(self, html: str, folder: Path, date: datetime, figures: Sequence[Path]) -> None:
        """Begin the PDF; see `report.paper.pdf.to_pdf` for the arguments."""
        self._page = html, folder, date, figures
        self._made = self._workers.submit(_make, *self._page)

    def finish(self) -> bytes:
        """Wait for the PDF; if the process was killed, this one makes it.

        Raises:
            ValueError: see `report.paper.pdf.to_pdf`.
            Lacks: a native library of WeasyPrint is missing; says how to install it.
        """
        try:
            return self._made.result()
        except BrokenExecutor:
            return _make(*self._page)


@contextmanager
def pdf_process(formats: Sequence[str]) -> Iterator[PdfProcess | None]:
    """Start the process if a PDF is wanted; it loads WeasyPrint at once and ends with the block."""
    if "pdf" not in formats:
        yield None
        return
    with process_pool(1) as workers:
        yield PdfProcess(workers)


def missing_library() -> str:
    """Load WeasyPrint; what is missing for it and the remedy, or "" if it works."""
    try:
        import report.paper.pdf  # noqa: F401
    except OSError:
        return f"the PDF needs Pango, which this machine lacks: {remedy(PANGO, 'Pango')}"
    return ""


def missing_letters(texts: Iterable[str]) -> str:
    """Letters that no font of this machine has, and the remedy, or "" if there are none."""
    text = " ".join(texts)
    if text.isascii() or missing_library():
        return ""
    from report.paper.pdf import to_pdf

    try:
        to_pdf(f"<html lang=en><title>-</title><p>{escape(text)}</p></html>", Path.cwd(), datetime.now(UTC))
    except Lacks as error:
        return str(error)
    except (OSError, ValueError):  # such as a full disk: reported when the document is made
        pass
    return ""


def _make(html: str, folder: Path, date: datetime, figures: Sequence[Path]) -> bytes:
    if lacking := missing_library():
        raise Lacks(lacking)
    from report.paper.pdf import to_pdf

    return to_pdf(html, folder, date, figures)
