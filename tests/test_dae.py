"""The DAE's loss."""

import torch
import torch.nn.functional as F

from models.base import noisy
from tests.toys import IMAGES, LABELS, autoencoder, generator

torch.set_num_threads(1)


def test_dae_is_shown_noise_and_asked_for_the_clean_image() -> None:
    model = autoencoder("dae")
    expected = F.mse_loss(model(noisy(IMAGES, 0.1, generator(2))), IMAGES)
    assert model.loss(IMAGES, LABELS[:5], generator(2))["loss"] == expected
