"""The templates as files: which there are, how they are read, and where in them an error was raised.

In a folder of one's own a file that it does not hold is taken from ours.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.utils import missing

from experiments.legible import closest
from report import words
from report.made import TEMPLATES as TEMPLATES
from report.page import RenderError

STYLES = ("style.css", "narrow.css", "paper.css", "explore.css")
SCRIPTS = ("script.js", "explore.js", "marks.js", "latents.js")
ENDS = {".css": "</style", ".js": "</script"}  # by which a browser ends an element, in comments and strings, too
# What would load a file, outside of comments.
LOADS = re.compile(r"/\*.*?(?:\*/|$)|(@import\b|\burl\(\s*[\"']?+(?!data:|#)[^)]*\)?)", re.DOTALL | re.IGNORECASE)


@cache
def environment(templates: Path) -> Environment:
    """How templates are read; kept, with what it has compiled, until `environment.cache_clear()`."""
    loader = ChoiceLoader([Pages(folder, encoding="utf-8-sig") for folder in (templates, TEMPLATES)])
    made = Environment(loader=loader, undefined=Unknown, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"listing": words.listing, "typographic": words.typographic, "linked": words.linked}
    return made


class Pages(FileSystemLoader):
    """Reads what the lint reads, see `pages`: nothing of another kind, and nothing in folders below."""

    def get_source(self, environment: Environment, template: str) -> Any:
        if "/" in template or template.startswith(".") or not template.endswith(".html"):
            raise TemplateNotFound(template)
        return super().get_source(environment, template)


class Unknown(StrictUndefined):
    """A name that is not there; the message has the one that may be meant."""

    @property
    def _undefined_message(self) -> str:
        name, owner = self._undefined_name, self._undefined_obj
        meant = "" if owner is missing or not isinstance(name, str) else closest(name, dir(owner))
        return f"{super()._undefined_message}{meant}"


def pages(templates: Path) -> list[Path]:
    """The HTML files of a folder of templates, without what editors and systems leave beside them (".#part1.html")."""
    return [path for path in sorted(templates.glob("*.html")) if path.is_file() and not path.name.startswith(".")]


def source(templates: Path, name: str) -> str:
    """The text of a file."""
    own = templates / name
    return (own if own.is_file() else TEMPLATES / name).read_text(encoding="utf-8-sig")


def asset(templates: Path, names: Sequence[str]) -> str:
    """Several files of the templates in one.

    Raises:
        RenderError: a style or script holds what would end it in the page, or a style what would load a file.
    """
    texts = {name: source(templates, name) for name in names}
    for name, text in texts.items():
        end = ENDS.get(Path(name).suffix)
        if end and (at := text.lower().find(end)) >= 0:
            line = text.count("\n", 0, at) + 1
            raise RenderError(f"{name}, line {line}: {end}> would end it in the page; write <\\{end[1:]}>")
        loads = (found for found in LOADS.finditer(text) if found[1] and name.endswith(".css"))
        if found := next(loads, None):
            line = text.count("\n", 0, found.start()) + 1
            raise RenderError(f"{name}, line {line}: {found[1]}: a page loads no file; fonts and pictures: url(data:…)")
    return "".join(texts.values())


def digest(text: str) -> str:
    """A style or script as a content security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def place(error: Exception, templates: Path) -> str:
    """ "part1.html, line 12: ": where in the templates an error was raised, in the author's own if they were asked."""
    if isinstance(error, TemplateSyntaxError) and error.name:
        return f"{error.name}, line {error.lineno}: "
    found, trace = [], error.__traceback__
    while trace:
        name = Path(trace.tb_frame.f_code.co_filename)
        if name.suffix == ".html":
            found.append((name, trace.tb_lineno))
        trace = trace.tb_next
    own = [(name, line) for name, line in found if name.parent == templates]
    return "".join(f"{name.name}, line {line}: " for name, line in (own or found)[-1:])
