"""Small trainings: their data and settings, and what scores them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from experiments.data import Data
from experiments.presets import preset
from experiments.settings import Settings
from experiments.train import fit
from models import build
from models.base import Model
from tests.toys import SIZES, bytes_of

CPU = torch.device("cpu")
DATA = Data("toy", tuple("abcdefg"), bytes_of(48), torch.arange(48) % 7, bytes_of(8, 1), torch.arange(8) % 7, "0f")


def settings(**values: object) -> Settings:
    given = {"epochs": 2, "batch_size": 8, "learning_rate": 0.01, "precision": "fp32", "width": 8, "latent_dim": 6}
    return preset("smoke", [f"{key}={value}" for key, value in {**given, **values}.items()])


@dataclass
class Scored:
    """Scores by a function."""

    function: Callable[[Model], dict[str, float]]
    facts: str = ""

    def __call__(self, model: Model) -> dict[str, float]:
        return self.function(model)


def weights(model: Model) -> Tensor:
    return torch.cat([t.flatten().double() for t in model.state_dict().values()])


def trained(
    name: str = "ae", data: Data = DATA, model_seed: int = 0, **keywords: Any
) -> tuple[Model, dict[str, list[float]]]:
    given = keywords.pop("settings", settings())
    model = build(name, model_seed, **SIZES)
    return model, fit(model, data, given, **{"seed": 0, "epochs": given.epochs, **keywords})
