"""`aereport build` from end to end on real training; and how it fails: one line, a fitting status, nothing lost."""

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from experiments import bundle as bundle_module
from experiments import due, machine, pool, task
from experiments.bundle import Bundle
from experiments.files import lock
from report import steps
from report.cli import main
from report.fake import fake
from tests.test_kill import SETTINGS
from tests.test_study import few

ROOT = Path(__file__).parent.parent
TITLE = "Größen, gemessen"
SAME = [part for setting in (*SETTINGS, f"title={TITLE}") for part in ("--set", setting)]


def call(*words: object) -> tuple[int, str]:
    """Exit status of a command and all that it said; a traceback fails the test."""
    outcome = CliRunner().invoke(main, [str(word) for word in words])
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    assert "Traceback" not in outcome.output
    return outcome.exit_code, outcome.output


def build(out: Path, *words: object, data: object = "demo") -> tuple[int, str]:
    return call("build", "--preset", "smoke", "--data", data, "--device", "cpu", "--out", out, *SAME, *words)


def last_line(said: str) -> str:
    return said.rstrip("\n").rpartition("\n")[2]


@pytest.fixture(scope="module", autouse=True)
def one_process() -> Iterator[None]:
    """Four models, in this process."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(due, "tasks", few("ae", "dae", "pca", "classifier"))
        patch.setattr(pool, "cores", lambda: 1)
        patch.setattr(machine, "commit", lambda: "")
        yield
    torch.set_num_threads(threads)


@pytest.fixture
def no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "figures", lambda *_, **__: None)
    monkeypatch.setattr(steps, "document", lambda *_, **__: [])


@pytest.fixture
def html_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "document", partial(steps.document, formats=["html"]))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("build") / "Ein Lauf für Zürich"
    status, said = build(out)
    assert status == 0, said
    assert said.endswith(f"\n{out / 'report.html'}\n{out / 'report.pdf'}\n")
    assert "THE IMAGES ARE DRAWN" in said
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


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
    out = tmp_path / "run"
    status, said = build(out)
    assert (status, last_line(said)) == (1, "aereport: dae failed: no luck")
    assert (out / "report.html").is_file()
    claims = json.loads((out / "claims.json").read_text())["claims"]
    assert claims["dae_more_robust"]["verdict"] == "unavailable"
    assert Bundle.load(out / "bundle").values["ae/psnr"][0]
    monkeypatch.setattr(task, "fit", real)
    monkeypatch.setattr(steps, "figures", lambda *_, **__: None)
    monkeypatch.setattr(steps, "document", lambda *_, **__: [])
    status, said = build(out)
    assert status == 0
    assert "1 measure  4 tasks, 3 kept, 1 to do" in said
    assert "dae-0: it failed: no luck" in said


def pictures(folder: Path, classes: tuple[str, ...] = ("Hündin", "zwei Katzen"), count: int = 30) -> Path:
    """A small folder of pictures, in the layout that `--data FOLDER` takes."""
    for part in ("train", "test"):
        for shade, name in enumerate(classes):
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                Image.new("RGB", (32, 32), (100 * shade, 5 * number, 0)).save(folder / part / name / f"{number}.png")
    return folder


def empty(folder: Path) -> str:
    (folder / "train" / "leer").mkdir()
    return "leer"


def lacking(folder: Path) -> str:
    shutil.rmtree(folder / "train" / "Hündin")
    (folder / "train" / "andere").mkdir()
    Image.new("RGB", (9, 9)).save(folder / "train" / "andere" / "a.png")
    return "Hündin"


def corrupt(folder: Path) -> str:
    (folder / "train" / "Hündin" / "kaputt.png").write_bytes(b"\x89PNG but no more")
    return "kaputt.png"


@pytest.mark.parametrize("spoil", [empty, lacking, corrupt])
def test_bad_pictures_are_named(tmp_path: Path, spoil: Any) -> None:
    folder = pictures(tmp_path / "Bilder von früher", count=2)
    status, said = build(tmp_path / "run", data=folder)
    assert (status, "a run needs 50" in last_line(said)) == (2, True)
    name = spoil(folder)
    status, said = build(tmp_path / "run", data=folder)
    assert status == 2
    assert last_line(said).startswith("aereport: ")
    assert name in last_line(said)


@pytest.mark.parametrize(
    ("words", "status", "complaint"),
    [
        (["--preset", "large"], 2, "unknown preset 'large': valid are smoke, quick, full"),
        (["--set", "speed=1"], 2, "unknown setting 'speed': valid are "),
        (["--set", "seeds=0"], 2, "seeds: Input should be greater than or equal to 1, got 0"),
        (["--data", "no such folder"], 2, "no such folder"),
        (["--device", "cuda"], 3, "--device cuda: "),
    ],
)
def test_bad_words_get_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], status: int, complaint: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    found, said = build(tmp_path / "run", *words)
    assert (found, said.count("\n")) == (status, 1)
    assert said.startswith("aereport: ")
    assert complaint in said
    assert not (tmp_path / "run" / "bundle").exists()


def test_only_in_an_empty_folder(tmp_path: Path) -> None:
    status, said = build(tmp_path / "run", "--only", "dae")
    assert (status, last_line(said).startswith("aereport: --only dae: ae with seed 0 is due as well")) == (2, True)


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    assert build(tmp_path / "file")[0] == 2
    status, said = build(tmp_path / "file" / "run")
    assert (status, said) == (2, f"aereport: {tmp_path / 'file' / 'run'}: Not a directory\n")

    def refused(self: Path, *_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refused)
    assert build(tmp_path / "run") == (3, f"aereport: {tmp_path / 'run'}: Permission denied\n")


def test_another_build_in_the_folder(tmp_path: Path) -> None:
    with lock(tmp_path):
        status, said = build(tmp_path)
    assert status == 2
    assert said == (
        f"aereport: {tmp_path}: another command (process {os.getpid()}) is at work here;"
        " wait for it, or take another folder\n"
    )


def test_a_folder_of_fake_results_is_left_alone(tmp_path: Path) -> None:
    fake(tmp_path, "nominal")
    before = contents(tmp_path / "bundle")
    status, said = build(tmp_path)
    assert status == 2
    assert last_line(said) == (f"aereport: {tmp_path}: holds fake results; choose another --out, or delete the folder")
    assert contents(tmp_path / "bundle") == before


def test_a_run_that_was_measured_is_not_overwritten_by_a_fake_one(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run / "bundle", tmp_path / "bundle")
    before = contents(tmp_path / "bundle")
    status, said = call("fake", tmp_path)
    assert (status, said) == (
        2, f"aereport: {tmp_path}: holds a run that was measured; choose another folder for fake results\n",
    )  # fmt: skip
    assert contents(tmp_path / "bundle") == before
    assert call("fake", tmp_path / "fake")[0] == call("fake", tmp_path / "fake", "--scenario", "ties")[0] == 0


@pytest.mark.parametrize("command", ["build", "render"])
def test_templates_and_formats_are_looked_at_before_anything_is_done(tmp_path: Path, command: str) -> None:
    own = tmp_path / "own"
    own.mkdir()
    fake(tmp_path / "run", "nominal")
    out, before = tmp_path / ("new" if command == "build" else "run"), contents(tmp_path / "run")

    def said(*words: object) -> str:
        status, output = build(out, *words) if command == "build" else call("render", out, *words)
        assert status == 2
        assert contents(tmp_path / "run") == before
        assert command == "render" or not out.exists()
        return output.removeprefix("aereport: ")

    assert said("--templates", own).startswith(f"{own}: holds none of our templates")
    assert said("--templates", tmp_path / "run") == f"{tmp_path / 'run'}: is the folder of a run, not of templates\n"
    (own / "summary.html").write_text("<p>\n{% if %}")
    assert said("--templates", own).startswith("summary.html, line 2: Expected an expression")
    (own / "summary.html").write_bytes(b"<p>\xff")
    assert said("--templates", own) == f"{own / 'summary.html'}: byte 3 is not UTF-8\n"
    if command == "render":
        assert said("--to", "html,docx") == "unknown format 'docx': valid are html, pdf\n"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("{{ 1 / 0 }}", "ZeroDivisionError: division by zero"),
        ('{{ "a" + 1 }}', 'TypeError: can only concatenate str (not "int") to str'),
        ("{{ [][3] | upper }}", "list object has no element 3"),
        ('{% include "gone.html" %}', "there is no template gone.html"),
        ('{% include "parts/own.html" %}', "there is no template parts/own.html"),
        ('{% include "own.txt" %}', "there is no template own.txt"),
    ],
)
def test_whatever_a_template_does_wrong_is_one_line(tmp_path: Path, body: str, wrong: str) -> None:
    fake(tmp_path / "run", "nominal")
    (tmp_path / "summary.html").write_text(f"<p>\n{body}")
    (tmp_path / "parts").mkdir()
    for name in ("parts/own.html", "own.txt"):  # which the lint does not read
        (tmp_path / name).write_text("The DAE is better.")
    status, said = call("render", tmp_path / "run", "--to", "html", "--templates", tmp_path)
    assert status == 2
    assert last_line(said) == f"aereport: summary.html, line 2: {wrong}"


def test_a_damaged_bundle_is_left_alone(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run / "bundle", tmp_path / "bundle")
    path = tmp_path / "bundle" / "arrays" / "ae-0.npz"
    path.write_bytes(path.read_bytes()[:-1])
    before = contents(tmp_path / "bundle")
    for status, said in (build(tmp_path), call("status", tmp_path), call("figures", tmp_path)):
        assert status == 2
        assert "ae-0.npz" in last_line(said)
    assert contents(tmp_path / "bundle") == before


@pytest.mark.parametrize("command", ["figures", "render", "status", "claims"])
def test_a_folder_that_is_no_run(tmp_path: Path, command: str) -> None:
    for folder in (tmp_path, tmp_path / "nothing"):
        status, said = call(command, folder)
        assert (status, said.count("\n")) == (2, 1)
        assert "is this the folder of a run?" in said or "no such file or folder" in said
    assert not (tmp_path / "nothing").exists()


def test_a_full_disk_is_one_line_and_keeps_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_document: None
) -> None:
    real, writes = bundle_module.write_atomic, iter(range(100))

    def full(path: Path, data: bytes) -> None:
        if next(writes) > 4:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        real(path, data)

    monkeypatch.setattr(bundle_module, "write_atomic", full)
    status, said = build(tmp_path)
    assert status == 3
    assert last_line(said).startswith(f"aereport: {tmp_path / 'bundle'}")
    assert last_line(said).endswith(": No space left on device")
    kept = len(Bundle.load(tmp_path / "bundle").tasks)
    assert kept == 2
    monkeypatch.setattr(bundle_module, "write_atomic", real)
    status, said = build(tmp_path)
    assert (status, "1 measure  4 tasks, " in said, "0 kept" in said) == (0, True, False)


def test_a_disk_that_takes_no_large_file(tmp_path: Path, no_document: None) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        status, said = build(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert status == 3
    assert last_line(said).startswith(f"aereport: {tmp_path}")  # which file it is
    assert last_line(said).endswith(": File too large")
    assert not list(tmp_path.rglob("*.part"))


def test_ctrl_c_is_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # this process listens on

    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(task, "fit", stopped)
    status, said = build(tmp_path)
    assert status == 130
    assert last_line(said) == ("aereport: stopped; what was finished is kept, and the same command goes on from there")


@pytest.mark.parametrize("command", ["claims", "status"])
def test_a_closed_pipe_is_silent(tmp_path: Path, command: str) -> None:
    fake(tmp_path, "nominal")
    process = subprocess.Popen(
        [sys.executable, "-c", "from report.cli import main; main()", command, tmp_path], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    with process:
        assert process.stderr.read() == ""
    assert process.returncode in (0, 1)
