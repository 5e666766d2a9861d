"""What a PDF is made without: the same bytes come out, and a page that is made again has no line broken again."""

import re
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from tinyhtml5 import inputstream  # type: ignore[import-untyped]
from weasyprint.layout import inline
from weasyprint.text import line_break

from report.paper import pdf
from report.paper.caching import cached_layout

WORDS = "Some words of a text that is as long as several lines of a narrow page, with <i>another style</i> in it. "
PAGE = f"""<html lang=en><title>T</title><style>
@page {{
  size: 60mm 60mm;
  margin: 9mm 5mm 5mm;
  @top-left {{ content: string(head); white-space: nowrap }}
  @top-right {{ content: string(text); overflow-wrap: anywhere }}
}}
h1 {{ font-size: 9pt; string-set: head content(), text attr(title) }}
p {{ hyphens: auto; text-align: justify }}
i {{ font-variant: small-caps common-ligatures; font-feature-settings: "frac", "ss01" 2 }}
a::after {{ content: target-counter(attr(href), page) }}
.next {{ break-before: page }}
</style><h1 title="A short one">One</h1><p><a href="#last">See</a> {WORDS * 4}
<table><thead><tr><th>The head of a table that stands on each of its pages</thead>{"<tr><td>1" * 25}</table>
<p class="next" style="letter-spacing: 1px">{WORDS}
<h1 class="next" title="{WORDS[:77]}">Two</h1><p id="last">{WORDS}</html>"""


def printed(folder: Path) -> bytes:
    return pdf.to_pdf(PAGE, folder, datetime(2026, 1, 2, tzinfo=UTC))


def test_the_same_bytes_of_fewer_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, create = list[str](), line_break.create_layout

    def creating(text: str, *rest: object) -> object:
        made.append(text)
        return create(text, *rest)

    monkeypatch.setattr(line_break, "create_layout", creating)
    quick, few = printed(tmp_path), len(made)
    monkeypatch.setattr(pdf, "cached_layout", nullcontext)
    assert printed(tmp_path) == quick
    assert few < 0.8 * (len(made) - few)


def test_each_box_has_a_layout_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """WeasyPrint changes the one that it draws; a style of the same id is no other one."""
    calls = list[str]()

    def split(text: str, *_: object, **__: object) -> object:  # which keeps no style
        calls.append(text)
        return SimpleNamespace(text="a"), 1

    monkeypatch.setattr(inline, "split_first_line", split)
    with cached_layout():
        (one, length), (other, _) = (inline.split_first_line("a b", {}, None, 5, 0, is_line_start=True) for _ in "12")
        assert len(calls) == 2
        style: dict[str, str] = {}
        (one, length), (other, _) = (
            inline.split_first_line("a b", style, None, 5, 0, is_line_start=True) for _ in "12"
        )
        assert len(calls) == 3
        assert (one, length) == (other, 1)
        assert one is not other
        for width, start in ((6, True), (5, False)):
            inline.split_first_line("a b", style, None, width, 0, is_line_start=start)
        assert len(calls) == 5


@pytest.mark.parametrize("letters", ["ab]", "^-", "\\ \n"])
@pytest.mark.parametrize("wanted", [True, False])
def test_patterns_of_letters(letters: Iterable[str], wanted: bool) -> None:
    """As tinyhtml5 makes them."""
    with cached_layout():
        ours = inputstream.characters_until_regex[frozenset(letters), wanted]
        assert ours is inputstream.characters_until_regex[frozenset(letters), wanted]
    for letter in map(chr, range(128)):
        assert bool(ours.fullmatch(letter)) == ((letter in letters) == wanted)
    stream = inputstream.HTMLInputStream("ab]^-\\ \n" * 3)
    own = stream.chars_until(frozenset(letters), wanted)
    found = ours.match("ab]^-\\ \n" * 3)
    assert own == (found[0] if found else "")
    assert isinstance(ours, re.Pattern)
