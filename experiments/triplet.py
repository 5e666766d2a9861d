"""Which three classes the latent arithmetic a − b + c is about. Imports no torch."""

from collections.abc import Sequence

from experiments.settings import Settings


def triplet(settings: Settings, classes: Sequence[str]) -> tuple[str, str, str]:
    """The names a, b, c: those of the settings where the data has all of them, else its first three classes.

    Data with fewer than three classes repeats them in turn.
    """
    if set(settings.triplet) <= set(classes):
        return settings.triplet
    a, b, c = (classes[index % len(classes)] for index in range(3))
    return a, b, c
