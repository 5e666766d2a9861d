"""A whole document on paper, laid out once: it says what its page says, within its pages, and is tagged."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import page as validation
import pikepdf
import pytest
import weasyprint
from weasyprint.formatting_structure import boxes

from report import check
from report.pdf import to_pdf
from report.printed import read
from tests.documents import DATE, Document, content, document

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
        patch.setattr(check, "pages", cache(check.pages))
        (laid,) = drawn
        yield Paper(of, altered, printed[1].split("\u00a0")[0], path, laid.pages)


def test_every_number_of_the_pdf_is_covered_and_a_changed_digit_is_found(paper: Paper) -> None:
    page = paper.of.read
    found = check.pdf(paper.path, page, check.numbers(page, paper.of.bonds, paper.of.stated)[0])
    (fault,) = found.faults
    says = f"{KEY}: printed '7{paper.number}', the HTML has '{paper.number}'"
    assert re.fullmatch(rf"report\.pdf, page \d+: {says}", fault)
    bound = int(re.findall(r"(\d+) bound", found.counted)[0])
    assert bound == sum(check.name_of(piece.bond) != "unbound" for piece in page.pieces if piece.paper) - 1
    assert found.counted.endswith(", 1 neither")
    honest = check.pdf(paper.path, read(paper.altered), {})
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
            assert metadata["pdfuaid:part"] == "1"
        fonts = [font for page in pdf.pages for font in page.resources.get("/Font", {}).values()]
        assert all("+Source" in str(font.BaseFont) for font in fonts)
        assert all("/FontFile2" in font.DescendantFonts[0].FontDescriptor for font in fonts)


def test_an_independent_validator_finds_it_conformant_with_pdf_ua(paper: Paper) -> None:
    found = validation.validate_pdf(str(paper.path), profile=validation.ValidationProfile.PDF_UA_1)
    assert [failure.message for failure in found.failures] == []
    assert found.is_compliant
    assert found.rules.passed == found.rules.total > 100
