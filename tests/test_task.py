"""One task: what its model is made of, what training and measurements are handed, and that a failure stays its own."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from experiments import machine, plan, task
from experiments.batches import LATER
from experiments.task import Task
from experiments.train import fit
from models import build
from models.base import Autoencoder, Model
from tests.planned import coloured, settings
from tests.progress import Log

SETTINGS = settings(epochs=0.5, judge_epochs=0.75, curve_images=20, precision="fp32")
DATA = coloured()
Measure = Callable[..., Iterator[tuple[str, Any]]]


def made(model: str, folder: Path, progress: Log | None = None, judge: Model | None = None) -> Task:
    return Task(model, 3, SETTINGS, DATA, judge, folder, progress or Log())


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def failing(error: Exception) -> Measure:
    """A measurement that comes to one number."""

    def broken(*_: Any) -> Iterator[tuple[str, float]]:
        yield "mse", 1.5
        raise error

    return broken


def fine(model: Model, data: Any, of: Any, seed: int) -> Iterator[tuple[str, Any]]:
    yield "psnr", np.array([20.0, 40.0])


def other(*_: Any) -> Iterator[tuple[str, Any]]:
    yield "ssim", 0.5


def test_a_measurement_that_fails_takes_no_other_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    why = failing(ValueError("why")), failing(RuntimeError("why not\nin many lines"))
    monkeypatch.setattr(
        task, "MEASUREMENTS", [(why[0], ("pixels",)), (fine, ("ae", "pixels")), (other, ("ae",)), (why[1], ("pixels",))]
    )
    progress = Log()
    result, model = made("pixels", tmp_path, progress).run()
    assert result.values == {"mse": 1.5, "psnr": 30}
    assert result.failed == "broken: why; broken: why not"
    assert progress.steps == [("pixels", 3, name) for name in ("broken", "fine", "broken")]
    assert progress.notes == result.notes == []
    assert model is None


def test_a_measurement_that_waits_goes_on_when_all_others_are_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def waiting(*_: Any) -> Iterator[tuple[str, Any]]:
        yield "mse", 1.5
        yield LATER
        yield "mae", 2.5
        raise ValueError("why")

    monkeypatch.setattr(task, "MEASUREMENTS", [(waiting, ("pixels",)), (fine, ("pixels",))])
    progress = Log()
    result, _ = made("pixels", tmp_path, progress).run()
    assert list(result.values.items()) == [("mse", 1.5), ("psnr", 30), ("mae", 2.5)]
    assert result.arrays == {}
    assert result.failed == "waiting: why"
    assert [name for _, _, name in progress.steps] == ["waiting", "fine", "waiting"]


def test_an_error_that_nobody_expects_is_named_and_told_in_full(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        task, "MEASUREMENTS", [(failing(KeyError("lost")), ("pixels",)), (failing(ValueError()), ("pixels",))]
    )
    progress = Log()
    result, _ = made("pixels", tmp_path, progress).run()
    assert result.failed == "broken: KeyError: 'lost'; broken: ValueError"
    (note,) = progress.notes
    assert note.startswith("Traceback")
    assert note.endswith("KeyError: 'lost'\n")


def test_a_training_that_fails_is_the_task_s_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def diverges(*_: Any, **__: Any) -> None:
        raise ValueError("why")

    monkeypatch.setattr(task, "fit", diverges)
    monkeypatch.setattr(task, "MEASUREMENTS", [(fine, ("classifier",))])
    result, judge = made("classifier", tmp_path).run()
    assert (result.failed, result.values, judge) == ("why", {}, None)


def test_one_thread_computes_and_the_others_come_back(
    monkeypatch: pytest.MonkeyPatch, two_threads: None, tmp_path: Path
) -> None:
    seen: list[int] = []

    def full(*_: Any) -> None:
        seen.append(torch.get_num_threads())
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(task, "MEASUREMENTS", [(full, ("pixels",))])
    with pytest.raises(OSError, match="No space left"):
        made("pixels", tmp_path).run()
    assert seen == [1]
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("name", ["ae", "vae", "classifier"])
def test_what_training_is_handed(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    handed: dict[str, Any] = {}

    def fit(model: Model, *positional: Any, progress: Any, **keywords: Any) -> dict[str, list[float]]:
        handed.update(keywords, positional=positional)
        model.bf16 = True
        progress.note("in pieces")
        return {part: [1.0, 4.0] for part in plan.curves(name)} | {"seconds": [1.0, 4.0]}

    monkeypatch.setattr(task, "MEASUREMENTS", [])
    monkeypatch.setattr(task, "fit", fit)
    progress = Log()
    result, model = made(name, tmp_path, progress).run()
    held_out = handed.pop("evaluate")
    assert handed == {
        "positional": (DATA, SETTINGS),
        "seed": 3,
        "epochs": 0.75 if name == "classifier" else 0.5,
        "checkpoint": tmp_path / f"{name}-3.safetensors",
    }
    assert result.notes == progress.notes == ["in pieces"]
    assert (result.precision, result.trained_on, result.failed) == ("bf16", machine.processor(), "")
    if name == "classifier":
        assert held_out is None
        assert isinstance(model, Model)
        assert (model.name, result.values, result.curves) == (name, {}, {})
    else:
        assert torch.equal(held_out.images, DATA.test_images[:20])
        assert model is None
        weights = sum(value.numel() for value in build(name, **SETTINGS.model_dump()).parameters())
        assert result.values == {"train_seconds": 4, "parameters": weights}
        assert result.curves == {part: [1, 4] for part in plan.curves(name)}


def test_what_is_fitted_in_closed_form_is_not_trained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def explained(model: Autoencoder, *_: Any) -> Iterator[tuple[str, float]]:
        images = DATA.train_images.float() / 255
        yield "mse", float((model(images) - images).square().mean() / images.var(0).mean())

    monkeypatch.delattr(task, "fit")
    monkeypatch.setattr(task, "MEASUREMENTS", [(explained, ("pca", "pixels"))])
    progress = Log()
    (pca, _), (pixels, _) = (made(name, tmp_path, progress).run() for name in ("pca", "pixels"))
    assert 0 < pca.values["mse"] < 0.95  # of 16 components; the mean image leaves all of it
    assert pixels.values["mse"] == 0
    assert progress.steps == [("pca", 3, "fit"), ("pca", 3, "explained"), ("pixels", 3, "explained")]
    assert pca.trained_on == pca.precision == pca.failed == ""


def test_measurements_are_handed_what_they_ask_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The model with its trained weights, one that has those of its seed, and the latents once."""
    judge, seen = build("classifier", classes=4), list[Any]()

    def looks(
        model: Autoencoder, data: Any, of: Any, seed: int, untrained: Autoencoder, judge: Model, latents: Any
    ) -> Iterator[tuple[str, float]]:
        assert (data, of, seed) == (DATA, SETTINGS, 3)
        seen.extend([model, untrained, judge, latents])
        yield "mse", 0.5

    def again(*_: Any, latents: Any) -> Iterator[tuple[str, float]]:
        seen.append(latents)
        yield "mse", 0.5

    monkeypatch.setattr(task, "MEASUREMENTS", [(looks, ("ae",)), (again, ("ae",))])
    result, _ = made("ae", tmp_path, judge=judge).run()
    assert result.failed == ""
    model, untrained, asked, latents, same = seen
    fresh = build("ae", 3, classes=4, **SETTINGS.model_dump())
    fresh.set_mean(DATA.train_images)
    assert all(map(torch.equal, untrained.state_dict().values(), fresh.state_dict().values()))
    assert not torch.equal(model.encoder.linear.weight, fresh.encoder.linear.weight)
    assert (model.training, untrained.training) == (False, False)
    assert asked is judge
    assert latents is same
    torch.testing.assert_close(latents.test, model.encode(DATA.test_images.float() / 255))


def test_a_measurement_may_train_another_model_of_its_kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    few, progress, other = DATA.head(40, 0), Log(), list[Model]()

    def trains(*_: Any, train: Callable[..., Model]) -> Iterator[tuple[str, float]]:
        other.append(train("class1", few, 0.75))
        yield "mse", 0.5

    monkeypatch.setattr(task, "MEASUREMENTS", [(trains, ("ae",))])
    result, _ = made("ae", tmp_path, progress).run()
    assert result.failed == ""
    assert {epochs for _, _, _, epochs, *_ in progress.epochs} == {0.5, 0.75}  # its own training, and the other's
    assert {path.name for path in tmp_path.iterdir()} == {"ae-3.safetensors", "ae-class1-3.safetensors"}
    alone = build("ae", 3, **SETTINGS.model_dump())
    fit(alone, few, SETTINGS, seed=3, epochs=0.75)
    assert all(map(torch.equal, other[0].state_dict().values(), alone.state_dict().values()))


def test_images_are_not_judged_without_a_judge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def judged(*_: Any, judge: Model) -> Iterator[tuple[str, float]]:
        yield "mse", 0.5

    monkeypatch.setattr(task, "MEASUREMENTS", [(judged, ("pixels",)), (fine, ("pixels",))])
    result, _ = made("pixels", tmp_path).run()
    assert (result.failed, result.values) == ("judged: there is no classifier to judge images", {"psnr": 30})
