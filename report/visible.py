"""What a reader sees of a template: its text, also in attributes, without what is marked as fixed."""

import re
from html.parser import HTMLParser

from report.checks.printed import SPOKEN

KEY = re.compile(r"\w+/\w+(\[[\w=.,]+\])?")  # in `code`; `aereport check` knows whether it exists
READ = ("data-head", *SPOKEN)  # attributes that are shown or read aloud
EMPTY = ("meta", "img", "br", "wbr", "link", "hr", "input", "col")  # elements without an end tag
SECTIONS = ("tbody", "tfoot")
ROWS = ("tr", *SECTIONS)
CELLS = ("td", "th", *ROWS)
BREAK = "\f"  # in the text, where the page begins another line
ENDED_BY: dict[str, tuple[str, ...]] = {  # start tags that end an element whose end tag may be omitted
    "li": ("li",), "dt": ("dt", "dd"), "dd": ("dt", "dd"), "td": CELLS, "th": CELLS, "tr": ROWS,
    "thead": SECTIONS, "tbody": SECTIONS,
    "p": (
        "p", "div", "ul", "ol", "dl", "table", "pre", "blockquote", "figure", "figcaption", "section", "article",
        "aside", "header", "footer", "main", "nav", "details", "fieldset", "hr", "h1", "h2", "h3", "h4", "h5", "h6",
        "li", "dt", "dd", *CELLS,
    ),
}  # fmt: skip
BREAKS = (*ENDED_BY["p"], "br", "thead", "caption", "summary", "legend", "title")


class Visible(HTMLParser):
    """Text, also in attributes, outside of styles, scripts and what is marked as fixed, on the lines of the source.

    Blocks are apart, by BREAK.
    """

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._open: list[str] = []
        self._fixed = 0  # open elements from the fixed one on

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while self._open and tag in ENDED_BY.get(self._open[-1], ()):
            self._close()
        self._break(tag)
        given = dict(attrs)
        fixed = self._fixed or "data-fixed" in given or tag in ("style", "script")
        described = tag == "meta" and (given.get("name") or "").lower() == "description"
        for name in () if fixed else (*READ, *(("content",) if described else ())):
            if text := given.get(name):
                self.handle_data(f" {' '.join(text.split())} ")
        if tag in EMPTY:
            return
        self._open.append(tag)
        if fixed:
            self._fixed += 1

    def handle_endtag(self, tag: str) -> None:
        self._break(tag)
        while tag in self._open:
            if self._close() == tag:
                return

    def _break(self, tag: str) -> None:
        self.text += BREAK if tag in BREAKS else ""

    def _close(self) -> str:
        self._fixed = max(0, self._fixed - 1)
        return self._open.pop()

    def handle_data(self, data: str) -> None:
        if not (self._fixed or ("code" in self._open and KEY.fullmatch(data))):
            self.text += "\n" * (self.getpos()[0] - 1 - self.text.count("\n")) + data
