"""Tables as CSV: numbers at full precision, and no text that a spreadsheet would execute."""

import csv
import io
from collections.abc import Sequence

from experiments.bundle import Bundle
from experiments.metrics import metric_of
from report import words
from report.document import Cell, Missing, Num, Table, Text
from report.judgement import Judgements
from report.numbers import number
from report.tabular import names_unit
from report.verdicts import ANSWERS

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet executes a cell that begins with one of these


def to_csv(table: Table, bundle: Bundle, judgements: Judgements) -> str:
    """A table with its numbers at full precision: means over seeds, in the document's units. A unit stands beside its
    number if neither the column nor the row names it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(map(no_formula, table.columns))
    for row in table.rows:
        texts = [_plain(cell, bundle, judgements) for cell in row]
        units = [_unit(cell, row, column) for cell, column in zip(row, table.columns, strict=True)]
        writer.writerow([text and text + unit for text, unit in zip(texts, units, strict=True)])
    return buffer.getvalue()


def _plain(cell: Cell, bundle: Bundle, judgements: Judgements) -> str:
    if isinstance(cell, Num):
        found = number(bundle, cell.key)
        return "" if found.value is None else words.full(found.value, found.metric.unit).replace(words.MINUS, "-")
    if isinstance(cell, Text):
        return no_formula(cell.text)
    if isinstance(cell, Missing):
        return ""
    item = judgements[cell.claim]
    effect = "" if item.effect is None else f" {words.full(item.effect, item.unit)} {item.unit}".rstrip()
    return ANSWERS[item.verdict][1] + effect.replace(words.MINUS, "-")


def _unit(cell: Cell, row: Sequence[Cell], column: str) -> str:
    if not isinstance(cell, Num) or names_unit(cell.key, row, column):
        return ""
    return f" {metric_of(cell.key).unit}"


def no_formula(text: str) -> str:
    """The text, quoted if a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
