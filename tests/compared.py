"""Runs for tests of comparisons: one, others with changes, and the two compared."""

import atexit
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

import report.comparison.side
import report.draw
from experiments.bundle import Bundle
from report.comparison.compare import Comparison, compare
from report.fake import fake

DRAWN = ("spectrum", "noise_probe")
ALL = report.draw.figures()
Change = Callable[[Bundle], None]


def only(patch: pytest.MonkeyPatch, *names: str) -> None:
    """Draw these figures and no others, which would take seconds."""
    functions = {name: function for name, function in ALL.items() if name in names}
    for module in (report.draw, report.comparison.side):
        patch.setattr(module, "figures", lambda: functions)


def changed(run: Path, folder: Path, change: Change) -> Path:
    """A copy of a run with a changed bundle."""
    shutil.copytree(run, folder)
    bundle = Bundle.load(folder / "bundle")
    change(bundle)
    bundle.save(folder / "bundle")
    return folder


def scaled(key: str, factor: float) -> Change:
    def change(bundle: Bundle) -> None:
        bundle.values[key] = [value * factor for value in bundle.values[key] if value is not None]

    return change


def worse_dae(bundle: Bundle) -> None:
    for key in [key for key in bundle.values if key.startswith("dae/")]:
        scaled(key, 0.9)(bundle)
    bundle.settings = bundle.settings.model_copy(update={"noise_variance": 0.2})
    facts = {"commit": "abc1234", "versions": {"aereport": "0.2.0", "torch": "2.9"}}
    bundle.provenance = bundle.provenance.model_copy(update=facts)
    bundle.tasks["dae-1"] = {**bundle.tasks["dae-1"], "measured": "2026-02-03T04:05:06+00:00"}


@cache
def first() -> Path:
    """The run that others are compared with."""
    folder = Path(mkdtemp(prefix="aereport-test-"))
    atexit.register(shutil.rmtree, folder)
    fake(folder / "first")
    return folder / "first"


@cache
def comparison() -> Comparison:
    """With a run whose DAE is worse in all."""
    with pytest.MonkeyPatch.context() as patch:
        only(patch, *DRAWN)
        return compare(first(), changed(first(), first().parent / "second", worse_dae))
