"""HTML becomes PDF: WeasyPrint with embedded fonts, tags (PDF/UA-1), no network, and the same bytes on any day."""

import logging
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import pydyf
from weasyprint import CSS, HTML
from weasyprint.layout import inline
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from experiments.machine import Lacks
from experiments.memory import uncollected
from report.fonts import for_paper
from report.paper.caching import cached_layout
from report.paper.figures import stored_figures
from report.paper.floats import place_floats
from report.paper.patches import patched
from report.paper.repagination import footnotes_once, footnotes_stay, references_once
from report.paper.tagging import tagged

SCREEN_ONLY = re.compile(  # never on paper, a fifth of the time; and variable fonts, which WeasyPrint cannot use
    r"<(details|script)\b.*?</\1>|</?data\b[^>]*>|@font-face\{[^}]*font-weight:200 900[^}]*\}", re.DOTALL
)
UNSTYLED = re.compile(r'<span(?: data-[a-z]+="[^"]*")+>([^<]*)</span>')
# A verdict's mark and the word before it, which may contain one element. WeasyPrint breaks a line far too early where
# it cannot break right before what does not fit. Possessive quantifiers: a picture is a word of a million letters.
MARKED = re.compile(
    r"""(?<![^\x20\n<>])([^\x20\n<>]*+(?:<(\w+)\b[^>]*>[^<]*</\2>[^\x20\n<>]*+)?)\s*((?:&nbsp;)?+)
    (?<=&nbsp;)(<a\ class="verdict\b.*?</a>)""",
    re.DOTALL | re.VERBOSE,
)
FONTS = "on Debian fonts-noto-cjk, fonts-noto, or fonts-noto-color-emoji"
UNKNOWN = re.compile(r"unsupported by fonts: (.*)")  # letters in the name of a class, of the author …
HARMLESS = "Using fontTools instead of HarfBuzz-Subset"  # the same fonts, only more slowly; `doctor` says so
TAG, LONGEST = re.compile(r"<[^>]+>"), 40  # letters; a citation has about 30


class LocalFetcher(URLFetcher):  # type: ignore[misc]
    """Fetches data: URIs, files in the run's folder, its figures and fonts; any other address is an error.

    Args:
        fonts: files by URL.
    """

    def __init__(self, folder: Path, figures: Iterable[Path], fonts: Mapping[str, bytes]) -> None:
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


def to_pdf(html: str, folder: Path, date: datetime, figures: Sequence[Path] = ()) -> bytes:
    """The PDF of a page.

    Args:
        figures: pictures outside of the folder that the page may link to.

    Raises:
        ValueError: a picture that is missing or lies outside the folder, or something WeasyPrint cannot set.
        Lacks: a letter is in no font of this machine.
    """
    rules, files = for_paper(html)
    fetcher, fonts = LocalFetcher(folder, figures, files), FontConfiguration()
    plain = UNSTYLED.sub(r"\1", SCREEN_ONLY.sub("", html))
    page = place_floats(MARKED.sub(_together, plain))
    with (
        _dated(date),
        uncollected(),
        _compressed(),
        cached_layout(),
        _hanging_spaces(),
        footnotes_once(),
        footnotes_stay(),
        references_once(),
        tagged(),
        _complaints() as complaints,
    ):
        try:
            style = CSS(string=rules, font_config=fonts, url_fetcher=fetcher)
            content = HTML(string=page, base_url=folder.resolve().as_uri() + "/", url_fetcher=fetcher).write_pdf(
                stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1", cache=stored_figures(figures, fetcher)
            )
        except FatalURLFetchingError as error:
            raise ValueError(str(error)) from None
    if letters := [found[1] for text in complaints if (found := UNKNOWN.search(text))]:
        named = ", ".join(dict.fromkeys(letters))
        raise Lacks(f"report.pdf: no font here has {named[:200]}: install one ({FONTS})")
    if complaints:
        raise ValueError(f"WeasyPrint: {complaints[0][:200]}")
    return bytes(content)


def _together(found: re.Match[str]) -> str:
    """Keep a mark with the word before it, unless that word is too long for a line."""
    word, _, space, mark = found.groups()
    fits = len(unescape(TAG.sub("", word))) <= LONGEST
    return f'<span style="white-space:nowrap">{word}{space}{mark}</span>' if fits else f"{word} {mark}"


@contextmanager
def _dated(date: datetime) -> Iterator[None]:
    """Set the date that goes into the PDF and its fonts."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(int(date.timestamp()))
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before


def _compressed() -> AbstractContextManager[None]:
    """Compress at zlib's level 4; its highest, which pydyf asks for, takes seven times as long for 3 % of a file."""
    quick = SimpleNamespace(compressobj=lambda level: zlib.compressobj(4), compress=partial(zlib.compress, level=4))
    return patched(pydyf, zlib=quick)


def _hanging_spaces() -> AbstractContextManager[None]:
    """Let a text fit that fills its line except for the space at its end; WeasyPrint breaks it after its first word."""
    split = inline.split_first_line

    def splitting(text: str, style: Any, context: Any, width: float | None, *rest: Any, **more: Any) -> Any:
        found = layout, _, resumed, *_ = split(text, style, context, width, *rest, **more)
        bare = text.rstrip(" ")
        if bare != text and resumed and width and " " not in layout.text:
            whole = split(bare, style, context, width, *rest, **more)
            if whole[2] is None and whole[3] <= width:
                return whole
        return found

    return patched(inline, split_first_line=splitting)


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what WeasyPrint logs as a warning or worse; it does not raise."""
    found: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.getMessage().startswith(HARMLESS):
                found.append(record.getMessage())

    logger, handler = logging.getLogger("weasyprint"), Collector(logging.WARNING)
    handlers, logger.handlers = logger.handlers, [handler]
    try:
        yield found
    finally:
        logger.handlers = handlers
