"""One update: rate, clipping, decay, average, and a state that is complete."""

import math

import pytest
import torch
from torch import Tensor, nn

from experiments.optimizer import BETAS, CLIP, EPSILON, FLOOR, NORM_WEIGHT, Optimizer
from experiments.presets import preset
from experiments.settings import Settings
from models.base import Model

torch.set_num_threads(1)


class Toy(Model):
    """A matrix and a vector."""

    name = "toy"

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def pull(self, strength: float = 1.0) -> None:
        """Give every weight the gradient `strength`."""
        for weight in self.parameters():
            weight.grad = torch.full_like(weight, strength)

    def flat(self) -> Tensor:
        return torch.cat([weight.detach().flatten() for weight in self.parameters()])


def settings(**values: object) -> Settings:
    return preset("smoke", [f"{key}={value}" for key, value in values.items()])


def test_the_rate_rises_then_falls_as_half_a_cosine() -> None:
    optimizer = Optimizer(Toy(), settings(learning_rate=0.1, warmup=0.2), 100)
    rates = [optimizer.learning_rate(step) for step in range(100)]
    assert rates[9] == pytest.approx(0.05)
    assert max(rates) == rates[19] == pytest.approx(0.1)
    assert rates[59] == pytest.approx(0.1 * (FLOOR + (1 - FLOOR) / 2))
    assert rates[99] == pytest.approx(0.1 * FLOOR)


def test_no_warmup_starts_at_the_full_rate() -> None:
    assert Optimizer(Toy(), settings(warmup=0), 1000).learning_rate(0) == pytest.approx(
        settings().learning_rate, rel=1e-4
    )


def test_an_update_is_adamw_and_decays_matrices_only() -> None:
    torch.manual_seed(0)
    model, twin = Toy(), Toy()
    twin.load_state_dict(model.state_dict())
    given = settings(learning_rate=0.1, warmup=0, weight_decay=0.3, ema_decay=0)
    optimizer = Optimizer(model, given, 50)
    matrix = torch.optim.AdamW([twin.linear.weight], betas=BETAS, eps=EPSILON, weight_decay=0.3)
    vector = torch.optim.AdamW([twin.linear.bias], betas=BETAS, eps=EPSILON, weight_decay=0)
    for step in range(5):
        model.pull()
        twin.pull()
        assert optimizer.update(step).item() == pytest.approx(math.sqrt(8))
        for reference in (matrix, vector):
            reference.param_groups[0]["lr"] = optimizer.learning_rate(step)
            reference.step()
    torch.testing.assert_close(model.flat(), twin.flat())
    assert all(weight.grad is None for weight in model.parameters())


def test_the_scale_of_a_loss_does_not_matter() -> None:
    torch.manual_seed(0)
    ends = []
    for scale in (1.0, 1e-6, 1e6):
        torch.manual_seed(1)
        model = Toy()
        optimizer = Optimizer(model, settings(), 10)
        for step in range(10):
            model.pull(scale * (-1) ** step * (step + 1))
            optimizer.update(step)
        ends.append(model.flat())
    torch.testing.assert_close(ends[0], ends[1], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(ends[0], ends[2], rtol=1e-4, atol=1e-6)


def test_a_gradient_is_cut_at_twice_the_running_norm(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Toy()
    optimizer = Optimizer(model, settings(), 10)
    applied: list[float] = []
    step = optimizer.adamw.step
    monkeypatch.setattr(optimizer.adamw, "step", lambda: (applied.append(float(model.linear.bias.grad[0])), step()))  # type: ignore[index]
    for number, strength in enumerate((1.0, 1.5, 1000.0, 0.5)):
        model.pull(strength)
        optimizer.update(number)
    running = 1 + NORM_WEIGHT * 0.5
    assert applied == pytest.approx([1.0, 1.5, CLIP * running, 0.5])
    assert optimizer.norm.item() == pytest.approx(
        math.sqrt(8) * ((1 - NORM_WEIGHT) * (running + NORM_WEIGHT * (CLIP - 1) * running) + NORM_WEIGHT * 0.5)
    )


def test_a_first_gradient_of_zero_stops_nothing() -> None:
    model = Toy()
    optimizer = Optimizer(model, settings(warmup=0, learning_rate=0.1), 10)
    before = model.flat()
    model.pull(0)
    optimizer.update(0)
    assert model.flat().isfinite().all()
    model.pull(1)
    optimizer.update(1)
    assert (model.flat() - before).abs().min() > 0.05


def test_the_average_is_a_running_one_with_a_short_memory_at_first() -> None:
    model = Toy()
    optimizer = Optimizer(model, settings(ema_decay=0.35, learning_rate=0.1, warmup=0), 30)
    expected = model.flat()
    for step in range(6):
        model.pull()
        optimizer.update(step)
        decay = min(0.35, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * model.flat()
    live = model.flat()
    assert (live - expected).abs().min() > 0.01
    optimizer.swap()
    torch.testing.assert_close(model.flat(), expected)
    optimizer.swap()
    assert torch.equal(model.flat(), live)


def test_a_decay_of_zero_keeps_the_last_weights() -> None:
    model = Toy()
    optimizer = Optimizer(model, settings(ema_decay=0), 5)
    for step in range(5):
        model.pull(step)
        optimizer.update(step)
    live = model.flat()
    optimizer.swap()
    assert torch.equal(model.flat(), live)


def test_a_restored_optimizer_lies_on_its_model_s_device() -> None:
    """Which a fused AdamW needs on CUDA; a file's tensors lie in the CPU's memory."""
    kept = Optimizer(model := Toy(), settings(), 20)
    model.pull(1)
    kept.update(0)
    elsewhere = Optimizer(Toy().to("meta"), settings(), 20)
    elsewhere.restore(kept.state())
    assert {value.device.type for value in elsewhere.state().values()} == {"meta"}


def test_a_restored_optimizer_goes_on_bit_by_bit() -> None:
    torch.manual_seed(0)
    model = Toy()
    optimizer = Optimizer(model, settings(), 20)

    def work(steps: range, model: Toy, optimizer: Optimizer) -> Tensor:
        for step in steps:
            model.pull(math.sin(step))
            optimizer.update(step)
        return torch.cat([model.flat(), *(t.flatten() for t in optimizer.ema)])

    work(range(7), model, optimizer)
    state = {name: tensor.clone() for name, tensor in optimizer.state().items()}
    expected = work(range(7, 20), model, optimizer)
    other = Toy()
    resumed = Optimizer(other, settings(), 20)
    resumed.restore(state)
    assert torch.equal(work(range(7, 20), other, resumed), expected)
