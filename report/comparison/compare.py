"""What has changed from one run to another.

remarks       other data, another format, made-up results
flips         claims with another verdict; this version judges both runs
numbers       with their marks, see `report.comparison.difference`; and those that only one run has
figures       those that look different; this version draws both runs
facts         settings, data, code, versions
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from experiments import plan
from experiments.curves import failure
from experiments.legible import line
from report import words
from report.comparison.difference import Difference, Mark, difference
from report.comparison.side import Picture, Side, load, table
from report.judgement import Judgement

FailOn = Literal["flip", "worse"]


@dataclass(frozen=True)
class Flip:
    """A claim with another verdict than before."""

    old: Judgement
    new: Judgement


@dataclass(frozen=True)
class Single:
    """A number that only one run has.

    Attributes:
        value: mean over its seeds.
        gone: whether the new run lacks it.
        reason: why the other run lacks it; "" if its settings do not ask for it.
    """

    key: str
    value: float
    gone: bool
    reason: str


@dataclass(frozen=True)
class Change:
    """A setting, version or other fact that changed, as text; "" if a run has none."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Redrawn:
    """A figure that looks different; None for a run without it."""

    name: str
    old: Picture | None
    new: Picture | None


@dataclass(frozen=True)
class Comparison:
    """What has changed from run `old` to run `new`."""

    old: Side
    new: Side

    @cached_property
    def remarks(self) -> list[str]:
        """What has to be said first: in which ways the runs cannot be compared."""
        old, new, found = self.old, self.new, list[str]()
        if old.format != new.format or not self.judged:
            formats = f"formats {old.format} and {new.format}"
            found.append(
                f"The bundles have the {formats}: claims and figures are not compared, numbers as far as known."
            )
        first, second = (side.provenance.get("fingerprint") for side in (old, new))
        if first != second:
            names = [line(str(side.provenance.get("data", "unknown")), 60) for side in (old, new)]
            which = f"{names[0]}, then {names[1]}" if names[0] != names[1] else f"both called {names[0]}"
            found.append(f"The data are not the same ({which}): a difference may come from them alone.")
        for side in (old, new):
            if side.provenance.get("fake"):
                found.append(f"The results of {side.name} are made up.")
        return found

    @property
    def judged(self) -> bool:
        """Whether both runs have verdicts."""
        return bool(self.old.bundle and self.new.bundle)

    @cached_property
    def flips(self) -> list[Flip]:
        old, new = self.old.judgements, self.new.judgements
        return [Flip(old[name], new[name]) for name in old if name in new and old[name].verdict != new[name].verdict]

    @cached_property
    def numbers(self) -> list[Difference]:
        """Every number that both runs have, sorted by mark, then by how many margins it has moved."""
        found = [item for key in self.new.values if (item := difference(key, self.old, self.new))]
        order = get_args(Mark)
        return sorted(found, key=lambda item: (order.index(item.mark), -abs(item.change) / item.metric.margin))

    def marked(self, *marks: Mark) -> list[Difference]:
        return [item for item in self.numbers if item.mark in marks]

    @cached_property
    def singles(self) -> list[Single]:
        """Numbers that only one run has, those that are gone first."""
        both, found = {item.key for item in self.numbers}, []
        for gone, side, other in ((True, self.old, self.new), (False, self.new, self.old)):
            for key in side.values:
                values = [value for value in side.values[key] if value is not None]
                if values and key not in both:
                    found.append(Single(key, sum(values) / len(values), gone, _why(key, other)))
        return found

    @cached_property
    def figures(self) -> list[Redrawn]:
        """Figures that look different, in the document's order."""
        old, new = self.old.figures, self.new.figures
        if not self.judged:
            return []
        pairs = ((name, old.get(name), new.get(name)) for name in _union(new, old))
        return [
            Redrawn(name, first, second)
            for name, first, second in pairs
            if first is None or second is None or first.content != second.content
        ]

    @cached_property
    def facts(self) -> dict[str, list[Change]]:
        """Changes of what is behind the numbers, under "Settings", "Data", "Code" and "Versions"."""
        old, new = self.old.provenance, self.new.provenance
        data = ("data", "classes", "train_images", "test_images", "fingerprint", "demo")
        return {
            "Settings": _changes(self.old.settings, self.new.settings),
            "Data": _changes(*({name: side.get(name) for name in data} for side in (old, new))),
            "Code": _changes(*({name: side.get(name) for name in ("commit", "device")} for side in (old, new))),
            "Versions": _changes(*(table(side.get("versions")) for side in (old, new))),
        }

    @cached_property
    def anew(self) -> list[str]:
        """Models with a seed that was measured at another time than in the old run."""
        old, new = self.old.tasks, self.new.tasks
        names = [name for name in new if new[name].get("measured") != old.get(name, {}).get("measured")]
        return list(dict.fromkeys(name.rpartition("-")[0] for name in names))

    def failures(self, on: Iterable[FailOn]) -> list[str]:
        """Reasons to fail a build that must not have flipped claims or worse numbers; empty if it passes.

        Claims that could not be compared, and numbers that the new run failed to measure, are reasons, too.
        """
        found, wanted = [], set(on)
        if wanted and not self.judged:
            found.append("claims could not be compared")
        if "flip" in wanted and self.flips:
            found.append(f"{words.count(len(self.flips), 'claim')} flipped")
        gone = [item.reason for item in self.singles if item.gone and item.reason]
        worse, lost = len(self.marked("-")), len([reason for reason in gone if failure(reason)])
        if "worse" in wanted and worse:
            found.append(f"{words.count(worse, 'number')} got worse")
        if "worse" in wanted and lost:
            found.append(f"{words.count(lost, 'number')} could not be measured any more")
        return found


def compare(old: Path, new: Path) -> Comparison:
    """What has changed from one run to another; each is a run's folder, a bundle's folder or a bundle.zip.

    Raises:
        ValueError: one of them is none of these, or damaged.
    """
    return Comparison(load(old), load(new))


def _why(key: str, side: Side) -> str:
    """Why a run has no value under a key that its settings ask for; "" if they do not."""
    if side.bundle is None or key not in plan.keys(side.bundle.settings):
        return ""
    return side.bundle.why(key)


def _union(first: Iterable[str], second: Iterable[str]) -> list[str]:
    return list(dict.fromkeys((*first, *second)))


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    return [
        Change(line(name, 60), _text(old.get(name)), _text(new.get(name)))
        for name in _union(new, old)
        if old.get(name) != new.get(name)
    ]


def _text(value: object) -> str:
    if value is None:
        return ""
    return line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 120)
