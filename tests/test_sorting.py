"""Tables of the page in a real browser: sorted by their heads, and out of it as CSV."""

import csv
import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.standins import parts

pytestmark = pytest.mark.browser


def test_tables_sort(page: Page) -> None:
    table = page.locator("#tab-quality table")
    values = table.locator("tbody tr td:nth-child(2) data")

    def shown() -> list[float]:
        return [float(value) for value in values.evaluate_all("items => items.map(item => item.value)")]

    head, before = table.locator("thead th").nth(1), shown()
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert shown() == sorted(shown())
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert shown() == sorted(shown(), reverse=True)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") is None
    assert shown() == before


def test_every_table_is_sorted_and_saved_and_every_figure_saved_from_the_page(page: Page) -> None:
    labels = page.locator(".tools button").evaluate_all("all => all.map(button => button.ariaLabel)")
    tables = [*parts().tables, "claims", "definitions", "settings"]
    wanted = [f"Save figure {name} as PNG" for name in parts().figures]
    wanted += [f"Save table {name} as CSV" for name in tables]
    assert sorted(label for label in labels if re.search("PNG|CSV", label)) == sorted(wanted)
    count = "tables => tables.map(table => table.tHead.querySelectorAll('button').length)"
    heads = page.locator("main table").evaluate_all(count)
    assert len(heads) == len(tables)
    assert min(heads) > 1


def test_powers_of_ten_sort_as_numbers(page: Page) -> None:
    cells = page.locator("#tab-quality tbody td:nth-child(2)")
    texts = ["0.0012", "7.30×10⁻⁵", "−2.6×10⁻⁶", "1.5×10⁷", "9.1×10⁻¹² dB", "–"]
    script = """(table, texts) => {
      const rows = [...table.tBodies[0].rows];
      const [row] = rows;
      for (const other of rows.slice(1)) other.remove();
      const made = texts.map(() => row.cloneNode(true));
      made.forEach((copy, n) => copy.cells[1].textContent = texts[n]);
      const fresh = table.cloneNode(true);
      fresh.tBodies[0].replaceChildren(...made);
      table.replaceWith(fresh);
      for (const button of fresh.querySelectorAll("thead button")) button.replaceWith(...button.childNodes);
      sorting();
    }"""
    page.locator("#tab-quality table").evaluate(script, texts)
    page.locator("#tab-quality thead th").nth(1).locator("button").click()
    assert cells.all_inner_texts() == ["−2.6×10⁻⁶", "7.30×10⁻⁵", "0.0012", "1.5×10⁷", "9.1×10⁻¹² dB", "–"]
    assert page.evaluate("unit('7.30×10⁻⁵ px')") == ["px"]
    assert page.evaluate("plain('−7.3×10⁻¹⁵')") == "−7.3e-15"


def test_claims_sort_by_unit_and_then_by_number(page: Page) -> None:
    heads = page.locator("table.claims thead th")
    assert heads.nth(5).locator("button").count() == 0  # drawings
    heads.nth(2).locator("button").click()
    texts = [text.replace("−", "-") for text in page.locator("table.claims tbody td:nth-child(3)").all_inner_texts()]
    parts = [text.split() for text in texts if text.strip()]
    found = [(part[1] if len(part) > 1 else "", float(part[0])) for part in parts]
    units = [unit for unit, _ in found]
    assert len(set(units)) > 2
    assert [unit for n, unit in enumerate(units) if unit not in units[:n]] == list(dict.fromkeys(units))
    assert all(a <= b for (u, a), (v, b) in pairwise(found) if u == v)


def test_a_table_comes_out_as_csv(page: Page) -> None:
    rows = download(page, "quality")
    assert rows[0] == ["Model", "PSNR / dB", "SSIM", "Verdict"]
    bound = page.locator("#tab-quality data[data-key='ae/psnr']").get_attribute("value")
    assert rows[1][:2] == ["AE", bound]


def download(page: Page, table: str) -> list[list[str]]:
    with page.expect_download() as found:
        page.locator(f"button[aria-label='Save table {table} as CSV']").click()
    assert found.value.suggested_filename == f"{table}.csv"
    content = Path(found.value.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(content.decode("utf-8-sig").splitlines()))


def test_a_verdict_that_several_rows_share_is_shown_with_each_where_they_are_sorted(page: Page) -> None:
    cell = page.locator("#tab-quality .judged").first
    cell.evaluate("cell => cell.classList.add('again')")
    assert cell.locator(".verdict").is_hidden()
    assert download(page, "quality")[1][-1].startswith("holds ")
    page.locator("#tab-quality thead button").nth(1).click()
    assert cell.locator(".verdict").is_visible()


def test_a_sorted_table_is_printed_with_every_head_and_verdict(page: Page) -> None:
    """A row would else seem to belong to what stands above it now."""
    table = page.locator("#tab-quality table")
    again = [table.locator(f"tbody tr:nth-child(2) > {cell}") for cell in ("th", ".judged")]
    for cell in again:
        cell.evaluate("cell => cell.classList.add('again')")
    table.locator("tbody tr").nth(1).evaluate("row => row.classList.add('begins')")
    table.locator("thead button").nth(1).click()
    page.emulate_media(media="print")
    assert [cell.is_visible() for cell in again] == [True, True]
    colours = "rows => new Set(rows.slice(1).map(row => getComputedStyle(row.cells[1]).borderTopColor)).size"
    assert table.locator("tbody tr").evaluate_all(colours) == 1
    for _ in range(2):
        table.locator("thead button").nth(1).evaluate("button => button.click()")
    assert [cell.is_visible() for cell in again] == [False, False]


def test_margins_of_one_point_are_points(page: Page) -> None:
    page.locator("table.claims thead button").nth(4).click()
    texts = page.locator("table.claims tbody td:nth-child(5)").all_inner_texts()
    points = [float(text.split()[0]) for text in texts if "point" in text]
    assert len(set(points)) > 2
    assert points == sorted(points)


def test_a_cell_of_several_numbers_or_with_words_comes_out_as_it_reads(page: Page) -> None:
    settings = {row[0]: row[1] for row in download(page, "settings")}
    assert settings["noise_levels"] == "0, 0.02, 0.05, 0.1, 0.2"
    claim = next(row for row in download(page, "claims") if row[0].startswith("The AE reconstructs better"))
    assert claim[1] == "holds"
    effect = page.locator("#claim-ae_beats_pca [data-part=effect]").first.get_attribute("value")
    assert claim[2] == f"{effect} dB"
    assert claim[0].endswith(". †")  # neither its measure nor its keys
    assert len(claim) == 5  # no drawing
    ends = [
        page.locator(f"#claim-ae_beats_pca [data-part={end}]").first.get_attribute("value") for end in ("low", "high")
    ]
    assert claim[3] == f"{' to '.join(map(str, ends))} dB"
    assert re.fullmatch(r"holds \d\.\d{9,} points", download(page, "quality")[1][3])
    shares = next(row for row in download(page, "claims") if row[0].startswith("Under noise"))
    lead = float(page.locator("#claim-dae_more_robust [data-part=effect]").first.get_attribute("value") or "")
    assert (shares[2], shares[4]) == (f"{100 * lead:.15g} points", "1 point")


def test_words_that_a_spreadsheet_would_compute_come_out_as_words(page: Page) -> None:
    cell = page.locator("table.settings tr", has_text="author").locator("td").first
    for words in ("+1+cmd|' /C calc'!A0", "-2", "=1", "@x"):
        cell.evaluate("(cell, words) => { cell.textContent = words; }", words)
        assert {row[0]: row[1] for row in download(page, "settings")}["author"] == f"'{words}"


def test_percentages_come_out_as_they_are_printed(page: Page) -> None:
    """In tables and pop-ups; what is stored is a share."""
    cell = page.locator("data[data-key='ae/probe_accuracy']").first
    share = float(cell.get_attribute("value") or "")
    assert cell.get_attribute("data-story").splitlines()[0] == f"{share * 100:.15g} %"  # type: ignore[union-attr]
    found = cell.evaluate("one => { const cell = make('td'); cell.append(one.cloneNode(true)); return content(cell); }")
    assert found.endswith(" %")
    assert float(found[:-2]) == pytest.approx(share * 100, rel=1e-14)


def test_what_is_missing_is_sorted_to_the_end(page: Page) -> None:
    head = page.locator("table.definitions thead th").nth(1)  # units, of which some numbers have none
    for _ in range(2):
        head.locator("button").click()
        units = page.locator("table.definitions tbody td:nth-child(2)").all_inner_texts()
        assert "" in units
        assert units[units.index("") :] == [""] * units.count("")
