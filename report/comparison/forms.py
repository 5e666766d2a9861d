"""The forms of a comparison: text for a terminal, Markdown for the summary of a CI job, JSON, and one HTML page."""

import json
import textwrap
from collections.abc import Iterator
from typing import Any, Literal

from markupsafe import Markup

from report.comparison.compare import Comparison
from report.comparison.side import Picture
from report.comparison.wording import (
    ARROW,
    LEGEND,
    MARKS,
    answers,
    change,
    claims_line,
    effect,
    figures_line,
    numbers_line,
    rows_of,
    singles,
)
from report.embed import TYPES, data_uri
from report.judgement import Judgement
from report.templates import TEMPLATES, digest, environment
from report.words import unmarked

FORMAT = 1
NARROW = 20  # columns that are used at least
Form = Literal["text", "md", "json", "html"]


def form(found: Comparison, to: Form, width: int = 80, everything: bool = False) -> str:
    """A comparison in one of its forms.

    Args:
        width: columns of the terminal, for "text".
        everything: include numbers that are equal or within the noise; "json" always has them.
    """
    if to == "json":
        return to_json(found)
    if to == "text":
        return "".join(f"{line}\n" for line in _text(found, max(width, NARROW), everything))
    return (to_md if to == "md" else to_html)(found, everything)


def _text(found: Comparison, width: int, everything: bool) -> Iterator[str]:
    """Lines for a terminal of `width` columns."""
    yield from _wrap(f"{found.old.name} {ARROW} {found.new.name}", width)
    for remark in found.remarks:
        yield from _wrap(f"! {remark}", width, "  ")
    yield from ("", *_wrap(f"Claims: {claims_line(found)}", width))
    for flip in found.flips:
        yield from _wrap(f"  {flip.new.id}: {answers(flip)}", width, "    ")
        yield from _wrap(f"    {flip.new.sentence}", width, "    ")
        yield from _wrap(f"    before: {effect(flip.old)}", width, "      ")
        yield from _wrap(f"    now: {effect(flip.new)}", width, "      ")
    yield from ("", *_wrap(f"Numbers: {numbers_line(found)}", width))
    shown = rows_of(found, everything)
    longest = max((len(row.key) for row in shown), default=0)
    for row in shown:
        whole = f"  {row.mark} {row.key:{longest}}  {row}"
        if len(whole) <= width:
            yield whole
        else:
            yield from _wrap(f"  {row.mark} {row.key}", width, "    ")
            yield from _wrap(f"      {row}", width, "      ")
    for key, text in singles(found):
        yield from _wrap(f"    {key}: {text}", width, "      ")
    yield from ("", *_wrap(f"Figures: {figures_line(found)}", width))
    if found.figures:
        yield from _wrap("  " + ", ".join(item.name for item in found.figures), width, "  ")
    if found.anew:
        yield from ("", *_wrap(f"Measured at another time: {', '.join(found.anew)}", width, "  "))
    same = [name.lower() for name, changes in found.facts.items() if not changes]
    for name, changes in found.facts.items():
        if changes:
            yield from ("", name)
            for item in changes:
                yield from _wrap(f"  {change(item)}", width, "    ")
    if same:
        yield from ("", *_wrap(f"The same: {', '.join(same)}", width, "  "))
    if shown:
        yield from ("", *_wrap(LEGEND, width))


def _wrap(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False) or [""]


def to_md(found: Comparison, everything: bool = False) -> str:
    """GitHub's Markdown; every text from a bundle is escaped."""
    parts = [
        f"## {unmarked(found.old.name)} {ARROW} {unmarked(found.new.name)}",
        *(f"> **{unmarked(text)}**" for text in found.remarks),
    ]
    parts.append(f"### Claims: {claims_line(found)}")
    rows = [
        [
            f"**{flip.new.id}**<br>{unmarked(flip.new.sentence)}",
            answers(flip),
            unmarked(effect(flip.old)),
            unmarked(effect(flip.new)),
        ]
        for flip in found.flips
    ]
    parts += _table(["claim", "verdict", "effect before", "effect now"], rows)
    parts.append(f"### Numbers: {numbers_line(found)}")
    cells = [
        [f"`{row.mark}`", _code(row.key), row.old, row.new, row.change, unmarked(row.noise)]
        for row in rows_of(found, everything)
    ]
    parts += _table(["", "number", "before", "now", "change", "noise"], cells)
    parts += _table(["number", "in one run only"], [[_code(key), unmarked(text)] for key, text in singles(found)])
    parts.append(f"### Figures: {figures_line(found)}")
    if found.figures:
        parts.append(", ".join(_code(item.name) for item in found.figures))
    changes = [
        [name, unmarked(item.name), unmarked(item.old or "–"), unmarked(item.new or "–")]
        for name, items in found.facts.items()
        for item in items
    ]
    parts += _table(["", "what", "before", "now"], changes)
    if found.anew:
        parts.append(f"Measured at another time: {', '.join(map(unmarked, found.anew))}")
    return "\n\n".join([*parts, unmarked(LEGEND)]) + "\n"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    lines = [head, ["---"] * len(head), *rows]
    return ["\n".join(f"| {' | '.join(row)} |" for row in lines)]


def _code(text: str) -> str:
    return f"<code>{unmarked(text)}</code>"


def to_json(found: Comparison) -> str:
    """Everything, with raw numbers: `{"format": 1, "claims": …, "numbers": …}`."""

    def verdict(item: Judgement) -> dict[str, Any]:
        ends = [item.interval.low, item.interval.high] if item.interval else None
        return {"verdict": item.verdict, "effect": item.effect, "interval": ends, "reason": item.reason}

    content = {
        "format": FORMAT,
        "old": {"name": found.old.name, "format": found.old.format},
        "new": {"name": found.new.name, "format": found.new.format},
        "remarks": found.remarks,
        "claims": {
            "compared": found.judged,
            "of": len(found.old.judgements),
            "flipped": {flip.new.id: {"old": verdict(flip.old), "new": verdict(flip.new)} for flip in found.flips},
        },
        "numbers": {
            item.key: {
                "mark": item.mark, "old": item.old, "new": item.new, "change": item.change, "noise": item.noise,
                "margin": item.metric.margin, "basis": item.basis,
            }
            for item in found.numbers
        },
        "in_one_run": {
            item.key: {"value": item.value, "in": "old" if item.gone else "new", "reason": item.reason}
            for item in found.singles
        },
        "figures": {"of": len(found.new.figures), "changed": [item.name for item in found.figures]},
        "facts": {
            name.lower(): {item.name: {"old": item.old, "new": item.new} for item in changes}
            for name, changes in found.facts.items()
        },
        "measured_at_another_time": found.anew,
    }  # fmt: skip
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def to_html(found: Comparison, everything: bool = False) -> str:
    """One self-contained file without scripts; changed figures stand side by side."""
    style = (TEMPLATES / "compare.css").read_text(encoding="utf-8")
    return environment(TEMPLATES).get_template("compare.html").render(
        style=Markup(style), policy=digest(style), old=found.old.name, new=found.new.name, remarks=found.remarks,
        claims=claims_line(found), numbers=numbers_line(found), figures=figures_line(found), legend=LEGEND,
        flips=[(flip.new, answers(flip), effect(flip.old), effect(flip.new)) for flip in found.flips],
        lines=[(row, MARKS[row.mark]) for row in rows_of(found, everything)], singles=singles(found),
        pictures=[
            (item.name, [(title, _source(side), side.alt if side else "") for title, side in
                         ((found.old.name, item.old), (found.new.name, item.new))])
            for item in found.figures
        ],
        facts=found.facts, anew=found.anew,
    )  # fmt: skip


def _source(picture: Picture | None) -> str:
    return data_uri(picture.content, TYPES[f".{picture.kind}"]) if picture else ""
