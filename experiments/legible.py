"""Text that comes from outside and is printed: what may stand in it, and how the rest is shown. Imports no torch.

Refused are control characters, which a terminal obeys; bidirectional controls, which make a text read as another one;
line and paragraph separators; and what no UTF-8 file or XML document can hold. Letters of every script are welcome.
"""

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, Field

JOINERS = "\u200c\u200d"  # which Persian, Hindi and emoji need; they are as "Cf" as the controls
MAX_TEXT = 1000  # characters of a reason or a note
REFUSED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # categories of Unicode


def odd(text: str) -> str:
    """The first character that must not be printed, as an escape; empty where there is none."""
    for character in text:
        if unicodedata.category(character) in REFUSED and character not in JOINERS:
            return ascii(character)[1:-1]
    return ""


def line(text: str, limit: int = MAX_TEXT) -> str:
    """Any text as one legible line: blanks for white space, escapes for what must not be printed, cut at `limit`."""
    kept = "".join(odd(character) or character for character in " ".join(text[: 4 * limit].split()))
    return kept if len(kept) <= limit else f"{kept[: limit - 1]}…"


def quoted(text: object) -> str:
    """A name from outside within a message: legible, in quotes, at most 60 characters of it."""
    return f"'{line(str(text), 60)}'"


def why(error: Exception) -> str:
    """An error in one line: what it says, or its kind."""
    return line(str(error), 200) or type(error).__name__


def closest(name: str, known: Iterable[str]) -> str:
    """ " (did you mean 'ae/psnr'?)", for a message; nothing where no known name is close."""
    found = get_close_matches(name, known, n=1, cutoff=0.75)
    return f" (did you mean {found[0]!r}?)" if found else ""


def _legible(text: str) -> str:
    if found := odd(text):
        raise ValueError(f"holds {found}, a character that must not be printed")
    return text


Name = Annotated[str, Field(max_length=255), AfterValidator(_legible)]  # as long as the name of a folder may be
Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_legible)]
