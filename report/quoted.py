"""Results of others, quoted for comparison: the assignment's AE, and classifiers on features.

All were measured on CIFAR-10, so they are shown beside runs on CIFAR-10 (and fake results) only. Classifiers on pixels
and on PCA are not quoted, as every run measures its own.
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
    """Whether the quoted numbers are for the data of this run."""
    return provenance.data == DATA or provenance.fake
