"""A copy of the templates to write in, for `render --templates` and `preview --templates`."""

from pathlib import Path

from experiments.files import write_atomic
from report.templates import TEMPLATES

# Of pages beside the document, which take no templates of others.
OURS = ("compare.html", "compare.css", "preview.html", "preview.css", "preview.js")


def eject(out: Path) -> list[Path]:
    """Copy the templates, their style and script, and TEMPLATES.md, the guide to them; returns what was written.

    Raises:
        ValueError: the folder is not empty, or a file.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out}: is not empty; choose a new folder, so that nothing of yours is overwritten")
    written = []
    for path in sorted(TEMPLATES.iterdir()):
        if path.is_file() and path.name not in OURS and path.suffix in (".html", ".css", ".js", ".md"):
            write_atomic(out / path.name, path.read_bytes())
            written.append(out / path.name)
    return written
