"""Texts of a stranger on their way through figures, tables, page, PDF and terminal: they are shown and never obeyed."""

import base64
import csv
import hashlib
import json
import re
import shutil
from contextlib import closing
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pikepdf
import pytest
from click.testing import CliRunner
from markupsafe import Markup
from weasyprint.urls import FatalURLFetchingError

from experiments.bundle import Bundle
from experiments.presets import preset
from report import draw as drawing
from report.cli import main
from report.csv_tables import no_formula
from report.draw import draw
from report.fake import fake
from report.judgement import judge_all
from report.paper.pdf import LocalFetcher, to_pdf
from report.render import render
from tests.documents import DATE
from tests.pages import Tags

SCRIPT = "</title></style><script>alert(1)</script>"
NAMES = [
    SCRIPT, "\"><img src=x onerror='alert(1)'>", "=cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "$\\frac{a}{$",
    "--><!--", "]]>&amp;&lt;", "{{ 7 * 7 }}{% raise %}{# #}", "%s%n%(x)s\\u0041", "url(file:///etc/passwd)",
    "שלום", "x" * 255,
]  # fmt: skip
FORMULA = re.compile(r"[=+\-@\t\r]")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose every text is hostile, drawn and rendered."""
    folder = tmp_path_factory.mktemp("hostile")
    settings = preset("smoke", ["seeds=3", f"title={SCRIPT}", f"author={NAMES[1]}"])
    bundle = fake(folder, "missing-model", settings.model_copy(update={"triplet": tuple(NAMES[:3])}))
    provenance = bundle.provenance.model_dump() | {
        "classes": NAMES,
        "notes": NAMES,
        "versions": dict.fromkeys(NAMES, SCRIPT),
    }
    for name in ("data", "device", "commit", "fingerprint"):
        provenance[name] = SCRIPT
    bundle.provenance = type(bundle.provenance)(**provenance)
    bundle.reasons |= {"vae": SCRIPT, "mcae": " ".join(NAMES[1:9])}
    bundle.save(folder / "bundle")
    bundle = Bundle.load(folder / "bundle")
    judgements = judge_all(bundle)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "cores", lambda: 1)  # processes would load as much as they draw
        list(render(folder, draw(folder, bundle, judgements), ["html"]))
    return folder


def test_the_page_has_its_own_style_and_script_only_and_needs_nothing_else(run: Path) -> None:
    html = (run / "report.html").read_text()
    page = Tags(html)
    policies = [attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert len(page.scripts) == len(policies) == 1
    assert all(json.loads(text) for text in page.data)
    assert not [text for text in page.data if "<" in text]
    for kind, text in (("script", page.scripts[0]), ("style", style)):
        allowed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{allowed}'" in policies[0]
    assert policies[0].startswith("default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:")
    assert "unsafe" not in policies[0]
    assert not re.search(r"url\([\"']?+(?!data:)|@import", style)
    assert not {"iframe", "object", "embed", "base", "form", "link", "applet", "frame"} & {tag for tag, _ in page.tags}
    for tag, attrs in page.tags:
        assert not [name for name in attrs if name.startswith("on") or name == "style"], (tag, attrs)
        assert attrs.get("src", "data:").startswith("data:"), (tag, attrs)
        assert not re.match(r"\s*(javascript|data|file):", attrs.get("href", "")), (tag, attrs)
        assert tag == "a" or attrs.get("href", "#").startswith("#"), (tag, attrs)  # a link asks for nothing by itself


def test_the_texts_are_shown_as_they_are(run: Path) -> None:
    html = (run / "report.html").read_text()
    assert SCRIPT not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "{{ 7 * 7 }}" in html


def test_figures_hold_no_script_and_point_nowhere(run: Path) -> None:
    figures = list((run / "figures").glob("*.svg"))
    assert len(figures) > 10
    for path in figures:
        for element in ElementTree.parse(path).iter():
            tag = element.tag.rpartition("}")[2]
            assert tag not in ("script", "foreignObject", "iframe"), path
            for name, value in element.attrib.items():
                assert not name.startswith("on"), path
                assert not name.endswith("href") or value.startswith(("#", "data:image/png")), path


def test_no_cell_is_a_formula(run: Path) -> None:
    tables = list((run / "tables").glob("*.csv"))
    assert len(tables) > 5
    for path in tables:
        for row in csv.reader(path.read_text().splitlines()):
            for cell in row:
                assert not FORMULA.match(cell) or float(cell) < 0, path
    assert [no_formula(name)[0] for name in NAMES[2:4]] == ["'", "'"]


def inert(pdf: bytes) -> None:
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert str(opened.docinfo["/Title"]) == SCRIPT
        assert not {"/OpenAction", "/AA"} & set(opened.Root.keys())
        for item in opened.objects:
            if isinstance(item, pikepdf.Dictionary):
                assert not {"/JS", "/JavaScript", "/Launch", "/EmbeddedFile"} & {str(item.get("/S", "")), *item.keys()}


def test_a_pdf_has_no_action_and_no_script(tmp_path: Path) -> None:
    names = Markup("").join(Markup('<p title="{}">{}</p>').format(name, name) for name in NAMES)
    page = Markup("<html lang=en><title>{}</title>{}</html>").format(SCRIPT, names)
    inert(to_pdf(page, tmp_path, DATE))


@pytest.mark.long
def test_the_pdf_has_no_action_and_no_script(run: Path) -> None:
    html = (run / "report.html").read_text()
    inert(to_pdf(html, run, DATE))


@pytest.mark.parametrize("words", [("claims",), ("status",), ("status", "--json")])
def test_the_terminal_is_told_nothing(run: Path, words: tuple[str, ...]) -> None:
    outcome = CliRunner().invoke(main, [words[0], str(run), *words[1:]])
    assert outcome.exit_code in (0, 1)
    assert all(line.isprintable() for line in outcome.output.splitlines())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "run"
    made.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (made / "plain.txt").write_text("ours")
    (made / "linked.txt").symlink_to(tmp_path / "secret.txt")
    (made / "out").symlink_to("/etc")
    return made


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "file:/etc/passwd", "FILE:///etc/passwd", "/etc/passwd", "//etc/passwd", "../secret.txt",
        "http://example.org/x", "https://example.org/x", "ftp://example.org/x", "javascript:alert(1)", "blob:x", "",
        "file://example.org{run}/plain.txt", "file://{run}/../secret.txt", "file://{run}/%2e%2e/secret.txt",
        "file://{run}/linked.txt", "file://{run}/out/passwd", "file://{run}", "file://{run}/missing.txt",
        "file:///proc/self/environ", "file:///dev/zero", "file://{run}-beside/x",
    ],
)  # fmt: skip
def test_the_pdf_fetches_nothing_from_elsewhere(folder: Path, url: str) -> None:
    with pytest.raises(FatalURLFetchingError, match=r"may be used|no such file"):
        LocalFetcher(folder, [], {}).fetch(url.format(run=folder.resolve()))


def test_the_pdf_fetches_data_and_the_run(folder: Path) -> None:
    for url, content in {"data:text/plain,hi": b"hi", (folder / "plain.txt").as_uri(): b"ours"}.items():
        with closing(LocalFetcher(folder, [], {}).fetch(url)) as response:
            assert response.read() == content


def test_figures_of_a_stranger_are_not_trusted(run: Path, tmp_path: Path) -> None:
    """A picture that is not as it was drawn is drawn again; a note of any shape is taken for none."""
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    good = {path.name: path.read_bytes() for path in (copy / "figures").iterdir()}
    (copy / "figures/error_curves.svg").write_text("<svg><script>alert(1)</script></svg>")
    bundle = Bundle.load(copy / "bundle")
    draw(copy, bundle, judge_all(bundle))
    assert {path.name: path.read_bytes() for path in (copy / "figures").iterdir()} == good
