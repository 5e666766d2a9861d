"""HTML becomes PDF: WeasyPrint with embedded fonts, tags (PDF/UA-1), no network, and the same bytes on any day."""

import gc
import io
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from PIL import Image, ImageFile
from weasyprint import CSS, HTML
from weasyprint.images import RasterImage
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from experiments.files import sha256
from report import embed
from report.floats import settled
from report.fonts import for_paper

SCREEN_ONLY = re.compile(  # what paper never shows, a tenth of the time; and fonts of any weight, which it cannot read
    r"<(details|script)\b.*?</\1>|@font-face\{[^}]*font-weight:200 900[^}]*\}", re.DOTALL
)
COLOURS = re.compile(rb"\x89PNG\r\n\x1a\n.{4}IHDR.{8}\x08\x02\0\0\0", re.DOTALL)  # a PNG in 8 bits, red, green and blue


class LocalFetcher(URLFetcher):  # type: ignore[misc]
    """Fetches data: URIs, files in the run's folder, its figures and fonts; anything else stops the rendering.

    Args:
        fonts: files by URL.
    """

    def __init__(
        self, folder: Path, figures: Iterable[Path] = (), fonts: Mapping[str, bytes] = MappingProxyType({})
    ) -> None:
        super().__init__(allowed_protocols=("data", "file"))
        self._folder = folder.resolve()
        self._fonts = fonts
        self._figures = {path.resolve() for path in figures}

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        parts = urlsplit(url)
        if url in self._fonts:
            return URLFetcherResponse(url, self._fonts[url])
        if parts.scheme == "data":
            return super().fetch(url, headers)
        path = Path(unquote(parts.path)).resolve()
        inside = path.is_relative_to(self._folder) or path in self._figures
        if parts.scheme != "file" or parts.netloc or not inside:
            raise FatalURLFetchingError(f"{url[:200]}: only files in {self._folder} may be used")
        if not path.is_file():
            raise FatalURLFetchingError(f"{path}: no such file")
        return super().fetch(path.as_uri(), headers)


class StoredImage(RasterImage):  # type: ignore[misc]
    """A PNG whose compressed pixels go into the PDF as they are; WeasyPrint would compress them a second time."""

    @staticmethod
    def _get_png_data(image: ImageFile.ImageFile) -> bytes:
        """What PDF takes of a PNG that was just opened: its IDAT chunks, joined."""
        assert isinstance(image.fp, io.BytesIO)
        return b"".join(body for kind, body in embed.png_chunks(image.fp.getvalue()) if kind == b"IDAT")


def stored(figures: Sequence[Path]) -> dict[str, StoredImage]:
    """WeasyPrint's images by URL, of the PNGs that a PDF can take as they are; it reads the others itself."""
    found = {}
    for path in figures:
        content = path.read_bytes()
        if COLOURS.match(content) and b"tRNS" not in dict(embed.png_chunks(content)):
            found[embed.link(path)] = StoredImage(Image.open(io.BytesIO(content)), sha256(content), content)
    return found


def to_pdf(html: str, folder: Path, date: datetime, figures: Sequence[Path] = ()) -> bytes:
    """The PDF of a page.

    Args:
        figures: pictures that the page may link to beside those in the folder.

    Raises:
        ValueError: a picture that is missing or lies outside the folder, or something WeasyPrint cannot set.
    """
    rules, files = for_paper(html)
    fetcher, fonts = LocalFetcher(folder, figures, files), FontConfiguration()
    with _dated(date), _uncollected(), _complaints() as complaints:
        try:
            style = CSS(string=rules, font_config=fonts, url_fetcher=fetcher)
            content = HTML(
                string=settled(SCREEN_ONLY.sub("", html)), base_url=folder.resolve().as_uri() + "/", url_fetcher=fetcher
            ).write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1", cache=stored(figures))
        except FatalURLFetchingError as error:
            raise ValueError(str(error)) from None
    if complaints:
        raise ValueError(f"WeasyPrint: {complaints[0][:200]}")
    return bytes(content)


@contextmanager
def _dated(date: datetime) -> Iterator[None]:
    """The date that goes into the file and its fonts."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(int(date.timestamp()))
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for reference cycles among millions of objects: neither meanwhile, nor afterwards among what is left.

    That is looked through before the next PDF of this process, if there is one.
    """
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was:
            gc.enable()


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What WeasyPrint logs as a warning or worse; it never raises by itself."""
    found: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    logger, handler = logging.getLogger("weasyprint"), Keep(logging.WARNING)
    handlers, logger.handlers = logger.handlers, [handler]
    try:
        yield found
    finally:
        logger.handlers = handlers
