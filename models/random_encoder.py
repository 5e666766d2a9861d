"""The AE's encoder as it starts: what the architecture gives without training."""

from typing import ClassVar

from models.ae import Ae


class RandomEncoder(Ae):
    """With equal seeds it is the AE before its first update. Its decoder is untrained and of no use."""

    name: ClassVar[str] = "random_encoder"
    trained: ClassVar[bool] = False
