"""The benchmarks run, and say what they should; their numbers mean nothing here."""

import itertools
import json
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from experiments import machine
from experiments.bundle import Result
from experiments.presets import preset
from experiments.task import Task
from report.fake import fake
from tests.benchmarks import build_steps, ceiling, loops, scaling, tables
from tests.benchmarks.training import TRAINED, race
from tests.builds import call

SMOKES = {"training": "| ae ", "build_steps": "| status ", "scaling": "| seeds ", "gpu": "| ae "}


@pytest.mark.parametrize("name", SMOKES)
def test_a_smoke_prints_a_table_and_writes_its_numbers(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.set_num_threads(1)
    path = tmp_path / "found.json"
    monkeypatch.setattr(machine, "cores", lambda: 1)
    monkeypatch.setattr(sys, "argv", [name, "--smoke", "--json", str(path)])
    import_module(f"tests.benchmarks.{name}").main()
    assert SMOKES[name] in capsys.readouterr().out
    assert {"date", "device", "torch"} < set(json.loads(path.read_text()))


@pytest.mark.parametrize("name", TRAINED)
def test_the_loop_after_airbench_trains_every_model(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(torch, "compile", lambda function: function)
    settings, data, window = preset("smoke"), loops.toy(64, "cpu"), loops.Window(0.0, warm=64)
    with pytest.raises(loops.Over):
        loops.airbench(loops.fresh(name, settings, "cpu"), data, settings, window)
    assert window.found()["images"] > 0


def test_a_process_that_fails_at_its_start_says_why(tmp_path: Path) -> None:
    (python := tmp_path / "python").write_text("#!/bin/sh\necho unknown model \\'$4\\' >&2; exit 1\n")
    python.chmod(0o755)
    with pytest.raises(RuntimeError, match="ours, nonsense: unknown model 'nonsense'"):
        race("ours", "nonsense", [], str(python), processes=2)


def test_images_of_processes_that_race_side_by_side_are_added_up(tmp_path: Path) -> None:
    """None of them begins before all are ready."""
    (python := tmp_path / "python").write_text(
        f"#!/bin/sh\ncd {tmp_path}; touch $$.here; echo ready; read go; ls *.here | wc -l >> seen\n"
        """echo '{"images": 6, "seconds": 2, "cpu_seconds": 4}'\n"""
    )
    python.chmod(0o755)
    assert race("ours", "ae", [], str(python), processes=2) == {"wall": 6, "cpu": 1.5}
    assert (tmp_path / "seen").read_text().split() == ["2", "2"]


def test_the_commands_are_those_that_a_user_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_document: None
) -> None:
    """Here in this process, and without the document, which takes seconds."""
    asked, pages = list[str](), list[str]()

    def answered(_: str, command: str, *words: str) -> tuple[float, float]:
        status, said = call(*words)
        assert status == (words[0] == "status"), said  # something is due
        asked.append(" ".join([words[0], *words[2:]]))
        pages.append((own / "part1.html").read_text())
        return 2.0, 1.0

    fake(tmp_path / "run", settings=preset("smoke", ["seeds=3"]))
    monkeypatch.setattr(build_steps, "seconds", answered)
    own = tmp_path / "own"
    found = build_steps.commands(tmp_path / "run", own, 2)
    assert {name: len(times) for name, times in found.items()} == {
        "figures, none there yet": 1, "figures, all up to date": 2, build_steps.CHANGED: 2, "PDF": 1, "HTML": 2,
        "status": 2,
    }  # fmt: skip
    changed = f"render --to html --templates {own}"
    again = ["render --to pdf", *["render --to html"] * 2, *["status"] * 2]
    assert asked == [*["figures"] * 3, changed, changed, *again]
    assert len(set(pages)) == 3  # of our own, and after each change


def test_a_window_counts_from_the_end_of_the_warm_up_until_the_time_is_up() -> None:
    window = loops.Window(seconds=0, warm=10)
    for images in (4, 6):
        window.tick(images)
    with pytest.raises(loops.Over):
        window.tick(7)
    found = window.found()
    assert found["images"] == 7
    assert found["seconds"] > 0


def test_seconds_are_those_of_the_step_in_which_they_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    def run(self: Task) -> tuple[Result, None]:
        clock[0] += 5
        self.progress.step(self.model, self.seed, "quality")
        clock[0] += 1
        return Result(self.model, self.seed), None

    monkeypatch.setattr(build_steps.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(Task, "run", run)
    assert build_steps.study_seconds(preset("smoke"), ("ae", "dae")) == {"train": 10, "quality": 2}


def test_a_straight_line_has_no_distance_from_itself() -> None:
    assert scaling.off_the_line([1, 2, 3, 4], [3, 5, 7, 9]) == pytest.approx(0, abs=1e-12)
    assert scaling.off_the_line([1, 2, 3, 4], [1, 4, 9, 16]) == pytest.approx(1 / 16)


def test_a_spread_is_the_median_with_the_range() -> None:
    assert tables.spread([3, 1, 2]) == "2.00 (1.00–3.00)"
    assert tables.spread([3], 0) == "3"


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert tables.markdown(("a", "bb"), [("ccc", "d")]) == "| a   | bb |\n|-----|----|\n| ccc | d  |"


@pytest.mark.parametrize(("kind", "both"), [("bf16", 2), ("fp32", 1)])
def test_a_ceiling_is_of_the_quickest_run_after_the_first(
    kind: str, both: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    clock, seconds = [0.0], itertools.cycle([1e-6, 4, 3, 2, 5, 6, 3, 4])  # the first of eight warms up
    reads = itertools.count()

    def now() -> float:
        clock[0] += next(seconds) if next(reads) % 2 else 0
        return clock[0]

    monkeypatch.setattr(ceiling, "time", SimpleNamespace(perf_counter=now))
    found = ceiling.ceiling("cpu", kind, small=True)
    assert found == pytest.approx({"fp32": 2 * 256**3 / 2e9, kind: 2 * 256**3 / 2e9, "copy": 2 * 4 * 2**20 / 2e9})
    assert next(reads) == 2 * 8 * (both + 1)
