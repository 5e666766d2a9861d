"""One update of the weights: learning rate, clipping, AdamW, average. Nothing here waits for the device.

AdamW: Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization, arXiv:1711.05101.
"""

import math

import torch
from torch import Tensor

from experiments.settings import Settings
from models.base import Model

BETAS = (0.9, 0.95)
EPSILON = 1e-12  # far below any gradient, so that the scale of a loss does not matter
CLIP, NORM_WEIGHT = 2.0, 0.05  # gradients are cut at twice their running norm, a new norm's weight in it
FLOOR = 0.01  # share of the learning rate that is left at the end


class Optimizer:
    """AdamW with warm-up and cosine, gradients cut at twice their running norm, and a running average of the weights.

    Attributes:
        weights: the model's weights and buffers by name.
        live: those of them that are floating-point.
        ema: their exponential moving averages, in the same order.
    """

    def __init__(self, model: Model, settings: Settings, updates: int) -> None:
        self.settings, self.updates = settings, updates
        self.parameters = list(model.parameters())
        groups = [
            {"params": [p for p in self.parameters if p.ndim > 1], "weight_decay": settings.weight_decay},
            {"params": [p for p in self.parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.adamw = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=BETAS, eps=EPSILON, fused=True)
        self.weights = model.state_dict()
        self.live = [t for t in self.weights.values() if t.is_floating_point()]
        self.ema = [t.detach().clone() for t in self.live]
        self.norm = torch.zeros((), device=model.mean.device)

    def update(self, step: int) -> Tensor:
        """Apply the gradients and forget them. Returns their norm before clipping, 0-dim."""
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        bounded = torch.where(self.norm > 0, torch.minimum(norm, CLIP * self.norm), norm)
        self.norm = torch.lerp(self.norm, bounded, NORM_WEIGHT) if step else norm
        torch._foreach_mul_(gradients, (bounded / norm).nan_to_num(nan=1.0))
        for group in self.adamw.param_groups:
            group["lr"] = self.learning_rate(step)
        self.adamw.step()
        self.adamw.zero_grad()
        decay = min(self.settings.ema_decay, (1 + step) / (10 + step))  # short memory while there is little to remember
        torch._foreach_lerp_(self.ema, self.live, 1 - decay)
        return norm

    def learning_rate(self, step: int) -> float:
        """The learning rate of update `step`, 0 is the first: a straight rise, then half a cosine."""
        done, warmup = (step + 1) / self.updates, self.settings.warmup
        if done < warmup:
            return self.settings.learning_rate * done / warmup
        fall = (1 + math.cos(math.pi * (done - warmup) / (1 - warmup))) / 2
        return self.settings.learning_rate * (FLOOR + (1 - FLOOR) * fall)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the model's weights and their averages; a second call undoes it."""
        kept = [t.clone() for t in self.live]
        torch._foreach_copy_(self.live, self.ema)
        torch._foreach_copy_(self.ema, kept)

    def state(self) -> dict[str, Tensor]:
        """Everything that the next update depends on, by name."""
        tensors = {"norm": self.norm}
        tensors |= {f"weights.{name}": value for name, value in self.weights.items()}
        tensors |= {f"ema.{i}": value for i, value in enumerate(self.ema)}
        for i, parameter in enumerate(self.parameters):
            tensors |= {f"adamw.{i}.{name}": value for name, value in self.adamw.state[parameter].items()}
        return tensors

    @torch.no_grad()
    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take a `state` back."""
        self.norm = tensors["norm"].to(self.norm.device, copy=True)
        for name, value in self.weights.items():
            value.copy_(tensors[f"weights.{name}"])
        for i, value in enumerate(self.ema):
            value.copy_(tensors[f"ema.{i}"])
        for i, parameter in enumerate(self.parameters):
            prefix = f"adamw.{i}."
            for key in (key for key in tensors if key.startswith(prefix)):
                name = key.removeprefix(prefix)
                like = tensors[key] if name == "step" else parameter  # moments lie in memory as their weights do
                self.adamw.state[parameter][name] = torch.empty_like(like, device=parameter.device).copy_(tensors[key])
