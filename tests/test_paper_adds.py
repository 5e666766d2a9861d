"""What only paper has is taken out, and nothing beside it: a page's number, a repeated head, a word that is broken."""

import pytest

from report.checks.alignment import Alignment, align
from report.checks.printed import read

TITLE = "<html lang=en><title>Report 7</title><h1>Report 7</h1>"


def compared(body: str, *sheets: str) -> Alignment:
    """Sheets of text, each with the page's title and its number in its margin, against a page."""
    return align(
        read(TITLE + body), [f"{'' if n > 1 else 'Report 7'}\n{s}\nReport 7\n{n}" for n, s in enumerate(sheets, 1)]
    )


def differ(body: str, *sheets: str) -> list[tuple[int, str, str]]:
    found = compared(body, *sheets).faults
    return [(n, *(" ".join(token.text for token in given) for given in both)) for n, *both in found]


NAMES = ("one", "two", "three", "Donaudampfschiff", "five", "six")
ROWS = "<table><thead><tr><th>At 0.1<th>dB</thead>" + "".join(f"<tr><td>{of}<td>{n}.5" for n, of in enumerate(NAMES))
FIRST = "At 0.1 dB\none 0.5\ntwo 1.5\nthree 2.5"
SECOND = "At 0.1 dB\nDonaudampf\nschiff 3.5\nfive 4.5\nsix 5.5"


def test_a_repeated_head_is_that_of_the_table_and_excuses_nothing_else() -> None:
    found = compared(ROWS, FIRST, SECOND)
    assert found.faults == []
    assert +found.added == {"number of a page": 2, "running head": 2, "repeated head of a table": 1}
    assert differ(ROWS, FIRST, SECOND.replace("0.1", "0.2"))
    assert differ(ROWS, FIRST, SECOND.replace("schiff", "schiff 7")) == [(2, "Donaudampf schiff 7", NAMES[3])]
    assert differ(ROWS, FIRST.replace("two", "It is so\ntwo"), SECOND) == [(1, "It is so", "")]
    plain = SECOND.replace("Donaudampf\nschiff", "Donaudampfschiff")
    assert differ(ROWS, FIRST, plain.replace("dB\n", "dB\n9.9 ")) == [(2, "9.9", "")]
    assert differ(ROWS, FIRST, plain.replace("At", "7\nAt")) == [(2, "7", "")]


LINK = '<p>See <a class=ref href="#%s">Table 1</a> and more of it.</p><p id=there>There it is, and nothing else is.'
REST = "There it is, and nothing else is."


@pytest.mark.parametrize(
    ("printed", "extra"),
    [
        ("Table 1 (p. 2) and more", ""), ("Table 1 (p. 3) and more", "p 3"), ("Table 1 (p. 2) 9 and more", "9"),
        ("Table 1 (p. 2) and 2 more", "2"), ("Table 1 p and more", "p"), ("Table 1 and (p. 2) more", "p 2"),
    ],
)  # fmt: skip
def test_behind_a_reference_stands_its_page_and_nothing_else(printed: str, extra: str) -> None:
    wanted = [(1, extra, "")] if extra else []
    assert differ(LINK % "there", f"See {printed} of it.", REST) == wanted


def test_a_reference_that_leads_nowhere_has_no_page() -> None:
    assert differ(LINK % "gone", "See Table 1 (p. 2) and more of it.", REST) == [(1, "p 2", "")]


def test_a_broken_word_excuses_nothing_behind_it() -> None:
    said = "<p>It is the Donaudampfschiff of 2.5 in all."
    assert differ(said, "It is the Donaudampf\nschiff of 2.5 in all.") == []
    assert differ(said, "It is the Donaudampf\nschiff 7 of 2.5 in all.") == [(1, "7", "")]
    assert differ(said, "It is the Donaudampf\nschaff of 2.5 in all.") == [(1, "Donaudampf schaff", "Donaudampfschiff")]


def test_two_words_at_the_end_of_a_line_stay_two() -> None:
    assert differ("<p>It goes in to the end, and into it.", "It goes in\nto the end, and into it.") == []


LONG = "a paragraph before the lists that is as long as any other in which it is told how they came out at last"
MANY = "the first of many words that stand between what is told before and what comes behind all of them"
ONE, OTHER, MORE = f"Here it says {MANY}.", "Noise of this kind disturbs none of them.", "A third item is listed."
LISTS = f"<p>{LONG}</p><h3>Held</h3><ul><li>{ONE}<li>{MORE}</ul><h3>Did not hold</h3><ul><li>{OTHER}</ul>"


def test_headings_may_stand_before_the_text_of_their_sheet_in_their_order() -> None:
    """As WeasyPrint draws first what floats: never numbers, nor on another sheet."""
    assert differ(LISTS, f"Held Did not hold {LONG} {ONE} {MORE} {OTHER}") == []
    assert differ(LISTS, f"Did not hold Held {LONG} {ONE} {MORE} {OTHER}")
    assert differ(LISTS, f"Held Did not fail {LONG} {ONE} {MORE} {OTHER}")
    assert differ(LISTS, f"{LONG} {ONE} {MORE} {OTHER}", "Held Did not hold")
    assert differ(LISTS.replace("Held", "2.5"), f"2.5 Did not hold {LONG} {ONE} {MORE} {OTHER}")


def test_a_list_that_changed_its_place_or_an_item_its_list_is_found() -> None:
    assert differ(LISTS, f"Held Did not hold {LONG} {OTHER} {ONE} {MORE}") == [
        (1, "Noise of this kind", "Here it says the")
    ]
    assert differ(LISTS, f"Held Did not hold {LONG} {ONE} {OTHER} {MORE}") == [
        (1, "them Noise of this", "them A third item")
    ]


FIGURES = f"<figure>{ONE}</figure><p>{LONG}</p><figure>{OTHER}</figure>"
TABLE = "<div class=table><p>{}<table><tr><td>{}</table></div>"
TABLES = TABLE.format(ONE, "2.5 dB") + TABLE.format(OTHER, "7 px")


def test_captions_of_figures_or_tables_that_were_exchanged_are_found() -> None:
    """Which keep their order, though the text between them may stand before them."""
    assert differ(FIGURES, f"{LONG} {ONE} {OTHER}") == []
    assert differ(FIGURES, f"{OTHER} {LONG} {ONE}") == [(1, "Noise of this kind", "Here it says the")]
    assert differ(TABLES, f"{ONE} 2.5 dB {OTHER} 7 px") == []
    assert differ(TABLES, f"{OTHER} 2.5 dB {ONE} 7 px")


@pytest.mark.parametrize("tag", ["p", "h3", "ul", "dl", "figure"])
def test_a_word_that_went_to_another_sentence_is_found(tag: str) -> None:
    """Far away, where what floats on paper might stand."""
    said = f"<{tag}>It does not hold, they say.</{tag}><p>{MANY}.</p><{tag}>It is so in all, they say.</{tag}>"
    assert differ(said, f"It does not hold, they say. {MANY}. It is so in all, they say.") == []
    assert differ(said, f"It does hold, they say. {MANY}. It is not so in all, they say.") == [
        (1, "does hold they say", "does not hold they"), (1, "not so in all", "not hold they say"),
        (1, "is not so in", "is so in all"),
    ]  # fmt: skip


def test_sheets_of_the_contents_have_a_head_of_their_own() -> None:
    page = read(f"{TITLE}<nav>Summary</nav>")
    assert align(page, ["Report 7\nSummary\nContents\nReport 7\n1"]).faults == []


def test_a_section_in_a_margin_may_end_with_the_name_of_another() -> None:
    said = "<h3>Noise</h3><p>It is so.</p><h3>More Noise</h3><p>That is all.</p>"
    assert (
        align(read(TITLE + said), ["Report 7\nNoise\nIt is so.\nMore Noise\nThat is all.\nMore Noise\n1"]).faults == []
    )


def test_a_word_that_goes_on_overleaf_takes_nothing_along() -> None:
    remark = "A remark stands below the text of the first one, at 2.5 dB"
    said = f"<p>How much of the amplitude comes back is what the transfer says.</p><p>{remark}."
    sheets = f"How much of the amplitude comes back is what the trans-\n{remark}.", "fer says."
    assert differ(said, *sheets) == []
    assert differ(said, sheets[0].replace("2.5", "2.6"), sheets[1]) == [(1, "2.6", "2.5")]
