"""Step 3: bundle, judgements, figures and tables become report.html and report.pdf. Imports no torch.

The templates are rendered twice: the first pass learns what is shown in which order, the second prints the numbers of
figures and tables, references and contents.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import TemplateError, TemplateNotFound
from markupsafe import Markup

from experiments.files import write_atomic
from report import embed
from report.document import Content
from report.explore import explorer
from report.fonts import for_screen
from report.numbers import number
from report.page import Outline, Page, RenderError
from report.paper.process import PdfProcess, pdf_process
from report.provenance import Run
from report.templates import SCRIPTS, STYLES, TEMPLATES, asset, digest, environment, pages, place, source, typed

FORMATS = ("html", "pdf")
AT = re.compile(r" at (\d+):\d+")


def render(
    run: Path, content: Content, formats: Sequence[str] = FORMATS, templates: Path | None = None,
    printing: PdfProcess | None = None,
) -> Iterator[Path]:  # fmt: skip
    """Write report.html and report.pdf into the run's folder, each whole or not at all; yield each path once written.

    Args:
        printing: the process for the PDF, if it was started before.

    Raises:
        RenderError: an unknown key or claim, a figure or table that is shown twice or not at all, and the like.
        Lacks: the PDF cannot be made here, see `report.paper.process`; the HTML was written.
    """
    templates = templates or TEMPLATES
    check_request(formats, templates)
    with nullcontext(printing) if printing else pdf_process(formats) as printing:
        html, pictures = _linked(content, templates)
        if printing:
            printing.start(html, run, Run(content.bundle).date, [figure.path for figure in content.figures.values()])
        if "html" in formats:
            write_atomic(run / "report.html", embed.inlined(html, pictures).encode())
            yield run / "report.html"
        if printing:
            try:
                printed = printing.finish()
            except ValueError as error:
                raise RenderError(f"report.pdf: {_in_styles(str(error), templates)}") from None
            write_atomic(run / "report.pdf", printed)
            yield run / "report.pdf"


def to_html(content: Content, templates: Path = TEMPLATES) -> str:
    """The page as one file that contains its styles, scripts, fonts and figures.

    Args:
        templates: a folder of templates; files that it lacks are taken from the installed ones.
    """
    check_request((), templates)
    return embed.inlined(*_linked(content, templates))


def _linked(content: Content, templates: Path) -> tuple[str, dict[str, str]]:
    """The page with links to its figures, and the figures' data: URIs by link."""
    bundle, figures = content.bundle, content.figures
    numbers = cache(partial(number, bundle))
    outline, html = Outline(), ""
    try:
        pictures = {name: embed.picture(figure.path) for name, figure in figures.items()}
        explored = explorer(bundle)
        sizes = {name: (width, height) for name, (_, width, height) in pictures.items()}
        for _ in range(2):
            page = Page(numbers, content, known=outline, sizes=sizes)
            html = environment(templates).get_template("report.html").render(
                num=page.num, claim=page.claim, figure=page.figure, table=page.table, run=Run(bundle), ref=page.ref,
                claims=page.claims, outline=outline, assets=_assets(templates, html),
                explore=explored,
            )  # fmt: skip
            outline = page.outline
            outline.read(html)
        page.check_all_shown()
        page.check_links(html, partial(typed, templates))
    except TemplateError as error:
        raise RenderError(f"{place(error, templates)}{_wrong(error)}") from error
    except ValueError as error:  # such as RenderError
        raise RenderError(f"{place(error, templates)}{error}") from error
    except Exception as error:
        if where := place(error, templates):  # a mistake of the template's author
            raise RenderError(f"{where}{type(error).__name__}: {error}") from error
        raise
    return html, {embed.link(figures[name].path): uri for name, (uri, _, _) in pictures.items()}


def check_formats(formats: Sequence[str]) -> None:
    """Raise RenderError for an unknown format."""
    if unknown := [name for name in formats if name not in FORMATS]:
        raise RenderError(f"unknown format {unknown[0]!r}: expected one of {', '.join(FORMATS)}")


def check_request(formats: Sequence[str], templates: Path | None) -> None:
    """Check formats and templates before anything is measured or drawn for a document.

    Raises:
        RenderError: an unknown format; a folder of a run, or without templates; a template that cannot be read.
    """
    check_formats(formats)
    templates = templates or TEMPLATES
    if (templates / "bundle").is_dir():
        raise RenderError(f"{templates}: is the folder of a run, not of templates")
    names = [path.name for path in TEMPLATES.iterdir() if (templates / path.name).is_file()]
    if not names:
        remedy = "`aereport eject NEW` writes them into a new folder"
        raise RenderError(f"{templates}: holds none of our templates; {remedy}")
    for name in (*names, *(path.name for path in pages(templates) if path.name not in names)):
        try:
            source(templates, name)
            if name in names and name.endswith(".html"):
                environment(templates).get_template(name)
        except UnicodeDecodeError as error:
            raise RenderError(f"{templates / name}: byte {error.start} is not UTF-8") from None
        except TemplateError as error:
            raise RenderError(f"{place(error, templates)}{_wrong(error)}") from None


def _wrong(error: TemplateError) -> str:
    return f"there is no template {error.message}" if isinstance(error, TemplateNotFound) else str(error.message)


def _assets(templates: Path, first: str) -> dict[str, Any]:
    """Styles and scripts, with their hashes for the content security policy.

    Args:
        first: the page as it was in the first pass, if there was one. Fonts are cut to its letters and to those of the
            templates: the second pass adds text of theirs, such as the references.
    """
    names = {path.name for folder in (templates, TEMPLATES) for path in pages(folder)}
    fonts = for_screen(first + "".join(source(templates, name) for name in names)) if first else ""
    texts = {"style": asset(templates, STYLES) + fonts, "script": asset(templates, SCRIPTS)}
    hashes = {f"{name}_hash": digest(text) for name, text in texts.items()}
    return {name: Markup(text) for name, text in texts.items()} | hashes


def _in_styles(complaint: str, templates: Path) -> str:
    """A complaint whose position in the joined styles ("at 21:9") is replaced by file and line."""
    if found := AT.search(complaint):
        line = int(found[1])
        for name in STYLES:
            lines = source(templates, name).count("\n")
            if line <= lines:
                return f"{name}, line {line}: {complaint[: found.start()]}{complaint[found.end() :]}"
            line -= lines
    return complaint
