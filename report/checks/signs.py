"""A sign that is typed right before a bound number, which would then read as another number."""

import re
import unicodedata
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from report import words

DASHES = "-‐‑‒–—―⁻₋﹘﹣－"  # all that may be read as a minus, right before a number
UNIT = "|".join(words.SUFFIX.values())
SIGN = re.compile(rf"([{re.escape(DASHES)}]+|[−+±∓⁺₊﹢＋]\s*)$")
NUMBER = re.compile(rf"\d\s?(?:{UNIT})?\s?$")  # before the dash of a range, or the minus between two numbers
LINES = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd", "td", "th", "tr", "div", "figcaption", "caption",
    "summary", "section", "header", "aside", "legend", "label", "blockquote", "pre",
}  # fmt: skip


def signed(root: Element) -> Iterator[tuple[Element, str]]:
    """Bound numbers of a page behind a typed sign, each with the sign."""
    yield from _walk(root, [""])


def _walk(element: Element, line: list[str]) -> Iterator[tuple[Element, str]]:
    """`line` holds the text before the element, since the line that it stands in began."""
    if element.tag in LINES:
        line[0] = ""
    if element.tag == "data" and (sign := _sign(line[0])):
        yield element, sign
    line[0] += element.text or ""
    for child in element:
        if isinstance(child.tag, str):
            yield from _walk(child, line)
        line[0] += child.tail or ""
    if element.tag in LINES:
        line[0] = ""


def _sign(before: str) -> str:
    """The sign that a text ends with; a dash of a range, or what stands between two numbers, is none."""
    before = "".join(char for char in before if unicodedata.category(char) != "Cf")
    found = SIGN.search(before)
    return "" if found is None or NUMBER.search(before[: found.start()]) else found[0].strip()
