"""The lint of the templates: ours are clean, and what it looks for is found, with its line."""

import shutil
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import patch

import pytest

from report import words
from report.lint import ALLOWED, REASONS, lint, lint_file
from report.templates import TEMPLATES, pages


def found(folder: Path, text: str) -> list[str]:
    path = folder / "t.html"
    path.write_text(text, encoding="utf-8")
    return lint_file(path)


def test_our_templates_are_clean() -> None:
    assert lint(TEMPLATES) == []


def test_copies_of_ours_are_not_read_again(tmp_path: Path) -> None:
    shutil.copytree(TEMPLATES, tmp_path, dirs_exist_ok=True)
    with patch("report.lint.lint_file", return_value=["found"]) as read:
        assert lint(tmp_path) == []
        (tmp_path / "part1.html").write_text("<p>It gains 3 dB.")
        assert lint(tmp_path) == ["found"]
    read.assert_called_once_with(tmp_path / "part1.html")


def test_a_file_that_no_document_uses_is_found(tmp_path: Path) -> None:
    for name in ("Part2.HTML", "part-1.html", "own.html", "styles.css", "notes.md", ".hidden.html"):
        (tmp_path / name).touch()
    (tmp_path / "part2.html").write_text('{% include "own.html" %}')
    assert lint(tmp_path) == [
        "Part2.HTML: no document uses it",
        "part-1.html: no document uses it (did you mean 'part1.html'?)",
        "styles.css: no document uses it (did you mean 'style.css'?)",
    ]
    (tmp_path / "part2.html").write_text("{% set name = 'own' %}{% include name + '.html' %}")
    assert [finding.partition(":")[0] for finding in lint(tmp_path)] == ["Part2.HTML", "styles.css"]


def test_what_an_editor_leaves_beside_a_template_is_none(tmp_path: Path) -> None:
    (tmp_path / "part1.html").write_text("<p>It gains 3 dB.")
    (tmp_path / "._part2.html").write_bytes(b"\xff")
    (tmp_path / ".#part1.html").symlink_to("nobody@here.1")
    (tmp_path / "odd.html").mkdir()
    assert [path.name for path in pages(tmp_path)] == ["part1.html"]
    (finding,) = lint(tmp_path)
    assert finding.startswith("part1.html, line 1: a typed number")
    (finding,) = lint_file(tmp_path / ".#part1.html")
    assert "No such file" in finding


def test_every_exception_is_in_use() -> None:
    text = " ".join("".join(path.read_text() for path in TEMPLATES.glob("*.html")).replace("<em>", "").split())
    text = text.replace("</em>", "").lower()
    assert [phrase for phrase in ALLOWED if phrase.lower() not in text] == []
    assert all(ALLOWED.values())
    assert all(REASONS.values())
    assert all(words.NAMES.values())


@pytest.mark.parametrize(
    ("source", "finding"),
    [
        ("<p>\n\nThe AE reaches 94.2 dB.", "t.html, line 3: a typed number: … The AE reaches 94.2 dB. …"),
        ("<p>\n{{ 3.5 }}", "t.html, line 2: a typed number: … 3.5 …"),
        ("It loses ½ dB.", "t.html, line 1: a typed number: … It loses ½ dB. …"),
        ("It is number ② of Ⅻ.", "t.html, line 1: a typed number"),
        ("It loses ²⁴ dB.", "t.html, line 1: a typed number"),
        ("{{ '94.2%' }}", "t.html, line 1: a typed number: … 94.2% …"),
        ("{{ m.note('of 94.2 dB') }}", "t.html, line 1: a typed number: … of 94.2 dB …"),
        ("{% call figure('x', 'Loss after 20 epochs') %}{% endcall %}", "t.html, line 1: a typed number"),
        ("{% set t = {'a': 'after 20 epochs'} %}", "t.html, line 1: a typed number"),
        ("<p data-fixed='definition'>1</p>\n<p>2</p>", "t.html, line 2: a typed number: … 2 …"),
        ("<p>a</p>\nThe DAE is\nmuch better.", "t.html, line 3: a judgement outside of a claim: 'better'"),
        ("{% if run.fake %}It degrades.{% endif %}", "'degrades' in … It degrades. …"),
        ("{{ m.tally(x, 'more robust') }}", "'robust' in"),
        ("<b data-fixed='x'>a</b>\n<b data-fixed=\"luck\">1</b>", "line 2: a reason that is not on the list: 'luck'"),
        ("{{ m.fixed('95 %', 'luck') }}", "line 1: a reason that is not on the list: 'luck'"),
        ("{{ m.fixed('95 %', why) }}", "line 1: a reason that is not on the list: 'an expression'"),
        ('<p>\n<h2 id="a" data-head="Loss of 0.31">A</h2>', "line 2: a typed number: … Loss of 0.31"),
        ('<p>a</p>\n<b title="It reaches 94.2 dB">a</b>', "line 2: a typed number: … It reaches 94.2 dB"),
        ('<i aria-label="The DAE is better">a</i>', "a judgement outside of a claim: 'better'"),
        ('<i aria-description="much better">a</i>', "a judgement outside of a claim: 'better'"),
        ('<img alt="The DAE is better">', "a judgement outside of a claim: 'better'"),
        ('<input placeholder="The DAE is better">', "a judgement outside of a claim: 'better'"),
        ('<meta name="Description" content="The DAE is better">', "a judgement outside of a claim: 'better'"),
        ("{% if c.supported %}A{% else %}The DAE is far better.{% endif %}", "'better' in … The DAE is far better. …"),
        ("{% if c.unavailable %}The DAE is better.{% endif %}", "'better' in … The DAE is better. …"),
        ("{% if not c.supported %}It is better.{% endif %}", "'better' in … It is better. …"),
        ("{% if c.supported %}A{% elif c.refuted %}The DAE is worse.{% endif %}", "'worse' in … The DAE is worse. …"),
        ("{% if c.refuted %}It is {{ 'x' if c.contrary else 'worse' }}.{% endif %}", "'worse' in"),
        ("{% if c.inconclusive %}The DAE seems better.{% endif %}", "'better' in … The DAE seems better. …"),
        ("{{ 'A holds' if c.supported else 'B is better' }}", "'better' in … B is better …"),
        ("The DAE {{ 'is better' if run.fake else 'so it goes' }}.", "'better' in"),
        ("{{ 'better' if run.fake else 'worse' }}", "'worse' in"),
        ("{{ 3.7 if run.fake else 4 }} dB ahead", "a typed number: … 3.7"),
        ("{{ ('better' if run.fake else 'x') | upper }}", "'better' in"),
        ("{{ 'better' ~ run.x }}", "'better' in"),
        ("{% if c.unavailable %}Not known, but it is better.{% endif %}", "'better' in"),
        ("{% if run.fake and seeds %}It degrades.{% endif %}", "'degrades' in … It degrades. …"),
        ("<code>It is 94.2 dB</code>", "a typed number"),
        ("<ul><li data-fixed='definition'>3\n<li>24.7 better</ul>", "line 2: a typed number: … 24.7 better"),
        ("<p data-fixed='definition'>3\n<h2>24.7</h2>", "line 2: a typed number: … 24.7"),
        ("<dl><dt data-fixed='definition'>3\n<dd>24.7</dl>", "line 2: a typed number: … 24.7"),
        ("<table><tr><th data-fixed='definition'><p>3\n<td>24.7</table>", "line 2: a typed number: … 24.7"),
        ("<table><tr data-fixed='definition'><td>3\n<tr><td>24.7</table>", "line 2: a typed number: … 24.7"),
        ("<table><thead data-fixed='definition'><tr><td>3\n<tbody><tr><td>24.7</table>", "line 2: a typed number"),
        ("<td>AE</td><td>better</td>", "'better' in … better …"),
        ("It ends.<br>Then it is better.<h3>And so on</h3>", "'better' in … Then it is better. …"),
        ("<li>AE<li>24.7 dB<li>so", "a typed number: … 24.7 dB …"),
        (
            "\n{% if num('ae/psnr') > 20 %}It leads.{% endif %}",
            "line 2: a number is compared: only a claim knows its noise",
        ),
        ("The DAE is twice as good.", "a judgement outside of a claim: 'twice' in"),
        ("It errs three times as often.", "'three times as' in"),
        ("Its error is a tenfold of that, or half the error.", "'tenfold' in"),
        ("It lowers the error by a third.", "'by a third' in"),
        ("It reaches ninety percent.", "'percent' in"),
        ("It tells ninety-four of a hundred.", "'ninety' in"),
        ("The DAE always dominates.", "'always' in"),
        ("The AE fails under noise.", "'fails' in"),
        ("a\n{% if %}", "t.html, line 2: Expected an expression"),
    ],
)
def test_what_it_looks_for_is_found(tmp_path: Path, source: str, finding: str) -> None:
    assert any(finding in line for line in found(tmp_path, source))


@pytest.mark.parametrize(
    "source",
    [
        "{{ num('ae/psnr[noise=0.1]') }} and {{ c.effect }} of {{ run.latent_dim }}",
        "{{ m.fixed('95 %') }} {{ m.fixed('8.94 dB', 'reported by the assignment') }}",
        '<span data-fixed="definition">64 <b>cells</b></span> on CIFAR-10',
        "<style>p > b { margin: 0.5em }</style>",
        "{% if c.supported %}better{% elif c.refuted and c.contrary %}worse {{ m.by(c) }}{% else %}no more{% endif %}",
        "{% if c.refuted %}The DAE is {{ 'worse' if c.contrary else 'not better' }}.{% endif %}",
        "{% if c.inconclusive %}{{ m.undecided(c, 'whether it is better') }}{% endif %}",
        "PCA is the best <em>linear</em> autoencoder",
        '<b class="n2" id="p3" data-head="Part I" title="{{ num(\'ae/psnr\') }}">a</b>',
        '<meta name="viewport" content="initial-scale=1"><i data-fixed="definition" title="8 by 8">8×8</i>',
        "R² and H₂O, <i>no</i>more",
        "{% if run.settings.seeds > 2 and c.seeds == 3 %}seeds{% endif %}",
        "training times, sent by hand, half of the cells, a third model{% if c.supported %} twice{% endif %}",
        "<code>dae/probe_accuracy[noise=0.1]</code>",
        "{% if c.supported and run.fake %}better{% endif %}",
        "{% if c.supported or c.refuted %}better{% endif %}",
        "{% if not c.supported %}It is not better.{% endif %}",
        "{{ 'The DAE is better' if c.supported else 'It is not better' }}",
        "It is {{ 'better' if c.supported else 'worse' if c.contrary }}",
        "{% if c.unavailable %}whether it is better was not measured{% endif %}",
        "{# 94.2 dB is better #}",
        "<ul data-fixed='definition'><li>3<ul><li>4<li>5</ul><p>6<p>7<li>8</ul>",
    ],
)
def test_what_may_stand_stands(tmp_path: Path, source: str) -> None:
    assert found(tmp_path, source) == []


def test_a_declaration_that_no_browser_knows_hides_no_number(tmp_path: Path) -> None:
    """Python's newest parsers skip it as a browser does, and find the number; the others stop there."""
    source, expected = "<p>Text</p>\n<![x[ y ]]>\n<p>94.2 dB</p>", "part1.html, line 3: a typed number: … 94.2 dB …"
    try:
        HTMLParser().feed(source)
    except AssertionError:
        expected = "part1.html, line 1: unknown status keyword 'x' in marked section"
    (tmp_path / "part1.html").write_text(source)
    assert lint_file(tmp_path / "part1.html") == [expected]
