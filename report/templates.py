"""The templates as files: which there are, how they are read, and where in them an error was raised.

A file that the user's folder lacks is taken from the installed templates.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from filecmp import cmp
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.utils import missing

from experiments.legible import closest
from report import words
from report.made import TEMPLATES as TEMPLATES
from report.page import RenderError

STYLES = ("style.css", "models.css", "narrow.css", "paper.css", "explore.css")
SCRIPTS = ("script.js", "answers.js", "explore.js", "marks.js", "latents.js")
ENDS = {".css": "</style", ".js": "</script"}  # end the element, even in comments and strings
# What would load a file, outside of comments.
LOADS = re.compile(r"/\*.*?(?:\*/|$)|(@import\b|\burl\(\s*[\"']?+(?!data:|#)[^)]*\)?)", re.DOTALL | re.IGNORECASE)


@cache
def environment(templates: Path) -> Environment:
    """The Jinja environment of a folder; cached, with its compiled templates, until `environment.cache_clear()`."""
    loader = ChoiceLoader([Pages(folder, encoding="utf-8-sig") for folder in (templates, TEMPLATES)])
    made = Environment(loader=loader, undefined=Unknown, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"listing": words.listing, "typographic": words.typographic, "linked": words.linked}
    return made


class Pages(FileSystemLoader):
    """Reads the files that the lint reads, see `pages`, and no others, e.g. in subfolders."""

    def get_source(self, environment: Environment, template: str) -> Any:
        if "/" in template or template.startswith(".") or not template.endswith(".html"):
            raise TemplateNotFound(template)
        return super().get_source(environment, template)


class Unknown(StrictUndefined):
    """An unknown name; the message suggests the one that may be meant."""

    @property
    def _undefined_message(self) -> str:
        name, owner = self._undefined_name, self._undefined_obj
        meant = "" if owner is missing or not isinstance(name, str) else closest(name, dir(owner))
        return f"{super()._undefined_message}{meant}"


def pages(templates: Path) -> list[Path]:
    """The HTML files of a folder of templates, without hidden ones, which editors leave behind (".#part1.html")."""
    return [path for path in sorted(templates.glob("*.html")) if path.is_file() and not path.name.startswith(".")]


def copied(path: Path) -> bool:
    """Whether a template is an unchanged copy of ours."""
    try:
        return cmp(path, TEMPLATES / path.name, shallow=False)
    except OSError:
        return False


def source(templates: Path, name: str) -> str:
    """The text of a file: the user's, or else the installed one."""
    own = templates / name
    return (own if own.is_file() else TEMPLATES / name).read_text(encoding="utf-8-sig")


def asset(templates: Path, names: Sequence[str]) -> str:
    """Several styles or scripts as one text.

    Raises:
        RenderError: a style or script contains its own end tag, or a style loads a file.
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
    """The hash of a style or script, as in a content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def typed(templates: Path, text: str) -> str:
    """ "part1.html, line 12: ", where a text stands first in the user's own templates; "" if nowhere."""
    for path in pages(templates):
        before, found, _ = source(templates, path.name).partition(text)
        if found and not copied(path):
            return f"{path.name}, line {before.count(chr(10)) + 1}: "
    return ""


def place(error: Exception, templates: Path) -> str:
    """ "part1.html, line 12: ", where in templates an error was raised, rather the user's own; "" if nowhere."""
    if isinstance(error, TemplateSyntaxError) and error.name:
        return f"{Path(error.name).name}, line {error.lineno}: "  # of a comment without end, Jinja gives the path
    found, trace = [], error.__traceback__
    while trace:
        name = Path(trace.tb_frame.f_code.co_filename)
        if name.suffix == ".html":
            found.append((name, trace.tb_lineno))
        trace = trace.tb_next
    own = [(name, line) for name, line in found if name.parent == templates and not copied(name)]
    return "".join(f"{name.name}, line {line}: " for name, line in (own or found)[-1:])
