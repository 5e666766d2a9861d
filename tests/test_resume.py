"""What a training takes up again, bit by bit, after an interruption, and what it does not."""

from contextlib import suppress
from dataclasses import replace
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import torch

from experiments import machine, train
from experiments.held_out import HeldOut
from experiments.settings import Settings
from experiments.train import fit
from models import MODELS, build
from models.base import Model
from tests.progress import Log
from tests.toys import SIZES
from tests.trainings import DATA, Scored, settings, trained, weights

torch.set_num_threads(1)


class Stop(Exception):
    pass


def scored(model: Model) -> dict[str, float]:
    return {"test_mse": float(weights(model).norm())}


@cache
def uninterrupted(name: str) -> tuple[Model, dict[str, list[float]]]:
    return trained(name, evaluate=Scored(scored))


@pytest.mark.parametrize(
    ("name", "after"), [("dae", 1), ("dae", 5), ("vae", 5), ("mcae_sparse", 1), ("vit_mae", 5), ("classifier", 1)]
)
def test_an_interrupted_training_goes_on_bit_by_bit(
    name: str, after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "SAVE_EVERY", 0)
    points = 0

    def evaluate(model: Model) -> dict[str, float]:
        nonlocal points
        if points > after:
            raise Stop
        points += 1
        return scored(model)

    expected, curves = uninterrupted(name)
    path = tmp_path / "x.safetensors"
    with pytest.raises(Stop):
        trained(name, checkpoint=path, evaluate=Scored(evaluate))
    log = Log()
    resumed, again = trained(name, checkpoint=path, evaluate=Scored(scored), progress=log)
    assert len(log.epochs) == 8 - after
    assert torch.equal(weights(resumed), weights(expected))
    assert {key: value for key, value in again.items() if key != "seconds"} == {
        key: value for key, value in curves.items() if key != "seconds"
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoint of a training that is over."""
    trained(checkpoint=(path := tmp_path_factory.mktemp("finished") / "x"))
    return path


class Begun(Log):
    """Ends a training as soon as it tells of itself."""

    def epoch(self, *facts: Any) -> None:
        super().epoch(*facts)
        raise Stop


def anew(path: Path, **changes: Any) -> bool:
    """Whether a training begins anew beside the checkpoint of a finished one, which stays."""
    log = Begun()
    with suppress(Stop):
        trained(checkpoint=path, progress=log, **changes)
    return bool(log.epochs)


def test_points_that_were_judged_otherwise_are_judged_anew(tmp_path: Path) -> None:
    """Curves stayed those of the images of an earlier build."""
    few, more = HeldOut(DATA.test_images[:4]), HeldOut(DATA.test_images)
    first, curves = trained(checkpoint=tmp_path / "x", evaluate=few)
    assert trained(checkpoint=tmp_path / "x", evaluate=HeldOut(DATA.test_images[:4].clone()))[1] == curves
    second, again = trained(checkpoint=tmp_path / "x", evaluate=more)
    assert again["test_mse"] == trained(evaluate=more)[1]["test_mse"] != curves["test_mse"]
    assert torch.equal(weights(first), weights(second))


def test_a_finished_training_is_not_repeated(tmp_path: Path) -> None:
    first, curves = trained(checkpoint=tmp_path / "x")
    log = Log()
    second, again = trained(checkpoint=tmp_path / "x", progress=log, model_seed=9)
    assert log.epochs == []
    assert again == curves
    assert torch.equal(weights(first), weights(second))


@pytest.mark.parametrize(
    "change",
    [
        dict(seed=1), dict(epochs=3), dict(data=DATA.head(40, 0)), dict(data=replace(DATA, fingerprint="1e")),
        dict(data=replace(DATA, train_labels=DATA.train_labels.flip(0))), dict(name="dae"),
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_another_run_s_checkpoint_is_not_resumed(change: dict[str, Any], finished: Path) -> None:
    assert anew(finished, **change)


OTHERS = dict(
    batch_size=12, learning_rate=0.02, weight_decay=0.02, warmup=0.1, ema_decay=0.8, precision="bf16", latent_dim=7,
    width=9, noise_variance=0.2, mask_low=0.2, mask_high=0.7,
)  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_is_resumed_under_another_setting_that_training_depends_on(name: str, finished: Path) -> None:
    assert anew(finished, settings=settings(**{name: OTHERS[name]}))


class Watched:
    """Settings that keep which of them are read."""

    def __init__(self) -> None:
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(settings(), name)


def test_those_are_the_settings_that_training_and_models_read(tmp_path: Path) -> None:
    watched: Any = Watched()
    fit(build("ae", **SIZES), DATA, watched, seed=0, epochs=2, checkpoint=tmp_path / "x")
    taken = {name for model in MODELS.values() if model.trained for name in signature(model).parameters}
    assert set(OTHERS) == (watched.read | taken) & set(Settings.model_fields)


@pytest.mark.parametrize(
    ("module", "name", "other"),
    [
        (torch, "__version__", f"{torch.__version__}.1"),
        (train, "code", lambda *of: {("ae", "experiments/train.py"): "another SHA-256"}[of]),
        (machine, "processor", lambda: "another, whose seconds are others"),
    ],
    ids=["torch", "code", "processor"],
)
def test_nothing_is_resumed_that_other_code_another_torch_or_another_processor_trained(
    module: Any, name: str, other: Any, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, other)
    assert anew(finished)


def test_what_a_training_does_not_depend_on_does_not_end_it(finished: Path) -> None:
    assert not anew(finished, settings=settings(title="Another", seeds=5))


def test_checkpoints_are_written_at_the_end_and_not_at_every_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points: list[int] = []
    monkeypatch.setattr(train, "save", lambda path, key, state: points.append(state.point))
    monkeypatch.setattr(train, "SAVE_EVERY", 1e9)
    trained(checkpoint=tmp_path / "x")
    assert points == [8]
