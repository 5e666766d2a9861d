"""A judgement as text and as a drawing: what `claim(id)` gives to a template."""

import math
from collections.abc import Callable
from functools import cached_property

from markupsafe import Markup, escape

from experiments.plan import UNKNOWN
from report import words
from report.judgement import Judgement
from report.stats import Verdict

ANSWERS: dict[Verdict, tuple[str, str]] = {
    "supported": ("✓", "holds"),
    "refuted": ("×", "does not hold"),
    "no_difference": ("=", "no difference"),
    "inconclusive": ("?", "undecided"),
    "unavailable": ("–", "not measured"),
}
COLOURS: dict[Verdict, str] = {
    "supported": "#0f766e",
    "refuted": "#b45309",
    "no_difference": "#475569",
    "inconclusive": "#7c3aed",
    "unavailable": "#6b7280",
}
MOST = 6  # keys that a pop-up lists
MOST_EXTRA = 8  # digits that may be added to tell an end of an interval from the margin
WIDTH, HEIGHT, DOT = 120, 16, 3.5  # of the drawing, and the radius of its dot; CSS pixels
REACH = 50.0  # margins from its middle to either end; what lies beyond is drawn at the end


class ClaimWords:
    """A judgement whose numbers are text that is bound to it.

    Attributes:
        supported, refuted, no_difference, inconclusive, unavailable: its verdict, as booleans.
        contrary: refuted, and the opposite holds.
        id, verdict, sentence, measure, reason, keys, asked: as in Judgement.
        has_interval: whether `interval` is there.
    """

    def __init__(self, judgement: Judgement) -> None:
        self._judgement, self.verdict = judgement, judgement.verdict
        self.supported, self.refuted = self.verdict == "supported", self.verdict == "refuted"
        self.contrary = judgement.contrary
        self.measure = words.typographic(judgement.measure)
        self.no_difference, self.inconclusive = self.verdict == "no_difference", self.verdict == "inconclusive"
        self.unavailable = self.verdict == "unavailable"
        self.id, self.reason = judgement.id, judgement.reason
        self.sentence = words.typographic(judgement.sentence)
        self.keys, self.asked, self.has_interval = judgement.keys, judgement.asked, judgement.interval is not None

    def __html__(self) -> str:
        """Raises ValueError: a template prints a claim instead of a part of it."""
        raise ValueError(f"claim({self.id!r}): print a part of it, as .effect, .interval, .sentence or .mark")

    @property
    def effect(self) -> Markup:
        """The effect, with a minus sign if negative: "−1.2 points"."""
        return self._bound("effect", self._judgement.effect)

    @property
    def signed(self) -> Markup:
        """The effect, with a plus sign if positive: "+1.2 points"."""
        return self._bound("effect", self._judgement.effect, sign=True)

    @property
    def size(self) -> Markup:
        """The effect without its sign: "1.2 points"."""
        effect = self._judgement.effect
        return self._bound("size", None if effect is None else abs(effect))

    @property
    def interval(self) -> Markup:
        """Both ends: "0.3 to 1.2 dB"."""
        ends = self._judgement.interval
        if not ends:
            return self._bound("low", None)
        low, high = self._bound("low", ends.low, bare=True), self._bound("high", ends.high, words.end)
        return Markup("{}&nbsp;to {}").format(low, high)

    @property
    def margin(self) -> Markup:
        """The smallest effect of interest: "1 point"."""
        item = self._judgement
        return self._data("margin", item.margin, words.exact(item.margin, item.unit))

    @property
    def over(self) -> Markup:
        """What the interval is over: "3 seeds", "2 000 images"; empty without one."""
        item = self._judgement
        if not item.interval:
            return escape("")
        if item.basis == "seeds":
            return Markup("{}&nbsp;seeds").format(self._data("seeds", item.seeds, words.exact(item.seeds)))
        return Markup("{} {}").format(self._data("images", item.images, words.exact(item.images)), item.basis)

    @property
    def mark(self) -> Markup:
        """The verdict as a link to the claim's row in the appendix."""
        sign, answer = ANSWERS[self._judgement.verdict]
        return Markup(
            '<a class="verdict {}" href="#claim-{}" title="{}">'
            '<span class="sign" aria-hidden="true">{}</span>&nbsp;{}</a>'
        ).format(self.verdict, self.id, self.story, sign, Markup("&nbsp;").join(answer.split()))

    @property
    def drawing(self) -> Markup:
        """The effect as a dot (a ring if it has no interval), the interval as a line, ±margin as a grey band.

        All claims share one scale, in margins, which is linear around zero and logarithmic further out (asinh).
        """
        item = self._judgement
        if item.effect is None:
            return escape("")
        ends = (item.interval.low, item.interval.high) if item.interval else (item.effect, item.effect)

        def x(value: float) -> float:
            share = math.asinh(value / item.margin) / math.asinh(REACH)
            return WIDTH / 2 + (WIDTH / 2 - DOT - 1) * max(-1.0, min(1.0, share))

        colour, middle = COLOURS[item.verdict], HEIGHT / 2
        dot = f'fill="{colour}"' if item.interval else f'class="ring" fill="none" stroke="{colour}" stroke-width="1.5"'
        return Markup(
            '<svg class="range {verdict}" xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" '
            'viewBox="0 0 {w} {h}" preserveAspectRatio="xMinYMid" role="img" data-claim="{id}"><title>{title}</title>'
            '<rect x="{m0:.1f}" y="0" width="{mw:.1f}" height="{h}" fill="#94a3b8" fill-opacity="0.45"/>'
            '<path d="M{z:g} 0V{h}" stroke="#64748b" stroke-width="1" fill="none"/>'
            '<path class="line" d="M{low:.1f} {y:g}H{high:.1f}" stroke="{c}" stroke-width="2.5" fill="none"/>'
            '<circle cx="{e:.1f}" cy="{y:g}" r="{r}" {dot}/></svg>'
        ).format(
            w=WIDTH, h=HEIGHT, id=self.id, verdict=self.verdict, title=self._summary(), m0=x(-item.margin), z=x(0),
            c=colour, y=middle, mw=x(item.margin) - x(-item.margin), low=x(ends[0]), high=x(ends[1]), e=x(item.effect),
            r=DOT, dot=Markup(dot),
        )  # fmt: skip

    @property
    def why(self) -> str:
        """The reason without the key that it names; empty if it is unknown."""
        key = next((key for key in self.keys if self.reason.startswith(f"{key}: ")), "")
        reason = self.reason.removeprefix(f"{key}: ")
        return "" if reason == UNKNOWN else reason

    @cached_property
    def story(self) -> str:
        """Everything about the judgement, line by line, for pop-ups; a line begins with what it tells and a colon."""
        item, keys = self._judgement, self.keys
        told = {ANSWERS[item.verdict][1]: self.sentence}
        if item.effect is not None:
            listed = ", ".join(keys) if len(keys) <= MOST else f"{keys[0]} to {keys[-1]}, {len(keys)} in all"
            told |= self._measured() | self._details() | {"from": listed}
        told |= {"reason": item.reason, "claim": item.id}
        return "\n".join(f"{name}: {text}" for name, text in told.items() if text)

    def _summary(self) -> str:
        return ", ".join(f"{name} {text}" for name, text in self._measured().items() if text)

    def _measured(self) -> dict[str, str]:
        item, ends = self._judgement, self._judgement.interval
        assert item.effect is not None
        return {
            "effect": words.text(item.effect, item.unit, *self._digits),
            "interval": words.span(ends.low, ends.high, item.unit, *self._digits) if ends else "",
            "margin": words.exact(item.margin, item.unit),
        }

    def _details(self) -> dict[str, str]:
        """What the effect measures, the seeds and images behind it, and all digits."""
        item = self._judgement
        assert item.effect is not None
        values = [item.effect, *((item.interval.low, item.interval.high) if item.interval else ())]
        effect, *ends = (words.full(value, item.unit) for value in values)
        over = words.count(item.seeds, "seed")
        if item.images:
            over += f", {words.exact(item.images)} {item.basis}"
        within = f", interval {ends[0]} to {ends[1]}" if ends else ""
        seeds = ", ".join(words.full(value, item.unit) for value in item.effects) if len(item.effects) > 1 else ""
        digits = f"{effect} {item.unit}".rstrip() + within
        return {"measure": self.measure, "over": over, "all digits": digits, "seed by seed": seeds}

    @cached_property
    def _digits(self) -> tuple[float, int]:
        return digits(self._judgement)

    def _bound(self, part: str, value: float | None, printed: Callable[..., str] = words.text, **how: bool) -> Markup:
        item = self._judgement
        if value is None or not math.isfinite(value):
            return Markup('<span class="missing" data-claim="{}" data-part="{}" title="{}">not measured</span>').format(
                item.id, part, item.reason
            )
        return self._data(part, value, printed(value, item.unit, *self._digits, **how))

    def _data(self, part: str, value: float, text: str) -> Markup:
        return Markup('<data class="num" value="{}" data-claim="{}" data-part="{}" title="{}">{}</data>').format(
            repr(float(value)), self.id, part, self.story, text
        )


def digits(item: Judgement) -> tuple[float, int]:
    """`se` and `extra` for the numbers of a judgement, see `words.text`.

    The standard error is taken as half of the interval's half width, but not finer than a share of the margin. There is
    one digit more if it tells apart the ends of the interval, and more if an end would be printed as the margin.
    """
    grain = item.margin * words.GRAIN
    if not item.interval:
        return grain, words.EXTRA
    low, high = item.interval.low, item.interval.high
    se, extra = max((high - low) / 4, grain), words.EXTRA
    finer = max((high - low) / 4, se / 10)
    if _alike(item, se) and not _alike(item, finer):
        se = finer
    while extra < MOST_EXTRA:
        edges = {words.text(edge, item.unit, se, extra): edge for edge in (item.margin, -item.margin)}
        if all(edges.get(words.text(end, item.unit, se, extra), end) == end for end in (low, high)):
            break
        se, extra = se / 10, extra + 1
    return se, extra


def _alike(item: Judgement, se: float) -> bool:
    """Whether both ends of the interval are printed as the same number."""
    assert item.interval
    return words.text(item.interval.low, item.unit, se) == words.text(item.interval.high, item.unit, se)
