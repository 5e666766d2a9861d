"""Floats: nothing is lost, figures keep their order, and text fills the page that a figure does not fit on."""

import re

import pytest

from report.paper.floats import PAGE, ROW, ROW_LINE, RULE, SMALL_LINE, blocks, place_floats


def figure(name: str, share: float) -> str:
    """A figure that is so many pages high."""
    return f'<figure id="{name}"><img src="x" width="160" height="{round(PAGE * share) - 17}"><p>c</p></figure>\n'


def text(name: str, lines: int) -> str:
    return f'<p id="{name}">{"word " * 18 * lines}</p>\n'


def order(*parts: str) -> list[str]:
    page = f'<html><section class="part">{"".join(parts)}</section><p id="after"></p></html>'
    out = place_floats(page)
    assert sorted(out) == sorted(page)
    return re.findall(r'id="([^"]+)"', out)


def test_a_figure_that_fits_stays() -> None:
    assert order(text("a", 5), figure("f", 0.4), text("b", 5)) == ["a", "f", "b", "after"]


def test_text_goes_on_before_a_figure_that_does_not_fit() -> None:
    given = text("a", 20), figure("f", 0.7), text("b", 5), text("c", 25), text("d", 5)
    assert order(*given) == ["a", "b", "c", "f", "d", "after"]


def test_figures_keep_their_order_and_a_small_one_waits_for_a_large_one() -> None:
    given = text("a", 20), figure("f", 0.8), figure("g", 0.1), text("b", 30), text("c", 5)
    assert order(*given) == ["a", "b", "f", "g", "c", "after"]


def test_a_table_may_pass_a_figure() -> None:
    table = '<div class="table" id="t"><p>c</p><table><tr><td>1</td></tr></table></div>\n'
    assert order(text("a", 20), figure("f", 0.8), table, text("b", 3)) == ["a", "t", "b", "f", "after"]


def test_no_heading_is_left_alone() -> None:
    given = text("a", 46), figure("f", 0.4), '<h3 id="h">Head</h3>', text("b", 3)
    assert order(*given) == ["a", "f", "h", "b", "after"]


def test_nothing_comes_between_a_heading_and_its_text() -> None:
    many = [figure(name, 0.9) for name in "fgij"]
    found = order(text("a", 10), *many, '<h3 id="h">Head</h3>', text("b", 3))
    assert found[found.index("h") + 1] == "b"


def test_what_waits_at_the_end_is_placed_there() -> None:
    assert order(text("a", 40), figure("f", 0.9), figure("g", 0.9)) == ["a", "f", "g", "after"]


def test_the_last_figure_does_not_stand_alone_where_text_can_stand_with_it() -> None:
    large = figure("f", 0.5), figure("g", 0.33), figure("i", 0.51), figure("k", 0.34), figure("last", 0.33)
    assert order(*large, text("a", 8)) in (
        ["f", "g", "i", "k", *pair, "after"] for pair in (["a", "last"], ["last", "a"])
    )


def test_a_section_may_be_long() -> None:
    names = [f"t{n}" for n in range(1500)]
    assert order(*(text(name, 1) for name in names)) == [*names, "after"]


def test_a_footnote_takes_its_room() -> None:
    plain = '<p id="a">A few words.</p>'
    noted = plain.replace("</p>", f'<span class="note" role="note">{"word " * 40}</span></p>')
    more = next(blocks(noted)).height - next(blocks(plain)).height
    assert more == pytest.approx(RULE + 2 * SMALL_LINE)


def test_a_row_is_as_high_as_its_longest_cell() -> None:
    def height(*cells: str) -> float:
        row = "".join(f"<td>{cell}</td>" for cell in cells)
        return next(blocks(f'<div class="table"><p>c</p><table><tr>{row}</tr><tr>{row}</tr></table></div>')).height

    assert height("a&nbsp;b" * 5, "c") == height("a", "c")
    assert height("word " * 40, "c") == height("a", "c") + 2 * ROW_LINE


def test_verdicts_of_a_table_are_as_wide_as_the_widest() -> None:
    def height(verdict: str, kind: str) -> float:
        row = f'<td>{"word " * 24}</td><td class="{kind}"><span class="which">{verdict}</span> +1&nbsp;dB</td>'
        return next(blocks(f'<div class="table"><p>c</p><table><tr>{row}</tr></table></div>')).height

    assert height("✓&nbsp;holds", "judged") == height("×&nbsp;does&nbsp;not&nbsp;hold", "judged")
    assert height("✓&nbsp;holds", "judged") > height("✓&nbsp;holds", "figure")


def test_cells_without_an_end_are_none_and_a_row_without_cells_has_its_height() -> None:
    (block,) = blocks('<div class="table"><p>c</p><table><tr><td>a<td>b</tr><tr></tr></table></div>')
    assert block.kind == "table"
    assert block.height > 2 * ROW


def test_sections_without_a_class_are_left_as_they_are() -> None:
    page = f"<section>{figure('f', 0.9)}{text('a', 40)}</section>"
    assert place_floats(page) == page


def test_blocks_are_the_children_with_all_that_is_in_them() -> None:
    html = '<p>a<b>b</b><br></p> <div class="table"><p>c</p><table><tr><td>1</td></tr></table></div>'
    assert "".join(block.html for block in blocks(html)) == html
    assert [block.kind for block in blocks(html)] == ["", "table"]


def test_nothing_is_lost_of_what_is_not_closed() -> None:
    html = "<p>a</p><div><p>b</p>"
    assert "".join(block.html for block in blocks(html)) == html


def test_the_words_of_a_drawing_take_no_room() -> None:
    plain = '<ul class="board"><li>a</li></ul>'
    drawn = f"<svg><title>{'effect ' * 99}</title></svg>"
    first, second = (next(blocks(html)) for html in (plain, plain.replace("a</li>", f"a{drawn}</li>")))
    assert first.height == second.height
