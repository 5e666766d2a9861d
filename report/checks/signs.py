"""Finds signs typed right before a bound number, and units right behind it, which change how the number reads."""

import re
import unicodedata
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from report import words
from report.checks.printed import text_of

DASHES = "-‐‑‒–—―⁻₋﹘﹣－"  # whatever reads as a minus right before a number
UNIT = "|".join(words.SUFFIX.values())
SIGN = re.compile(rf"([{re.escape(DASHES)}]+|[−+±∓⁺₊﹢＋]\s*|\b[Mm]inus\s+)$")
NUMBER = re.compile(rf"\d\s?(?:{UNIT})?\s?$")  # before the dash of a range, or the minus between two numbers
CALLED = {
    "percent": "%", "second": "s", "seconds": "s", "pixel": "px", "pixels": "px", "decibels": "dB",
    "bit": "bits", "bits": "bits",  # which no number of ours has: a rate has bits/px
} | {unit: unit for unit in words.SUFFIX.values()} | {one: unit for unit, one in words.ONE.items()}  # fmt: skip
FACTORS = ("‰", "k", "K", "M", "thousand", "million", "billion")  # which no number of ours has
BEHIND = re.compile(rf"\s?({'|'.join(sorted((*CALLED, *FACTORS), key=len, reverse=True))})(?!\w)")
LINES = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd", "td", "th", "tr", "div", "figcaption", "caption",
    "summary", "section", "header", "aside", "legend", "label", "blockquote", "pre",
}  # fmt: skip


def beside(root: Element) -> Iterator[tuple[Element, str, str, str]]:
    """Bound numbers of a page that something is typed beside: (element, sign before it, unit or factor behind it, the
    unit that this means), with "" for what is not there."""
    for element, before, after in _lines(root):
        found = BEHIND.match(_seen(after))
        sign, behind = _sign(before), found[1] if found else ""
        if sign or behind:
            yield element, sign, behind, CALLED.get(behind, "")


def _lines(root: Element) -> Iterator[tuple[Element, str, str]]:
    """Each bound number with the text before and behind it in its line."""
    lines: list[list[Element | str]] = [[]]
    _read(root, lines)
    for line in lines:
        texts = [part if isinstance(part, str) else text_of(part) for part in line]
        for place, part in enumerate(line):
            if not isinstance(part, str):
                yield part, "".join(texts[:place]), "".join(texts[place + 1 :])


def _read(element: Element, lines: list[list[Element | str]]) -> None:
    if element.tag in LINES:
        lines.append([])
    if element.tag == "data":
        lines[-1].append(element)
    else:
        lines[-1].append(element.text or "")
        for child in element:
            if isinstance(child.tag, str):
                _read(child, lines)
            lines[-1].append(child.tail or "")
    if element.tag in LINES:
        lines.append([])


def _seen(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def _sign(before: str) -> str:
    """The sign that a text ends with, or ""; a dash or minus between two numbers is not one."""
    before = _seen(before)
    found = SIGN.search(before)
    return "" if found is None or NUMBER.search(before[: found.start()]) else found[0].strip()
