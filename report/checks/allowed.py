"""Digits that may stand in a page unbound: each with a reason, and found in the source that the reason names."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from markupsafe import Markup

from experiments import plan
from experiments.bundle import Bundle
from experiments.metrics import METRICS
from experiments.settings import Settings
from report import words
from report.checks.printed import Piece, Printed
from report.checks.tokens import DIGIT, NUMERAL, plain
from report.document import Content, Text
from report.lint import REASONS
from report.provenance import Run
from report.templates import TEMPLATES, pages

COUNTED = {"number of a figure": "fig-", "number of a table": "tab-"}


class Allowed:
    """What the document of a bundle may print unbound."""

    def __init__(self, content: Content, templates: Path) -> None:
        bundle, run = content.bundle, Run(content.bundle)
        self._names = {plain(name): why for name, why in words.NAMES.items()}
        self._names |= {plain(text): "title of the document" for text in (run.title, run.author) if DIGIT.search(text)}
        self._heads = {plain(column) for table in content.tables.values() for column in table.columns}
        self._metrics = {plain(metric.title).casefold() for metric in METRICS.values()}
        self._codes = {*bundle.values, *bundle.curves, *bundle.reasons, *plan.keys(bundle.settings)}
        self._codes |= {*plan.arrays(bundle.settings), *content.judgements, *METRICS, *Settings.model_fields}
        self._provenance = sorted({plain(text) for text in _provenance(bundle, run)} - {""}, key=len, reverse=True)
        self._sources = "\n".join(_straight(text) for text in _sources(content, templates))

    def why(self, piece: Piece, page: Printed) -> Iterator[tuple[str, str]]:
        """For each number of an unbound piece: (reason, "") if it may stand there, else ("", what is wrong with it)."""
        text = plain(piece.text)
        if piece.fixed:
            wrong = self._wrong(text, piece, page)
            yield from (("", wrong) if wrong else (piece.fixed, "") for _ in _numbers(text))
        elif piece.code and text in self._codes:
            yield from (("name of a key or setting", "") for _ in _numbers(text))
        elif text in self._heads:
            yield from (("head of a column", "") for _ in _numbers(text))
        elif text.casefold() in self._metrics:
            yield from (("name of a metric", "") for _ in _numbers(text))
        else:
            for name, reason in self._names.items():
                alone = rf"(?<!\w)(?<!\d\.){re.escape(name)}(?!\w)(?!\.\d)"  # not part of another number
                yield from ((reason, "") for _ in re.findall(alone, text))
                text = re.sub(alone, "", text)
            yield from (("", "it is neither bound nor allowed unbound") for _ in _numbers(text))

    def loose(self, text: str, page: Printed) -> str:
        """What is wrong with the text of an attribute, judged as an unbound piece of the page; "" if nothing is."""
        piece = Piece(text, {}, fixed="", code=False, place="", paper=False, target="")
        return next((wrong for _, wrong in self.why(piece, page) if wrong), "")

    def _wrong(self, text: str, piece: Piece, page: Printed) -> str:
        """What is wrong with a piece that gives a reason for being unbound; "" if nothing is."""
        if piece.fixed not in REASONS:
            return f"its reason {piece.fixed!r} is not on the list: {', '.join(REASONS)}"
        if prefix := COUNTED.get(piece.fixed):
            id = (piece.target or piece.place[1:]).replace("cap-", "tab-")
            counted = [found for found in page.ids if found.startswith(prefix)]
            number = str(counted.index(id) + 1) if id in counted else "another"
            return "" if re.findall(r"\d+", text) == [number] else f"it should be number {number}"
        if piece.fixed == "provenance":
            for known in self._provenance:
                text = re.sub(rf"(?<!\w){re.escape(known)}(?!\w)", "", text)
            return "the bundle does not say so" if DIGIT.search(text) else ""
        return "" if self.says(text) else f"no template, definition, table or reason says so ({piece.fixed})"

    def says(self, text: str) -> bool:
        """Whether a template, a definition, a table or a reason contains this text."""
        wanted = _straight(text)
        before = r"(?<![\d.])" if wanted[:1].isdigit() else ""  # not part of another number
        return bool(re.search(rf"{before}{re.escape(wanted)}(?!\d)", self._sources))


def _numbers(text: str) -> list[str]:
    return re.findall(rf"\d+(?:\.\d+)*|{NUMERAL}", text)


def _straight(text: str) -> str:
    return plain(text.replace("’", "'"))


def _provenance(bundle: Bundle, run: Run) -> Iterator[str]:
    """Names, dates and checksums that the bundle holds as text."""
    provenance, settings = bundle.provenance, bundle.settings
    yield from (provenance.data, provenance.fingerprint, provenance.device, provenance.commit)
    yield from (*provenance.versions.values(), *provenance.classes, *provenance.notes, *bundle.reasons.values())
    yield from (value for value in settings.model_dump().values() if isinstance(value, str))
    yield from (facts.get(name, "") for facts in bundle.tasks.values() for name in ("precision", "trained_on"))
    yield from (Markup(text).striptags() for text in (run.measured, *(day for day, _ in run.days)))


def _sources(content: Content, templates: Path) -> Iterator[str]:
    """Texts that may state constants: templates, definitions, sentences of claims, reasons and words in tables."""
    for folder in {templates, TEMPLATES}:
        yield from (unescape(path.read_text(encoding="utf-8-sig")) for path in pages(folder))
    yield from (metric.how for metric in METRICS.values())
    yield from (field.description or "" for field in Settings.model_fields.values())
    for item in content.judgements.values():
        yield from (item.sentence, item.reason)
    yield from content.bundle.reasons.values()
    cells = (cell for table in content.tables.values() for row in table.rows for cell in row)
    yield from (cell.text for cell in cells if isinstance(cell, Text))
