"""The training loop: what it learns, what it tells, and what it does where memory or numbers run out."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from experiments.train import TrainingDiverged, fit, image_order, uses_bf16
from models import MODELS, build
from models.base import Model
from tests.progress import Log
from tests.toys import SIZES
from tests.trainings import CPU, DATA, Scored, settings, trained, weights

torch.set_num_threads(1)


def test_an_ae_learns_images_of_three_factors() -> None:
    rows = torch.linspace(0, 1, 32)
    waves = torch.stack([rows[:, None].expand(32, 32), rows.expand(32, 32), torch.ones(32, 32)])
    factors = torch.rand(48, 1, 3, generator=torch.Generator().manual_seed(0)).expand(-1, 3, -1) / 3
    data = replace(DATA, train_images=(torch.einsum("bcf,fhw->bchw", factors, waves) * 255).round().byte())
    model, curves = trained(data=data, settings=settings(epochs=30))
    images = data.train_images.float() / 255
    assert F.mse_loss(model(images), images) < 0.25 * images.var(0).mean()
    assert curves["loss"][-1] < 0.5 * curves["loss"][0]


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.trained])
def test_curves_of_every_model(name: str) -> None:
    seen: list[tuple[bool, bool]] = []

    def evaluate(model: Model) -> dict[str, float]:
        seen.append((model.training, torch.is_grad_enabled()))
        return {"test_mse": float(len(seen))}

    model, curves = trained(name, evaluate=Scored(evaluate))
    parts = {"loss", "reconstruction", "kl"} if name == "vae" else {"loss"}
    assert set(curves) == parts | {"test_mse", "seconds"}
    assert all(len(curves[part]) == 8 for part in (*parts, "seconds"))  # 12 updates, 8 points
    assert curves["test_mse"] == [float(i) for i in range(1, 10)]  # the untrained state and 8 points
    assert curves["seconds"] == sorted(curves["seconds"])
    assert seen == [(False, False)] * 9
    assert not model.training


def test_the_loss_curve_is_the_mean_of_the_updates_since_the_point_before(monkeypatch: pytest.MonkeyPatch) -> None:
    losses: list[float] = []
    real = MODELS["ae"].loss

    def keep(self: Model, *arguments: Any) -> dict[str, Tensor]:
        parts = real(self, *arguments)
        losses.append(parts["loss"].item())
        return parts

    monkeypatch.setattr(MODELS["ae"], "loss", keep)
    _, curves = trained(settings=settings(epochs=4))  # 24 updates, 8 points
    assert curves["loss"] == pytest.approx([sum(losses[i : i + 3]) / 3 for i in range(0, 24, 3)])


def test_the_untrained_state_is_scored_first_and_the_average_afterwards() -> None:
    seen: list[Tensor] = []
    start = weights(build("ae", **SIZES))
    model, _ = trained(evaluate=Scored(lambda scored: (seen.append(weights(scored)), {})[1]))
    assert torch.equal(seen[0][3072:], start[3072:])  # all but the mean image, which comes from the data
    assert torch.equal(seen[-1], weights(model))
    assert not torch.equal(seen[-1], seen[-2])
    unscored, _ = trained()
    assert torch.equal(weights(model), weights(unscored))  # scoring changes nothing


def test_equal_seeds_give_equal_weights_and_others_do_not() -> None:
    one, same, other = (weights(trained(seed=seed)[0]) for seed in (3, 3, 4))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_a_cpus_clock_counts_what_it_spent_on_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    spent, passed = iter(range(0, 999, 2)), iter(range(0, 9999, 7))
    monkeypatch.setattr(time, "process_time", lambda: float(next(spent)))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(passed)))
    _, curves = trained()
    assert curves["seconds"] == [2.0 * point for point in range(1, 9)]


@pytest.mark.parametrize("bad", [1, 2, 6, 12])
@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_what_is_not_finite_names_its_step(bad: int, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    real = MODELS["ae"].loss

    def poisoned(self: Model, *arguments: Any) -> dict[str, Tensor]:
        nonlocal calls
        calls += 1
        loss = real(self, *arguments)["loss"]
        if calls == bad and where == "loss":
            loss = loss * float("inf")
        if calls == bad and where == "gradient":
            loss = loss + (0 * next(self.parameters()).sum()).abs().sqrt()  # 0, with a derivative that is not finite
        return {"loss": loss}

    monkeypatch.setattr(MODELS["ae"], "loss", poisoned)
    with pytest.raises(TrainingDiverged, match=f"^the {where} is not finite at step {bad}$"):
        trained()


def test_progress_is_told_in_epochs() -> None:
    log = Log()
    _, curves = trained(progress=log)
    assert [facts[:2] for facts in log.epochs] == [("ae", 0)] * 8
    assert [facts[2] for facts in log.epochs] == pytest.approx([2 * round(12 * i / 8) / 12 for i in range(1, 9)])
    assert [facts[3] for facts in log.epochs] == [2] * 8
    assert [facts[4] for facts in log.epochs] == curves["loss"]
    assert all(facts[5] > 0 for facts in log.epochs)
    assert [facts[6] > 0 for facts in log.epochs] == [True] * 7 + [False]


def test_out_of_memory_halves_the_pieces_and_keeps_the_batch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    expected, curves = trained()
    sizes: list[int] = []
    real = MODELS["ae"].loss

    def small(self: Model, images: Tensor, *arguments: Any) -> dict[str, Tensor]:
        if len(images) > 3:
            raise torch.OutOfMemoryError
        sizes.append(len(images))
        return real(self, images, *arguments)

    monkeypatch.setattr(MODELS["ae"], "loss", small)
    log = Log()
    model, again = trained(progress=log, checkpoint=tmp_path / "x")
    assert sizes == [2] * 48
    assert log.notes == [f"ae: out of memory, so a batch is computed in {n} pieces" for n in (2, 4)]
    torch.testing.assert_close(weights(model), weights(expected), rtol=1e-3, atol=1e-4)
    assert again["loss"] == pytest.approx(curves["loss"], rel=1e-3)
    trained(progress=(resumed := Log()), checkpoint=tmp_path / "x")
    assert resumed.notes == log.notes[1:]  # its numbers are those of a batch in pieces, and the document says so


def test_out_of_memory_for_one_image_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: Any) -> dict[str, Tensor]:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(MODELS["ae"], "loss", never)
    with pytest.raises(torch.OutOfMemoryError):
        trained()


def test_the_images_of_training() -> None:
    """Each once an epoch, half of them mirrored; the model takes their mean."""
    seen: list[Tensor] = []

    class Eye(Model):
        name = "eye"

        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def loss(self, images: Tensor, labels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
            seen.extend((images * 255).round().byte())
            assert torch.equal(torch.stack([DATA.train_labels[number(image)[0]] for image in images]), labels)
            return {"loss": self.weight.square().sum()}

    def number(image: Tensor) -> tuple[int, bool]:
        bytes_ = (image * 255).round().byte() if image.is_floating_point() else image
        for flipped in (False, True):
            same = (DATA.train_images == (bytes_.flip(2) if flipped else bytes_)).flatten(1).all(1).nonzero()
            if len(same):
                return int(same[0]), flipped
        raise AssertionError("not a training image")

    eye = Eye()
    data = DATA.head(32, 0)
    fit(eye, data, settings(), seed=0, epochs=24)
    found = [number(image) for image in seen]
    assert len(found) == 768
    assert all(sorted(index for index, _ in found[i : i + 32]) == list(range(32)) for i in range(0, 768, 32))
    assert sum(flipped for _, flipped in found) == pytest.approx(384, abs=4 * 768**0.5 / 2)
    torch.testing.assert_close(eye.mean, (data.train_images / 255).mean(0))
    assert not eye.training


def test_the_order_is_one_endless_row_however_it_is_cut() -> None:
    whole = image_order(5, 10, 0, 35, CPU)
    assert all(whole[i : i + 10].sort().values.tolist() == list(range(10)) for i in (0, 10, 20))
    assert not torch.equal(whole[:10], whole[10:20])
    assert torch.equal(torch.cat([image_order(5, 10, a, b, CPU) for a, b in ((0, 3), (3, 24), (24, 35))]), whole)
    assert not torch.equal(image_order(6, 10, 0, 35, CPU), whole)


def test_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    assert uses_bf16("bf16", CPU)
    assert not uses_bf16("fp32", CPU)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert uses_bf16("auto", CPU)
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    assert not uses_bf16("auto", CPU)


def test_bf16_trains_about_as_well() -> None:
    exact, rough = (trained(settings=settings(epochs=6, precision=p))[1]["loss"][-1] for p in ("fp32", "bf16"))
    assert rough == pytest.approx(exact, rel=0.15)
    assert rough != exact
