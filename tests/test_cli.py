"""The command line: what it prints, the exit status, never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments import plan
from report import fake
from report.cli import main
from report.making import MODELS, SCENARIOS

ROOT = Path(__file__).parent.parent


def call(*words: str) -> tuple[int, str]:
    outcome = CliRunner().invoke(main, list(words))
    return outcome.exit_code, outcome.output


def test_the_scenarios_offered_are_those_there_are() -> None:
    assert SCENARIOS == fake.SCENARIOS


def test_the_models_offered_are_those_that_are_measured() -> None:
    assert {*MODELS, "data"} == set(plan.ALL)


def test_fake_then_claims(tmp_path: Path) -> None:
    assert call("fake", str(tmp_path / "run")) == (0, f"{tmp_path / 'run'}: fake results, scenario nominal\n")
    status, output = call("claims", str(tmp_path / "run"))
    assert status == 0
    assert "dae_more_robust             supported      Under noise the DAE's latents classify better" in output


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


def test_a_folder_that_is_no_run_gets_one_line(tmp_path: Path) -> None:
    status, output = call("claims", str(tmp_path))
    assert status == 2
    assert output.count("\n") == 1
    assert "is this the folder of a run?" in output


def test_a_damaged_bundle_is_named(tmp_path: Path) -> None:
    call("fake", str(tmp_path))
    path = tmp_path / "bundle" / "arrays" / "ae-0.npz"
    path.write_bytes(path.read_bytes()[:-1])
    status, output = call("claims", str(tmp_path))
    assert status == 2
    assert "ae-0.npz: its SHA-256 is not the one in bundle.json" in output


@pytest.mark.parametrize("words", [("fake",), ("fake", "x", "--scenario", "odd"), ("nothing",)])
def test_wrong_usage_exits_2(words: tuple[str, ...]) -> None:
    assert call(*words)[0] == 2


def test_as_a_module() -> None:
    said = subprocess.run([sys.executable, "-m", "report.cli", "--version"], capture_output=True, text=True, cwd=ROOT)
    assert (said.returncode, "version" in said.stdout) == (0, True)


def test_nobody_listens_any_more_and_the_work_goes_on(tmp_path: Path) -> None:
    """As with `aereport render RUN | head -1`."""
    call("fake", str(tmp_path), "--scenario", "one-seed")
    words = [sys.executable, "-m", "report.cli", "render", str(tmp_path), "--to", "html"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True) as child:
        assert child.stdout
        assert child.stderr
        child.stdout.close()
        assert child.stderr.read() == ""
    assert child.returncode == 0
    assert (tmp_path / "report.html").is_file()


def test_help_names_every_command() -> None:
    status, output = call("--help")
    assert status == 0
    assert all(name in output for name in main.commands)
