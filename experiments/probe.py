"""Linear probe: L2 logistic regression on standardised features, the optimum that scikit-learn finds with C = 1."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

C = 1.0  # inverse strength of the penalty, scikit-learn's default; the same for every model
STEPS = 1000  # at most; a probe on 128 numbers takes about 50
TOLERANCE = 1e-5  # largest gradient of the mean loss at which it counts as solved


@dataclass(frozen=True)
class Probe:
    """A fitted linear classifier of features (B, D).

    Attributes:
        mean, scale: (D,) of the training features; a constant feature has scale 1.
        weight: (D, classes) on standardised features. bias: (classes,).
    """

    mean: Tensor
    scale: Tensor
    weight: Tensor
    bias: Tensor

    def predict(self, features: Tensor) -> Tensor:
        """Classes (B,) of features (B, D)."""
        return ((features - self.mean) / self.scale @ self.weight + self.bias).argmax(1)

    def correct(self, features: Tensor, labels: Tensor) -> Tensor:
        """1.0 where the class is right, else 0.0: (B,)."""
        return (self.predict(features) == labels).float()


def fit(features: Tensor, labels: Tensor, classes: int) -> Probe:
    """Fit a probe to features (N, D) and labels (N,) by L-BFGS from zero.

    Minimises mean cross-entropy + ‖W‖² / (2 C N), which is scikit-learn's objective over C N; biases go unpenalised.
    """
    count, dimensions = features.shape
    mean = features.mean(0)
    scale = features.std(0, correction=0)
    scale = torch.where(scale > 1e-6 * mean.abs().clamp(min=1e-6), scale, torch.ones_like(scale))
    standard = (features - mean) / scale
    weight = features.new_zeros(dimensions, classes, requires_grad=True)
    bias = features.new_zeros(classes, requires_grad=True)
    solver = torch.optim.LBFGS(
        [weight, bias],
        max_iter=STEPS,
        history_size=20,
        tolerance_grad=TOLERANCE,
        tolerance_change=1e-9,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        solver.zero_grad()
        value = functional.cross_entropy(standard @ weight + bias, labels) + weight.square().sum() / (2 * C * count)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    with torch.enable_grad():
        solver.step(loss)  # type: ignore[no-untyped-call]
    return Probe(mean, scale, weight.detach(), bias.detach())
