"""Splits a text into tokens: numbers, and the words between them."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from report import words

NUMBER = rf"[+{words.MINUS}]?\d(?:{words.SPACE}?\d)*(?:\.\d+)*(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"
NUMERALS = [sign for sign in map(chr, range(0x1F200)) if unicodedata.category(sign) in ("No", "Nl")]  # ½ ② Ⅻ ²
RAISED = "".join(sign for sign in NUMERALS if unicodedata.decomposition(sign).startswith(("<super>", "<sub>")))
UPRIGHT = "".join(sign for sign in NUMERALS if sign not in RAISED)
NUMERAL = rf"[{UPRIGHT}]|(?<![^\W\d_])[{RAISED}]"  # a raised one behind a letter belongs to the letter, as in "R²"
LEFTWARD = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"  # blocks whose letters are written from right to left
TOKEN = re.compile(
    rf"(?P<number>{NUMBER}|{NUMERAL})|(?:(?![{LEFTWARD}])[^\W\d_{UPRIGHT}])+|(?:(?=[{LEFTWARD}])[^\W\d_])+"
)
DIGIT = re.compile(rf"\d|{NUMERAL}")


@dataclass(frozen=True)
class Token:
    """A number or a word, and where it stands: the index of a piece of the HTML, or the number of a PDF's page."""

    text: str
    number: bool
    home: int


def tokens(text: str, home: int) -> Iterator[Token]:
    """Numbers and words of a text; a number is written without the spaces between its thousands."""
    for found in TOKEN.finditer(text):
        number = found["number"]
        yield Token((number or found[0]).replace(words.SPACE, ""), number is not None, home)


def normalised(given: Iterable[Token]) -> Iterator[Token]:
    """The same tokens, but words that are written from right to left are sorted, with the numbers beside them behind.

    A PDF has these in the order in which they are drawn, which differs from line to line.
    """
    for beside, run in groupby(given, key=lambda token: token.number or words.right_to_left(token.text)):
        stretch = list(run)
        if beside and not all(token.number for token in stretch):
            stretch.sort(key=lambda token: (token.number, "" if token.number else token.text))
        yield from stretch


def plain(text: str) -> str:
    """The text with single spaces between words and none between thousands, nor the blanks that align columns."""
    return " ".join(text.replace(words.SPACE, "").split())
