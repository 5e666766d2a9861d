"""Paths between images and arithmetic with them against closed forms and toy models whose answer is known."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from experiments import generation, plan
from experiments.batches import Measured
from experiments.presets import preset
from experiments.settings import SHOWN_PATHS, Settings
from models import build
from tests.decoders import CLASSES, SMALL, ColourJudge, Identity, Linear, Vae, colours
from tests.planned import noise, planned, twice

torch.set_num_threads(1)


def test_roughness_of_known_paths() -> None:
    angle = 0.3 * torch.arange(9)
    arc = torch.stack([angle.cos(), angle.sin()], 1)[None]  # chords 2 sin(θ/2), their differences 4 sin²(θ/2)
    straight = torch.linspace(0, 1, 9)[None, :, None].expand(-1, -1, 5)
    back_and_forth = (torch.arange(9) % 2).float()[None, :, None]
    torch.testing.assert_close(generation.roughness(arc), torch.tensor([2 * math.sin(0.15)]))
    torch.testing.assert_close(generation.roughness(straight), torch.zeros(1), atol=1e-6, rtol=0)
    torch.testing.assert_close(generation.roughness(back_and_forth), torch.tensor([2.0]))
    assert generation.roughness(torch.ones(1, 9, 5)) == 0  # one that stands still


def test_a_linear_decoder_has_no_roughness_and_its_paths_end_at_its_reconstructions() -> None:
    model, data = Linear(16), noise(60)
    found = dict(generation.interpolation(model, data, SMALL, 0, judge=ColourJudge()))
    assert np.max(found["roughness"]) < 1e-4
    first, _ = generation.different_pairs(data.test_labels, 30, torch.Generator().manual_seed(1))
    start = model(data.test_images[first[:SHOWN_PATHS]].float() / 255)
    expected = (start.clamp(0, 1) * 255).round().permute(0, 2, 3, 1).numpy()
    assert np.abs(found["interpolation"][:, 0].astype(float) - expected).max() <= 1


def test_roughness_does_not_depend_on_the_arithmetic_of_training() -> None:
    """Two steps of a path differ by little more than bf16 rounds: it added a tenth to the roughness."""
    model, data = build("vae", 0, latent_dim=8, width=8), noise(60)
    model.eval()
    found = []
    for model.bf16 in (False, True):
        with generation.in_fp32(model):
            assert not model.bf16
        again = dict(generation.interpolation(model, data, SMALL, 0, judge=ColourJudge()))
        found.append(np.mean(again["roughness"]))
        assert model.bf16 == (len(found) == 2)
    assert found[1] == pytest.approx(found[0], rel=0.02)


def test_confidence_midway() -> None:
    """From colour i to j the middle is (i + j)/2: a class if i + j is even, else two classes alike."""
    data = colours(60)
    first, second = generation.different_pairs(data.test_labels, 30, torch.Generator().manual_seed(1))
    even = (data.test_labels[first] + data.test_labels[second]) % 2 == 0
    found = dict(generation.interpolation(Identity(), data, SMALL, 0, judge=ColourJudge()))["midpoint_confidence"]
    np.testing.assert_allclose(found, torch.where(even, 1.0, 0.5).numpy(), atol=0.01)
    assert 0 < even.sum() < len(even)


def test_pairs_are_uniform_over_the_other_classes() -> None:
    labels = torch.tensor([2] * 10 + [0] * 5 + [1] * 5)[torch.randperm(20, generator=torch.Generator().manual_seed(3))]
    first, second = generation.different_pairs(labels, 20_000, torch.Generator().manual_seed(0))
    assert (labels[first] != labels[second]).all()
    assert first.bincount(minlength=20).min() > 800
    of_zero = second[labels[first] == 0]
    shares = of_zero.bincount(minlength=20) / len(of_zero)  # 15 images are not of class 0
    torch.testing.assert_close(shares, torch.where(labels == 0, 0.0, 1 / 15), atol=0.012, rtol=0)
    with pytest.raises(ValueError, match="one class only"):
        generation.different_pairs(torch.zeros(5, dtype=torch.long), 3, torch.Generator())


def test_arithmetic_of_colours() -> None:
    """150 − 90 + 60 is the colour of class 4, not of bird; a bird alone is one, and so is the mean of birds."""
    found = dict(generation.arithmetic(Identity(), colours(120), SMALL, 0, judge=ColourJudge()))
    assert np.max(found["target_probability[of=arithmetic]"]) < 0.01
    assert np.min(found["target_probability[of=alone]"]) > 0.99
    assert len(found["target_probability[of=alone]"]) == SMALL.paths
    assert np.min(found["target_probability[of=mean]"]) > 0.99
    assert 0 < np.mean(found["target_probability[of=random]"]) < 0.5
    assert np.max(found["target_probability[of=other]"]) < 0.01
    assert len(found["target_probability[of=other]"]) == SMALL.paths
    expected = np.array([150, 90, 60, 120, 60])  # a, b, c, a − b + c, mean of c, as bytes
    assert np.abs(found["arithmetic"].astype(int) - expected[:, None, None, None]).max() <= 1


def test_arithmetic_that_cancels_gives_c() -> None:
    settings = preset("smoke", ["paths=30", 'triplet=["dog","dog","bird"]'])
    found = dict(generation.arithmetic(Identity(), colours(120), settings, 0, judge=ColourJudge()))
    assert np.min(found["target_probability[of=arithmetic]"]) > 0.99


def test_means_are_of_random_halves() -> None:
    """A mean of n/2 of n values drawn with replacement has the variance of the values over n/2."""
    model, data = Linear(4), noise(600)
    means = generation._means(model, data, 2, 4000, torch.Generator().manual_seed(0))
    latents = model.encode(data.train_images[data.train_labels == 2].float() / 255)
    spread = latents.var(0, correction=0) / 50
    torch.testing.assert_close(means.mean(0), latents.mean(0), atol=3e-2, rtol=0)
    torch.testing.assert_close(means.var(0), spread, rtol=0.15, atol=0)
    one = replace(data, train_images=data.train_images[:6], train_labels=torch.arange(6))
    expected = model.encode(one.train_images[2:3].float() / 255).expand(3, -1)
    torch.testing.assert_close(generation._means(model, one, 2, 3, torch.Generator()), expected)


def test_triplet_falls_back_on_the_first_classes() -> None:
    settings = Settings()
    assert plan.triplet(settings, CLASSES) == ("dog", "cat", "bird")
    assert plan.triplet(settings, ("x", "y", "z", "dog")) == ("x", "y", "z")
    assert plan.triplet(settings, ("x", "y")) == ("x", "y", "x")


class Loud(Identity):
    """Decodes to pixels far below 0 and far above 1."""

    latent_dim = 2

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return images[:, 0, 0, :2]

    def decode(self, latent: Tensor) -> Tensor:
        return (9 * latent - 3)[:, :1, None, None].expand(-1, 3, 32, 32)


class Strict(ColourJudge):
    """Looks at pixels in [0, 1] only."""

    def __call__(self, images: Tensor) -> Tensor:
        assert ((images >= 0) & (images <= 1)).all()
        return super().__call__(images)

    def features(self, images: Tensor) -> Tensor:
        assert ((images >= 0) & (images <= 1)).all()
        return super().features(images)


@pytest.mark.parametrize("measure", [generation.interpolation, generation.arithmetic, generation.samples])
def test_the_judge_sees_clamped_images(measure: Callable[..., Measured]) -> None:
    found = list(measure(Loud(), colours(60), SMALL, 0, judge=Strict()))
    assert len(found) >= 3


def test_all_that_is_planned_comes_twice_the_same() -> None:
    def measured() -> Measured:
        for function in (generation.interpolation, generation.arithmetic, generation.samples):
            yield from function(Vae(8), noise(60), SMALL, 0, judge=ColourJudge())

    metrics = ("roughness", "midpoint_confidence", "target_probability", "frechet_judge", "judge_accuracy")
    names = planned("vae", SMALL, *metrics, "interpolation", "arithmetic", "samples")
    twice("vae", measured, SMALL, names)
