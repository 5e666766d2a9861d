"""The command line: what it prints, the exit status, never a traceback."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import report.comparison.side
import report.draw
from experiments import plan
from experiments.presets import preset
from report import doctor, fake, made, steps
from report.checks import forms, gate
from report.checks.result import Check
from report.cli import main
from report.comparison.compare import compare
from report.doctor import table
from report.eject import eject
from report.making import MODELS, SCENARIOS
from report.status import stale
from report.templates import TEMPLATES
from tests.builds import ROOT, call
from tests.bundles import contents
from tests.pages import small


def test_the_scenarios_offered_are_those_there_are() -> None:
    assert SCENARIOS == fake.SCENARIOS


def test_the_models_offered_are_those_that_are_measured() -> None:
    assert {*MODELS, "data"} == set(plan.ALL)


def test_fake_then_claims(tmp_path: Path) -> None:
    assert call("fake", str(tmp_path / "run")) == (0, f"{tmp_path / 'run'}: fake results, scenario nominal\n")
    status, output = call("claims", str(tmp_path / "run"))
    assert status == 0
    assert "dae_more_robust             supported      Under noise the DAE's latents are easier to" in output


def test_a_tilde_is_the_home_of_its_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in --out=~/run, which a shell leaves alone."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert call("fake", "~/run")[0] == 0
    assert (tmp_path / "run" / "bundle").is_dir()
    assert call("claims", "~/run")[0] == 0
    (tmp_path / "images" / "train").mkdir(parents=True)
    status, output = call("build", "--data", "~/images", "--out", str(tmp_path / "images" / "train" / "cat"))
    assert status == 2
    assert "lies among the images" in output


@pytest.mark.parametrize("words", [("fake",), ("fake", "x", "--scenario", "odd"), ("nothing",)])
def test_wrong_usage_exits_2(words: tuple[str, ...]) -> None:
    assert call(*words)[0] == 2


def test_nobody_listens_any_more_and_the_work_goes_on(tmp_path: Path) -> None:
    """As with `aereport render RUN | head -1`; of a small document without figures and tables."""
    call("fake", str(tmp_path), "--scenario", "one-seed")
    mine = small(tmp_path / "mine", "{{ run.title }}")
    code = "import report.draw as d, report.cli as c; d.figures = d._write_tables = lambda *_: {}; c.main()"
    words = [sys.executable, "-c", code, "render", tmp_path, "--to", "html", "--templates", mine]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True) as child:
        assert child.stdout
        assert child.stderr
        child.stdout.close()
        assert child.stderr.read() == ""
    assert child.returncode == 0
    assert (tmp_path / "report.html").is_file()


def test_help_names_every_command_and_there_is_a_version() -> None:
    status, output = call("--help")
    assert status == 0
    assert all(name in output for name in main.commands)
    assert "version" in call("--version")[1]


@pytest.mark.parametrize(("faults", "status"), [((), 0), (("page 2: printed 3 dB",), 1)])
def test_check_fails_where_one_check_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: tuple[str, ...], status: int
) -> None:
    checks, asked = (Check("pdf", "2 pages", faults), Check("html", "3 numbers", ())), list[tuple[Any, ...]]()
    monkeypatch.setattr(gate, "examine", lambda *words: asked.append(words) or checks)
    words = [
        "--claims",
        tmp_path / "claims.toml",
        "--junit",
        tmp_path / "junit.xml",
        "--templates",
        tmp_path / "own",
        "--to",
        "html",
    ]
    said = "".join(f"{text}\n" for text in forms.lines(checks))
    assert call("check", str(tmp_path), *map(str, words)) == (status, said)
    assert asked == [(tmp_path, *words[1:-1:2], ["html"])]


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures would take seconds to draw."""
    for module in (report.draw, report.comparison.side):
        monkeypatch.setattr(module, "figures", dict)


def test_compare_fails_on_what_it_is_told_to(tmp_path: Path, no_figures: None, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = str(tmp_path / "old"), str(tmp_path / "new")
    fake.fake(Path(old))
    fake.fake(Path(new), "flipped")
    found = compare(Path(old), Path(new))
    monkeypatch.setattr("report.comparison.compare.compare", lambda *runs: {(old, new): found}[tuple(map(str, runs))])
    flips, worse = f"{len(found.flips)} claims flipped", f"{len(found.marked('-'))} numbers got worse"
    status, said = call("compare", old, new)
    assert (status, flips in said, worse in said) == (0, False, False)
    assert call("compare", old, new, "--fail-on", "flip") == (1, f"{said}aereport: {flips}\n")
    assert call("compare", old, new, "--fail-on", "worse") == (1, f"{said}aereport: {worse}\n")
    both = ("--fail-on", "worse", "--fail-on", "flip")
    assert call("compare", old, new, *both) == (1, f"{said}aereport: {flips}; {worse}\n")


def test_compare_passes_where_nothing_changed_and_takes_every_form(tmp_path: Path, no_figures: None) -> None:
    fake.fake(tmp_path)
    words = ("compare", str(tmp_path), str(tmp_path))
    status, said = call(*words, "--fail-on", "flip", "--fail-on", "worse", "--to", "json")
    assert (status, json.loads(said)["claims"]["flipped"]) == (0, {})
    assert call(*words, "--to", "html")[1].startswith("<!doctype html>")
    assert len(call(*words, "--all")[1]) > len(call(*words)[1])


def test_status_says_what_is_out_of_date_in_lines_and_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.fake(tmp_path)
    found = stale(tmp_path)
    assert found["report.html"] == "not made yet"
    assert call("status", str(tmp_path)) == (1, "".join(f"{name}: {why}\n" for name, why in found.items()))
    status, said = call("status", str(tmp_path), "--json")
    assert (status, json.loads(said)) == (1, {"format": 1, "stale": found})
    monkeypatch.setattr("report.status.stale", lambda run: {})
    status, said = call("status", str(tmp_path), "--json")
    assert (status, json.loads(said)) == (0, {"format": 1, "stale": {}})
    assert call("status", str(tmp_path)) == (0, f"{tmp_path}: nothing is out of date\n")


def test_a_run_is_packed_and_rendered_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, zipped, out, rendered = tmp_path / "run", tmp_path / "sent.zip", tmp_path / "there", list[tuple[Any, ...]]()
    bundle = fake.fake(run, "one-seed")
    assert call("pack", str(run), str(zipped)) == (0, f"{zipped}\n")

    def document(folder: Path, drawn: str, say: Any, *more: Any) -> None:
        rendered.append((folder, drawn, more[0]))

    monkeypatch.setattr(steps, "figures", lambda run, bundle, say: bundle.to_json())
    monkeypatch.setattr(steps, "document", document)
    assert call("render", str(zipped), "--to", "html", "--out", str(out)) == (0, "")
    assert rendered == [(out, bundle.to_json(), ["html"])]
    assert contents(out / "bundle") == contents(run / "bundle")
    assert {path.name for path in tmp_path.iterdir()} == {"run", "sent.zip", "there"}


@pytest.fixture
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored under nohup
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_only_looks_keeps_nothing_when_it_is_stopped(
    number: int, tmp_path: Path, handlers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "examine", lambda *_: signal.raise_signal(number))
    assert call("check", str(tmp_path)) == (128 + number, "aereport: stopped\n")


def test_a_command_that_should_outlive_its_terminal_does(
    tmp_path: Path, handlers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `nohup` starts it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    monkeypatch.setattr(gate, "examine", lambda *_: signal.raise_signal(signal.SIGHUP) or ())
    monkeypatch.setattr(forms, "lines", lambda checks: ["all is well"])
    assert call("check", str(tmp_path)) == (0, "all is well\n")


def test_what_is_made_again_with_other_templates_is_said(
    tmp_path: Path, no_figures: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, mine = tmp_path / "run", tmp_path / "mine"
    fake.fake(run, "one-seed")
    mine.mkdir()
    (mine / "report.html").write_text("<html lang=en><title>T</title>{{ run.title }}</html>")
    said = f"with the installed templates; the last page was made with --templates {mine}\n"
    for words, expected in (((), False), (("--templates", str(mine)), False), ((), True)):
        monkeypatch.setattr(steps, "document", partial(remembered, templates=mine if words else None))
        status, text = call("render", str(run), "--to", "html", *words)
        assert (status, said in text) == (0, expected)


def remembered(run: Path, *_: Any, templates: Path | None) -> None:
    """In place of a document that takes seconds."""
    (run / "report.html").touch()
    made.remember(run, ["report.html"], templates or TEMPLATES)


def test_fake_results_go_where_nothing_else_is(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()  # of a build that was stopped early
    refused = f"aereport: {tmp_path}: is not empty and holds no fake run; choose another folder\n"
    assert call("fake", str(tmp_path)) == (2, refused)
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_a_terminal_without_some_letters_shows_the_others(tmp_path: Path) -> None:
    fake.fake(tmp_path, settings=preset("smoke", ["seeds=3"]))
    command = [sys.executable, "-m", "report.cli", "claims", str(tmp_path)]
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="latin-1", check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Arithmetic a ? b + c gives" in done.stdout


def test_templates_are_ejected_once(tmp_path: Path) -> None:
    count = len(eject(tmp_path / "theirs"))
    out = tmp_path / "mine"
    assert call("eject", str(out)) == (0, f"{out}: {count} files; see TEMPLATES.md there\n")
    assert contents(out) == contents(tmp_path / "theirs")
    status, said = call("eject", str(out))
    assert (status, said.count("\n"), "is not empty" in said) == (2, 1, True)


@pytest.mark.parametrize(("state", "status"), [("optional", 0), ("missing", 3)])
def test_doctor_fails_where_something_needed_is_missing(
    monkeypatch: pytest.MonkeyPatch, state: Any, status: int
) -> None:
    found = [doctor.Finding("Python", "ok", "3.12"), doctor.Finding("Pango", state, "no PDF without it", "install it")]
    monkeypatch.setattr(doctor, "checks", lambda: found)
    assert call("doctor") == (status, f"{table(found)}\n")
