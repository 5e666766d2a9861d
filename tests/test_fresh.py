"""Which code a figure follows from: what it imports, and no more, so that other changes draw nothing again."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from report import fresh
from report.made import CODE

STARTS = ("part1", "part2", "part3", "style", "svg")  # what draws, and how


def imported(name: str) -> Iterator[str]:
    """Modules of report that one of them imports, also inside functions."""
    for node in ast.walk(ast.parse((CODE / f"{name}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "report":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("report."):
            yield (node.module or "").removeprefix("report.")


def test_figures_follow_from_the_modules_that_they_import() -> None:
    found, waiting = set[str](), list(STARTS)
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += imported(name)
    assert sorted({*found, "draw"}) == list(fresh.DRAWING)  # draw.py turns figures into files


def test_code_that_draws_nothing_leaves_figures_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = tmp_path / "report"
    shutil.copytree(CODE, code)
    shutil.copytree(CODE.parent / "experiments", tmp_path / "experiments")
    monkeypatch.setattr(fresh, "CODE", code)
    hashed = fresh._code.__wrapped__
    assert hashed() == fresh._code()
    for other in ("render.py", "tables.py", "checks/document.py", "paper/pdf.py"):
        (code / other).write_text("")
        assert hashed() == fresh._code()
    for name in ("plots.py", "draw.py", "../experiments/metrics.py"):
        before = hashed()
        (code / name).write_text("")
        assert hashed() != before
