"""A page as a PDF: the same bytes on any day, nothing from outside the run, and lines that end where they are full."""

import gc
import io
import re
from html import unescape
from itertools import product
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from experiments.machine import Lacks
from report.paper.pdf import MARKED, to_pdf
from report.templates import STYLES, TEMPLATES, asset
from tests.documents import DATE

BODY = "<h1>Title</h1><p>Text <em>and</em> <code>code</code></p>"


def test_the_same_bytes_on_any_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    html = f"<html lang=en><title>T</title>{BODY}</html>"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    first = to_pdf(html, tmp_path, DATE)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "999999999")
    assert to_pdf(html, tmp_path, DATE) == first
    assert gc.isenabled()


def test_the_pdf_fetches_only_the_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    Image.new("RGB", (3, 3)).save(tmp_path / "x.png")
    with pytest.raises(ValueError, match="only files in"):
        to_pdf('<html lang=en><title>T</title><img alt="a" src="../x.png"></html>', run, DATE)


WIDTHS = range(84, 140, 8)  # not 94: WeasyPrint errs where a text fits but for its last space
PAGES = "".join(f"@page w{width}{{size:{width}mm 90mm;margin:5mm}}.w{width}{{page:w{width}}}" for width in WIDTHS)
PAGE = f"<html lang=en><title>T</title><style>{PAGES}.new{{break-before:page}}</style><h1 id=c>T</h1>%s</html>"
MARK = '<a class="verdict" href="#c" style="white-space:nowrap;padding:0 3mm"><b>?</b>&nbsp;undecided</a>'
ENDS = [
    "the effect is <data>6.2&nbsp;points</data>, an interval of it needs three of the seeds.",
    'as by <data>6.2&nbsp;points</data> (interval <data>5.1 to 7.2\xa0points</data>, <span data-run="a">9</span>).',
    'contains the margin of <span data-fixed="definition">0.02</span>.',
    'for such models (<a class="cite" href="#c">Gruver et al. 2022</a>).',
]


def test_a_verdict_stands_in_a_line_with_the_word_before_it(tmp_path: Path) -> None:
    """Each sentence on pages of several widths."""
    said = f"This sentence says of a model what was measured of it, and %s\n&nbsp;{MARK}"
    body = "".join(f'<p class="new w{width}">{said % end}</p>' for width in WIDTHS for end in ENDS)
    _, *sheets = PdfReader(io.BytesIO(to_pdf(PAGE % body, tmp_path, DATE))).pages
    apart, early = [], []
    for sheet, (width, end) in zip(sheets, product(WIDTHS, ENDS), strict=True):
        assert 72 / 25.4 * width == pytest.approx(float(sheet.mediabox.width), abs=0.1)
        *lines, last = sheet.extract_text().splitlines()
        word = unescape(re.sub("<[^>]+>", "", end)).split()[-1]
        apart += [] if f"{word} ? undecided" in " ".join(last.split()) else [(width, end)]
        full = max(map(len, lines))
        early += [(width, line) for line in lines[:-1] if len(line) <= 0.55 * full]  # ends before it is full
    assert apart == []
    assert early == []


@pytest.mark.parametrize(
    "end", [f"<em>{'It was not measured whether it holds. ' * 4}</em>", f"(no file {'folder/' * 20}file)."]
)
def test_what_is_longer_than_a_line_before_a_verdict_stays_on_the_page(tmp_path: Path, end: str) -> None:
    content = to_pdf(PAGE % f"<p class=w100 style='overflow-wrap:anywhere'>{end}&nbsp;{MARK}", tmp_path, DATE)
    page, edges = PdfReader(io.BytesIO(content)).pages[-1], list[float]()
    page.extract_text(visitor_text=lambda text, matrix, *_: edges.append(matrix[4]))
    assert len(page.extract_text().splitlines()) > 2
    assert "undecided" in page.extract_text()
    assert max(edges) < page.mediabox.width


def test_a_text_that_fills_its_line_but_for_a_space_is_not_broken_after_its_first_word(tmp_path: Path) -> None:
    text = "Better. The effect is nothing, and its interval contains the margin of <em>zero</em> on both sides."
    lines = "".join(f'<p style="width:{width / 4}mm">{text}</p>' for width in range(540, 640))
    made = to_pdf(f"<html lang=en><title>T</title>{lines}</html>", tmp_path, DATE)
    printed = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
    assert printed.count("Better. The effect") == 100


def test_a_long_entry_of_the_contents_goes_on_under_its_title(tmp_path: Path) -> None:
    """As of latent arithmetic with three long names; every page number ends at the margin."""
    entry = '<li><a href="#c"><span class="number">1</span> %s</a></li>'
    entries = "".join(entry % text for text in ("A title", f"Another one {'of many words ' * 8}"))
    html = f"<html lang=en><title>T</title><style>{asset(TEMPLATES, STYLES)}</style>"
    html += f'<nav><h2 id="c">Contents</h2><div class="lists"><ol>{entries}</ol></div></nav></html>'
    places = list[tuple[str, float]]()
    page = PdfReader(io.BytesIO(to_pdf(html, tmp_path, DATE))).pages[1]
    page.extract_text(visitor_text=lambda text, cm, tm, *_: places.append((text.strip(), cm[4] + tm[4])))
    titles = [x for text, x in places if re.match("A|of many|many|words", text)]
    assert len(titles) == 3
    assert titles == pytest.approx(titles[:1] * 3, abs=3)  # the first lines begin with a space
    assert len({round(x) for text, x in places if text == "1" and x > titles[0]}) == 1


def test_a_long_word_takes_no_time() -> None:
    assert not MARKED.search("x" * 3_000_000)  # as long as a logo's data; hours where each letter is a beginning


def test_fonts_are_cut_without_harfbuzz_subset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    html = f"<html lang=en><title>T</title>{BODY}</html>"
    usual = to_pdf(html, tmp_path, DATE)
    monkeypatch.setattr("weasyprint.pdf.fonts.harfbuzz_subset", None)
    cut = to_pdf(html, tmp_path, DATE)
    assert cut != usual  # by fontTools
    assert len(cut) < 1.5 * len(usual)
    assert [page.extract_text() for page in PdfReader(io.BytesIO(cut)).pages] == ["Title\nText and code"]


def test_a_letter_that_no_font_has_is_named(tmp_path: Path) -> None:
    with pytest.raises(Lacks, match=r"no font here has \"\U000F1234\" \(U\+F1234\): install one"):
        to_pdf("<html lang=en><title>T</title><p>\U000f1234</p></html>", tmp_path, DATE)


def test_a_complaint_of_weasyprint_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown property"):
        to_pdf("<html lang=en><title>T</title><style>p { colour: red }</style><p>x</p></html>", tmp_path, DATE)
