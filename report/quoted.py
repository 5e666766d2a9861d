"""What others reported, quoted for scale and never measured here: the assignment's AE, and classifiers on features.

All of it was measured on CIFAR-10, so it stands beside runs on CIFAR-10 only (and beside fake results). Of
classifiers on pixels and on PCA nothing is quoted: every run measures its own.
"""

from experiments.bundle import Provenance

DATA = "CIFAR-10"
REPORTED = {"ssim": "0.234", "psnr": "8.94", "mae": "0.286", "mse": "0.156"}  # by the assignment, for its AE
PUBLISHED = (  # Coates et al. 2011; Gosthipaty and Paul 2021, four sizes and ratios; IcarusWizard 2021
    ("k-means patches, quoted", "79.6"),
    ("masked autoencoder, small ViT, quoted", "44–49"),
    ("masked autoencoder, ViT-Tiny, fine-tuned, quoted", "89.8"),
)


def fits(provenance: Provenance) -> bool:
    """Whether the quoted numbers are about the data of a run."""
    return provenance.data == DATA or provenance.fake
