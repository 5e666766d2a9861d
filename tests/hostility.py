"""How a bundle from a stranger is refused: in one line that names the file, and nothing is overwritten."""

from pathlib import Path

import pytest

from experiments.bundle import Bundle, BundleError
from experiments.files import sha256
from tests.bundles import PROVENANCE, SETTINGS


def refused(folder: Path, names: str, says: str = "", array: str = "") -> None:
    """The bundle, or reading one of its arrays, is refused in one line that names the file; nothing changes."""
    before = contents(folder)
    with pytest.raises(BundleError) as caught:
        Bundle.load(folder).array(array or "ae/examples")
    message = str(caught.value)
    assert names in message
    assert says in message
    assert message.isprintable()
    assert len(message) < 600
    assert contents(folder) == before


def contents(folder: Path) -> dict[str, str]:
    """Hashes of all plain files, and the size of large ones."""
    return {
        str(path): str(path.stat().st_size) if path.stat().st_size > 2**24 else sha256(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def planted(where: str, text: str) -> dict[str, object]:
    """Changes to bundle.json with a text in one of the places from where it would be printed."""
    settings, provenance = SETTINGS.model_dump(), PROVENANCE.model_dump()
    if where in ("title", "author"):
        return {"settings": settings | {where: text}}
    if where == "triplet":
        return {"settings": settings | {where: ["dog", text, "cat"]}}
    if where == "setting":
        return {"settings": settings | {text: 1}}
    if where == "versions":
        return {"provenance": provenance | {"versions": {text: "1", "torch": text}}}
    if where in ("classes", "notes"):
        return {"provenance": provenance | {where: [text, "b"]}}
    if where in provenance:
        return {"provenance": provenance | {where: text}}
    if where == "reason":
        return {"reasons": {"ae": text}}
    if where == "fact":
        return {"tasks": {"ae-0": {"device": text}}}
    if where == "file":
        return {"files": {f"arrays/{text}.npz": "0"}}
    if where == "task":
        return {"tasks": {text: {}}}
    if where == "table":
        return {text: {}}
    if where == "format":
        return {"format": text}
    return {where: {f"ae/{text}": [1.0]}}  # the key of a value, a curve or a reason
