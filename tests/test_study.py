"""The study: real training of models on a few images, and one failing model that takes no other along."""

import errno
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from experiments import demo, due, machine, plan, pool, task
from experiments.bundle import Bundle
from experiments.data import Data
from experiments.progress import Silent
from experiments.study import Study
from experiments.task import Task
from experiments.train import TrainingDiverged
from tests.studies import FEW, ONE_SEED, SETTINGS, few, told


@pytest.mark.long
def test_what_is_measured_is_planned_and_kept(data: Data, tmp_path: Path) -> None:
    bundle = Study(SETTINGS, data, tmp_path).run()
    assert not set(bundle.reasons) & set(plan.ALL)
    assert set(bundle.values) <= set(plan.keys(SETTINGS))
    assert bundle.provenance.data == demo.NAME
    loaded = Bundle.load(tmp_path / "bundle")
    assert loaded.to_json() == bundle.to_json()
    for key in ("mcae/error_map[mask=0.1]", "vae/interpolation", "data/heat_examples"):
        assert loaded.array(key).shape == plan.arrays(SETTINGS)[key].shape


def test_a_model_that_diverges_leaves_the_others_standing(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = task.fit

    def diverging(model, *args, seed, **keywords):  # type: ignore[no-untyped-def]
        if model.name == "vae" and seed == 0:
            raise TrainingDiverged("the loss is not finite at step 3")
        return real(model, *args, seed=seed, **keywords)

    monkeypatch.setattr(task, "fit", diverging)
    monkeypatch.setattr(due, "tasks", few("ae", "vae", "classifier"))
    bundle = Study(ONE_SEED.model_copy(update={"seeds": 2}), data, tmp_path).run()
    assert bundle.reasons.pop("vae") == "seed 0: the loss is not finite at step 3"
    it_takes = "it takes vae, which is missing: seed 0: the loss is not finite at step 3"
    assert bundle.reasons == {"ae/transfer[band=fine,at=equal_mse]": it_takes}
    assert bundle.values["vae/roughness"][0] is None
    assert bundle.values["vae/roughness"][1] is not None
    assert None not in bundle.values["ae/roughness"]


@pytest.mark.parametrize("part", ["fit", "MEASUREMENTS"])
def test_a_full_disk_stops_the_study(data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """Every other training would come to it as well."""
    real, full = task.fit, OSError(errno.ENOSPC, "No space left on device")

    def filling(model: Any, *_: Any, **keywords: Any) -> Any:
        if model.name == "ae":
            raise full
        return real(model, *_, **keywords)

    monkeypatch.setattr(task, part, filling if part == "fit" else [(filling, ("ae", "dae"))])
    monkeypatch.setattr(due, "tasks", few("ae", "dae", "pca"))
    with pytest.raises(OSError, match="No space left"):
        Study(SETTINGS, data, tmp_path).run()
    assert "dae-0" not in Bundle.load(tmp_path / "bundle").tasks  # which would come next


def test_fp32_is_fp32_on_a_gpu_too(data: Data, tmp_path: Path) -> None:
    """A GPU may keep ten bits of each factor, and by itself does so in convolutions."""
    backends = torch.backends.cudnn, torch.backends.cuda.matmul
    for backend in backends:
        backend.allow_tf32 = True
    Task("random_encoder", 0, ONE_SEED, data, None, tmp_path, Silent()).run()
    assert not any(backend.allow_tf32 for backend in backends)


def test_what_is_trained_says_on_what(reference: Bundle) -> None:
    assert {name for name, facts in reference.tasks.items() if "trained_on" in facts} == {"dae-0", "classifier-0"}
    assert reference.tasks["dae-0"]["trained_on"] == machine.processor()


@pytest.mark.parametrize("again", ["here", pytest.param("processes", marks=pytest.mark.long)])  # see test_kill, too
def test_the_same_seed_gives_the_same_result(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: str, reference: Bundle
) -> None:
    monkeypatch.setattr(due, "tasks", few(*FEW))
    places = pool.here if again == "here" else partial(pool.processes, 1, data)
    other = Study(ONE_SEED, data, tmp_path).run(places)
    assert not set(other.reasons) & set(plan.ALL)
    assert told(other.to_json()) == told(reference.to_json())
    for model in FEW:
        mine, theirs = (b._open(f"arrays/{model}-0.npz") for b in (other, reference))
        assert mine.keys() == theirs.keys()
        assert all((mine[name] == theirs[name]).all() for name in mine)


@pytest.fixture(scope="module")
def reference(data: Data, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(due, "tasks", few(*FEW))
        return Study(ONE_SEED, data, tmp_path_factory.mktemp("reference")).run()
