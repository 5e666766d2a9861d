"""The probe against scikit-learn's logistic regression, and where the answer is known."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from experiments import probe

torch.set_num_threads(1)


def blobs(count: int, dimensions: int, classes: int, spread: float, seed: int) -> tuple[Tensor, Tensor]:
    draws = torch.Generator().manual_seed(seed)
    centres = torch.randn(classes, dimensions, generator=torch.Generator().manual_seed(99))
    labels = torch.arange(count) % classes
    scales = torch.logspace(-2, 2, dimensions)
    noise = spread * torch.randn(count, dimensions, generator=draws)
    return (centres[labels] + noise) * scales + 3, labels


@pytest.mark.parametrize(("count", "spread"), [(600, 2.0), (30, 2.0), (300, 0.1)])
def test_the_optimum_is_scikit_learns(count: int, spread: float) -> None:
    features, labels = blobs(count, 12, 4, spread, 0)
    found = probe.fit(features, labels, 4)
    scaler = StandardScaler().fit(features.double().numpy())
    reference = LogisticRegression(C=1 / 12, tol=1e-8, max_iter=10_000)
    reference.fit(scaler.transform(features.double().numpy()), labels.numpy())
    np.testing.assert_allclose(found.weight.T, reference.coef_, atol=1e-3)
    fresh, _ = blobs(1000, 12, 4, spread, 1)
    expected = reference.predict(scaler.transform(fresh.double().numpy()))
    assert np.mean(found.predict(fresh).numpy() == expected) > 0.998


def test_separable_classes_are_found_and_constants_do_no_harm() -> None:
    features, labels = blobs(200, 5, 3, 0.01, 0)
    features = torch.cat([features, torch.full((200, 1), 7.0)], 1)
    found = probe.fit(features, labels, 3)
    assert bool(torch.isfinite(found.weight).all())
    assert found.correct(features, labels).mean() == 1


def test_what_hardly_varies_is_not_scaled() -> None:
    labels = torch.arange(200) % 2
    signs = 2.0 * labels[:, None] - 1
    features = torch.cat([0 * signs + 7, 1e-6 * signs - 5, 1e-13 * signs, 0.5 * signs], 1)  # three by rounding
    found = probe.fit(features, labels, 2)
    assert found.scale.tolist() == pytest.approx([1, 1, 1, 0.5])


def test_labels_without_relation_give_chance() -> None:
    draws = torch.Generator().manual_seed(0)
    features, labels = torch.randn(2000, 4, generator=draws), torch.randint(5, (2000,), generator=draws)
    found = probe.fit(features, labels, 5)
    fresh, wanted = torch.randn(4000, 4, generator=draws), torch.randint(5, (4000,), generator=draws)
    assert float(found.correct(fresh, wanted).mean()) == pytest.approx(0.2, abs=0.03)


def test_correlated_features_take_no_more_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features that nearly repeat each other, as pixels do: few steps must reach scikit-learn's optimum."""
    monkeypatch.setattr(probe, "STEPS", 30)
    features, labels = blobs(500, 12, 4, 2.0, 0)
    draws = torch.Generator().manual_seed(1)
    wide = features @ torch.randn(12, 60, generator=draws) + 0.01 * torch.randn(500, 60, generator=draws)
    found = probe.fit(wide, labels, 4)
    scaled = StandardScaler().fit_transform(wide.double().numpy())
    reference = LogisticRegression(C=1 / 60, tol=1e-8, max_iter=10_000).fit(scaled, labels.numpy())
    np.testing.assert_allclose(found.weight.T, reference.coef_, atol=1e-3)
