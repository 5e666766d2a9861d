"""MEASUREMENTS: which function measures which models. Together they yield what the plan says."""

from collections.abc import Callable

from experiments import generation, heatmaps, latent, locality, maps, masking, plan, rate, reconstruction, robustness
from experiments.batches import Measured

Measurement = Callable[..., Measured]

MEASUREMENTS: tuple[tuple[Measurement, tuple[str, ...]], ...] = (
    (reconstruction.originals, ("data",)),
    (reconstruction.quality, plan.DECODING),
    (reconstruction.examples, plan.SHOWN),
    (reconstruction.training_error, ("ae", "vae")),
    (reconstruction.truncations, ("pca",)),
    (reconstruction.spectra, ("ae", "dae", "vae", "pca")),
    (reconstruction.denoising, ("ae", "dae", "pca")),
    (reconstruction.denoised_examples, ("ae", "dae")),
    (rate.rate, ("ae", "dae", "pca")),
    (latent.classes, plan.ENCODING),
    (latent.few_labels, ("ae", "dae")),
    (latent.masked_probe, plan.MASKED),
    (latent.posterior, ("vae",)),
    (maps.mapped, ("data",)),
    (maps.maps, plan.MAPPED),
    (robustness.noise, plan.NOISY),
    (robustness.corruption, ("ae", "dae")),
    (robustness.anomaly, ("ae", "dae")),
    (robustness.complexity, ("data",)),
    (generation.interpolation, ("ae", "vae")),
    (generation.arithmetic, ("ae", "vae")),
    (generation.samples, ("ae", "vae")),
    (generation.accuracy, ("classifier",)),
    (masking.inpainting, plan.INPAINTING),
    (masking.examples, ("ae", "vae", *plan.MASKED)),
    (masking.masked_inputs, ("data",)),
    (masking.efficiency, ("mcae_sparse", "vit_mae")),
    (heatmaps.errors, ("mcae",)),
    (heatmaps.influences, ("mcae",)),
    (heatmaps.examples, ("mcae",)),
    (heatmaps.example_images, ("data",)),
    (locality.receptive_fields, plan.MASKED),
    (locality.attention, ("vit_mae",)),
    (locality.equivariance, plan.MASKED),
)
