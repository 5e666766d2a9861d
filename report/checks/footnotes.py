"""Remarks as paper sets them: each at the foot of its page behind its number, which stands in the text as well."""

from dataclasses import dataclass

from report.checks.printed import Printed
from report.checks.tokens import Token, settled, tokens


@dataclass(frozen=True)
class Noted:
    """Tokens of all that a page prints on paper; homes are pieces.

    Attributes:
        tokens: the text with the numbers of its footnotes, in order; then the footnotes.
        text: how many of them are the text's.
        notes: where each footnote stands among them.
        numbers: where the numbers of footnotes stand, which only paper has.
    """

    tokens: list[Token]
    text: int
    notes: list[range]
    numbers: frozenset[int]


def noted(page: Printed) -> Noted:
    """What a page prints on paper; remarks stay where they are unless a style makes them footnotes."""
    text: list[Token] = []
    notes: list[list[Token]] = []
    calls: list[int] = []
    starts = dict(page.notes if any("footnote" in style for style in page.styles) else ())
    end = -1
    for n, piece in enumerate(page.pieces):
        if n in starts and piece.paper:
            number, end = Token(str(len(notes) + 1), True, n), starts[n]
            calls.append(len(text))
            text.append(number)
            notes.append([number])
        if piece.paper:
            (notes[-1] if n < end else text).extend(tokens(piece.text, n))
    places, found = [], list(settled(text))
    for note in notes:
        places.append(range(len(found), len(found) + len(note)))
        found += settled(note)
    return Noted(found, len(text), places, frozenset([*calls, *(place.start for place in places)]))
