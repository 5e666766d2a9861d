"""`aereport build` from end to end on real training, and again in the folder of a run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from experiments import due, task
from experiments.bundle import Bundle
from report import draw as drawing
from report import steps
from report.paper.process import PdfProcess
from tests.builds import ROOT, TITLE, build, call, last_line
from tests.bundles import contents
from tests.documents import framed
from tests.standins import parts
from tests.studies import few

pytestmark = pytest.mark.usefixtures("one_process")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, one_process: None) -> Path:
    """Its PDF is the title page: a whole one takes as long as all the rest, see test_paper."""
    out, start = tmp_path_factory.mktemp("build") / "Ein Lauf für Zürich", PdfProcess.start
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "cores", lambda: 1)  # processes would load as much as they draw
        patch.setattr(PdfProcess, "start", lambda self, html, *more: start(self, framed(html=html), *more))
        status, said = build(out)
    assert status == 0, said
    assert said.endswith(f"\n{out / 'report.html'}\n{out / 'report.pdf'}\n")
    assert "THE IMAGES ARE DRAWN" in said
    return out


def test_a_build_leaves_a_whole_run(run: Path) -> None:
    assert TITLE in (run / "report.html").read_text("utf-8")
    assert (run / "report.pdf").read_bytes().startswith(b"%PDF-")
    bundle = Bundle.load(run / "bundle")
    assert set(bundle.tasks) == {"ae-0", "dae-0", "pca-0", "classifier-0"}
    assert not set(bundle.reasons) & {"ae", "dae", "pca", "classifier"}
    assert bundle.settings.title == TITLE
    assert call("status", run) == (0, f"{run}: nothing is out of date\n")
    assert not list(run.rglob("*.part"))
    log = (run / "build.log").read_text("utf-8")
    assert "1 measure  4 tasks, 0 kept, 4 to do" in log
    assert "3 render" in log


def test_a_second_build_measures_nothing_and_changes_no_byte(run: Path, html_only: None) -> None:
    before = contents(run)
    status, said = build(run)
    assert status == 0
    assert "1 measure  4 tasks, 4 kept, 0 to do" in said
    after = contents(run)
    assert [name for name in after if after[name] != before.get(name)] == ["build.log"]
    assert before.keys() == after.keys()


def test_a_changed_setting_says_what_is_measured_again(run: Path, tmp_path: Path, no_document: None) -> None:
    shutil.copytree(run, out := tmp_path / "run")
    status, said = build(out, "--set", "noise_variance=0.2")
    assert status == 0
    assert "1 measure  4 tasks, 3 kept, 1 to do" in said
    assert "dae-0: its settings changed\n" in said
    before, after = Bundle.load(run / "bundle"), Bundle.load(out / "bundle")
    assert after.values["ae/psnr"] == before.values["ae/psnr"]
    assert after.values["dae/psnr"] != before.values["dae/psnr"]
    status, said = call("status", out)
    assert status == 1
    assert "claims.json: what it is made from has changed\n" in said
    status, said = build(out, "--set", "noise_variance=0.2", "--only", "pca")
    assert (status, "pca-0: it was asked for\n" in said, "dae-0:" in said) == (0, True, False)


def test_options_that_are_not_given_are_those_of_the_run(run: Path, tmp_path: Path, no_document: None) -> None:
    shutil.copytree(run, out := tmp_path / "run")
    status, said = call("build", "--out", out, "--only", "dae", "--set", "noise_variance=0.2")
    assert status == 0
    assert "taken from the run: settings of preset smoke, data demo, device cpu\n" in said
    assert "1 measure  4 tasks, 3 kept, 1 to do" in said
    before, after = Bundle.load(run / "bundle"), Bundle.load(out / "bundle")
    assert after.settings == before.settings.model_copy(update={"noise_variance": 0.2})


BLOCKED = """
import sys

class NoTorch:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in ("torch", "torchvision"):
            raise ImportError(name)

sys.meta_path.insert(0, NoTorch())
from report.cli import main
main()
"""


def test_figures_and_render_need_no_torch_no_utf8_and_no_place_beside_the_code(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, out := tmp_path / "über den Wolken")
    for room in ("experiments", "models", "report", "templates"):
        shutil.copytree(ROOT / room, tmp_path / "code" / room, ignore=shutil.ignore_patterns("__pycache__"))
    code, measured = contents(tmp_path / "code"), contents(out / "bundle")
    (out / "report.html").unlink()
    picture = min((out / "figures").glob("*.svg"))
    picture.unlink()
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, "render", out, "--to", "html"], capture_output=True, text=True, cwd=tmp_path,
        env=os.environ | ascii_only | {"PYTHONPATH": str(tmp_path / "code")}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("out of date: ") for line in done.stderr.splitlines()), done.stderr
    assert TITLE in (out / "report.html").read_text("utf-8")
    assert picture.read_bytes() == (run / "figures" / picture.name).read_bytes()
    assert contents(out / "bundle") == measured
    assert contents(tmp_path / "code") == code


def test_a_failing_model_takes_no_other_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, html_only: None) -> None:
    real = task.fit

    def failing(model: Any, *args: Any, **keywords: Any) -> Any:
        if model.name == "dae":
            raise RuntimeError("no luck\nwith it")
        return real(model, *args, **keywords)

    monkeypatch.setattr(task, "fit", failing)
    monkeypatch.setattr(due, "tasks", few("dae", "pca"))
    monkeypatch.setattr("report.draw._write_figures", lambda *_: parts().figures)
    out = tmp_path / "run"
    status, said = build(out)
    assert (status, last_line(said)) == (1, "aereport: dae failed: no luck")
    assert (out / "report.html").is_file()
    claims = json.loads((out / "claims.json").read_text())["claims"]
    assert claims["dae_more_robust"]["verdict"] == "unavailable"
    assert Bundle.load(out / "bundle").values["pca/psnr"][0]
    monkeypatch.setattr(task, "fit", real)
    monkeypatch.setattr(steps, "figures", lambda *_, **__: None)
    monkeypatch.setattr(steps, "document", lambda *_, **__: [])
    status, said = build(out)
    assert status == 0
    assert "1 measure  2 tasks, 1 kept, 1 to do" in said
    assert "dae-0: it failed: no luck" in said


def test_a_run_that_was_measured_is_not_overwritten_by_a_fake_one(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run / "bundle", tmp_path / "bundle")
    before = contents(tmp_path / "bundle")
    status, said = call("fake", tmp_path)
    assert (status, said) == (
        2, f"aereport: {tmp_path}: holds a run that was measured; choose another folder for fake results\n",
    )  # fmt: skip
    assert contents(tmp_path / "bundle") == before
    assert call("fake", tmp_path / "fake")[0] == call("fake", tmp_path / "fake", "--scenario", "ties")[0] == 0


def test_what_is_damaged_is_measured_again_by_a_build_and_by_nothing_else(
    run: Path, tmp_path: Path, no_document: None
) -> None:
    shutil.copytree(run / "bundle", tmp_path / "bundle")
    path = tmp_path / "bundle" / "arrays" / "pca-0.npz"
    path.write_bytes(path.read_bytes()[:-1])
    before = contents(tmp_path / "bundle")
    todo = f"{path}: is not the one that was measured; put it back from a copy, or aereport build measures it again"
    for command in ("status", "figures", "render"):
        assert call(command, tmp_path) == (2, f"aereport: {todo}\n")
    assert contents(tmp_path / "bundle") == before
    status, said = build(tmp_path)
    assert status == 0
    assert "1 measure  4 tasks, 3 kept, 1 to do" in said
    assert "pca-0: its array is not the one that was measured\n" in said
    after = contents(tmp_path / "bundle")
    assert {**after, "bundle.json": b""} == {**contents(run / "bundle"), "bundle.json": b""}
