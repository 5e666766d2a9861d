"""Elements and attributes that a page may not have are found in a finished one; plain HTML is not."""

import re
from pathlib import Path

import pytest

from report.checks import elements
from report.checks.printed import read
from report.templates import TEMPLATES
from tests.documents import framed, lied


def faults(html: str, templates: Path = TEMPLATES, logo: str = "") -> list[str]:
    return list(elements.faults(read(html), logo, templates))


def test_a_frame_has_nothing_foreign() -> None:
    """As whole pages, see test_honest."""
    assert faults(framed()) == []


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ("<iframe srcdoc='x'></iframe>", "a page may not have the element 'iframe'"),
        ("<object data='x'></object>", "the element 'object'"),
        ("<embed src='x'>", "the element 'embed'"),
        ("<base href='https://a.b'>", "the element 'base'"),
        ("<link rel=stylesheet href='a.css'>", "the element 'link'"),
        ("<datalist></datalist>", "the element 'datalist'"),
        ("<select><option>7</select>", "the element 'select'"),
        ("<del>7</del>", "the element 'del'"),
        ("<ins>7</ins>", "the element 'ins'"),
        ("<picture><source srcset=a><img></picture>", "the element 'picture'"),
        ("<svg><path d='M0 0'></path></svg>", "the element 'svg'"),
        ("<script src='a.js'></script>", "a page may not have src='a.js' at the element 'script'"),
        ("<b onclick='x'>a</b>", "a page may not have onclick='x' at the element 'b'"),
        ("<b style='color: red'>a</b>", "a page may not have style='color: red' at the element 'b'"),
        ("<img srcset='a 2x'>", "a page may not have srcset='a 2x' at the element 'img'"),
        ("<table><td colspan=2>a</table>", "a page may not have colspan='2' at the element 'td'"),
        ("<p dir=rtl>12</p>", "a page may not have dir='rtl' at the element 'p'"),
        ("<ol start=7><li>a</ol>", "a page may not have start='7' at the element 'ol'"),
        ("<img src='data:image/png;base64,AAAA' alt=''>", "neither a figure nor the logo of the settings"),
        ("<input value='94.2 dB'>", "an input that is not one of the explorer's"),
        ("<div class=explore><input type=button value='94.2 dB'></div>", "an input that is not one of the explorer's"),
        ("<b data-story='It is 94.2 dB'>a</b>", "a page may not have data-story='It is 94.2 dB' at the element 'b'"),
        ("<b data-own='x'>a</b>", "a page may not have data-own='x' at the element 'b'"),
        ("<b data-name='x'>a</b>", "a page may not have data-name='x' at the element 'b'"),
        ("<data aria-label='much'>3</data>", "a page may not have aria-label='much' at the element 'data'"),
        ("<a href='#claim-x' aria-label='fails'>✓</a>", "a page may not have aria-label='fails' at the element 'a'"),
        ("<a href='#claim-x'><b aria-describedby='y'>✓</b></a>", "have aria-describedby='y' at the element 'b'"),
        ("<figure id=a><img alt='' aria-description='x'></figure>", "have aria-description='x' at the element 'img'"),
        ("<div><p hidden>a</p></div>", "a page may not have hidden='' at the element 'p'"),
        ("<div><input type=range></div>", "an input that is not one of the explorer's"),
        ("<p id=here><del>7</del>", "report.html, #here: a page may not have the element 'del'"),
        ("<table hidden></table>", "a page may not have hidden='' at the element 'table'"),
        ("<div class=explore hidden><table></table></div>", "the explorer, which need not be shown, has a table"),
        ("<a href='javascript:x'>a</a>", "a link that leads to 'javascript:x'"),
        ("<meta http-equiv=refresh content='0; https://a.b'>", "its Content-Security-Policy is not that"),
    ],
)
def test_what_is_foreign_is_named(html: str, message: str) -> None:
    found = faults(lied("</main>", f"{html}</main>"))
    assert any(message in fault for fault in found), found


def test_a_policy_that_was_removed_or_changed_is_named() -> None:
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', framed())
    assert policy
    for new in ("", policy[0].replace("'none'", "*", 1), policy[0].replace("script-src", "script-src *")):
        (fault,) = faults(lied(policy[0], new))
        assert "its Content-Security-Policy is not that of the templates" in fault


def test_an_authors_own_templates_may_have_plain_html(tmp_path: Path) -> None:
    plain = '<table class="mine"><tr><th colspan="2">A</th></tr></table><ul class="n"><li><b id="z">x</b></li></ul>'
    html = lied("</main>", f"{plain}<a href='https://a.b'>there</a><!-- a remark --></main>")
    (tmp_path / "part1.html").write_text(plain)
    assert faults(html, tmp_path) == []
    logo = "data:image/png;base64,AAAA"
    assert faults(lied("</main>", f"<img class=logo src='{logo}' alt='Logo'></main>"), logo=logo) == []
