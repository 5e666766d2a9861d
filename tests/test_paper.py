"""A whole document on paper, laid out once: it says what its page says, within its pages, and is tagged (PDF/UA-1)."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import page as validation
import pikepdf
import pytest
import tinyhtml5
import weasyprint
from weasyprint.formatting_structure import boxes

from report.checks import pdf as checked_pdf
from report.checks.document import numbers
from report.checks.printed import read, unprinted
from report.checks.result import binding_name
from report.checks.tokens import plain
from report.paper.pdf import to_pdf
from tests.documents import DATE, Document, content, document
from tests.marked import Mark
from tests.sheets import alone, references, running_heads, standing
from tests.structure import Element, Structure

KEY = "dae/psnr"
LONG = [pytest.param(name, marks=pytest.mark.long) for name in ("nominal", "flipped", "nan", "extremes", "one-seed")]


@dataclass(frozen=True)
class Paper:
    """A scenario's page, the same with another digit before a number, and what was made of the latter."""

    of: Document
    altered: str
    number: str
    path: Path
    pages: list[Any]


@pytest.fixture(scope="module", params=["missing-model", *LONG])
def paper(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    of, path, drawn = document(request.param), tmp_path_factory.mktemp("run") / "report.pdf", list[Any]()
    printed = re.search(rf'data-key="{KEY}"[^>]*>([^<]+)<', of.html)
    assert printed
    altered = of.html.replace(printed[0], printed[0].replace(printed[1], "7" + printed[1]), 1)
    write = weasyprint.Document.write_pdf

    def writing(self: Any, *rest: Any, **more: Any) -> Any:
        drawn.append(self)
        return write(self, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weasyprint.Document, "write_pdf", writing)
        path.write_bytes(to_pdf(altered, path.parent, DATE))
        patch.setattr(checked_pdf, "opened", cache(checked_pdf.opened))
        (laid,) = drawn
        yield Paper(of, altered, printed[1].split("\u00a0")[0], path, laid.pages)


def test_every_number_of_the_pdf_is_covered_and_a_changed_digit_is_found(paper: Paper) -> None:
    page = paper.of.read
    found = checked_pdf.pdf(paper.path, page, numbers(page, paper.of.bindings, paper.of.allowed)[0])
    (fault,) = found.faults
    says = f"{KEY}: printed '7{paper.number}', the HTML has '{paper.number}'"
    assert re.fullmatch(rf"report\.pdf, page \d+: {says}", fault)
    bound = int(re.findall(r"(\d+) bound", found.counted)[0])
    assert bound == sum(binding_name(piece.binding) != "unbound" for piece in page.pieces if piece.paper) - 1
    assert found.counted.endswith(", 1 neither")
    honest = checked_pdf.pdf(paper.path, read(paper.altered), {})
    assert honest.faults == ()


def test_nothing_of_a_document_lies_beyond_its_page(paper: Paper) -> None:
    beyond, seen = [], 0
    for number, page in enumerate(paper.pages, 1):
        for box in page._page_box.descendants():
            if isinstance(box, (boxes.TextBox, boxes.ReplacedBox)):
                seen += 1
                inside = box.position_x > 40 and box.position_x + box.width < page.width - 40  # margins have 25 mm
                if not inside or not 0 < box.position_y < page.height - box.height:
                    beyond.append((number, getattr(box, "text", box.element_tag)))
    assert beyond == []
    assert seen > 3000


def test_every_page_says_in_its_head_which_part_and_section_it_belongs_to(paper: Paper) -> None:
    heads = list(running_heads(paper.pages))
    assert [found for found, _ in heads] == [wanted for _, wanted in heads]
    assert heads[-1][0] == ("Appendix", "References")


def test_references_and_entries_of_the_contents_end_with_the_page_that_they_lead_to(paper: Paper) -> None:
    found = references(paper.pages)
    assert [(printed, page) for printed, page in found.values() if printed != page] == []
    assert len(found) == len(re.findall('<li><a href="#|<a class="ref"', paper.altered)) > 100


def test_no_figure_is_split_and_no_heading_or_line_stands_alone(paper: Paper) -> None:
    figures = Counter(box.element for page in paper.pages for box in standing(page, "figure"))
    assert set(figures.values()) == {1}
    assert alone(paper.pages) == []


def test_it_is_tagged_titled_and_in_english_and_its_fonts_are_embedded(paper: Paper) -> None:
    with pikepdf.open(paper.path) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked)
        assert pdf.Root.Lang == "en"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        with pdf.open_outline() as outline:
            titles = [item.title for item in outline.root[0].children]
        assert titles[:3] == ["Summary", "Contents", "Part I. Autoencoders and denoising autoencoders"]
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"] == content().bundle.settings.title
            assert metadata["xmp:CreateDate"] == content().bundle.provenance.measured  # not of today
            assert metadata["pdfuaid:part"] == "1"
        assert {str(page.obj.Tabs) for page in pdf.pages if "/Annots" in page.obj} == {"/S"}
        fonts = [font for page in pdf.pages for font in page.resources.get("/Font", {}).values()]
        assert all("+Source" in str(font.BaseFont) for font in fonts)
        assert all("/FontFile2" in font.DescendantFonts[0].FontDescriptor for font in fonts)


def test_an_independent_validator_finds_it_conformant_with_pdf_ua(paper: Paper) -> None:
    found = validation.validate_pdf(str(paper.path), profile=validation.ValidationProfile.PDF_UA_1)
    assert [failure.message for failure in found.failures] == []
    assert found.is_compliant
    assert found.rules.passed == found.rules.total > 100


HOLDS = {
    "Table": {"Caption", "THead", "TBody", "TR"},
    "THead": {"TR"},
    "TBody": {"TR"},
    "TR": {"TH", "TD"},
    "L": {"Caption", "LI"},
    "LI": {"Lbl", "LBody"},
    "TOC": {"Caption", "TOC", "TOCI"},
    "TOCI": {"Reference", "TOC"},
    "Reference": {"Link", "Span"},
}
ONLY = {
    "TR": "THead TBody", "TH": "TR", "TD": "TR", "LI": "L", "LBody": "LI", "Lbl": "LI Note", "TOCI": "TOC",
    "an annotation": "Link", "text": "Span Link Figure",
}  # fmt: skip
OTHERS = "Document Part Sect Div P H1 H2 H3 Figure Caption Note Span NonStruct Link LBody Lbl TH TD"
SAID = {"p": "P", "h1": "H1", "h2": "H2", "h3": "H3", "th": "TH", "td": "TD", "figcaption": "Caption", "a": "Link"}
HIDDEN = "head script details {http://www.w3.org/2000/svg}svg hidden note stamp"  # tags, an attribute, and classes
PAGE = r" ?\(p\. \d+\)"  # where a reference leads to


@pytest.fixture(scope="module")
def structure(paper: Paper) -> Structure:
    return Structure(paper.path)


def test_what_is_drawn_is_read_once_or_an_artifact(structure: Structure) -> None:
    assert structure.astray() == []
    assert len(structure.marks) > 2000


def test_elements_have_what_they_may_have(structure: Structure) -> None:
    wrong, kinds = [], Counter[str]()
    for element in structure.document.every():
        kinds[element.kind] += 1
        for kid in element.kids:
            kind = kid.kind if isinstance(kid, Element) else "text" if isinstance(kid, Mark) else "an annotation"
            if kind not in HOLDS.get(element.kind, {kind}) or element.kind not in ONLY.get(kind, element.kind).split():
                wrong.append((element.kind, kind, element.number))
    assert wrong == []
    assert kinds.keys() == {*HOLDS, *OTHERS.split()}


def test_links_lead_on_by_annotations_of_their_own(structure: Structure) -> None:
    links = list(structure.document.every("Link"))
    notes = Counter((note, link.number) for link in links for note in link.annotations)
    assert notes == Counter(structure.annotations.items())
    said = [(note.says, plain(link.read())) for link in links for note in link.annotations]
    assert [both for both in said if not re.fullmatch(f"{re.escape(both[0])}({PAGE}| \\d+)?", both[1])] == []


def test_headings_go_down_by_one_level(structure: Structure) -> None:
    levels = [int(heading.kind[1]) for heading in structure.document.every(*(f"H{n}" for n in range(1, 7)))]
    assert [(one, other) for one, other in zip([0, *levels], levels, strict=False) if other > one + 1] == []
    assert levels.count(1) == 1


def test_figures_have_a_text(structure: Structure) -> None:
    figures = list(structure.document.every("Figure"))
    assert [figure.number for figure in figures if not figure.attributes.get("Alt") or len(figure.marks()) != 1] == []
    assert len(figures) > 20


def test_cells_are_those_of_a_grid_and_find_their_heads(structure: Structure) -> None:
    names = [of.attributes["ID"] for of in structure.document.every() if "ID" in of.attributes]
    assert [name for name, _ in structure.ids] == sorted(names)
    assert len(set(names)) == len(names)
    elements = {of.number: of for of in structure.document.every()}
    assert all(elements[number].attributes["ID"] == name for name, number in structure.ids)
    for table in structure.document.every("Table"):
        heads = [of.attributes for of in table.every("TH")]
        assert {of["Scope"] for of in heads} <= {"/Column", "/Row", "/Both"}
        known = {of["ID"] for of in heads}
        assert all(known.issuperset(of.attributes["Headers"]) and of.attributes["Headers"] for of in table.every("TD"))
        rows = [sum(of.attributes.get("ColSpan", 1) for of in row.every("TH", "TD")) for row in table.every("TR")]
        assert len(set(rows)) == 1
        assert len(list(table.every("THead"))) == 1


def printed(element: Any, hidden: set[str], found: Counter[tuple[str, str]]) -> str:
    """What paper shows of an element of the page; those with a kind of their own are counted, each with its text."""
    marks = {element.tag, *element.attrib, *element.get("class", "").split()}
    if not isinstance(element.tag, str) or hidden & marks - ({"again"} if element.tag == "th" else set()):
        return ""  # the head of a row that stands above already is read
    inner = [printed(child, hidden, found) + (child.tail or "") for child in element]
    text = "".join([element.text or "", *inner])
    if element.tag in SAID:
        found[SAID[element.tag], spaced(text)] += 1
    return text


def spaced(text: str) -> str:
    """With single spaces; a hyphen that does not break has no shape of its own."""
    return plain(text).replace("\N{NON-BREAKING HYPHEN}", "-")


def test_what_the_page_says_is_read_word_by_word(structure: Structure, paper: Paper) -> None:
    """Paragraphs, headings, cells, captions and links, each as often as it is there; a note is read behind them."""
    html = paper.altered.replace("<wbr>", "")
    hidden, written, read = {*unprinted(html), *HIDDEN.split()}, Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    printed(tinyhtml5.parse(html, namespace_html_elements=False), hidden, written)
    for of in structure.document.every(*SAID.values()):
        text = of.annotations[0].says if of.kind == "Link" else re.sub(PAGE, "", plain(of.read("Note", "Reference")))
        read[of.kind, spaced(text)] += 1
    assert written - read == Counter()
    assert {kind for kind, text in read - written if text} == {"P"}  # other blocks are paragraphs, too
