"""What measurements' tests share: small data, and the check that a measurement yields what the plan says."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from experiments import plan
from experiments.data import Data
from experiments.presets import preset
from experiments.settings import Settings

DTYPES = {"image": np.uint8, "label": np.int16, "value": np.float32}


def settings(**changes: Any) -> Settings:
    """The smoke settings on 120 training and 60 test images."""
    small = dict(
        probe_images=0, map_images=40, mask_images=30, corruption_images=30, curve_images=30, few_labels=(2, 5),
        latent_dim=16, pca_dims=(4, 8), anomaly_classes=2,
    )  # fmt: skip
    return preset("smoke").model_copy(update=small | changes)


def coloured(test: int = 60) -> Data:
    """120 training images and some to test, of one random colour a class with some texture, four classes in turn."""
    train, classes, draws = 120, 4, torch.Generator().manual_seed(0)
    labels = torch.arange(train + test) % classes
    colours = torch.rand(classes, 3, 1, 1, generator=draws)
    texture = torch.rand(train + test, 3, 32, 32, generator=draws)
    images = (255 * (0.6 * colours[labels] + 0.4 * texture)).to(torch.uint8)
    names = tuple(f"class {index}" for index in range(classes))
    return Data("toy", names, images[:train], labels[:train], images[train:], labels[train:], "0" * 64)


def noise(count: int, classes: int = 6, low: int = 0, high: int = 256) -> Data:
    """As many training and test images of random bytes from low to below high, one class in turn."""
    labels = torch.arange(count) % classes
    draws = torch.Generator().manual_seed(0)
    images = torch.randint(low, high, (2, count, 3, 32, 32), generator=draws).byte()
    names = tuple(f"class {index}" for index in range(classes))
    return Data("toy", names, images[0], labels, images[1], labels, "0" * 64)


def checked(model: str, pairs: Iterable[tuple[str, float | np.ndarray]], of: Settings) -> dict[str, Any]:
    """The measured pairs as a dictionary, after a look into the plan: names, types, shapes, finite numbers."""
    found = dict(pairs)
    keys, arrays = plan.keys(of), plan.arrays(of)
    for name, value in found.items():
        key = f"{model}/{name}"
        if key in arrays:
            assert isinstance(value, np.ndarray), key
            assert value.shape == arrays[key].shape, key
            assert value.dtype == DTYPES[arrays[key].kind], key
        else:
            assert key in keys
            assert np.ndim(value) <= 1, key
        assert np.isfinite(value).all(), key
    return found


def planned(model: str, of: Settings, *metrics: str) -> set[str]:
    """Names that the plan wants of a model and these metrics or arrays."""
    every = [*plan.keys(of), *plan.arrays(of)]
    names = [key.partition("/")[2] for key in every if key.startswith(f"{model}/")]
    found = {name for name in names if name.partition("[")[0] in metrics}
    assert {name.partition("[")[0] for name in found} == set(metrics), "the plan has not all of these"
    return found


def twice(
    model: str, measured: Callable[[], Iterable[tuple[str, Any]]], of: Settings, names: set[str]
) -> dict[str, Any]:
    """The measured pairs, which have these names, are as the plan says, and are the same again."""
    found, again = (checked(model, measured(), of) for _ in range(2))
    assert set(found) == names, set(found) ^ names
    for name, value in found.items():
        np.testing.assert_array_equal(value, again[name])
    return found
