"""A comparison as a text, as Markdown, as JSON and as a page."""

import html
import json
import re
from pathlib import Path

import pytest
from markupsafe import Markup

from experiments.bundle import Bundle
from report.comparison.compare import Comparison, compare
from report.comparison.forms import form, to_html, to_json, to_md
from tests.compared import changed, comparison, first, only


@pytest.fixture
def found() -> Comparison:
    return comparison()


@pytest.mark.parametrize("width", [10, 30, 60, 80, 200])
def test_the_text_keeps_within_the_terminal(found: Comparison, width: int) -> None:
    assert max(len(line) for line in form(found, "text", width, everything=True).splitlines()) <= max(width, 20)


def test_only_what_changed_is_shown(found: Comparison) -> None:
    for to in ("text", "md", "html"):
        assert "dae/psnr" in html.unescape(form(found, to))
        assert not re.search(r"\bpca/", form(found, to))
        assert "pca/psnr" in form(found, to, everything=True)
    assert len(json.loads(to_json(found))["numbers"]) == len(found.numbers)


def test_the_json_holds_everything(found: Comparison) -> None:
    content = json.loads(to_json(found))
    assert content["format"] == 1
    assert content["claims"]["flipped"]["dae_more_robust"]["new"]["verdict"] == "refuted"
    number = content["numbers"]["dae/psnr"]
    assert number["new"] - number["old"] == pytest.approx(number["change"])
    assert content["facts"]["settings"]["noise_variance"] == {"old": "0.1", "new": "0.2"}


def test_the_page_needs_nothing_else_and_shows_both(found: Comparison) -> None:
    page = to_html(found)
    assert page.count("data:image/") == 2 * len(found.figures)
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert re.search(r"style-src 'sha256-[\w+/=]+'", page)
    body = Markup(re.sub(r"<(head|figure).*?</\1>", "", page, flags=re.DOTALL)).striptags()
    assert "’s" in body
    assert not re.search(r"\w'\w", body)


def test_text_out_of_a_bundle_is_escaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hostile(bundle: Bundle) -> None:
        bundle.provenance = bundle.provenance.model_copy(update={"commit": "<img src=x>|**[a](b)`"})

    only(monkeypatch)
    found = compare(first(), changed(first(), tmp_path / "b", hostile))
    assert "<img" not in to_html(found).replace('<img src="data:', "")
    md = to_md(found)
    assert "<img" not in md
    assert "&#60;img src=x&#62;&#124;&#42;&#42;&#91;a&#93;&#40;b&#41;&#96;" in md
