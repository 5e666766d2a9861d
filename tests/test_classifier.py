"""The judge."""

import torch

from tests.toys import IMAGES, ready

torch.set_num_threads(1)


def test_classifier_shapes() -> None:
    model = ready("classifier")
    assert model(IMAGES).shape == (5, 7)
    features = model.features(IMAGES)
    assert features.shape == (5, 128)
    torch.testing.assert_close(model.head(features), model(IMAGES))
