"""What each bound element of a page must say: read from the bundle again, and formatted again."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from xml.etree.ElementTree import Element, tostring

from experiments.bundle import Bundle
from experiments.metrics import METRICS, metric_of
from experiments.settings import Settings, hidden_cells
from report import words
from report.checks.printed import read, text_of
from report.checks.tokens import plain
from report.claims import PARTS
from report.judgement import Judgement, Judgements
from report.numbers import Number, number
from report.stats import VERDICTS
from report.verdicts import ClaimWords

Chosen = Callable[[Judgement], bool]


def _listed(part: str, item: Judgement) -> bool:
    """Whether the head of a Part lists a claim of the assignment; the preferences have a table of their own."""
    return item.asked and item.id in PARTS[part] and not item.id.startswith("prefer_")


GROUPS: dict[str, Chosen] = {  # names under which templates print numbers of claims: `run.number(n, name)`
    "claims": lambda item: True,
    "sentences of the assignment": lambda item: item.asked,
    "sentences of the document's own": lambda item: not item.asked,
    "preferences": lambda item: item.id.startswith("prefer_"),
    "aspects": lambda item: item.id in ("cnn_local", "cnn_bias", "cnn_masking_hurts", "cnn_global_slow"),
    **{f"listed in {part}": partial(_listed, part) for part in PARTS},
}
GAPS = ("effect", "size", "low")  # parts of a claim that "not measured" may replace
RATIOS: dict[str, Callable[[float], float]] = {  # names of numbers that are computed from a mask ratio
    "mask ratio": lambda ratio: ratio,
    "hidden cells": hidden_cells,
}


class Unbound(ValueError):
    """An element is bound to nothing that the bundle has."""


@dataclass(frozen=True)
class Says:
    """What may be printed at one place.

    Attributes:
        prints: (value, text) for each form of the number, e.g. with its sign or without its unit.
        story: the text of its pop-up; None if it has none.
    """

    prints: frozenset[tuple[float, str]]
    story: str | None = None

    def shown(self) -> str:
        """For messages: "'24.7 dB' for 24.7134"; the longest form of each value."""
        longest = dict(sorted(self.prints, key=lambda pair: len(pair[1])))
        return " or ".join(f"{text!r} for {value!r}" for value, text in longest.items())


@dataclass(frozen=True)
class ClaimSays:
    """A claim as the page shows it: its numbers by part, the mark of its verdict, see `mark_of`, and its drawing."""

    parts: Mapping[str, Says]
    mark: tuple[str, str, str]
    drawing: str


class Bindings:
    """What a bundle says under the names to which a page binds its elements."""

    def __init__(self, bundle: Bundle, judgements: Judgements) -> None:
        self._bundle, self._judgements = bundle, judgements
        self.key = cache(self._key)
        self.claim = cache(self._claim)
        self.run = cache(self._run)

    def says(self, attributes: Mapping[str, str]) -> Says:
        """What an element with these attributes must say.

        Raises:
            Unbound: it names nothing that the bundle has, or something that was not measured.
        """
        if "data-key" in attributes:
            return self.key(attributes["data-key"])
        if "data-claim" in attributes:
            parts = self.claim(attributes["data-claim"]).parts
            part = attributes.get("data-part", "")
            if part not in parts:
                raise Unbound(f"the claim has no {part or 'part of this name'} to print")
            return parts[part]
        if "data-run" in attributes:
            return self.run(attributes["data-run"])
        raise Unbound("it is bound to no key, claim or setting")

    def measured(self, attributes: Mapping[str, str]) -> bool:
        """Whether what an element calls "not measured" was measured.

        Raises:
            Unbound: there is no such key, claim or part of a claim.
        """
        if "data-key" in attributes:
            return self._number(attributes["data-key"]).value is not None
        if "data-claim" in attributes:
            part = attributes.get("data-part", "")
            if part not in GAPS:
                raise Unbound(f"no claim has the part {part!r} to lack")
            return part in self.claim(attributes["data-claim"]).parts
        return False

    def lacks(self, element: Element, unit: str) -> bool:
        """Whether a unit belongs to a bound number, or to a count, and is not printed with it."""
        key, claim = element.get("data-key"), element.get("data-claim")
        own = unit if unit != "%" and "data-run" in element.attrib else ""
        if key or claim:
            with suppress(KeyError, ValueError):
                own = metric_of(key).unit if key else self._judgements[str(claim)].unit
        return bool(unit) and own == unit and text_of(element)[-1:].isdigit()

    def gap(self, key: str) -> str:
        """The pop-up of a key that was not measured; "" if there is no such key."""
        try:
            return self._number(key).story
        except Unbound:
            return ""

    def _number(self, key: str) -> Number:
        try:
            return number(self._bundle, key)
        except (KeyError, ValueError) as error:
            raise Unbound(str(error.args[0])) from None

    def _key(self, key: str) -> Says:
        found = self._number(key)
        if found.value is None:
            raise Unbound(f"not measured: {found.reason}")
        return Says(frozenset((found.value, plain(found.text(bare))) for bare in (False, True)), found.story)

    def _claim(self, name: str) -> ClaimSays:
        if name not in self._judgements:
            raise Unbound(f"there is no claim {name!r}")
        item = self._judgements[name]
        claim = ClaimWords(item)
        numbers = (claim.effect, claim.signed, claim.size, claim.interval, claim.margin, claim.over)
        page = read("".join(f"<p>{text}</p>" for text in (*numbers, claim.drawing, claim.mark)))
        parts: dict[str, set[tuple[float, str]]] = {}
        for element, _ in page.numbers:
            parts.setdefault(element.attrib["data-part"], set()).add((float(element.attrib["value"]), text_of(element)))
        return ClaimSays(
            {part: Says(frozenset(prints), claim.story) for part, prints in parts.items()},
            mark_of(page.verdicts[0][0]),
            drawn(page.drawings[0][0]) if page.drawings else "",
        )

    def _run(self, name: str) -> Says:
        return Says(frozenset((float(value), plain(words.exact(value, unit))) for value, unit in self._values(name)))

    def _values(self, name: str) -> list[tuple[float, str]]:
        """Values and units that a name of the run may stand for."""
        settings, provenance = self._bundle.settings, self._bundle.provenance
        margin = METRICS.get(name.removeprefix("margin of "))
        group, _, verdict = name.rpartition(" ")
        if name in ("train_images", "test_images"):
            return [(getattr(provenance, name), ""), (getattr(settings, name), "")]
        if name in Settings.model_fields:
            value = getattr(settings, name)
            return [(one, "") for one in (value if isinstance(value, tuple) else (value,))]
        if name.startswith("margin of ") and margin:
            return [(margin.margin, margin.apart)]
        if name in RATIOS:
            return [(RATIOS[name](ratio), "") for ratio in settings.mask_ratios]
        if name in GROUPS:
            return [(len([item for item in self._judgements.values() if GROUPS[name](item)]), "")]
        if group in GROUPS and verdict in VERDICTS:
            chosen = [item for item in self._judgements.values() if GROUPS[group](item) and item.verdict == verdict]
            return [(len(chosen), "")]
        raise Unbound(f"the run has no {name!r}; report/checks/bound.py lists the names")


def is_mark(link: Element) -> bool:
    """Whether a link to a claim is the mark of its verdict."""
    return "verdict" in link.get("class", "").split()


def mark_of(link: Element) -> tuple[str, str, str]:
    """Class, text and pop-up of a verdict's mark."""
    return link.get("class", ""), text_of(link), link.get("title", "")


def drawn(svg: Element) -> str:
    """A drawing as text, for comparison."""
    alone = Element(svg.tag, svg.attrib)  # without the text behind it
    alone.extend(svg)
    return tostring(alone, encoding="unicode")
