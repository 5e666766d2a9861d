"""Compares the pictures of a page and their alternative texts with what is drawn from the bundle.

Drawing all figures takes ten seconds, so a figure that is up to date by figures/index.json is compared with the entry
there: whoever can write to that file can fake a figure. Without the file, all figures are drawn.
"""

from collections.abc import Iterator
from pathlib import Path

from experiments.bundle import Bundle
from experiments.files import sha256
from report import embed, fresh
from report.checks.printed import Printed
from report.draw import encode, figures
from report.made import file_hash
from report.style import styled


def faults(page: Printed, bundle: Bundle, folder: Path) -> Iterator[str]:
    """A line for each picture whose content, size or alternative text is wrong, and for each file that was changed.

    Args:
        folder: the run's figures and their index.
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
                digest, alt = sha256(encode(drawing.figure, name)[1]), drawing.alt
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
