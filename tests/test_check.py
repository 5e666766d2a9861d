"""Numbers that cannot lie: a finished document agrees with its bundle, and whatever does not is found and named."""

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from shutil import rmtree
from types import SimpleNamespace

import pytest

from report import draw as drawing
from report import part1
from report.aligned import PdfError, align, pages
from report.aside import aside
from report.bound import Bonds
from report.check import Check, check, name_of, numbers, pdf, verdicts
from report.fake import SCENARIOS, fake
from report.judge import judge_all, to_json
from report.pdf import to_pdf
from report.printed import Printed, read, unprinted
from report.render import TEMPLATES, render, to_html
from report.stated import Stated
from tests.standins import parts

DATE = datetime(2026, 1, 2, tzinfo=UTC)
PRINT = """<style>@media print {
@page { size: A5; @top-left { content: "Head" } @bottom-center { content: counter(page) } }
.ghost { visibility: hidden; } .own, .screen { display: none; } p { hyphens: auto; text-align: justify; width: 60mm; }
a.ref::after { content: " (p. " target-counter(attr(href), page) ")"; } .new { break-before: page; } }</style>"""


@dataclass(frozen=True)
class Document:
    """A scenario's page, and what it is held against."""

    html: str
    bonds: Bonds
    stated: Stated

    def numbers(self, html: str) -> Check:
        return numbers(read(html), self.bonds, self.stated)[1]


@cache
def document(scenario: str = "nominal") -> Document:
    """The whole document, with pictures that stand in for the figures."""
    made = parts(scenario)
    tables = drawing.tables(made.bundle, made.judgements)
    stated = Stated(made.bundle, made.judgements, tables.values(), TEMPLATES)
    html = to_html(made.bundle, made.judgements, made.figures, tables)
    return Document(html, Bonds(made.bundle, made.judgements), stated)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_number_and_verdict_of_the_page_is_covered(scenario: str) -> None:
    of = document(scenario)
    page = read(of.html)
    found = numbers(page, of.bonds, of.stated)[1]
    assert found.faults == ()
    assert found.counted.endswith(", 0 neither")
    assert int(re.findall(r"(\d+) bound", found.counted)[0]) == len(page.numbers) == of.html.count("<data ") > 500
    assert verdicts(page, of.bonds, parts(scenario).judgements).faults == ()


def test_what_stands_behind_a_link_in_a_source_is_said_there(tmp_path: Path) -> None:
    (tmp_path / "own.html").write_text("A. Author: Title. arXiv:2210.02984, 2022.")
    made = parts()
    stated = Stated(made.bundle, made.judgements, made.tables.values(), tmp_path)
    assert stated.says(", 2022.")
    assert stated.says("2022.")
    assert not stated.says("984, 2022.")  # part of another number
    assert not stated.says(", 202")


@pytest.mark.parametrize("title", ["7", "7 dB", "Report 7.7"])
def test_a_number_in_the_title_excuses_no_other(title: str) -> None:
    made = parts()
    made.bundle.settings, before = made.bundle.settings.model_copy(update={"title": title}), made.bundle.settings
    try:
        stated = Stated(made.bundle, made.judgements, made.tables.values(), TEMPLATES)
    finally:
        made.bundle.settings = before
    for said in ("It is 77.7 dB", "0.7", "17", "7.1"):
        faults = numbers(read(f"<h1>{title}</h1><p>{said}"), document().bonds, stated)[1].faults
        assert faults == (f"report.html, its beginning: printed '{said}': it is bound to nothing and on no list",)


@pytest.mark.parametrize("scenario", ["nominal", pytest.param("flipped", marks=pytest.mark.long)])
def test_every_number_of_the_pdf_is_covered_and_a_changed_digit_is_found(scenario: str, tmp_path: Path) -> None:
    """One PDF for both: it is rendered from a page in which one digit was changed."""
    of, key = document(scenario), "vae/kl"
    printed = re.search(rf'data-key="{key}"[^>]*>([^<]+)<', of.html)
    assert printed
    altered = of.html.replace(printed[0], printed[0].replace(printed[1], "7" + printed[1]), 1)
    path = tmp_path / "report.pdf"
    path.write_bytes(to_pdf(altered, tmp_path, DATE))
    page = read(of.html)
    found = pdf(path, page, numbers(page, of.bonds, of.stated)[0])
    number = printed[1].split("\u00a0")[0]
    assert len(found.faults) == 1
    assert re.fullmatch(rf"report\.pdf, page \d+: {key}: printed '7{number}', the HTML has '{number}'", found.faults[0])
    bound = int(re.findall(r"(\d+) bound", found.counted)[0])
    assert bound == sum(name_of(piece.bond) != "unbound" for piece in page.pieces if piece.paper) - 1
    assert found.counted.endswith(", 1 neither")
    honest = pdf(path, read(altered), {})
    assert honest.faults == ()


def test_a_word_that_is_broken_at_the_end_of_a_page_is_still_one() -> None:
    text = "How much of the amplitude comes back is what the transfer of a band says, and nothing else"
    page = read(
        f'<html lang="en"><title>My title</title><h1>My title</h1><h2 data-head="Appendix">More</h2><p>{text}.</p>'
    )
    first, second = text.split("fer of")
    texts = [f"My title\nMore\n{first}\N{HYPHEN}\nAppendix\nMy title\n1", f"fer of{second}.\nAppendix\nMy title\n2"]
    assert align(page, texts).faults == []
    assert align(page, [texts[0].replace("trans", "trams"), texts[1]]).faults


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
    of, made, draws = document("flipped"), parts("flipped"), random.Random(0)
    tables = drawing.tables(made.bundle, made.judgements)
    told, page = (made.bundle, made.judgements, tables), read(of.html)
    texts = pages(to_pdf(of.html, tmp_path, DATE))
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
        drawn = verdicts(read(html), of.bonds, made.judgements)
        cells = () if of.numbers(html).faults or drawn.faults else aside(read(html), *told, of.stated, TEMPLATES)
        assert of.numbers(html).faults or drawn.faults or cells, html[start:end]


def changed(text: str, place: int, draws: random.Random) -> str:
    return text[:place] + draws.choice([digit for digit in "0123456789" if digit != text[place]]) + text[place + 1 :]


def snippet(html: str) -> Check:
    return document().numbers(f"<p id=here>{html}</p>")


def number(key: str = "ae/psnr") -> str:
    found = re.search(rf'<data [^>]*data-key="{re.escape(key)}"[^>]*>[^<]+</data>', document().html)
    assert found
    return found[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (r">(\d)", r">7\1", r"#here: ae/psnr: printed '7\d+\..* dB' for \d+\.\d+, expected '\d+\.\d+ dB' for \d"),
        (r"(\d) ?\u00a0?dB<", r"\1 points<", "ae/psnr: printed .* points' for"),
        (r'value="(\d)', r'value="7\1', r"ae/psnr: printed .* for 7\d+\.\d+, expected"),
        (r'value="[^"]+"', 'value="nan"', "ae/psnr: printed .* for nan, expected"),
        (r'value="[^"]+"', 'value="much"', "but its value is 'much'"),
        (r"(ae/psnr\n)(\d)", r"\g<1>7\2", "its pop-up is not what the bundle says"),
        (r'data-key="ae/psnr"', 'data-key="dae/psnr"', "dae/psnr: printed"),
        (r'data-key="ae/psnr"', 'data-key="ae/psnrr"', "but no run of these settings measures the key 'ae/psnrr'"),
        (r'data-key="ae/psnr"', 'data-claim="nobody"', "but there is no claim 'nobody'"),
        (r'data-key="ae/psnr"', 'data-claim="vae_smooth" data-part="x"', "but the claim has no x to print"),
        (r'data-key="ae/psnr"', 'data-run="nobody"', "but nothing tells what 'nobody' of the run is"),
        (r'data-key="ae/psnr"', "", "but it is bound to no key, claim or setting"),
    ],
)  # fmt: skip
def test_a_bound_number_that_was_changed_is_named(old: str, new: str, message: str) -> None:
    assert snippet(number()).faults == ()
    changed = re.sub(old, new, number(), count=1)
    assert changed != number()
    (fault,) = snippet(changed).faults
    assert re.search(message, fault)


@pytest.mark.parametrize(
    "before",
    ["−", "-", "–", "\u2011", "a gain of − ", "+", "±\u00a0", "<i>−</i>", "−\u200b", "−<b></b>", "by 2 of −",
     "3<p>−", "<p>3</p>−", "<b>so</b> −"],
)  # fmt: skip
def test_a_sign_before_a_bound_number_is_named(before: str) -> None:
    (fault,) = (fault for fault in snippet(before + number()).faults if "typed" in fault)
    assert re.search(r"#here: ae/psnr: the sign '.' is typed before '\d+\.\d+ dB'$", fault)


@pytest.mark.parametrize("before", ["%s–", "%s to ", "%s − ", "%s (AE – ", "%s, AE − PCA: ", "%s<table><td>–<td>"])
def test_a_dash_after_a_number_or_between_words_is_no_sign(before: str) -> None:
    assert snippet(before % number() + number()).faults == ()


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ("It is 3.5.", "printed 'It is 3.5.': it is bound to nothing and on no list"),
        ("It loses ½ dB", "printed 'It loses ½ dB': it is bound to nothing"),
        ("the ②nd", "printed 'the ②nd': it is bound to nothing"),
        ("Ⅻ of them", "printed 'Ⅻ of them': it is bound to nothing"),
        ('<i data-run="device" data-fixed="provenance">half½</i>', "the bundle does not say so"),
        ("CIFAR-10 and CIFAR-11", "printed 'CIFAR-10 and CIFAR-11': it is bound to nothing"),
        ("<code>x_7</code>", "printed 'x_7': it is bound to nothing"),
        ("<svg><text>7.1</text></svg>", "printed '7.1': it is bound to nothing"),
        ("<noscript>7.2</noscript>", "printed '7.2': it is bound to nothing"),
        ('<i data-fixed="luck">7</i>', "its reason 'luck' is not on the list: "),
        ('<i data-fixed="definition">12345</i>', "no template, definition, table or reason says so"),
        ('<i data-fixed="reported by the assignment">8.95 dB</i>', "no template, definition, table or reason"),
        ('<i data-fixed="reported by the assignment">8.9</i>', "no template, definition, table or reason"),
        ('<i data-fixed="reported by the assignment">94 dB</i>', "no template, definition, table or reason"),
        ('<i data-run="device" data-fixed="provenance">H100</i>', "the bundle does not say so"),
        ('<figure id="fig-a"><b data-fixed="number of a figure">Figure 2.</b></figure>', "it should be number 1"),
        ('<a class="ref" href="#tab-x" data-fixed="number of a table">Table 1</a>', "it should be number another"),
        ('<data value="4" data-run="seeds">4</data>', "seeds: printed '4' for 4.0, expected '6' for 6.0"),
        ('<data value="33" data-run="claims">33</data>', "claims: printed '33' for 33.0, expected '35' for 35.0"),
        ('<data value="1" data-run="preferences supported">1</data>', "expected '7' for 7.0"),
        ('<data value="9" data-run="sentences of the assignment">9</data>', "expected '25' for 25.0"),
        ('<data value="25" data-run="sentences of the document\'s own">25</data>', "expected '10' for 10.0"),
        ('<data value="0.2" data-run="mask ratio">0.2</data>', "'0.1' for 0.1"),
        ('<data value="1" data-run="margin of psnr">1 dB</data>', "expected '0.5 dB' for 0.5"),
        ('<data value="0.02" data-run="margin of probe_accuracy">2 points</data>', "expected '1 point' for 0.01"),
    ],
)
def test_what_is_not_bound_is_named(html: str, message: str) -> None:
    (fault,) = snippet(html).faults
    assert fault.startswith("report.html, #")
    assert message in fault


@pytest.mark.parametrize(
    "html",
    [
        "CIFAR-10, SHA-256",
        "R² of it",
        "<code>ae/probe_accuracy[noise=0.1]</code>",
        '<i data-fixed="reported by the assignment">8.94 dB</i>',
        '<i data-run="measured" data-fixed="provenance">2 January 2026</i>',
        '<data value="6" data-run="hidden cells">6</data>',
        '<data value="20000" data-run="train_images">20\u202f000</data>',
    ],
)
def test_what_may_stand_stands(html: str) -> None:
    assert snippet(html).faults == ()


def test_a_changed_verdict_is_named() -> None:
    of, judgements = document(), parts().judgements

    def faults(html: str) -> tuple[str, ...]:
        return verdicts(read(html), of.bonds, judgements).faults

    mark = re.search(r'<a class="verdict supported" href="#claim-vae_smooth".*?</a>', of.html, re.DOTALL)
    row = re.search(r'<tr id="claim-vae_smooth">.*?</tr>', of.html, re.DOTALL)
    assert mark
    assert row
    (fault,) = faults(mark[0].replace("holds</a>", "does not hold</a>"))
    assert fault == "report.html, its beginning: vae_smooth: printed '✓ does not hold', expected '✓ holds'"
    (fault,) = faults(f"<table>{row[0]}</table>".replace('<circle cx="', '<circle cx="7'))
    assert fault == "report.html, #claim-vae_smooth: its drawing is not that of the claim"
    (fault,) = faults('<div class="group refuted"><a href="#claim-vae_smooth">Paths</a></div>')
    assert fault == "report.html, its beginning: vae_smooth: listed as 'group refuted', but it is supported"
    (fault,) = faults('<a href="#claim-nobody">x</a>')
    assert "a link to the claim 'nobody', which is none" in fault
    (fault,) = faults('<i class="missing" data-key="ae/psnr">not measured</i>')
    assert fault == 'report.html, its beginning: ae/psnr: printed "not measured", but it was'
    (fault,) = faults('<i class="missing" data-key="ae/nothing">not measured</i>')
    assert fault.startswith("report.html, its beginning: ae/nothing: ")


def test_what_was_not_measured_is_not_printed_as_a_number() -> None:
    (fault,) = document("missing-model").numbers(number("vae/psnr")).faults
    assert "but not measured: seed 0: the loss was not finite at step 117" in fault


def test_one_changed_value_changes_exactly_the_places_bound_to_it() -> None:
    """The page from before, held against the changed bundle: every place that follows from the value, and no other."""
    key, made, of = "ae/psnr", parts(), document()
    row = made.bundle.values[key]
    made.bundle.values[key] = [value + 1 for value in row if value is not None]
    try:
        judgements = judge_all(made.bundle)
        bonds = Bonds(made.bundle, judgements)
        follow = {name for name, item in judgements.items() if key in item.keys}
        page = read(of.html)
        found = numbers(page, bonds, of.stated)[1].faults
    finally:
        made.bundle.values[key] = row
    places = {
        (place, name_of(element.attrib))
        for element, place in page.numbers
        if element.get("data-key") == key or element.get("data-claim") in follow
    }
    assert {"ae_beats_pca", "prefer_clean"} <= follow
    assert len(places) > 10
    assert {tuple(fault.removeprefix("report.html, ").split(": ")[:2]) for fault in found} == places


def paged(body: str, tmp_path: Path, page: str = "") -> tuple[str, ...]:
    """Faults of a PDF made of `body`, held against `page`, or against itself."""
    head = f"<html lang=en><title>T</title>{PRINT}<h1>Title</h1>"
    path = tmp_path / "report.pdf"
    path.write_bytes(to_pdf(head + body, tmp_path, DATE))
    read_page = read(head + (page or body))
    read_page.heads.append("Head")
    return pdf(path, read_page, {}).faults


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
    assert len(pages((tmp_path / "report.pdf").read_bytes())) > 3


def test_a_word_may_be_broken_before_the_page_that_it_refers_to(tmp_path: Path) -> None:
    link = '<p style="width:%dmm">See <a class="ref" href="#there">What was not measured</a> in all</p>'
    body = "".join(link % width for width in range(20, 60, 2)) + '<p class="new" id="there">The end of it.</p>'
    assert paged(body, tmp_path) == ()
    assert "meas‐\n" in "".join(pages((tmp_path / "report.pdf").read_bytes()))


def test_a_word_may_be_broken_before_the_number_of_a_footnote(tmp_path: Path) -> None:
    """At the end of a page, where the text goes on with another one."""
    note = '<span class="note">A remark</span>'
    text = f'<p class="new" style="width:%dmm">In all of it there is nothing that was measured{note}</p>'
    rules = "<style>@media print { .note { float: footnote } }</style>"
    assert paged(rules + "<p>At first</p>" + "".join(text % width for width in range(20, 60, 2)), tmp_path) == ()
    assert re.search("mea‐\n?sured|meas‐\nured", "".join(pages((tmp_path / "report.pdf").read_bytes())))


def test_a_word_may_be_wider_than_its_line(tmp_path: Path) -> None:
    """And stand elsewhere, as the title does below a banner."""
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    wide = f'<h2 style="overflow-wrap: anywhere; width: 30mm">{word} of all</h2>'
    assert paged(f"<p>At first</p><p>{LONG}</p>{wide}", tmp_path, f"<p>At first</p>{wide}<p>{LONG}</p>") == ()
    assert word not in "".join(pages((tmp_path / "report.pdf").read_bytes()))


@pytest.mark.parametrize("width", [60, 170])
def test_names_written_from_right_to_left_may_stand_in_another_order(width: int, tmp_path: Path) -> None:
    """Numbers beside them, too; none may differ."""
    body = (
        f'<p style="width:{width}mm">Here is תקציר על 2024 של מקודדים and then of כלב, חתול, ציפור the share'
        "<p>and محمد السلام 8 between two sentences of the same text.<p>2.5 dB"
    )
    assert paged(body, tmp_path) == ()
    for old, new in (("2024", "2025"), (" 8 ", " 9 "), ("2.5", "3.5"), ("חתול", "חתולים")):
        assert paged(body.replace(old, new), tmp_path, body), new


@pytest.mark.parametrize("after", ["", " how far away that is", " how far", " and Figure 2 shows how far away that is"])
def test_a_figure_may_have_the_number_of_its_page(after: str, tmp_path: Path) -> None:
    link = f'<p>See <a class="ref" href="#there">Figure 2</a>{after}.</p>'
    assert paged(f'{link}<p class="new" id="there">The end of it.</p>', tmp_path) == ()


NOTED = """<style>@media print { .note { float: footnote } .note::footnote-marker { content: "%s " } }</style>
<p>The first line of a text that has a remark<span class="note">which says of 2.5 that it is a number</span></p>
<p>The second line of that text is not a remark.</p>"""


def test_a_footnote_has_its_number_twice(tmp_path: Path) -> None:
    assert paged(NOTED % "1", tmp_path) == ()
    assert any("printed '7'" in fault for fault in paged(NOTED % "7", tmp_path))


CLOSE = """<style>@media print { .note { float: footnote } .note::footnote-call { content: counter(footnote) "%s" } }
</style><p>At first.</p><p>One.<span class="note">A note of 2.5.</span> Two.<span class="note">Yes.</span> Three.</p>
<p class="new">Then.<span class="note">Another one, which says of 3.5 that it is a number.</span> It is over.</p>"""


def test_footnotes_may_be_short_and_close_together(tmp_path: Path) -> None:
    honest = CLOSE % ""
    assert paged(honest, tmp_path) == ()
    for old, new in (("2.5", "2.6"), ("3.5", "3.6"), ("Yes", "77")):
        faults = paged(honest.replace(old, new), tmp_path, honest)
        assert 1 <= len(faults) <= 2
        assert any(new in fault for fault in faults), faults
    assert any("'17'" in fault for fault in paged(CLOSE % "7", tmp_path, honest))


@pytest.mark.parametrize(
    ("shown", "printed", "message"),
    [
        ("<p>It is 3.5 now.", "<p>It is 3.6 now.", "report.pdf, page 1: printed '3.6', the HTML has '3.5'"),
        ("<p>It is 3.5 now.", "<p>It is −3.5 now.", "printed '−3.5', the HTML has '3.5'"),
        ("<p>It is 3.5 now.", "<p>It is now.", "printed nothing, the HTML has '3.5'"),
        ("<p>It is now.", "<p>It is 3.5 now.", "printed '3.5', the HTML has nothing there"),
        ("<p>a<p class=new>It holds.", "<p>a<p class=new>It fails.", "page 2: printed 'fails', the HTML has 'holds'"),
        ("<p>a b c 1 2 3", "<p>x y z 4 5 6", "printed 'x y z 4 5 6', the HTML has 'a b c 1 2 3'"),
        ('<a class=ref href="#x">A</a><p class=new id=x>B', '<a>A (p. 3)</a><p class=new id=x>B', "printed 'p 3'"),
    ],
)  # fmt: skip
def test_a_changed_pdf_is_found(shown: str, printed: str, message: str, tmp_path: Path) -> None:
    (fault,) = paged(printed, tmp_path, shown)
    assert message in fault


def test_a_damaged_pdf_is_named(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7 nothing")
    with pytest.raises(PdfError, match="no readable PDF"):
        pages(path.read_bytes())
    (fault,) = pdf(path, Printed(), {}).faults
    assert fault.startswith(f"{path}: no readable PDF")


def test_classes_that_paper_hides_are_read_from_the_style() -> None:
    hide = "{ display:none }"
    style = f"@media screen {{ .a {hide} }} @media print {{ .b, i, .c {hide} .d .e {hide} @page {{ x: y }} }} .f {hide}"
    assert set(unprinted(style)) == {"b", "c"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole run of a small document: one figure, one table, one claim, and both files."""
    part = SimpleNamespace(FIGURES={"spectrum": part1.FIGURES["spectrum"]}, TABLES={"quality": part1.TABLES["quality"]})
    monkeypatch.setattr(drawing, "PARTS", (part,))
    (tmp_path / "templates").mkdir()
    for name in ("style.css", "paper.css", "script.js"):
        (tmp_path / "templates" / name).write_text("")
    (tmp_path / "templates" / "report.html").write_text(
        "<html lang=en><title>T</title><style>{{ assets.style }}</style><h1 id=top>T</h1>"
        '{% set c = claim("prefer_clean") %}<p id="claim-prefer_clean">{{ num("ae/psnr") }}, {{ c.signed }}'
        "{{ c.mark }}"
        '{% call figure("spectrum", "S") %}{% endcall %}'
        '{% call table("quality", "Q") %}{% endcall %}'
    )
    make(tmp_path / "run", "nominal", tmp_path / "templates")
    return tmp_path / "run"


def make(run: Path, scenario: str, templates: Path) -> None:
    bundle = fake(run, scenario)
    judgements = judge_all(bundle)
    (run / "claims.json").write_text(to_json(judgements))
    list(render(run, bundle, judgements, *drawing.draw(run, bundle, judgements), templates=templates))


def failed(run: Path) -> dict[str, tuple[str, ...]]:
    return {item.name: item.faults for item in check(run, run.parent / "templates") if not item.passed}


def test_a_whole_run(run: Path) -> None:
    found = check(run, run.parent / "templates")
    assert [item.name for item in found] == [
        "bundle", "claims.json", "tables", "templates", "html", "verdicts", "figures", "screen", "elements", "pdf",
    ]  # fmt: skip
    assert [fault for item in found for fault in item.faults] == []

    html = (run / "report.html").read_text()
    (run / "report.html").write_text(html.replace('alt="Power', 'alt="More power'))
    assert failed(run) == {"figures": ("report.html, #fig-spectrum: its alternative text is not what the bundle says",)}
    (run / "report.html").write_text(html.replace('src="data:image/svg+xml,', 'src="data:,x'))
    assert failed(run) == {"figures": ("report.html, #fig-spectrum: its picture is not what the bundle draws",)}
    (run / "report.html").write_text(re.sub(r' width="\d+"', ' width="1"', html))
    assert failed(run) == {"figures": ("report.html, #fig-spectrum: its size is not that of its picture",)}
    (run / "report.html").write_text(html + "<iframe></iframe>")
    assert failed(run) == {"elements": ("report.html, #cap-quality: no page of ours has the element 'iframe'",)}
    (run / "report.html").write_text(html)
    template = run.parent / "templates" / "report.html"
    template.write_text((clean := template.read_text()) + "\nIt is 94.2 dB.")
    assert failed(run) == {"templates": ("report.html, line 2: a typed number: … It is 94.2 dB. …",)}
    template.write_text(clean)
    rmtree(run / "figures")  # the picture of the page is then held against a new one
    assert failed(run) == {}

    (run / "tables" / "quality.csv").write_text("Model\n")
    (run / "claims.json").unlink()
    (run / "report.pdf").unlink()
    assert {name: faults[0].rpartition("/")[2] for name, faults in failed(run).items()} == {
        "claims.json": "claims.json: not there; aereport render writes it",
        "tables": "quality.csv: not what follows from the bundle; aereport render writes it again",
        "pdf": "report.pdf: not there; aereport render writes it",
    }
    (run / "report.html").unlink()
    assert "not there" in failed(run)["html"][0]


def test_a_document_of_another_bundle_fails(run: Path) -> None:
    rmtree(run / "bundle")
    bundle = fake(run, "flipped")
    assert set(failed(run)) == {"claims.json", "tables", "html", "verdicts", "figures", "screen"}
    (run / "claims.json").write_text(to_json(judge_all(bundle)))
    assert set(failed(run)) == {"tables", "html", "verdicts", "figures", "screen"}


def test_a_bundle_that_is_damaged_or_missing(run: Path) -> None:
    path = run / "bundle" / "bundle.json"
    path.write_text(path.read_text().replace("0.1", "0.2", 1))
    (fault,) = failed(run)["bundle"]
    assert str(path) in fault
    with pytest.raises(ValueError, match=r"holds no bundle/bundle\.json"):
        check(run.parent)


def test_a_name_that_may_break_is_one_word() -> None:
    assert [piece.text for piece in read("<code>precision_<wbr>at_<wbr>10</code>").pieces] == ["precision_at_10"]
