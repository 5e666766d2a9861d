"""What tests of a finished document share: its page, what that is held against, and changes of it."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from report import draw as drawing
from report.bound import Bonds
from report.check import Check, numbers
from report.document import Table
from report.printed import read
from report.render import TEMPLATES, to_html
from report.stated import Stated
from tests.standins import parts

DATE = datetime(2026, 1, 2, tzinfo=UTC)


@cache
def tables(scenario: str) -> dict[str, Table]:
    made = parts(scenario)
    return drawing.tables(made.bundle, made.judgements)


@dataclass(frozen=True)
class Document:
    """A scenario's page, and what it is held against."""

    html: str
    bonds: Bonds
    stated: Stated

    def numbers(self, html: str) -> Check:
        return numbers(read(html), self.bonds, self.stated)[1]


@cache
def document(scenario: str = "nominal") -> Document:
    """The whole document, with pictures that stand in for the figures."""
    made = parts(scenario)
    stated = Stated(made.bundle, made.judgements, tables(scenario).values(), TEMPLATES)
    html = to_html(made.bundle, made.judgements, made.figures, tables(scenario))
    return Document(html, Bonds(made.bundle, made.judgements), stated)


def page(scenario: str = "nominal") -> str:
    return document(scenario).html


def lied(old: str, new: str) -> str:
    html = page()
    assert old in html
    return html.replace(old, new, 1)


def changed(text: str, place: int, draws: random.Random) -> str:
    return text[:place] + draws.choice([digit for digit in "0123456789" if digit != text[place]]) + text[place + 1 :]
