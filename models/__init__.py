"""MODELS: the only list of models, in the order of the document; `build` makes one."""

from typing import Any

from models.ae import Ae
from models.base import Model
from models.classifier import Classifier
from models.dae import Dae
from models.gaussian import Gaussian
from models.mcae import Mcae
from models.mcae_sparse import McaeSparse
from models.pca import Pca
from models.pixels import Pixels
from models.random_encoder import RandomEncoder
from models.vae import Vae
from models.vit_mae import VitMae

MODELS: dict[str, type[Model]] = {
    model.name: model
    for model in (Ae, Dae, Vae, Mcae, McaeSparse, VitMae, Pca, RandomEncoder, Pixels, Gaussian, Classifier)
}


def build(name: str, seed: int = 0, **keywords: Any) -> Model:
    """A model by its name, see `Model.seeded`.

    keywords: latent_dim, width, noise_variance, mask_low, mask_high, classes, …: a run's settings will do.

    Raises:
        ValueError: no such model; lists those there are.
    """
    if name not in MODELS:
        raise ValueError(f"unknown model {name!r}: there are {', '.join(MODELS)}")
    return MODELS[name].seeded(seed, **keywords)
