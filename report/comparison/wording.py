"""The words of a comparison, which its forms share: rows and headlines as text."""

from dataclasses import dataclass

from experiments.metrics import metric_of
from experiments.plan import UNKNOWN
from report import words
from report.comparison.compare import Change, Comparison, Flip, Single
from report.comparison.difference import CONFIDENCE, TIMED, Difference, Mark
from report.judgement import Judgement
from report.verdicts import ANSWERS, digits

MARKS: dict[Mark, str] = {"-": "worse", "+": "better", "*": "changed", "~": "within the noise", "=": "equal"}
SHOWN: tuple[Mark, ...] = ("-", "+", "*")
ARROW = "→"
LEGEND = (
    f"{ARROW} from the first run to the second. A number is worse (-) or better (+) where it has moved by more than "
    f"its margin and more than the noise, at {words.exact(CONFIDENCE, '%')} each; (*) has no good way, depends on the "
    "clock, or moved by more than its margin where the noise is unknown; (~) is within the noise or the margin, for a "
    f"time at least {words.exact(TIMED, '%')} of it."
)
FEW = 3  # up to this many numbers of a model that only one run has are listed one by one


@dataclass(frozen=True)
class Row:
    """A number in both runs, as text."""

    mark: Mark
    key: str
    old: str
    new: str
    change: str
    noise: str

    def __str__(self) -> str:
        return f"{self.old} {ARROW} {self.new}  {self.change}" + (f"  ({self.noise})" if self.noise else "")


def rows_of(found: Comparison, everything: bool) -> list[Row]:
    """A row for each number that is shown: those that changed, or all."""
    return [_row(item) for item in found.marked(*(MARKS if everything else SHOWN))]


def _row(item: Difference) -> Row:
    unit = item.metric.unit
    se = item.noise / 2.5 if item.noise else None
    between = item.metric.apart
    noise = f"±{words.text(item.noise, between, se)}, {item.basis}" if item.noise is not None else item.basis
    return Row(
        item.mark, item.key, words.text(item.old, unit, se), words.text(item.new, unit, se),
        words.text(item.change, between, se, sign=True), noise,
    )  # fmt: skip


def singles(found: Comparison) -> list[tuple[str, str]]:
    """What only one run has: a key and its number, or, if there are many, a model and how many numbers."""
    groups: dict[tuple[str, bool, str], list[Single]] = {}
    for item in found.singles:
        groups.setdefault((item.key.partition("/")[0], item.gone, item.reason), []).append(item)
    rows = []
    for (model, gone, reason), items in groups.items():
        where = f"only in the {'first' if gone else 'second'} run" + (
            f" ({reason})" if reason not in ("", UNKNOWN) else ""
        )
        if len(items) > FEW:
            rows.append((f"{model}/…", f"{len(items)} numbers {where}"))
        else:
            rows += [(item.key, f"{words.text(item.value, metric_of(item.key).unit)} {where}") for item in items]
    return rows


def effect(item: Judgement) -> str:
    """ "+1.2 points, interval 0.9 to 1.5 points"."""
    if item.effect is None:
        return item.reason or "not measured"
    ends, how = item.interval, digits(item)
    text = words.text(item.effect, item.unit, *how, sign=True)
    return f"{text}, interval {words.span(ends.low, ends.high, item.unit, *how)}" if ends else f"{text}, no interval"


def answers(flip: Flip) -> str:
    return f"{ANSWERS[flip.old.verdict][1]} {ARROW} {ANSWERS[flip.new.verdict][1]}"


def change(item: Change) -> str:
    return f"{item.name}: {item.old or '–'} {ARROW} {item.new or '–'}"


def claims_line(found: Comparison) -> str:
    n = len(found.old.judgements)
    return f"{len(found.flips) or 'none'} of {n} flipped" if found.judged else "not compared"


def numbers_line(found: Comparison) -> str:
    """ "3 worse (-), 12 better (+), 120 within the noise (~), 200 equal (=), 5 in one run only"."""
    counts = [(len(found.marked(mark)), f"{text} ({mark})") for mark, text in MARKS.items()]
    counts.append((len(found.singles), "in one run only"))
    return ", ".join(f"{n} {text}" for n, text in counts if n) or "none"


def figures_line(found: Comparison) -> str:
    n = len(found.new.figures)
    return f"{len(found.figures) or 'none'} of {n} changed" if found.judged else "not compared"
