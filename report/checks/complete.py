"""What no page may leave out: the banner over made-up data, a figure, a table, the row of a claim."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from xml.etree.ElementTree import Element

from report.checks.printed import Printed, read, text_of
from report.checks.tokens import plain
from report.document import Content
from report.draw import figures
from report.provenance import Run
from report.templates import TEMPLATES, asset
from report.verdicts import ClaimWords

ROW = "claim-"  # what the id of a claim's row begins with
CLAIMS = ["appendices.html"]  # the template that lists them


def faults(page: Printed, content: Content, templates: Path) -> Iterator[str]:
    """A line for each omission."""
    if (warning := Run(content.bundle).warning) not in page.banner:
        yield f"report.html: its banner does not say {warning!r}"
    shown = {id.removeprefix("fig-") for _, id in page.pictures} | page.shown.keys()
    there = shown | content.left_out(shown)
    for kind, names in (("figure", figures()), ("table", content.tables)):
        yield from (f"report.html: the {kind} {name!r} is not shown" for name in names if name not in there)
    rows = {id.removeprefix(ROW): row for row in page.root.iter() if (id := row.get("id", "")).startswith(ROW)}
    linked = {link.get("href", "").removeprefix(f"#{ROW}") for link, _, _ in page.verdicts}
    ours = asset(templates, CLAIMS) == asset(TEMPLATES, CLAIMS)
    for name, judgement in content.judgements.items():
        row = rows.get(name)
        if row is None:
            if templates == TEMPLATES or name in linked:  # custom templates need not list all claims
                yield f"report.html: the claim {name!r} has no row"
        elif row.tag == "tr" and ours and (lost := _lost(row, ClaimWords(judgement))):
            yield f"report.html, #{ROW}{name}: its row does not have {lost!r}"


def _lost(row: Element, claim: ClaimWords) -> str:
    """The first text that a row of the table of all claims should have and lacks, or ""."""
    effect = "–" if claim.unavailable else claim.signed
    cells = (claim.mark, effect, claim.interval if claim.has_interval else "–", claim.margin)
    wanted = [plain(claim.sentence), *(text_of(read(cell).root) for cell in cells)]
    head, *found = [text_of(cell) for cell in row if cell.tag in ("th", "td")] or [""]
    pairs = zip_longest(wanted, [head[: len(wanted[0])], *found[: len(cells)]], fillvalue="")
    return next((text for text, there in pairs if text != there), "")
