"""What tests of a rendered page share: it, pages of small templates, and its tags."""

from html.parser import HTMLParser
from pathlib import Path

from report.render import to_html
from tests.standins import Parts


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
