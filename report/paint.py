"""Values become colours: warm from zero up, blue below, and dark images under them.

The same value has the same colour wherever it stands, so that a colour bar holds for maps over images, too.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from report.style import COLD, COLDEST, HEAT

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

Pixels = NDArray[np.uint8]
NOTHING = 225  # grey of what is not there
GREYS = (24.0, 84.0)  # of an image under a map: its darkest and lightest pixel


def colours() -> Pixels:
    """The scale's colours (256, 3), from 0 to 1."""
    return paint(np.linspace(0, 1, 256))


def paint(values: NDArray[Any], high: float = 1.0, *, root: bool = False) -> Pixels:
    """Values (…) as colours (…, 3): warm up to `high`, cold down to −`high`, the ends' beyond, grey for nan.

    Args:
        root: colours follow the root of a value, so that small ones of either sign can be told apart.
    """
    shares = np.clip(values.astype(float) / high, -1, 1)
    shares = np.sign(shares) * np.sqrt(np.abs(shares)) if root else shares
    heat, cold = _maps()
    painted = np.where(shares[..., None] < 0, cold(0.5 + (0.5 - COLDEST) * shares), heat(shares))[..., :3] * 255
    return np.where(np.isnan(shares)[..., None], NOTHING, painted.round()).astype(np.uint8)


@cache
def _maps() -> "tuple[Colormap, Colormap]":
    from matplotlib import colormaps
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("heat", HEAT), colormaps[COLD]


def overlay(image: Pixels, values: NDArray[Any], high: float) -> Pixels:
    """Values (h, w) as colours over an image (H, W, 3) in dark greys, denser where they are further from zero."""
    factor = image.shape[0] // values.shape[0]
    shares = np.clip(np.nan_to_num(values) / high, -1, 1)
    return blend(dark(image), shares.repeat(factor, axis=0).repeat(factor, axis=1))


def dark(image: Pixels) -> NDArray[np.float64]:
    """An image (H, W, 3) in GREYS (H, W): under a map light pixels would look like heat."""
    grey = image.mean(axis=-1)
    low, high = GREYS
    found: NDArray[np.float64] = low + (high - low) * (grey - grey.min()) / max(float(np.ptp(grey)), 1)
    return found


def blend(grey: NDArray[Any], shares: NDArray[Any]) -> Pixels:
    """Colours of shares in [−1, 1] over greys in GREYS, of equal shape (…); the result is (…, 3)."""
    density = np.sqrt(np.abs(shares))[..., None]
    mixed: NDArray[np.float64] = grey[..., None] * (1 - density) + paint(shares, root=True) * density
    return mixed.round().astype(np.uint8)
