"""Rendering: what is not there is named, what is written is whole and the same on any day."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from report.document import Content, RenderedFigure, Table, Text
from report.page import RenderError
from report.paper.process import PdfProcess, pdf_process
from report.render import render, to_html
from report.templates import STYLES, TEMPLATES
from tests.pages import page, render_small, small
from tests.standins import parts


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{{ num("ae/psnrr") }}', r"num\('ae/psnrr'\): .*'ae/psnrr'"),
        ('{{ num("nonsense") }}', r"num\('nonsense'\)"),
        ('{{ claim("nobody") }}', r"unknown claim 'nobody': there are ae_beats_pca"),
        ('{% call figure("nowhere", "T") %}{% endcall %}', r"unknown figure 'nowhere': there are none"),
        ('{% call table("nowhere", "T") %}{% endcall %}', r"unknown table 'nowhere': there are none"),
        ('{{ ref("nowhere") }}', r"ref\('nowhere'\): no figure or table"),
        ("{{ nobody }}", r"report.html, line 1: 'nobody' is undefined"),
        ("{{ run.nobody }}", r"has no attribute 'nobody'"),
        ("{% if %}", r"line 1: Expected an expression"),
        ("\n{# a", r"^report.html, line 2: Missing end of comment tag"),
        ("\n{% raw %} a", r"^report.html, line 2: Missing end of raw directive"),
        ('{{ num("ae/pnsr") }}', r"'ae/pnsr' \(did you mean 'ae/psnr'\?\)"),
        ("{{ run.latent_dims }}", r"has no attribute 'latent_dims' \(did you mean 'latent_dim'\?\)"),
        ('{{ claim("vae_smoth") }}', r"unknown claim 'vae_smoth' \(did you mean 'vae_smooth'\?\)"),
        ('\n{{ claim("vae_smooth") }}', r"^report.html, line 2: claim\('vae_smooth'\): print a part of it, as .effect"),
        ('{{ figure("a", "T") }}', r"has no caption: write {% call figure\('a', …\) %} caption {% endcall %}"),
        ('{{ table("a", "T") }}', r"has no caption: write {% call table\('a', …\) %}"),
        ('\n{{ num("ae/psnr", 2) }}', r"^report.html, line 2: num\('ae/psnr', 2\): its digits follow its error; "),
        ('\n<p id="ae">a</p><p id="ae">b</p>', "^report.html, line 2: the id 'ae' stands 2 times in the document; "),
        ('\n<img alt="a" src="a.png">', "^report.html, line 2: the picture 'a.png': a page loads none; it shows "),
        ("<IMG src = 'a.png'>", "^report.html, line 1: the picture 'a.png': a page loads none"),
        ('<img alt="a" src=file:///a.png>', "^report.html, line 1: the picture 'file:///a.png': a page loads none"),
        ('{% set name = "a.png" %}<img src="{{ name }}">', "^the picture 'a.png': a page loads none"),
        ('\n<a href="#nowhere">a</a>', "^report.html, line 2: a link leads to #nowhere, and nothing in the document "),
        ('{% import "macros.html" as m with context %}\n{{ m.cite("nobody") }}', r"^report.html, line 2: .*'nobody'"),
    ],
)
def test_what_is_not_there_is_named(made: Content, tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(RenderError, match=message):
        render_small(made, tmp_path / "t", body)


def test_a_byte_order_mark_is_no_text(made: Content, html: str, tmp_path: Path) -> None:
    """Some editors write one at the beginning of a file."""
    for name in ("report.html", "part1.html", "style.css", "explore.css", "script.js", "marks.js"):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + (TEMPLATES / name).read_bytes())
    assert to_html(made, tmp_path) == html


def test_the_page_has_the_letters_of_its_references_in_its_own_fonts(html: str) -> None:
    """They stand in the second pass only."""
    files = re.findall(r"src:url\(data:font/ttf;base64,([^)]+)\)", html)
    letters = [set(TTFont(BytesIO(base64.b64decode(file))).getBestCmap()) for file in files]
    (references,) = re.findall(r'<ul class="references".*?</ul>', html, re.DOTALL)
    assert "Dollár" in references
    assert set(map(ord, references)) - {ord("\n")} <= letters[0]


def test_a_file_of_ones_own_that_is_not_utf_8_is_named(made: Content, tmp_path: Path) -> None:
    folder = small(tmp_path / "t", '{% include "mine.html" %}')
    (folder / "mine.html").write_bytes(b"a\xff")
    with pytest.raises(RenderError, match=r"mine\.html: byte 1 is not UTF-8"):
        to_html(Content(made.bundle, made.judgements), folder)


def test_a_figure_is_shown_exactly_once(made: Content, tmp_path: Path) -> None:
    figures = {"spectrum": made.figures["spectrum"]}
    call = '{% call figure("spectrum", "T") %}{% endcall %}'
    assert "Figure 1." in render_small(made, tmp_path / "t", call, figures=figures)
    with pytest.raises(RenderError, match="figure 'spectrum' is shown twice"):
        render_small(made, tmp_path / "u", call * 2, figures=figures)
    with pytest.raises(RenderError, match="made and not shown: spectrum"):
        render_small(made, tmp_path / "v", "", figures=figures)


def test_a_table_is_shown_exactly_once(made: Content, tmp_path: Path) -> None:
    tables = {"quality": Table(["A"], [[Text("a")]])}
    call = '{% call table("quality", "T") %}{% endcall %}'
    assert "Table 1." in render_small(made, tmp_path / "t", call, tables=tables)
    with pytest.raises(RenderError, match="table 'quality' is shown twice"):
        render_small(made, tmp_path / "u", call * 2, tables=tables)
    with pytest.raises(RenderError, match="made and not shown: quality"):
        render_small(made, tmp_path / "v", "", tables=tables)
    with pytest.raises(RenderError, match="table 'quality': a row of 1 cells under 2 columns"):
        render_small(made, tmp_path / "w", call, tables={"quality": Table(["A", "B"], [[Text("a")]])})


def test_a_missing_picture_is_named(made: Content, tmp_path: Path) -> None:
    figures = {"spectrum": RenderedFigure(tmp_path / "gone.svg", "alt", [])}
    with pytest.raises(RenderError, match=r"gone\.svg: No such file"):
        render_small(made, tmp_path / "t", "", figures=figures)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    figures = {"spectrum": RenderedFigure(tmp_path / "broken.png", "alt", [])}
    with pytest.raises(RenderError, match=r"broken\.png: no picture"):
        render_small(made, tmp_path / "t", "", figures=figures)


def test_a_missing_value_says_so_and_why(tmp_path: Path) -> None:
    made = parts("missing-model")
    text = render_small(made, tmp_path / "t", '{{ num("vae/psnr") }}')
    assert 'data-key="vae/psnr"' in text
    assert 'data-reason="seed 0: the loss was not finite at step 117"' in text
    assert ">not measured</span>" in text


def test_nothing_is_written_when_something_is_missing(made: Content, tmp_path: Path) -> None:
    with pytest.raises(RenderError):
        list(render(tmp_path, Content(made.bundle, made.judgements)))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def printing() -> Iterator[PdfProcess | None]:
    """One process for several PDFs."""
    with pdf_process(["pdf"]) as made:
        yield made


@pytest.mark.parametrize("name", STYLES)
def test_a_style_that_is_not_understood_is_named_with_its_place(
    made: Content, tmp_path: Path, name: str, printing: PdfProcess
) -> None:
    folder, text = small(tmp_path / "t", "<style>{{ assets.style }}</style>"), (TEMPLATES / name).read_text("utf-8")
    (folder / name).write_text(f"{text}\n.lead {{ colour: red; }}\n", "utf-8")
    where = f"report.pdf: {name}, line {text.count(chr(10)) + 2}: WeasyPrint: Ignored `colour: red`, unknown property."
    with pytest.raises(RenderError, match=f"^{re.escape(where)}$"):
        list(render(tmp_path, Content(made.bundle, made.judgements), ("pdf",), folder, printing))


@pytest.mark.parametrize(("name", "end"), [("paper.css", "</style"), ("marks.js", "</SCRIPT")])
def test_what_would_end_a_style_or_script_is_named(made: Content, tmp_path: Path, name: str, end: str) -> None:
    folder, text = small(tmp_path / "t", "<style>{{ assets.style }}</style>"), (TEMPLATES / name).read_text("utf-8")
    (folder / name).write_text(f"{text}\n/* {end}> */", "utf-8")
    tag = end.lower()
    where = f"{name}, line {text.count(chr(10)) + 2}: {tag}> would end it in the page; write <\\{tag[1:]}>"
    with pytest.raises(RenderError, match=f"^{re.escape(where)}$"):
        to_html(made, folder)


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("@import 'mine.css';", "@import"), ("p { background: url( 'pic.png' ) }", "url( 'pic.png' )"),
        ("@font-face { src: url(https://fonts.example/a.woff2) }", "url(https://fonts.example/a.woff2)"),
        ("/* url(a.png) */ p { mask: url(#m); background: url(data:image/png;base64,AA) } /* @import", ""),
    ],
)  # fmt: skip
def test_what_would_load_a_file_is_named(made: Content, tmp_path: Path, style: str, said: str) -> None:
    folder = small(tmp_path / "t", "<style>{{ assets.style }}</style>")
    (folder / "style.css").write_text(f"p {{}}\n{style}\n")
    if said:
        where = f"style.css, line 2: {said}: a page loads no file; fonts and pictures: url(data:…)"
        with pytest.raises(RenderError, match=f"^{re.escape(where)}$"):
            to_html(Content(made.bundle, made.judgements), folder)
    else:
        assert style in to_html(Content(made.bundle, made.judgements), folder)


def test_a_run_by_a_relative_path(made: Content, html: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (picture,) = {figure.path for figure in made.figures.values()}
    monkeypatch.chdir(picture.parent.parent)
    figures = {name: replace(figure, path=Path("figures") / picture.name) for name, figure in made.figures.items()}
    assert to_html(replace(made, figures=figures)) == html
    body = '{% call figure("a", "T") %}x{% endcall %}'
    one = {"a": replace(figures["samples"], path=Path("figures") / picture.name)}
    written = list(render(Path(), Content(made.bundle, made.judgements, one), templates=small(tmp_path, body)))
    assert written == [Path("report.html"), Path("report.pdf")]
    with pikepdf.open(written[1]) as pdf:
        assert len(pdf.pages[0].resources.XObject) == 1
    for path in written:
        path.unlink()


def test_the_html_is_the_same_twice(made: Content, html: str) -> None:
    assert page(made) == html
