"""What is left out of a page is found: a banner, a figure, a table, a row of the table of all claims."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from report import part2
from report.checks import complete
from report.checks.printed import read
from report.draw import parts as parts_of
from report.render import to_html
from report.templates import TEMPLATES
from tests.documents import content, document, framed, page
from tests.standins import parts


def faults(html: str, templates: Path = TEMPLATES) -> list[str]:
    return list(complete.faults(read(html), content(), templates))


BANNER = re.compile(r'<aside class="banner".*?</aside>', re.DOTALL)


@pytest.mark.parametrize(
    "lie",
    [
        "", '<aside class="banner"><strong>RESULTS</strong></aside>', "<p><strong>FAKE RESULTS</strong></p>",
        '<aside class="banner" hidden><strong>FAKE RESULTS</strong></aside>',
        '<details><aside class="banner"><strong>FAKE RESULTS</strong></aside></details>',
    ],
)  # fmt: skip
def test_the_banner_is_left_out(lie: str, tmp_path: Path) -> None:
    """Also by templates of one's own."""
    html = BANNER.sub(lie, framed())
    assert html != framed()
    (tmp_path / "report.html").write_text("<p>")
    for templates in (TEMPLATES, tmp_path):
        assert faults(html, templates)[0] == "report.html: its banner does not say 'FAKE RESULTS'"
        assert "banner" not in faults(framed(), templates)[0]


def test_demo_data_has_a_banner_of_its_own() -> None:
    made = parts()
    before, made.bundle.provenance = (
        made.bundle.provenance, made.bundle.provenance.model_copy(update={"fake": False, "demo": True}),
    )  # fmt: skip
    try:
        html = to_html(made)
        assert BANNER.sub("", html) != html
        for printed, wanted in (
            (read(html), []),
            (document().read, ["report.html: its banner does not say 'DEMO DATA'"]),
        ):
            assert list(complete.faults(printed, replace(made, tables={}), TEMPLATES)) == wanted
    finally:
        made.bundle.provenance = before


def test_a_figure_or_a_table_is_left_out() -> None:
    """One by one; a whole Part is its author's to leave out."""
    table = re.search(r'<div class="table[^>]*id="tab-generation">.*?</table></div></div>', page(), re.DOTALL)
    assert table
    assert faults(page().replace(table[0], "")) == ["report.html: the table 'generation' is not shown"]
    figures = {name: rf'<figure id="fig-{name}".*?</figure>' for name in part2.FIGURES}
    without = re.sub(figures["samples"], "", page(), flags=re.DOTALL)
    assert faults(without) == ["report.html: the figure 'samples' is not shown"]

    without = re.sub("|".join(figures.values()), "", page(), flags=re.DOTALL).replace(table[0], "")
    assert len(faults(without)) == len(figures) + 1
    assert list(complete.faults(read(without), replace(content(), parts=parts_of()), TEMPLATES)) == []


def row(name: str, html: str) -> str:
    found = re.search(rf'<tr id="claim-{name}">.*?</tr>', html, re.DOTALL)
    assert found
    return found[0]


def test_the_row_of_a_claim_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "part1.html").write_text("<p>")
    whole_row, html = row("vae_smooth", page()), page()
    says = ["report.html: the claim 'vae_smooth' has no row"]
    without = html.replace(whole_row, "")
    unlinked = without.replace('href="#claim-vae_smooth"', 'href="#all-claims"')
    for text, mine in ((without, says), (unlinked, [])):  # of one's own templates a claim that nothing leads to
        printed = read(text)
        assert list(complete.faults(printed, content(), TEMPLATES)) == says
        assert list(complete.faults(printed, content(), tmp_path)) == mine


def test_a_row_of_a_claim_is_emptied(tmp_path: Path) -> None:
    def lost(html: str, templates: Path = TEMPLATES) -> list[str]:
        found = faults(framed(f"<table>{html}</table>"), templates)
        return [fault for fault in found if "has no row" not in fault and "is not shown" not in fault]

    full = row("vae_smooth", page())
    says = "report.html, #claim-vae_smooth: its row does not have "
    assert lost(full) == []
    (fault,) = lost('<tr id="claim-vae_smooth"></tr>')
    assert fault.startswith(says)
    cells = re.findall(r"<td.*?</td>", full, re.DOTALL)[:4]
    for cell in cells:
        for lie in ("<td>–</td>", "<td></td>", ""):
            (fault,) = lost(full.replace(cell, lie))
            assert fault.startswith(says)
    (fault,) = lost(full.replace('claim">', 'claim">It is not so that ', 1))
    assert fault.startswith(says)
    (tmp_path / "appendices.html").write_text("<p>")
    assert lost(full.replace(cells[0], ""), tmp_path) == []  # an author's own rows
