"""A study in a folder that holds one: what is measured again, and what a run says of its tasks and images."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from experiments import curves, machine
from experiments.bundle import Bundle, Result
from experiments.options import earlier_run
from experiments.progress import Silent
from experiments.study import Study
from experiments.task import Task
from tests.planned import coloured
from tests.studies import QUICK, SHORT, stub, study, told


def test_nothing_is_measured_twice(tmp_path: Path, stubbed: list[str]) -> None:
    study(tmp_path).run()
    assert stubbed == ["classifier-0", "classifier-1", "ae-0", "ae-1", "dae-0", "dae-1", "pca-0"]
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    del stubbed[:]
    assert study(tmp_path).due == {}
    study(tmp_path).run()
    assert stubbed == []
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_more_seeds_add_only_the_new_ones(tmp_path: Path, stubbed: list[str]) -> None:
    first = study(tmp_path).run()
    del stubbed[:]
    second = study(tmp_path, QUICK.model_copy(update={"seeds": 3, "title": "Another"})).run()
    assert stubbed == ["classifier-2", "ae-2", "dae-2"]
    for key in ("ae/psnr", "dae/psnr", "classifier/judge_accuracy"):
        assert second.values[key][:2] == first.values[key]
        assert second.values[key][2] is not None
    assert second.values["pca/psnr"] == first.values["pca/psnr"]
    assert {name: second.tasks[name] for name in first.tasks} == first.tasks
    third = study(tmp_path, QUICK.model_copy(update={"seeds": 1})).run()
    assert third.values["ae/psnr"] == first.values["ae/psnr"][:1]
    assert list(third.tasks) == ["ae-0", "dae-0", "pca-0", "classifier-0"]


def test_a_stopped_run_compares_models_as_they_are_now(
    tmp_path: Path, stubbed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be rendered, and a comparison with a model as it was before would stand beside its new numbers."""
    noisy = {"ae": 19.0, "dae": 21.0}  # PSNR at every noise level; clean it is 20 and 20

    def run(self: Task) -> tuple[Result, Any]:
        result, judge = stub(self)
        if self.model in noisy:
            result.add("psnr", 20.0)
            for level in self.settings.noise_levels[1:]:
                result.add(f"psnr[noise={level:g}]", noisy[self.model])
        return result, judge

    class Stopping(Silent):
        def done(self, model: str, seed: int, how: str) -> None:
            if (model, seed) == ("ae", stop_at):
                raise KeyboardInterrupt

    monkeypatch.setattr(Task, "run", run)
    crossing = study(tmp_path).run().values["dae/crossing"]
    assert crossing == [0, 0]
    noisy["ae"], stop_at = 22.0, 1
    with pytest.raises(KeyboardInterrupt):
        study(tmp_path, only=("ae",), progress=Stopping()).run()
    stopped = Bundle.load(tmp_path / "bundle")
    assert (stopped.values["dae/crossing"], stopped.reasons["dae/crossing"]) == ([None, None], curves.NEVER)
    stop_at = 2
    with pytest.raises(KeyboardInterrupt):
        study(tmp_path, QUICK.model_copy(update={"seeds": 3}), progress=Stopping()).run()
    assert "no finite number" not in Bundle.load(tmp_path / "bundle").reasons["dae/crossing"]


def test_a_changed_setting_measures_what_depends_on_it(tmp_path: Path, stubbed: list[str]) -> None:
    first = study(tmp_path).run()
    del stubbed[:]
    changed = study(tmp_path, QUICK.model_copy(update={"noise_variance": 0.2}))
    assert changed.due == dict.fromkeys([("dae", 0), ("dae", 1)], "its settings changed")
    second = changed.run()
    assert stubbed == ["dae-0", "dae-1"]
    assert second.values["ae/psnr"] == first.values["ae/psnr"]
    assert second.values["dae/psnr"] == pytest.approx([(v or 0) + 0.1 for v in first.values["dae/psnr"]])


def test_a_judge_is_trained_again_for_those_it_judges(tmp_path: Path, stubbed: list[str]) -> None:
    study(tmp_path).run()
    del stubbed[:]
    assert study(tmp_path, only=("ae",)).due == {
        ("classifier", 0): "it judges images of models that are due", ("ae", 0): "it was asked for",
        ("classifier", 1): "it judges images of models that are due", ("ae", 1): "it was asked for",
    }  # fmt: skip
    study(tmp_path, only=("ae",)).run()
    assert stubbed == ["classifier-0", "classifier-1", "ae-0", "ae-1"]


def test_only_measures_one_model(tmp_path: Path, stubbed: list[str]) -> None:
    with pytest.raises(ValueError, match=r"--only dae: ae with seed 0 is due as well \(not measured yet\); leave out"):
        study(tmp_path, only=("dae",)).run()
    study(tmp_path).run()
    del stubbed[:]
    study(tmp_path, QUICK.model_copy(update={"noise_variance": 0.2}), ("dae",)).run()
    assert stubbed == ["dae-0", "dae-1"]
    with pytest.raises(
        ValueError, match=r"--only dae: ae with seed 0 is due as well \(its settings changed\); leave out"
    ):
        study(tmp_path, QUICK.model_copy(update={"epochs": 3.0}), ("dae",)).run()


def test_only_leaves_no_images_that_another_judge_saw(tmp_path: Path, stubbed: list[str]) -> None:
    study(tmp_path).run()
    other = QUICK.model_copy(update={"judge_epochs": 4.0})
    for only, what in ((("classifier",), "--only ae --only vae$"), (("vae",), "--only ae$")):
        with pytest.raises(ValueError, match=rf"ae with seed 0 is due as well \(the judge of .* changed\); add {what}"):
            study(tmp_path, other, only).run()
    del stubbed[:]
    study(tmp_path, only=("classifier",)).run()  # the same judge again
    assert stubbed == ["classifier-0", "classifier-1"]
    study(tmp_path, other, ("classifier", "ae")).run()
    assert not study(tmp_path, other).due


def test_a_failed_model_stays_failed_until_it_is_measured(
    tmp_path: Path, stubbed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: Task) -> tuple[Result, Any]:
        if (self.model, self.seed) == ("ae", 1):
            return Result("ae", 1, failed="no luck"), None
        return stub(self)

    with monkeypatch.context() as patch:
        patch.setattr(Task, "run", failing)
        bundle = study(tmp_path).run()
    assert bundle.reasons["ae"] == "seed 1: no luck"
    assert bundle.reasons["dae/psnr[at=equal_time]"] == "it takes ae, which is missing: seed 1: no luck"
    for only in ("dae", "classifier"):  # the same judge again
        assert study(tmp_path, only=(only,)).run().reasons["ae"] == "seed 1: no luck"
    judge = "it judges images of models that are due"
    assert study(tmp_path).due == {("classifier", 1): judge, ("ae", 1): "it failed: no luck"}
    del stubbed[:]
    assert not set(study(tmp_path).run().reasons) & set(SHORT)
    assert stubbed == ["classifier-1", "ae-1"]


def test_a_task_whose_array_is_lost_is_measured_again(tmp_path: Path, stubbed: list[str]) -> None:
    whole = study(tmp_path).run()
    (tmp_path / "bundle" / "arrays" / "pca-0.npz").unlink()
    (tmp_path / "bundle" / "arrays" / "dae-1.npz").write_bytes(b"damaged")
    lost = {("pca", 0): "its array is missing", ("dae", 1): "its array is not the one that was measured"}

    def again(*only: str) -> Study:
        return Study(QUICK, coloured(), tmp_path, before=earlier_run(tmp_path), only=only)

    with pytest.raises(ValueError, match=r"pca with seed 0 is due as well \(its array is missing\); leave out --only"):
        again("dae").run()
    assert again().due == lost
    del stubbed[:]
    found = again("dae", "pca").run()
    assert stubbed == ["dae-0", "dae-1", "pca-0"]
    assert told(Bundle.load(tmp_path / "bundle").to_json()) == told(found.to_json()) == told(whole.to_json())


def test_notes_are_kept_and_replaced(tmp_path: Path, stubbed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def noting(text: str) -> Any:
        def run(self: Task) -> tuple[Result, Any]:
            result, judge = stub(self)
            result.notes += [text, text] if self.model == "dae" else []
            return result, judge

        return run

    with monkeypatch.context() as patch:
        patch.setattr(Task, "run", noting("in 2 pieces"))
        study(tmp_path).run()
        assert study(tmp_path).run().provenance.notes == ["dae, seed 0: in 2 pieces", "dae, seed 1: in 2 pieces"]
        patch.setattr(Task, "run", noting("in 4 pieces"))
        again = study(tmp_path, only=("dae",)).run()
    assert again.provenance.notes == ["dae, seed 0: in 4 pieces", "dae, seed 1: in 4 pieces"]
    fewer = QUICK.model_copy(update={"seeds": 1})
    assert study(tmp_path, fewer).run().provenance.notes == ["dae, seed 0: in 4 pieces"]


def test_a_run_names_the_code_that_measured_last(
    tmp_path: Path, stubbed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for commit, seeds, named in (("a" * 40, 1, "a"), ("b" * 40, 1, "a"), ("c" * 40, 2, "c")):
        monkeypatch.setattr(machine, "commit", lambda commit=commit: commit)
        found = study(tmp_path, QUICK.model_copy(update={"seeds": seeds})).run()
        assert found.provenance.commit == named * 40


def test_images_that_were_seen_in_training_are_said(tmp_path: Path, stubbed: list[str]) -> None:
    leaky = study(tmp_path)
    leaky.data = replace(leaky.data, test_images=torch.cat([leaky.data.test_images[1:], leaky.data.train_images[:1]]))
    note = f"data: 1 of {len(leaky.data.test_images)} test images are training images, too"
    assert leaky.run().provenance.notes == [note]
    assert study(tmp_path).run().provenance.notes == []


def test_a_class_that_most_images_have_is_said(tmp_path: Path, stubbed: list[str]) -> None:
    uneven = study(tmp_path)
    labels = torch.zeros_like(uneven.data.test_labels)
    labels[:2] = torch.tensor([1, 2])
    uneven.data = replace(uneven.data, test_labels=labels)
    (note,) = uneven.run().provenance.notes
    count = len(labels)
    assert note.startswith(
        f"data: {count - 2} of {count} test images are of the class {uneven.data.classes[0]}; to answer"
    )


def test_only_does_not_mix_two_precisions(tmp_path: Path, stubbed: list[str]) -> None:
    study(tmp_path, precision="bf16").run()
    with pytest.raises(ValueError, match=r"trained in another precision \(bf16, now fp32\)\); leave out --only"):
        study(tmp_path, precision="fp32", only=("dae",)).run()
    assert not study(tmp_path, precision="").due


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_what_is_trained_here_says_in_which_precision(precision: str, tmp_path: Path, stubbed: list[str]) -> None:
    tasks = study(tmp_path, QUICK.model_copy(update={"precision": precision})).run().tasks
    assert {name: facts.get("precision") for name, facts in tasks.items() if name.endswith("0")} == {
        "ae-0": precision, "dae-0": precision, "pca-0": None, "classifier-0": precision,
    }  # fmt: skip
