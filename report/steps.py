"""Steps 2 and 3 on a run's folder: verdicts, figures and tables; the document. Imports no torch."""

from collections.abc import Callable, Sequence
from pathlib import Path

from experiments.bundle import Bundle
from experiments.files import write_atomic
from report import made
from report.document import Content
from report.draw import draw
from report.judgement import judge_all, to_json
from report.paper.process import PdfProcess
from report.render import FORMATS, render
from report.templates import TEMPLATES

Say = Callable[[str], None]


def figures(run: Path, bundle: Bundle, say: Say) -> Content:
    """Step 2: judge every claim, write claims.json, and draw what is missing or out of date."""
    judgements = judge_all(bundle)
    write_atomic(run / "claims.json", to_json(judgements).encode())
    content = draw(run, bundle, judgements)
    made.forget(run, content.tables)
    made.remember(run, ["claims.json", *(f"tables/{name}.csv" for name in content.tables)], TEMPLATES)
    say(f"2 draw     {run}: {len(content.figures)} figures and {len(content.tables)} tables")
    return content


def document(
    run: Path, content: Content, say: Say, formats: Sequence[str] = FORMATS, templates: Path | None = None,
    printing: PdfProcess | None = None,
) -> list[Path]:  # fmt: skip
    """Step 3: write report.html and report.pdf. If one cannot be written, say which older ones are out of date.

    Raises:
        RenderError, Lacks: see `report.render.render`.
    """
    written = []
    try:
        for path in render(run, content, formats, templates, printing):
            made.remember(run, [path.name], templates or TEMPLATES)
            say(f"3 render   {path}")
            written.append(path)
    except Exception:
        for name, why in made.stale(run).items():
            if name in {f"report.{kind}" for kind in formats} and (run / name).exists():
                say(f"3 render   {run / name} is an older one: {why}")
        raise
    return written
