"""What a PDF says beside its text, of itself and in the place of its pictures, is what its page says."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from report.checks.pdf import pdf
from report.checks.printed import read
from report.paper.pdf import to_pdf
from tests.documents import DATE

SVG = "<svg class=range xmlns='http://www.w3.org/2000/svg' width=9 height=9><title>effect {0}</title></svg>"
FIGURE = """<figure id="fig-{0}"><img alt="PSNR  {0} dB" src="data:image/svg+xml,
<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"><figcaption>{0}</figcaption></figure>"""
HEAD = (
    '<meta name=author content="A. Author"><meta name=author content="B. Other"><meta name=description content="Of it">'
)
PAGE = f"""<html lang=en><title>My  title</title>{HEAD}<style>@media print {{ .ghost {{ display: none }} }}</style>
<!-- read by nobody -->
<h1>My title</h1><p class=ghost>{SVG.format(4)}</p>{FIGURE.format("1.5")}{FIGURE.format("2.5")}<p>{SVG.format(3)}</p>"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return to_pdf(PAGE, tmp_path_factory.mktemp("run"), DATE)


def faults(content: bytes, folder: Path, page: str = PAGE) -> list[str]:
    (folder / "report.pdf").write_bytes(content)
    return list(pdf(folder / "report.pdf", read(page), {}).faults)


def changed(content: bytes, change: Callable[[Any], None]) -> bytes:
    with pikepdf.open(io.BytesIO(content)) as opened:
        change(opened)
        opened.save(out := io.BytesIO())
        return out.getvalue()


def pictures(of: Any) -> list[Any]:
    return [item for item in of.objects if isinstance(item, pikepdf.Dictionary) and "/Alt" in item]


def named(entry: str, text: str) -> Callable[[Any], None]:
    return lambda of: of.docinfo.__setitem__(entry, text)


def described(entry: str, value: Any) -> Callable[[Any], None]:
    def change(of: Any) -> None:
        with of.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata[entry] = value

    return change


def test_an_honest_pdf_has_no_fault(printed: bytes, tmp_path: Path) -> None:
    assert faults(printed, tmp_path) == []
    assert faults(changed(printed, lambda of: None), tmp_path) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (named("/Title", "PSNR 99.9 dB"), "its title is 'PSNR 99.9 dB', the HTML's 'My title'"),
        (named("/Author", "A. Liar"), "its author is 'A. Liar', the HTML's 'A. Author, B. Other'"),
        (named("/Subject", "It wins"), "its subject is 'It wins', the HTML's 'Of it'"),
        (lambda of: of.docinfo.__delitem__("/Title"), "its title is '', the HTML's 'My title'"),
        (described("dc:title", "PSNR 99.9 dB"), "its title is 'PSNR 99.9 dB', the HTML's 'My title'"),
        (described("dc:creator", ["A. Liar"]), "its author is 'A. Liar', the HTML's 'A. Author, B. Other'"),
        (described("dc:description", "It wins"), "its subject is 'It wins', the HTML's 'Of it'"),
    ],
)
def test_what_it_says_of_itself_is_what_the_page_does(
    change: Callable[[Any], None], message: str, printed: bytes, tmp_path: Path
) -> None:
    assert faults(changed(printed, change), tmp_path) == [f"report.pdf: {message}"]


def test_it_says_nothing_of_itself(printed: bytes, tmp_path: Path) -> None:
    wanted = {"title": "My title", "author": "A. Author, B. Other", "subject": "Of it"}
    assert faults(changed(printed, lambda of: of.trailer.__delitem__("/Info")), tmp_path) == [
        f"report.pdf: its {name} is '', the HTML's {text!r}" for name, text in wanted.items()
    ]

    def silence(of: Any) -> None:
        with of.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            for entry in ("dc:title", "dc:creator", "dc:description"):
                del metadata[entry]

    assert faults(changed(printed, silence), tmp_path) == [
        f"report.pdf: its {name} is '', the HTML's {text!r}" for name, text in wanted.items()
    ]


def test_an_older_pdf_is_called_so_where_it_does_not_agree(printed: bytes, tmp_path: Path) -> None:
    (path := tmp_path / "report.pdf").write_bytes(printed)
    late = "older than its templates"
    assert pdf(path, read(PAGE), {}, late).faults == ()
    found = pdf(path, read(PAGE.replace("Of it", "Of them")), {}, late).faults
    assert found == (
        f"report.pdf: {late}; aereport render writes it again",
        "report.pdf: its subject is 'Of it', the HTML's 'Of them'",
    )


def test_what_stands_in_for_a_picture_is_what_does_in_the_page(printed: bytes, tmp_path: Path) -> None:
    def lie(of: Any) -> None:
        pictures(of)[0].Alt = "PSNR 99.9 dB"

    def lie_of_a_drawing(of: Any) -> None:
        pictures(of)[2].Alt = "effect 99.9"

    def repeat(of: Any) -> None:
        pictures(of)[2].Alt = "PSNR 2.5 dB"

    def swap(of: Any) -> None:
        one, other, _ = pictures(of)
        one.Alt, other.Alt = other.Alt, one.Alt

    def silence(of: Any) -> None:
        del pictures(of)[1].Alt

    other = "is the alternative text of no picture in the HTML, or of another one"
    lacks = "has no alternative text, or another one"
    assert faults(changed(printed, lie), tmp_path) == [
        f"report.pdf: 'PSNR 99.9 dB' {other}", f"report.pdf: the picture of fig-1.5 {lacks}",
    ]  # fmt: skip
    assert faults(changed(printed, lie_of_a_drawing), tmp_path) == [f"report.pdf: 'effect 99.9' {other}"]
    assert faults(changed(printed, repeat), tmp_path) == [f"report.pdf: 'PSNR 2.5 dB' {other}"]
    assert faults(changed(printed, swap), tmp_path) == [f"report.pdf: 'PSNR 1.5 dB' {other}"]
    assert faults(changed(printed, silence), tmp_path) == [f"report.pdf: the picture of fig-2.5 {lacks}"]
    assert faults(printed, tmp_path, PAGE.replace("<figure", "<figure class=ghost"))


def test_two_pictures_with_one_text_have_it_both(tmp_path: Path) -> None:
    page = PAGE.replace("PSNR  2.5 dB", "PSNR 1.5 dB")
    printed = to_pdf(page, tmp_path, DATE)
    assert faults(printed, tmp_path, page) == []

    def silence(of: Any) -> None:
        del pictures(of)[0].Alt

    says = "report.pdf: the picture of fig-2.5 has no alternative text, or another one"
    assert faults(changed(printed, silence), tmp_path, page) == [says]


def test_a_figure_that_paper_leaves_out_needs_no_text_there(tmp_path: Path) -> None:
    page = PAGE.replace('<figure id="fig-2.5"', '<figure class=ghost id="fig-2.5"')
    assert page != PAGE
    assert faults(to_pdf(page, tmp_path, DATE), tmp_path, page) == []


def test_a_tree_that_leads_round_in_circles_is_read_once(printed: bytes, tmp_path: Path) -> None:
    def turn(of: Any) -> None:
        (document,) = of.Root.StructTreeRoot.K
        document.K.append(document)
        document.K.append(document.K[0])

    assert faults(changed(printed, turn), tmp_path) == []
