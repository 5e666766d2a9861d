"""Tables as HTML: numbers right-aligned, and aligned at the decimal point if a column has one metric."""

import re
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise

from markupsafe import Markup

from experiments.metrics import metric_of
from report import words
from report.checks.tokens import DIGIT
from report.document import Cell, Missing, Num, Table, Text, Verdict
from report.numbers import Number
from report.verdicts import ClaimWords

STATED = re.compile(rf"[{words.MINUS}-]?[\d{words.SPACE}]+(–\d+)?(\.\d+)?")  # a quoted number or range


class Tabular:
    """Writes tables as HTML.

    Args:
        number, claim: look up the number under a key, and a claim by name.
    """

    def __init__(self, number: Callable[[str], Number], claim: Callable[[str], ClaimWords]) -> None:
        self._number, self._claim = number, claim

    def head(self, table: Table) -> Markup:
        """The row of column heads; no line breaks before a unit, around an equals sign, or at a hyphen."""
        kept = ((" / ", " /\u00a0"), (" = ", "\u00a0=\u00a0"), ("-", words.HYPHEN))
        heads = [reduce(lambda text, pair: text.replace(*pair), kept, column) for column in table.columns]
        return Markup("").join(
            Markup('<th scope="col"{}>{}</th>').format(_kind(table, i), head) for i, head in enumerate(heads)
        )

    def body(self, table: Table) -> Markup:
        """All rows.

        Raises:
            ValueError: a row has more or fewer cells than there are columns.
        """
        for row in table.rows:
            if len(row) != len(table.columns):
                raise ValueError(f"a row of {len(row)} cells under {len(table.columns)} columns")
        places = [self._places(table, i) for i in range(len(table.columns))]
        rows: list[Markup] = []
        before: Sequence[Cell] = ()
        grouped = any(row[0] == after[0] for row, after in pairwise(table.rows))
        for row in table.rows:
            cells = [self._cell(table, row, i, places[i], _repeats(row, before, i)) for i in range(len(row))]
            begins = Markup(' class="begins"' if grouped and before and row[0] != before[0] else "")
            rows.append(Markup("<tr{}>{}</tr>").format(begins, Markup("").join(cells)))
            before = row
        return Markup("").join(rows)

    def _places(self, table: Table, index: int) -> int | None:
        """Decimals to which a column is padded; None if it mixes metrics, or has units in its cells."""
        cells = [(row, row[index]) for row in table.rows]
        keys = [cell.key for _, cell in cells if isinstance(cell, Num)]
        if len({metric_of(key).title for key in keys}) != 1:
            return None
        texts = [self._bare(cell, table.columns[index], row) for row, cell in cells if isinstance(cell, Num)]
        return max((words.places(text) for text in texts if text), default=None)

    def _bare(self, cell: Num, column: str, row: Sequence[Cell]) -> str:
        """A number without its unit, if its column or row names the unit; else ""."""
        found = self._number(cell.key)
        if found.value is None:
            return ""
        return found.text(bare=True) if names_unit(cell.key, row, column) else ""

    def _cell(self, table: Table, row: Sequence[Cell], index: int, places: int | None, again: bool) -> Markup:
        cell, kind = row[index], _kind(table, index)
        if isinstance(cell, Text):
            fixed = Markup(' data-fixed="stated, not measured here"' if DIGIT.search(cell.text) else "")
            head = Markup('th class="again" scope="row"' if again else 'th scope="row"')
            tag = head if index == 0 else Markup("td")
            kind = Markup(' class="model {}"').format(cell.model) if cell.model else kind
            text = re.sub(r"(?<=\d) (?=px\b|%)", words.BEFORE_UNIT, words.typographic(cell.text))
            text = words.padded(text, places) if places and STATED.fullmatch(text) else text
            return Markup("<{}{}{}>{}</{}>").format(tag, kind, fixed, text, tag[:2])
        if isinstance(cell, Missing):
            return Markup('<td{}><span class="missing" title="{}">not measured</span></td>').format(kind, cell.reason)
        if isinstance(cell, Num):
            text = self._bare(cell, table.columns[index], row)
            padded = text if places is None else words.padded(text, places)
            found = self._number(cell.key)
            number = found.bound(padded) if text else found.printed()
            return Markup("<td{}>{}</td>").format(
                kind, Markup("<strong>{}</strong>").format(number) if cell.bold else number
            )
        claim = self._claim(cell.claim)
        effect = "" if claim.unavailable else claim.signed
        return Markup('<td class="judged{}"><span class="which">{}</span> {}</td>').format(
            " again" if again else "", claim.mark, effect
        )


def _repeats(row: Sequence[Cell], before: Sequence[Cell], index: int) -> bool:
    """Whether a row's head or a verdict repeats that above; it is shown once, until the table is sorted."""
    return bool(before) and row[index] == before[index] and (index == 0 or isinstance(row[index], Verdict))


def names_unit(key: str, row: Sequence[Cell], column: str) -> bool:
    """Whether a number's column or row names its unit, or it has none."""
    unit, name = metric_of(key).unit, row[0].text if isinstance(row[0], Text) else ""
    return unit in ("", "count") or any(f"/ {unit}" in text for text in (column, name))


def _kind(table: Table, index: int) -> Markup:
    """The class of a cell: that of numbers, which are right-aligned, if its column has any."""
    return Markup(' class="figure"' if index and any(isinstance(row[index], Num) for row in table.rows) else "")
