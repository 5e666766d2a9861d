"""METRICS: what each number means, which way is better, and the smallest difference of interest. Imports no torch.

A key reads `model/metric[tag=value,…]`, e.g. `dae/probe_accuracy[noise=0.1]`. Values are raw: shares in [0, 1], pixels in
[0, 1], decibels, nats. How a raw value becomes text is told by `unit` and done in `report/words.py` alone.
"""

from dataclasses import dataclass, replace
from functools import cache
from math import inf
from typing import Literal

SHARE, CORRELATION = (0, 1), (-1, 1)

MODEL_TITLES = {
    "ae": "AE",
    "dae": "DAE",
    "vae": "VAE",
    "mcae": "MCAE",
    "mcae_sparse": "sparse MCAE",
    "vit_mae": "ViT-MAE",
    "pca": "PCA",
    "random_encoder": "untrained encoder",
    "pixels": "pixels",
    "gaussian": "conditional Gaussian",
    "classifier": "judge",
    "data": "data",
}


@dataclass(frozen=True)
class Metric:
    """Header of a metric.

    Attributes:
        title: what a table's head says, without its unit.
        unit: "dB", "%" (a share, printed times 100), "nats", "px", "s", "count", "bits/px" or "" (a plain number).
        better: which way is good, "" where there is none.
        margin: smallest difference of interest, in the raw unit.
        low, high: the range in which sane values lie; fake results are drawn from it.
        how: how it was measured, one sentence, for the reader who asks.
        per: the unit over which single values are kept for intervals ("image", "path", "class"), "" where there are none.
        timed: depends on the clock, so that two equal runs differ in it.
        possible: the range in which any value lies; intervals end there.
        answers: single values are answers, 1 where right and 0 where wrong.
    """

    title: str
    unit: str
    better: Literal["higher", "lower", ""]
    margin: float
    low: float
    high: float
    how: str
    per: str = ""
    timed: bool = False
    possible: tuple[float, float] = (0, inf)
    answers: bool = False

    @property
    def scale(self) -> float:
        """Factor from a stored value to the printed one: shares are printed in percent."""
        return 100 if self.unit == "%" else 1

    @property
    def apart(self) -> str:
        """Unit of a difference."""
        return "points" if self.unit == "%" else self.unit


METRICS: dict[str, Metric] = {
    # reconstruction
    "psnr": Metric("PSNR", "dB", "higher", 0.5, 14, 30, "mean over test images of 10 log₁₀(1 / MSE), 100 dB at most, against the clean original after clamping to [0, 1]", "image"),
    "psnr_of_mean_mse": Metric("PSNR of the mean MSE", "dB", "higher", 0.5, 14, 30, "10 log₁₀(1 / MSE) of the MSE over all test images"),
    "ssim": Metric("SSIM", "", "higher", 0.02, 0.3, 0.95, "Wang et al. 2004, after clamping to [0, 1]: Gaussian 11×11 window, σ = 1.5, K₁ = 0.01, K₂ = 0.03, valid region, mean over channels", "image", possible=CORRELATION),
    "mae": Metric("MAE", "", "lower", 0.005, 0.02, 0.12, "mean absolute error over pixels and channels, after clamping to [0, 1], then over images", "image", possible=SHARE),
    "mse": Metric("MSE", "", "lower", 0.0005, 0.001, 0.03, "mean squared error over pixels and channels, after clamping to [0, 1], then over images", "image", possible=SHARE),
    "input_mse": Metric("MSE of the noisy input", "", "", 0.0005, 0.005, 0.1, "mean squared distance of the noisy, clipped image from the clean one", possible=SHARE),
    "input_psnr": Metric("PSNR of the noisy input", "dB", "", 0.5, 8, 25, "mean PSNR of the noisy, clipped image against the clean one", "image"),
    "crossing": Metric("noise variance of equal PSNR", "", "", 0.005, 0.001, 0.09, "noise variance above which the DAE's PSNR exceeds the AE's, linearly interpolated between two measured levels; none where only some seeds have one"),
    "high_band": Metric("high-band share", "%", "", 0.02, 0.02, 0.9, "spectral power above half the Nyquist frequency, summed over the test images, reconstruction over original, spurious power included; each colour channel less its mean, tapered towards the borders by a periodic Hann window, as a jump between opposite borders would count as high frequency", "image"),
    "laplacian": Metric("Laplacian variance share", "%", "", 0.02, 0.02, 0.9, "variance of the Laplacian (four neighbours, valid region), summed over channels and test images, reconstruction over original, spurious detail included", "image"),
    "transfer": Metric("amplitude recovered in phase", "%", "higher", 0.1, 0.02, 1.0, "share of the original's amplitude recovered in phase: real cross-spectrum over the original's power in the band, both summed over the test images (fine: the middle and the high band together); the mean of a colour channel is in no band, and images are tapered towards their borders by a periodic Hann window", "image", possible=(-inf, inf)),
    # latent
    "probe_accuracy": Metric("linear probe", "%", "higher", 0.01, 0.15, 0.7, "test accuracy of L2 logistic regression on the standardised frozen latents, with scikit-learn's C = 1 / latent dimension", "image", possible=SHARE, answers=True),
    "knn_accuracy": Metric("kNN accuracy", "%", "higher", 0.01, 0.15, 0.7, "vote of the 20 nearest latents of the probes' training images, by cosine similarity after subtracting their mean", "image", possible=SHARE, answers=True),
    "precision_at_10": Metric("same-class precision at 10", "%", "higher", 0.01, 0.12, 0.6, "share of an image's ten nearest test latents (Euclidean distance) that have its class; where the class has fewer others, of as many as it has", "image", possible=SHARE),
    "ari": Metric("k-means ARI", "", "higher", 0.02, 0.01, 0.4, "adjusted Rand index between the classes and k-means clusters, as many as there are classes, the best of ten starts, of the latents of the test images, the first 2 000 at most", possible=(-0.5, 1)),
    "nmi": Metric("k-means NMI", "", "higher", 0.02, 0.02, 0.5, "normalised mutual information between the classes and k-means clusters, as many as there are classes, the best of ten starts, of the latents of the test images, the first 2 000 at most", possible=SHARE),
    "silhouette": Metric("silhouette by class", "", "higher", 0.02, -0.1, 0.2, "mean silhouette of the classes, on the latents of the test images, the first 2 000 at most", possible=CORRELATION),
    "displacement": Metric("displacement", "", "lower", 0.1, 0.05, 4, "‖z(x + n) − z(x)‖ over the median distance of a clean test latent to its nearest neighbour; z is the encoder, x an image, n the noise", "image"),
    "retrieval": Metric("retrieval at 1", "%", "higher", 0.01, 0.05, 0.99, "share of noisy images whose nearest clean latent is that of the same image", "image", possible=SHARE, answers=True),
    # use
    "anomaly_auroc": Metric("one-class AUROC", "", "higher", 0.01, 0.45, 0.8, "area under the ROC curve of telling one class from the others by the reconstruction error, on clean test images, of a model trained on that class alone (for the data: by the size as a PNG file)", "class", possible=SHARE),
    "rate": Metric("rate", "bits/px", "", 0.01, 0.1, 1.1, "entropy of the quantised latents of the test images, each dimension by itself, in bits per pixel; dimensions are rounded about their means over the probes' training images, in even steps, inversely proportional to the root mean square by which the decoded image moves with the dimension"),
    # generation
    "kl": Metric("KL divergence", "nats", "", 1, 20, 300, "KL of the posterior from the prior, nats per image, on test images", "image"),
    "active_units": Metric("active units", "count", "", 1, 5, 128, "latent dimensions whose posterior mean has variance above 0.01 (Burda et al. 2016)"),
    "sigma": Metric("decoder σ", "", "lower", 0.005, 0.03, 0.3, "root of the mean squared error, before clamping, of images decoded from posterior samples, over the probes' training images; this is the optimal σ (Rybkin et al. 2021)"),
    "roughness": Metric("path roughness", "", "lower", 0.005, 0.02, 0.9, "mean size of the second differences along the decoded path of nine images over that of its first differences, before clamping", "path"),
    "midpoint_confidence": Metric("judge's confidence midway", "%", "higher", 0.02, 0.2, 0.9, "the judge's largest class probability at the middle of an interpolation", "path", possible=SHARE),
    "target_probability": Metric("judge's probability of the target class", "%", "higher", 0.02, 0.02, 0.8, "the judge's probability of class c for a decoded latent: a − b + c; c alone; the mean of latents drawn from c's training images, the first thousand at most, or from another class's; or i − j + k of three random test images", "path", possible=SHARE),
    "frechet_judge": Metric("Fréchet distance (judge)", "", "lower", 5, 1, 80, "Fréchet distance between the features of decoded images and of as many test images, the first 10 000 at most, in the judge of the same seed, so that only values of one seed compare; not FID"),
    # locality
    "erf_r50": Metric("radius of 50 % of the gradient", "px", "", 1, 1, 12, "radius around the unit next to the centre, at most four pixels from it in each direction, that holds 50 % of the absolute input gradient of a random sum of its features, on average over images, of equal weight each (Luo et al. 2016)"),
    "erf_r90": Metric("radius of 90 % of the gradient", "px", "", 1, 2, 20, "radius around the unit next to the centre, at most four pixels from it in each direction, that holds 90 % of the absolute input gradient of a random sum of its features, on average over images, of equal weight each (Luo et al. 2016)"),
    "far_mass": Metric("gradient beyond 16 px", "%", "", 0.02, 0.001, 0.4, "share of the input gradient of the unit next to the centre that lies more than 16 pixels away from it", "image", possible=SHARE),
    "gradient_distance": Metric("gradient distance", "px", "", 1, 1, 14, "mean distance of the input gradient from its unit, over units spread over the grid"),
    "attention_distance": Metric("attention distance", "px", "", 1, 3, 14, "mean distance between attending and attended patch, weighted by attention (Raghu et al. 2021)"),
    "equivariance_error": Metric("equivariance error", "%", "lower", 0.02, 0.02, 0.9, "‖f(Tx) − T f(x)‖ / ‖f(x)‖, where f gives the 8×8 map of the middle stage and T shifts; two units at each side are left out, and each feature is taken less its mean over images and places; a shift by a fraction of the map's unit is interpolated; what leaves the image re-enters at the opposite side; mean of a shift to the right and one down", "image"),
    "centre_share": Metric("share in the centre", "%", "", 0.02, 0.2, 0.6, "share of the error on hidden pixels that lies in the central quarter of the image", possible=SHARE),
    "influence": Metric("influence of a cell", "", "", 1e-5, -1e-4, 5e-4, "occlusion sensitivity (Zeiler and Fergus 2014): rise of the other cells' MSE when another cell is hidden, mean over images and over the cells of the central quarter, or over those outside it", possible=(-inf, inf)),
    "texture_correlation": Metric("error and texture", "", "", 0.1, 0.1, 0.95, "rank correlation of squared error and pixel variance (mean over channels) over the hidden cells of all images together", possible=CORRELATION),
    # effort
    "parameters": Metric("parameters", "count", "", 1, 1e5, 5e6, "trainable parameters"),
    "train_seconds": Metric("training time", "s", "lower", 1, 5, 600, "seconds of training, without measurements; on a CPU, CPU time", timed=True),
    "judge_accuracy": Metric("judge's accuracy", "%", "higher", 0.01, 0.4, 0.95, "the classifier's accuracy on the original test images, or on the reconstructions of the first 10 000 at most", "image", possible=SHARE, answers=True),
}  # fmt: skip

CONDITIONS = {  # by a tag, or by its name alone: what it adds to how a number was measured
    "noise": "on images with Gaussian noise of this variance, clipped to [0, 1]",
    "corruption": "on images that are corrupted in this way",
    "known": "with this class, counted from zero, as the known one",
    "mask": "with this share of an image's cells hidden",
    "where=masked": "over hidden pixels alone",
    "where=visible": "over visible pixels alone",
    "labels": "trained on this many labelled images per class, drawn anew for each seed from the probes' training images",
    "data=0.1": "after training on a tenth of the images, with as many updates as on all",
    "data=1": "after training on all images, with as many updates as on a tenth",
    "on=train": "of training images, as many as are tested or all there are",
    "at=equal_time": "on the test images of the curves, after as long a training as the quicker model's, linearly interpolated between points",
    "at=equal_mse": "on the test images of the curves, where both models have the same MSE, linearly interpolated between points over its logarithm",
    "at=equal_rate": "with latents quantised in the steps that give an entropy of two bits per dimension on average",
}
REPEATED = {("of", "mean"), ("of", "other")}  # tags of what is drawn from the same images again and again: no sample
ONE = "known"  # the name of a tag that picks one of the single values


def split(key: str) -> tuple[str, str, dict[str, str]]:
    """`"dae/psnr[noise=0.1]"` to `("dae", "psnr", {"noise": "0.1"})`.

    Raises:
        ValueError: the key is not of the form `model/metric[tag=value,…]`.
    """
    path, bracket, rest = key.partition("[")
    model, slash, metric = path.partition("/")
    pairs = [tag.partition("=") for tag in rest.removesuffix("]").split(",")] if bracket else []
    if (
        not (model and slash and metric)
        or (bracket and not rest.endswith("]"))
        or not all(a and e and b for a, e, b in pairs)
    ):
        raise ValueError(f"key {key!r}: write model/metric[tag=value,…]")
    return model, metric, {name: value for name, _, value in pairs}


def metric_of(key: str) -> Metric:
    """The header of a key's metric.

    Raises:
        ValueError: no such metric; lists the metrics there are.
    """
    _, name, tags = split(key)
    if name not in METRICS:
        raise ValueError(f"key {key!r}: unknown metric {name!r}; there are {', '.join(METRICS)}")
    return _under(name, tuple(tags.items()))


@cache
def _under(name: str, tags: tuple[tuple[str, str], ...]) -> Metric:
    """The header of a metric under the conditions that tags name."""
    metric = METRICS[name]
    added = [CONDITIONS.get(f"{tag}={value}", CONDITIONS.get(tag)) for tag, value in tags]
    how = "; ".join([metric.how, *filter(None, added)])
    timed = metric.timed or ("at", "equal_time") in tags
    per = "" if REPEATED & {*tags} or ONE in dict(tags) else metric.per
    return replace(metric, how=how, timed=timed, per=per)
