"""Rendering: what is missing is named, what is written is whole, self-contained and the same on any day."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pikepdf
import pytest

from experiments.metrics import METRICS, split
from report import words
from report.document import RenderedFigure, Table, Text
from report.fake import SCENARIOS
from report.numbers import number
from report.page import RenderError
from report.render import render, to_html
from tests.standins import Parts, parts


class Tags(HTMLParser):
    """All start tags, and the text of each `data` element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.numbers: list[tuple[dict[str, str], str]] = []
        self._data: dict[str, str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        self._data = found if tag == "data" else None

    def handle_data(self, data: str) -> None:
        if self._data is not None:
            self.numbers.append((self._data, data))
            self._data = None


@pytest.fixture(scope="module")
def made() -> Parts:
    return parts()


@pytest.fixture(scope="module")
def html(made: Parts) -> str:
    return page(made)


def page(made: Parts) -> str:
    return to_html(made.bundle, made.judgements, made.figures, made.tables)


def small(folder: Path, body: str) -> Path:
    """A folder of templates whose document is `body`."""
    folder.mkdir(exist_ok=True)
    (folder / "report.html").write_text(
        f"<html lang=en><title>T</title><style>{{{{ assets.style }}}}</style>{body}</html>"
    )
    for name in ("style.css", "paper.css", "script.js"):
        (folder / name).write_text("")
    return folder


def render_small(made: Parts, folder: Path, body: str, **given: object) -> str:
    arguments = {"figures": {}, "tables": {}} | given
    return to_html(made.bundle, made.judgements, templates=small(folder, body), **arguments)  # type: ignore[arg-type]


def test_every_number_is_bound_and_agrees(made: Parts, html: str) -> None:
    bound = [(attrs, text) for attrs, text in Tags(html).numbers if "data-key" in attrs]
    assert len(bound) > 60
    for attrs, text in bound:
        found = number(made.bundle, attrs["data-key"])
        assert float(attrs["value"]) == found.value
        printed = text.strip(words.DIGIT + words.POINT)
        assert printed in (found.text(), found.text(bare=True))


def test_a_changed_value_changes_what_is_bound_to_it_and_nothing_else(made: Parts, html: str) -> None:
    key = "ae/mae"
    row = made.bundle.values[key]
    made.bundle.values[key] = [value + 1 for value in row if value is not None]
    try:
        changed = page(made)
    finally:
        made.bundle.values[key] = row
    before, after = Tags(html).numbers, Tags(changed).numbers
    different = {a[0].get("data-key") for a, b in zip(before, after, strict=True) if a[1] != b[1]}
    assert different <= {key}
    bare = re.compile(rf'<data [^>]*data-key="{re.escape(key)}".*?</data>', re.DOTALL)
    assert bare.sub("", html) == bare.sub("", changed)


def test_the_page_needs_nothing_else(html: str) -> None:
    for tag, attrs in Tags(html).tags:
        assert attrs.get("src", "data:").startswith("data:"), tag
        assert tag == "a" or attrs.get("href", "#").startswith("#"), tag  # a link asks for nothing by itself
        assert not any(name.startswith("on") or name == "style" for name in attrs), tag
    assert not re.search(r"url\((?!data:)", html)
    assert "@import" not in html


def test_the_policy_allows_the_style_and_the_script_of_the_page(html: str) -> None:
    policy = next(
        attrs["content"] for _, attrs in Tags(html).tags if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    for name in ("style", "script"):
        text = re.search(rf"<{name}>(.*?)</{name}>", html, re.DOTALL)
        assert text
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_links_lead_somewhere_and_ids_are_single(html: str) -> None:
    tags = Tags(html).tags
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = {attrs["href"] for _, attrs in tags if "href" in attrs}
    away = {link for link in links if not link.startswith("#")}
    assert {link[1:] for link in links - away} <= set(ids)
    assert {link.split("/")[2] for link in away} == {"arxiv.org", "github.com"}  # of sources, for whoever follows them


def test_figures_and_tables_are_numbered_in_order(html: str, made: Parts) -> None:
    for word, prefix, kind in (("Figure", "fig", made.figures), ("Table", "tab", made.tables)):
        labels = [int(n) for n in re.findall(rf">{word} (\d+)\.</b>", html)]
        assert labels == list(range(1, len(kind) + 1))
        ids = re.findall(rf'id="{prefix}-(\w+)"', html)
        for name, n in re.findall(rf'href="#{prefix}-(\w+)"[^>]*>{word}&nbsp;(\d+)</a>', html):
            assert ids.index(name) + 1 == int(n)


def test_images_have_their_alt_text_and_size(html: str, made: Parts) -> None:
    images = [attrs for tag, attrs in Tags(html).tags if tag == "img"]
    assert len(images) == len(made.figures)
    assert {image["alt"] for image in images} == {figure.alt for figure in made.figures.values()}
    assert {(image["width"], image["height"]) for image in images} == {("320", "160")}


def test_fake_results_and_demo_data_are_marked(made: Parts, html: str, tmp_path: Path) -> None:
    assert html.count("FAKE RESULTS") == 2  # on the title page, and on every page
    real = made.bundle.provenance
    try:
        made.bundle.provenance = real.model_copy(update={"fake": False, "demo": True})
        assert "DEMO DATA" in page(made)
        assert "FAKE" not in page(made)
        made.bundle.provenance = real.model_copy(update={"fake": False})
        assert 'class="banner"' not in page(made)
    finally:
        made.bundle.provenance = real


def test_text_from_outside_is_escaped(made: Parts) -> None:
    real = made.bundle.provenance
    try:
        made.bundle.provenance = real.model_copy(update={"data": "<script>alert(1)</script>", "notes": ["<b>&"]})
        text = page(made)
    finally:
        made.bundle.provenance = real
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "&lt;b&gt;&amp;" in text


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
        ("\n{# a", r"report.html, line 2: Missing end of comment tag"),
        ("\n{% raw %} a", r"report.html, line 2: Missing end of raw directive"),
        ('{{ num("ae/pnsr") }}', r"'ae/pnsr' \(did you mean 'ae/psnr'\?\)"),
        ("{{ run.latent_dims }}", r"has no attribute 'latent_dims' \(did you mean 'latent_dim'\?\)"),
        ('{{ claim("vae_smoth") }}', r"unknown claim 'vae_smoth' \(did you mean 'vae_smooth'\?\)"),
        (
            '{{ claims("refuttted") }}',
            r"unknown verdict 'refuttted' \(did you mean 'refuted'\?\): there are supported, re",
        ),
        ('{{ figure("a", "T") }}', r"has no caption: write {% call figure\('a', …\) %} caption {% endcall %}"),
        ('{{ table("a", "T") }}', r"has no caption: write {% call table\('a', …\) %}"),
        ('<a href="#nowhere">a</a>', r"a link leads to #nowhere, and nothing in the document has this id"),
        ('{% import "macros.html" as m with context %}\n{{ m.cite("nobody") }}', r"^report.html, line 2: .*'nobody'"),
    ],
)
def test_what_is_not_there_is_named(made: Parts, tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(RenderError, match=message):
        render_small(made, tmp_path / "t", body)


def test_a_file_of_ones_own_that_is_not_utf_8_is_named(made: Parts, tmp_path: Path) -> None:
    folder = small(tmp_path / "t", '{% include "mine.html" %}')
    (folder / "mine.html").write_bytes(b"a\xff")
    with pytest.raises(RenderError, match=r"mine\.html: byte 1 is not UTF-8"):
        to_html(made.bundle, made.judgements, {}, {}, templates=folder)


def test_a_figure_is_shown_exactly_once(made: Parts, tmp_path: Path) -> None:
    figures = {"spectrum": made.figures["spectrum"]}
    call = '{% call figure("spectrum", "T") %}{% endcall %}'
    assert "Figure 1." in render_small(made, tmp_path / "t", call, figures=figures)
    with pytest.raises(RenderError, match="figure 'spectrum' is shown twice"):
        render_small(made, tmp_path / "u", call * 2, figures=figures)
    with pytest.raises(RenderError, match="made and not shown: spectrum"):
        render_small(made, tmp_path / "v", "", figures=figures)


def test_a_table_is_shown_exactly_once(made: Parts, tmp_path: Path) -> None:
    tables = {"quality": Table(["A"], [[Text("a")]])}
    call = '{% call table("quality", "T") %}{% endcall %}'
    assert "Table 1." in render_small(made, tmp_path / "t", call, tables=tables)
    with pytest.raises(RenderError, match="table 'quality' is shown twice"):
        render_small(made, tmp_path / "u", call * 2, tables=tables)
    with pytest.raises(RenderError, match="made and not shown: quality"):
        render_small(made, tmp_path / "v", "", tables=tables)
    with pytest.raises(RenderError, match="table 'quality': a row of 1 cells under 2 columns"):
        render_small(made, tmp_path / "w", call, tables={"quality": Table(["A", "B"], [[Text("a")]])})


def test_a_missing_picture_is_named(made: Parts, tmp_path: Path) -> None:
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


def test_a_number_tells_its_story(made: Parts, tmp_path: Path) -> None:
    text = render_small(made, tmp_path / "t", '{{ num("ae/probe_accuracy") }}')
    for part in ("ae/probe_accuracy\n", "95 % interval", "over 6 seeds", "6 seeds: 4", METRICS["probe_accuracy"].how):
        assert part in text


def test_what_hovers_has_the_apostrophes_of_print(html: str) -> None:
    stories = [attrs["title"] for tag, attrs in Tags(html).tags if tag == "data" and "title" in attrs]
    assert any("’" in story for story in stories)
    assert not any("'" in story for story in stories)


def test_the_summary_names_what_failed(html: str) -> None:
    said = "some numbers are missing, or come from the other seeds only: MCAE and VAE. See"
    assert said in page(parts("missing-model"))
    assert "measuring failed" not in html


def test_one_seed_says_what_its_intervals_are_over(tmp_path: Path) -> None:
    text = page(parts("one-seed"))
    assert "Intervals over seeds need three" in text
    assert "1</data>&nbsp;seed." in text


def test_unknown_format(made: Parts, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="unknown format 'docx': valid are html, pdf"):
        list(render(tmp_path, made.bundle, made.judgements, {}, {}, formats=("docx",)))


def test_nothing_is_written_when_something_is_missing(made: Parts, tmp_path: Path) -> None:
    with pytest.raises(RenderError):
        list(render(tmp_path, made.bundle, made.judgements, {}, {}))
    assert list(tmp_path.iterdir()) == []


def test_a_run_by_a_relative_path(made: Parts, html: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (picture,) = {figure.path for figure in made.figures.values()}
    monkeypatch.chdir(picture.parent.parent)
    figures = {name: replace(figure, path=Path("figures") / picture.name) for name, figure in made.figures.items()}
    assert to_html(made.bundle, made.judgements, figures, made.tables) == html
    body = '{% call figure("a", "T") %}x{% endcall %}'
    one = {"a": replace(figures["samples"], path=Path("figures") / picture.name)}
    written = list(render(Path(), made.bundle, made.judgements, one, {}, templates=small(tmp_path, body)))
    with pikepdf.open(written[1]) as pdf:
        assert len(pdf.pages[0].resources.XObject) == 1
    for path in written:
        path.unlink()


def test_whole_document(made: Parts, tmp_path: Path) -> None:
    """Both files; the PDF is tagged, titled and in English, its fonts are embedded, and pages hold what they should."""
    written = list(render(tmp_path, made.bundle, made.judgements, made.figures, made.tables))
    assert written == [tmp_path / "report.html", tmp_path / "report.pdf"]
    with pikepdf.open(written[1]) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked)
        assert pdf.Root.Lang == "en"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        with pdf.open_outline() as outline:
            titles = [item.title for item in outline.root[0].children]
        assert titles[:3] == ["Summary", "Contents", "Part I. Autoencoders and denoising autoencoders"]
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"] == made.bundle.settings.title
            assert metadata["pdfuaid:part"] == "1"
        fonts = [font for page in pdf.pages for font in page.resources.get("/Font", {}).values()]
        assert all("+Source" in str(font.BaseFont) for font in fonts)
        assert all("/FontFile2" in font.DescendantFonts[0].FontDescriptor for font in fonts)


def test_the_html_is_the_same_twice(made: Parts, html: str) -> None:
    assert page(made) == html


def test_every_cell_is_rendered(made: Parts, html: str) -> None:
    assert "<strong><data" in html
    assert 'href="#claim-dae_more_robust"' in html


def test_columns_that_name_their_unit_leave_it_out(html: str) -> None:
    cells = re.findall(
        r'<td class="figure">(?:<strong>)?<data [^>]*data-key="(ae/psnr|ae/ssim)"[^>]*>([^<]*)</data>', html
    )
    assert cells
    assert all(words.SPACE not in text for key, text in cells if split(key)[1] == "psnr")


def test_claims_are_drawn(made: Parts, html: str) -> None:
    assert html.count('<svg class="range ') > len(made.judgements)  # in the appendix, and where a part opens
    without = {
        name: replace(item, effect=None, interval=None, verdict="unavailable") for name, item in made.judgements.items()
    }
    assert '<svg class="range ' not in to_html(made.bundle, without, made.figures, made.tables)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_sources_that_are_cited_are_those_that_are_listed(scenario: str) -> None:
    made = parts(scenario)
    html = to_html(made.bundle, made.judgements, made.figures, made.tables)
    listed = re.findall(r'<li id="ref-([^"]+)">', html)
    assert len(listed) > 10
    assert set(listed) == set(re.findall(r'href="#ref-([^"]+)"', html))
    definitions = "".join(re.findall(r'<td data-fixed="definition">(.*?)</td>', html))
    assert "ref-luo2016" in definitions
    assert "et al." not in re.sub("<a .*?</a>", "", definitions)
