"""A copy of the templates to edit, for `render --templates` and `preview --templates`."""

from pathlib import Path

from experiments.files import write_atomic
from report.templates import TEMPLATES

# Templates of other pages than the document, which cannot be replaced.
OURS = ("compare.html", "compare.css", "preview.html", "preview.css", "preview.js")


def eject(out: Path) -> list[Path]:
    """Copy the templates with their styles, scripts and guide, TEMPLATES.md; returns the written files.

    Raises:
        ValueError: `out` is a file, or a folder that is not empty.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out}: is not empty; choose a new folder, so that nothing of yours is overwritten")
    written = []
    for path in sorted(TEMPLATES.iterdir()):
        if path.is_file() and path.name not in OURS and path.suffix in (".html", ".css", ".js", ".md"):
            write_atomic(out / path.name, path.read_bytes())
            written.append(out / path.name)
    return written
