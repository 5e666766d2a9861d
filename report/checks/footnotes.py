"""The text of a page with its remarks as footnotes, as on paper: a number in the text, and the remark behind it."""

from dataclasses import dataclass

from report.checks.printed import Printed
from report.checks.tokens import Token, normalised, tokens


@dataclass(frozen=True)
class PaperText:
    """Tokens of all that a page prints on paper; their `home` is the index of their piece.

    Attributes:
        tokens: those of the text with the numbers of its footnotes, in order; then those of the footnotes.
        text: how many of them belong to the text.
        notes: range of each footnote among them.
        numbers: indices of the numbers of footnotes, which only paper has.
    """

    tokens: list[Token]
    text: int
    notes: list[range]
    numbers: frozenset[int]


def paper_text(page: Printed) -> PaperText:
    """What a page prints on paper; remarks become footnotes if a style says so."""
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
    places, found = [], list(normalised(text))
    for note in notes:
        places.append(range(len(found), len(found) + len(note)))
        found += normalised(note)
    return PaperText(found, len(text), places, frozenset([*calls, *(place.start for place in places)]))
