"""What tests of a rendered page share: it, pages of small templates, and its tags."""

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from report.document import Content
from report.render import to_html


class Tags(HTMLParser):
    """Tags with their attributes, the text of scripts, and that of data for them, which no browser runs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self.data: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        tag, attrs = self.tags[-1] if self.tags else ("", {})
        if tag == "script" and data.strip():
            (self.data if attrs.get("type") == "application/json" else self.scripts).append(data)


def page(made: Content) -> str:
    return to_html(made)


def small(folder: Path, body: str) -> Path:
    """A folder of templates whose document is `body`."""
    folder.mkdir(exist_ok=True)
    (folder / "report.html").write_text(
        f"<html lang=en><title>T</title><style>{{{{ assets.style }}}}</style>{body}</html>"
    )
    for name in ("style.css", "paper.css", "script.js"):
        (folder / name).write_text("")
    return folder


def render_small(made: Content, folder: Path, body: str, **given: object) -> str:
    return to_html(replace(made, **{"figures": {}, "tables": {}} | given), small(folder, body))  # type: ignore[arg-type]
