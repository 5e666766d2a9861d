"""Scores of a model on held-out images, at each point of its training curve."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from experiments import fidelity, spectrum
from experiments.batches import chunked
from experiments.due import code
from experiments.files import sha256
from models.base import Model


@dataclass(frozen=True)
class HeldOut:
    """Scores a model at each point of its training. images: uint8 (B, 3, 32, 32)."""

    images: Tensor

    def __call__(self, model: Model) -> Mapping[str, float]:
        """Means of MSE and PSNR, and the share of fine detail that comes back.

        Returns:
            test_mse, test_psnr; test_detail, which is transfer[band=fine] of `experiments.reconstruction.spectra`; nan
            where the originals have no fine detail.
        """

        def scores(part: Tensor) -> Tensor:
            others = model(part).clamp(0, 1)
            mse = fidelity.mse(part, others)
            return torch.cat([torch.stack([mse, fidelity.psnr(mse)], 1), spectrum.fine(spectrum.kept(part, others))], 1)

        mse, psnr, kept, original = chunked(scores, self.images).mean(0).tolist()
        return {"test_mse": mse, "test_psnr": psnr, "test_detail": kept / original if original else math.nan}

    @property
    def facts(self) -> str:
        """What its numbers follow from, beside the model: its images and its code."""
        return sha256(self.images.cpu().numpy().tobytes()) + code("", "experiments/held_out.py")
