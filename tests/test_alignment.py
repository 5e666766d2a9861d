"""A PDF says what its page says: a changed digit or word is found, and what only paper has is known."""

import random
import re
from pathlib import Path

import pytest

from report.checks import screen
from report.checks.alignment import align
from report.checks.document import verdicts
from report.checks.pdf import PdfError, opened, pdf
from report.checks.printed import Printed, read, unprinted
from report.paper.pdf import to_pdf
from report.templates import TEMPLATES
from tests.documents import DATE, HEAD, changed, content, document, held, paged


def test_a_word_that_is_broken_at_the_end_of_a_page_is_still_one() -> None:
    text = "How much of the amplitude comes back is what the transfer of a band says, and nothing else"
    page = read(
        f'<html lang="en"><title>My title</title><h1>My title</h1><h2 data-head="Appendix">More</h2><p>{text}.</p>'
    )
    first, second = text.split("fer of")
    texts = [f"My title\nMore\n{first}\N{HYPHEN}\nAppendix\nMy title\n1", f"fer of{second}.\nAppendix\nMy title\n2"]
    assert align(page, texts).faults == []
    assert align(page, [texts[0].replace("trans", "trams"), texts[1]]).faults


def test_a_word_that_goes_on_below_a_figure_of_the_next_page_is_still_one() -> None:
    text = "How much of the amplitude comes back is what the transfer of a band says, and nothing else"
    shown = "From left to right the low, the middle and the high band of each image"
    page = read(f'<html lang="en"><title>My title</title><h1>My title</h1><p>{text}.</p><figure>{shown}.</figure>')
    first, second = text.split("fer of")
    texts = [f"My title\n{first}-\nMy title\n1", f"{shown}.\nfer of{second}.\nMy title\n2"]
    assert align(page, texts).faults == []
    assert align(page, [texts[0], texts[1].replace("fer of", "for of")]).faults
    assert align(page, [texts[0].replace("-", ""), texts[1]]).faults


@pytest.mark.parametrize("hyphen", ["-", "\N{HYPHEN}"])
def test_a_word_is_one_that_is_broken_before_what_paper_prints_elsewhere(hyphen: str) -> None:
    text = "Other seeds of the same training may come out differ{}ently"
    body = f"<p>{text.format('')}.</p><h3>Held</h3><p>More of it</p>"
    page = read(f'<html lang="en"><title>My title</title><h1>My title</h1>{body}')
    printed = f"Held\nMy title\n{text.format(f'{hyphen}{chr(10)}')}.\nMore of it\nMy title\n1"
    assert align(page, [printed]).faults == []
    assert align(page, [printed.replace("ently", "ent")]).faults


@pytest.mark.long
def test_any_changed_digit_is_found(tmp_path: Path) -> None:
    """Forty digits of the page and of the PDF's text, one at a time; a name in code may become another name."""
    of, made, draws, page = document("flipped"), content("flipped"), random.Random(0), read(document("flipped").html)
    texts = opened(to_pdf(of.html, tmp_path, DATE)).texts
    assert align(page, texts).faults == []
    places = [(n, hit.start()) for n, text in enumerate(texts) for hit in re.finditer(r"\d", text)]
    for n, place in draws.sample(places, 40):
        sheet = changed(texts[n], place, draws)
        assert align(page, [*texts[:n], sheet, *texts[n + 1 :]]).faults, sheet[max(0, place - 20) : place + 20]
    body, text = of.html.index("<body"), re.compile(r"(?<!<code)>[^<>]*\d[^<>]*<")
    shown = [hit.span() for hit in text.finditer(of.html, body, of.html.index("</main>"))]
    for start, end in draws.sample(shown, 40):
        place = start + draws.choice([hit.start() for hit in re.finditer(r"\d", of.html[start:end])])
        html = changed(of.html, place, draws)
        found = of.numbers(html).faults or verdicts(read(html), of.bindings, made.judgements).faults
        assert found or screen.faults(read(html), made, of.bindings, of.allowed, TEMPLATES), html[start:end]


LONG = """An incomprehensible justification of unquestionably characteristic responsibilities notwithstanding, all
representative reconstructions are approximately indistinguishable, and internationalisation of telecommunication
infrastructure disproportionately institutionalises interdisciplinary misunderstandings of counterrevolutionaries."""


def test_what_paper_adds_and_leaves_out_is_known(tmp_path: Path) -> None:
    rows = "".join(f"<tr><td>{n}.5</td></tr>" for n in range(80))
    body = (
        f'<p>{LONG}<a class="ref" href="#there">Table 1</a> and '
        '<i class="ghost">7</i><i class="screen">8</i> 20\u202f000.'
        f'<p class="new" id="there">x<table><thead><tr><th>At 0.1</th></tr></thead><tbody>{rows}</tbody></table>'
    )
    assert paged(body, tmp_path) == ()
    assert len(opened((tmp_path / "report.pdf").read_bytes()).texts) > 3


def test_a_word_may_be_broken_before_the_page_that_it_refers_to(tmp_path: Path) -> None:
    link = '<p style="width:%dmm">See <a class="ref" href="#there">What was not measured</a> in all</p>'
    body = "".join(link % width for width in range(20, 60, 2)) + '<p class="new" id="there">The end of it.</p>'
    assert paged(body, tmp_path) == ()
    assert "meas‐\n" in "".join(opened((tmp_path / "report.pdf").read_bytes()).texts)


def test_a_word_may_be_wider_than_its_line(tmp_path: Path) -> None:
    """And stand elsewhere, as the title does below a banner."""
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    wide = f'<h2 style="overflow-wrap: anywhere; width: 30mm">{word} of all</h2>'
    assert paged(f"<p>At first</p><p>{LONG}</p>{wide}", tmp_path, f"<p>At first</p>{wide}<p>{LONG}</p>") == ()
    assert word not in "".join(opened((tmp_path / "report.pdf").read_bytes()).texts)


def test_names_written_from_right_to_left_may_stand_in_another_order(tmp_path: Path) -> None:
    """Numbers beside them, too; none may differ."""
    body = "".join(
        f'<p style="width:{width}mm">Here is תקציר על 2024 של מקודדים and then of כלב, חתול, ציפור the share'
        "<p>and محمد السلام 8 between two sentences of the same text.<p>2.5 dB"
        for width in (60, 170)
    )
    assert paged(body, tmp_path) == ()
    for old, new in (("2024", "2025"), (" 8 ", " 9 "), ("2.5", "3.5"), ("חתול", "חתולים")):
        first, last = body.replace(old, new, 1), new.join(body.rsplit(old, 1))
        assert held(first, tmp_path), new
        assert held(last, tmp_path), new


def test_a_figure_may_have_the_number_of_its_page(tmp_path: Path) -> None:
    afters = ("", " how far away that is", " how far", " and Figure 2 shows how far away that is")
    links = "".join(f'<p>See <a class="ref" href="#there">Figure 2</a>{after}.</p>' for after in afters)
    assert paged(f'{links}<p class="new" id="there">The end of it.</p>', tmp_path) == ()


BANNER = """<style>@media print { .banner { position: running(banner) }
@page { @top-right { content: element(banner) } } @page :first { @bottom-center { content: none } } }</style>
<aside class=banner><b>FAKE</b> Nothing was measured.</aside>"""


def test_each_sheet_has_the_banner_and_its_number(tmp_path: Path) -> None:
    """The first one's is left out by design."""
    body = f"{BANNER}<p>At first<p class=new>The second.<p class=new>The third."
    assert paged(body, tmp_path) == ()
    page, texts = read(HEAD + body), opened((tmp_path / "report.pdf").read_bytes()).texts
    page.heads.append("Head")
    assert ["2" in texts[1], "3" in texts[2]] == [True, True]
    without = [text.replace("FAKE Nothing was measured.", "") for text in texts]
    assert align(page, without).bare == [(1, "banner"), (2, "banner"), (3, "banner")]
    assert align(page, [texts[0], re.sub(r"\b2\b", "", texts[1]), texts[2]]).bare == [(2, "number of a page")]
    faults = paged(body.replace("<b>FAKE</b> Nothing was measured.", ""), tmp_path, body)
    assert faults == tuple(f"report.pdf, page {sheet}: it has no banner" for sheet in (1, 2, 3))


def test_numbers_of_pages_are_asked_for_where_the_style_prints_them_on_every_page() -> None:
    texts = ["Title One", "two"]
    for rule, bare in (
        ("@page { @bottom-left { content: counter(page) } }", [1, 2]),
        ("@page { size: A5; @top-left { content: none } @bottom-left { content: 'p. ' counter(page) } }", [1, 2]),
        ("@page { @bottom-left { content: counter(page) } } @page :first { @bottom-left { content: none } }", [2]),
        ("@page { @bottom-left { content: counter(page) } } @page wide { @bottom-left { content: none } }", []),
        ("@page { margin: 0 } a::after { content: target-counter(attr(href), page) }", []),
    ):
        page = read(f"<html lang=en><title>Title</title><style>{rule}</style><h1>Title</h1><p>One two")
        assert align(page, texts).bare == [(sheet, "number of a page") for sheet in bare]


@pytest.mark.parametrize(
    ("shown", "printed", "message"),
    [
        ("<p>It is 3.5 now.", "<p>It is 3.6 now.", "report.pdf, page 1: printed '3.6', the HTML has '3.5'"),
        ("<p>It is 3.5 now.", "<p>It is −3.5 now.", "printed '−3.5', the HTML has '3.5'"),
        ("<p>It is 3.5 now.", "<p>It is now.", "printed nothing, the HTML has '3.5'"),
        ("<p>a<p class=new>It is 3.5.", "<p>a<p class=new>It is.", "page 2: printed nothing, the HTML has '3.5'"),
        ("<p>It is now.", "<p>It is 3.5 now.", "printed '3.5', the HTML has nothing there"),
        ("<p>a<p class=new>It holds.", "<p>a<p class=new>It fails.", "page 2: printed 'fails', the HTML has 'holds'"),
        ("<p>a b c 1 2 3", "<p>x y z 4 5 6", "printed 'x y z 4 5 6', the HTML has 'a b c 1 2 3'"),
        ('<a class=ref href="#x">A</a><p class=new id=x>B', "<a>A (p. 3)</a><p class=new id=x>B", "printed 'p 3'"),
    ],
)
def test_a_changed_pdf_is_found(shown: str, printed: str, message: str, tmp_path: Path) -> None:
    (fault,) = paged(printed, tmp_path, shown)
    assert message in fault


def test_a_damaged_pdf_is_named(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7 nothing")
    with pytest.raises(PdfError, match="no readable PDF"):
        opened(path.read_bytes())
    found = pdf(path, Printed(), {})
    assert (found.name, found.counted) == ("pdf", "not read")
    (fault,) = found.faults
    assert fault.startswith(f"{path}: no readable PDF")
    assert "--to html" not in fault  # there is one
    whole = to_pdf(f"{HEAD}<p>Text", tmp_path, DATE)
    for old, new in ((b"/FlateDecode", b"/FlaXeDecode"), (b"/ObjStm", b"/ObjXtm")):  # which pypdf has other errors for
        assert old in whole
        with pytest.raises(PdfError, match="no readable PDF"):
            opened(whole.replace(old, new))


def test_classes_that_paper_hides_are_read_from_the_style() -> None:
    hide = "{ display:none }"
    style = f"@media screen {{ .a {hide} }} @media print {{ .b, i, .c {hide} .d .e {hide} @page {{ x: y }} }} .f {hide}"
    assert set(unprinted(style)) == {"b", "c"}
    assert list(unprinted("@media print{.a{display:none}}")) == ["a"]


def test_a_name_that_may_break_is_one_word() -> None:
    assert [piece.text for piece in read("<code>precision_<wbr>at_<wbr>10</code>").pieces] == ["precision_at_10"]
