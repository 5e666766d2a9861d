"""The AE's encoder as it starts: what the architecture gives without training."""

from models.ae import Ae


class RandomEncoder(Ae):
    """With equal seeds it is the AE before its first update. Its decoder is untrained and of no use."""

    name = "random_encoder"
    trained = False
