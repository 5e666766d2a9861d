"""Pictures of a page and what stands in for them, held against what the bundle draws.

To draw all takes ten seconds, so that one which figures/index.json calls fresh is held against what that says of it:
who writes there can show anything. Without it, all are drawn.
"""

from collections.abc import Iterator
from pathlib import Path

from experiments.bundle import Bundle
from experiments.files import sha256
from report import embed, fresh
from report.checks.printed import Printed
from report.draw import figures, saved
from report.made import file_hash
from report.style import styled


def pictured(page: Printed, bundle: Bundle, folder: Path) -> Iterator[str]:
    """A line for each fault of a picture, its size or its alternative text, and of its file beside the page.

    Args:
        folder: the run's figures with their index.
    """
    known = fresh.index(folder)
    with styled(bundle.provenance.classes):
        for image, id in page.pictures:
            name, where = id.removeprefix("fig-"), f"report.html, #{id}"
            if name not in figures():
                yield f"{where}: no figure of this name is drawn"
                continue
            entry = known.get(name)
            if entry and not fresh.reason(folder, name, entry, bundle):
                digest, alt = entry["sha256"], entry["alt"]
            else:
                drawing = figures()[name](bundle)
                digest, alt = sha256(saved(drawing.figure, name)[1]), drawing.alt
            content = embed.content(image.get("src", ""))
            if sha256(content) != digest:
                yield f"{where}: its picture is not what the bundle draws"
            elif image.get("alt") != alt:
                yield f"{where}: its alternative text is not what the bundle says"
            elif (image.get("width"), image.get("height")) != tuple(map(str, embed.size(content))):
                yield f"{where}: its size is not that of its picture"
    for entry in known.values():
        if (path := folder / entry["file"]).is_file() and file_hash(path) != entry["sha256"]:
            yield f"{path}: not as it was drawn; aereport figures draws it again"
