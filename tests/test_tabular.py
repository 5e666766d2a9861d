"""Tables as HTML: alignment, units, quoted values."""

import re

import pytest

from report import words
from report.document import Cell, Content, Missing, Num, Table, Text, Verdict
from report.numbers import number
from report.page import Outline, Page
from report.tabular import Tabular
from tests.standins import parts


@pytest.fixture
def tabular() -> Tabular:
    made = parts()
    page = Page(lambda key: number(made.bundle, key), Content(made.bundle, made.judgements), Outline(), {})
    return Tabular(page._number, page.claim)


def cells(tabular: Tabular, table: Table) -> list[list[str]]:
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", tabular.body(table), re.DOTALL)
    return [[re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)] for row in rows]


def test_a_column_of_one_metric_stands_on_its_points(tabular: Tabular) -> None:
    found = cells(
        tabular,
        Table(["", "PSNR / dB"], [[Text("a"), Num("ae/psnr")], [Text("b"), Num("pca/psnr")], [Text("c"), Text("8.9")]]),
    )
    behind = {len(row[1]) - row[1].index(".") for row in found}
    assert len(behind) == 1
    assert found[2][1].startswith("8.9" + words.DIGIT)


def test_units_stand_in_the_head_or_in_the_row_or_in_the_cell(tabular: Tabular) -> None:
    table = Table(
        ["", "PSNR / dB", "PSNR"],
        [[Text("a"), Num("ae/psnr"), Num("ae/psnr")], [Text("b / dB"), Num("ae/psnr"), Num("ae/psnr")]],
    )
    found = cells(tabular, table)
    assert [["dB" in cell for cell in row[1:]] for row in found] == [[False, True], [False, False]]


def test_a_column_of_several_metrics_is_not_padded(tabular: Tabular) -> None:
    found = cells(tabular, Table(["", "AE"], [[Text("a"), Num("ae/ssim")], [Text("b"), Num("ae/mse")]]))
    assert not any(words.DIGIT in row[1] for row in found)


def test_heads_of_numbers_are_aligned_with_them(tabular: Tabular) -> None:
    head = tabular.head(
        Table(["Model", "PSNR / dB", "Verdict"], [[Text("a"), Num("ae/psnr"), Verdict("prefer_clean")]])
    )
    assert head.count('class="figure"') == 1
    assert "PSNR /\u00a0dB" in head


def test_cells(tabular: Tabular) -> None:
    row: list[Cell] = [
        Text("<b>"),
        Missing("no <seed>"),
        Verdict("prefer_clean"),
        Num("ae/mae", bold=True),
        Text("in 2011"),
    ]
    body = tabular.body(Table(list("abcde"), [row]))
    assert '<th scope="row">&lt;b&gt;</th>' in body
    assert 'title="no &lt;seed&gt;">not measured</span>' in body
    assert 'href="#claim-prefer_clean"' in body
    assert "<strong><data" in body
    assert '<td data-fixed="stated, not measured here">in 2011</td>' in body
    named = tabular.body(Table(["Known class"], [[Text("①")]]))  # a numeral, which `aereport check` reads as a number
    assert named == '<tr><th scope="row" data-fixed="stated, not measured here">①</th></tr>'


def test_what_the_row_above_says_is_said_again_without_print(tabular: Tabular) -> None:
    same, other = Verdict("prefer_clean"), Verdict("prefer_noisy")
    rows: list[list[Cell]] = [
        [Text("a"), Num("ae/psnr"), same],
        [Text("a"), Num("ae/psnr"), same],
        [Text("b"), Num("ae/psnr"), other],
    ]
    body = tabular.body(Table(["", "PSNR / dB", "Verdict"], rows))
    assert re.findall(r'class="(again|judged again|judged)"', body) == ["judged", "again", "judged again", "judged"]


def test_a_line_stands_where_another_group_of_rows_begins(tabular: Tabular) -> None:
    rows = [
        [Text("0.1"), Text("AE")],
        [Text("0.1"), Text("VAE")],
        [Text("0.3"), Text("AE")],
        [Text("0.3"), Text("VAE")],
    ]
    assert re.findall(r"<tr[^>]*>", tabular.body(Table(["Ratio", "Model"], rows))) == [
        "<tr>", "<tr>", '<tr class="begins">', "<tr>",
    ]  # fmt: skip
    assert "begins" not in tabular.body(Table(["Ratio", "Model"], rows[1:3]))
