"""The judge."""

import pytest
import torch

from tests.toys import IMAGES, LABELS, generator, ready

torch.set_num_threads(1)


def test_classifier_shapes() -> None:
    model = ready("classifier")
    assert model(IMAGES).shape == (5, 7)
    features = model.features(IMAGES)
    assert features.shape == (5, 128)
    torch.testing.assert_close(model.head(features), model(IMAGES))


def test_classifier_loss_is_the_mean_surprise_of_the_right_class() -> None:
    model, labels = ready("classifier"), LABELS[2:7]
    right = model(IMAGES).double().softmax(1)[range(5), labels]
    loss = model.loss(IMAGES, labels, generator())["loss"]
    assert loss.item() == pytest.approx(-right.log().mean().item(), rel=1e-5)
