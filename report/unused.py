"""Finds files among the user's templates that have no effect: not named as one of ours, and not included."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, meta

from experiments.legible import closest
from report.templates import ENDS, TEMPLATES, pages

KINDS = (".html", *ENDS)
COMPUTED = ""  # a name that a template computes


def unused(templates: Path) -> Iterator[str]:
    """A line for each such file, with the name that may be meant."""
    ours = {path.name for path in TEMPLATES.iterdir()}
    others = [
        path
        for path in sorted(templates.iterdir())
        if path.suffix.lower() in KINDS and not (path.name in ours or path.name.startswith(".") or path.is_dir())
    ]
    asked = {name for path in pages(templates) if others for name in _included(path)}
    for path in others:
        if not (path.name in asked or (COMPUTED in asked and path.suffix == ".html")):
            yield f"{path.name}: no document uses it{closest(path.name, ours | asked)}"


def _included(path: Path) -> Iterator[str]:
    """The templates that a template includes; none if it cannot be parsed, which the lint reports."""
    with suppress(TemplateSyntaxError, UnicodeDecodeError, OSError):
        tree = Environment().parse(path.read_text(encoding="utf-8-sig"))
        yield from (name or COMPUTED for name in meta.find_referenced_templates(tree))
