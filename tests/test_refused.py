"""What `aereport build` and `render` refuse: one line, exit status 2 or 3, and nothing is changed."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from experiments.files import lock
from report.fake import fake
from tests.builds import build, call, last_line
from tests.bundles import contents

pytestmark = pytest.mark.usefixtures("one_process")


def pictures(folder: Path, count: int = 30) -> Path:
    """A small folder of pictures, in the layout that `--data FOLDER` takes."""
    for part in ("train", "test"):
        for shade, name in enumerate(("Hündin", "zwei Katzen")):
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
        (["--preset", "large"], 2, "unknown preset 'large': expected one of smoke, quick, full"),
        (["--set", "speed=1"], 2, "unknown setting 'speed' (did you mean 'seeds'?): expected one of "),
        (["--set", "seeds=0"], 2, "seeds: must be greater than or equal to 1, got 0"),
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
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "words", [("build", "--out", ""), ("fake", ""), ("render", ""), ("compare", "a", ""), ("render", "a", "--out=")]
)
def test_an_empty_path_is_not_the_folder_that_one_is_in(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, output = call(*words)
    assert (status, "is empty; is a shell variable" in output) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_only_in_an_empty_folder(tmp_path: Path) -> None:
    status, said = build(tmp_path / "run", "--only", "dae")
    assert (status, last_line(said).startswith("aereport: --only dae: ae with seed 0 is due as well")) == (2, True)
    assert not (tmp_path / "run").exists()


def test_a_folder_that_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    assert build(tmp_path, "--only", "dae")[0] == 2
    assert "--only dae" in (tmp_path / "build.log").read_text("utf-8")
    assert (tmp_path / "thesis.txt").read_text() == "mine"


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
        assert said("--to", "html,docx") == "unknown format 'docx': expected one of html, pdf\n"


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
def test_whatever_a_template_does_wrong_is_one_line(
    tmp_path: Path, body: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("report.draw.figures", dict)  # which would take seconds
    fake(tmp_path / "run", "nominal")
    (tmp_path / "summary.html").write_text(f"<p>\n{body}")
    (tmp_path / "parts").mkdir()
    for name in ("parts/own.html", "own.txt"):  # which the lint does not read
        (tmp_path / name).write_text("The DAE is better.")
    status, said = call("render", tmp_path / "run", "--to", "html", "--templates", tmp_path)
    assert status == 2
    assert last_line(said) == f"aereport: summary.html, line 2: {wrong}"


@pytest.mark.parametrize("command", ["figures", "render", "status", "claims", "check"])
def test_a_build_that_was_stopped_before_it_had_anything(tmp_path: Path, command: str) -> None:
    (tmp_path / "build.log").touch()
    why = "a build began here, and no task of it is finished; the same command goes on with it"
    assert call(command, tmp_path) == (2, f"aereport: {tmp_path}: {why}\n")
    (tmp_path / "claims.json").touch()  # of a run whose bundle is gone
    assert "holds no bundle; is this the folder of a run?" in call(command, tmp_path)[1]


@pytest.mark.parametrize("command", ["figures", "render", "status", "claims"])
def test_a_folder_that_is_no_run(tmp_path: Path, command: str) -> None:
    for folder in (tmp_path, tmp_path / "nothing"):
        status, said = call(command, folder)
        assert (status, said.count("\n")) == (2, 1)
        assert "is this the folder of a run?" in said or "no such file or folder" in said
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "mine.zip").write_bytes(b"PK")
    if command != "render":
        name = "x" * 300  # longer than a name may be
        assert call(command, tmp_path / name)[1].endswith(f"{name}: no such file or folder\n")
        status, said = call(command, tmp_path / "mine.zip")
        assert (status, last_line(said)) == (
            2, f"aereport: {tmp_path}/mine.zip: is a file, not the folder of a run; of a bundle.zip, aereport render"
            f" {tmp_path}/mine.zip makes one",
        )  # fmt: skip


def test_render_says_what_check_will_find_in_templates_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("report.draw.figures", dict)
    fake(tmp_path / "run", "nominal")
    (tmp_path / "summary.html").write_text("<p>The PSNR is 24.06 dB.</p>")
    _, said = call("render", tmp_path / "run", "--to", "html", "--templates", tmp_path)
    assert "summary.html, line 1: a typed number: " in said
    assert "; aereport check will not pass\n" in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "torch is not installed: make setup in"),
        (ImportError("libx.so: no such file", name="_C"), "libx.so: no such file; see what aereport doctor says"),
    ],
)
def test_what_is_installed_and_does_not_load_is_told_from_what_is_not(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fails() -> None:
        raise error

    monkeypatch.setattr("report.doctor.checks", fails)
    status, line = call("doctor")
    assert status == 3
    assert line.startswith(f"aereport: {said}")
