"""The result of a check, and the words in which faults are told."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from report.checks.tokens import plain


@dataclass(frozen=True)
class Check:
    """One check: how much it covered, and a line for each fault."""

    name: str
    counted: str
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.faults


def unreadable(path: Path, error: BaseException) -> str:
    """Why a file could not be read."""
    if isinstance(error, FileNotFoundError):
        return f"{path}: not there; aereport render writes it"
    return f"{path}: {getattr(error, 'strerror', None) or str(error) or type(error).__name__}"


def binding_name(attributes: Mapping[str, str]) -> str:
    """What an element is bound to: a key, a claim with its part, or a name of the run."""
    if "data-claim" in attributes:
        return f"{attributes['data-claim']} {attributes.get('data-part', '')}".strip()
    return attributes.get("data-key") or attributes.get("data-run") or "unbound"


def coverage(bound: int, counts: Counter[str]) -> str:
    """ "1056 numbers: 804 bound, 252 on the list (95 sentence of a claim, …), 0 neither"."""
    loose = counts["nothing"]
    listed = {reason: n for reason, n in counts.most_common() if reason != "nothing" and n}
    of = f" ({', '.join(f'{n} {reason}' for reason, n in listed.items())})" if listed else ""
    total = bound + sum(listed.values())
    return f"{total + loose} numbers: {bound} bound, {sum(listed.values())} on the list{of}, {loose} neither"


def short(text: str) -> str:
    """The beginning of a text that may be long."""
    text = plain(text)
    return text if len(text) <= 80 else f"{text[:77]}…"
