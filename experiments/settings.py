"""Settings of a run: one frozen, validated object. Imports no torch."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from experiments.legible import Name
from experiments.logo import MAX_URI, PATTERN, checked

Ratio = Annotated[float, Field(ge=0, lt=1)]
Variance = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]
Images = Annotated[int, Field(ge=0, le=10_000_000)]  # 0 takes all
Logo = Annotated[str, Field(max_length=MAX_URI, pattern=PATTERN), AfterValidator(checked)]
LISTS = ("noise_levels", "mask_ratios", "shown_mask_ratios", "pca_dims", "few_labels", "bits", "corruption_severities")
FEWEST = 50  # images: t-SNE, the vote of 20 neighbours and the grids need that many
CELLS = 64  # of an image, each of 4×4 pixels, as `models.base` cuts it
SHOWN_PATHS = 4  # in a figure
MANY = 20  # points of a figure's axis at most: each is measured for several models


def hidden_cells(ratio: float) -> int:
    """How many of an image's CELLS a ratio hides, where torch is not loaded; `models.base` has the same."""
    return round(ratio * CELLS)


class Settings(BaseModel):
    """Everything that decides what a run measures. Two runs with equal settings, data and code measure the same."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False, validate_default=True
    )

    preset: Literal["smoke", "quick", "full"] = Field("full", description="what all other settings start from")
    title: Name = Field("Autoencoders on CIFAR-10, measured", min_length=1, description="of the document")
    author: Name = Field("", description="on the title page")
    course: Name = Field("", description="on the title page")
    logo: Logo = Field("", repr=False, description="a picture's file, for the title page")

    seeds: int = Field(6, ge=1, le=100, description="number of seeds; they are 0, 1, …")
    train_images: Images = Field(0, description="training images, balanced over classes; 0 takes all")
    test_images: Images = Field(0, description="test images, balanced over classes; 0 takes all")

    epochs: float = Field(
        60, gt=0, le=2_000, description="passes over the training images, for every compared autoencoder"
    )
    batch_size: int = Field(128, ge=2, le=65_536, description="images per update")
    learning_rate: float = Field(2e-3, gt=0, le=1, description="of AdamW, at its peak")
    weight_decay: float = Field(0.01, ge=0, le=10, description="of AdamW, on matrices and kernels")
    warmup: float = Field(0.05, ge=0, lt=1, description="share of the updates with a rising learning rate")
    ema_decay: float = Field(0.998, ge=0, lt=1, description="decay of the averaged weights; 0 keeps the last ones")
    precision: Literal["auto", "bf16", "fp32"] = Field("auto", description="in training; auto asks the device")

    latent_dim: int = Field(128, ge=2, le=2048, description="dimension of a latent")
    width: int = Field(64, ge=8, le=512, description="channels after the first convolution")
    noise_variance: Variance = Field(0.1, description="of the Gaussian noise on the DAE's input, pixels in [0, 1]")
    mask_low: Ratio = Field(0.1, description="smallest share of hidden cells in training")
    mask_high: Ratio = Field(0.75, description="largest share of hidden cells in training")

    curve_images: Count = Field(1000, description="test images on which models are scored during training")
    probe_images: Images = Field(0, description="training images of probes and kNN; 0 takes all")
    map_images: int = Field(
        2000, ge=20, le=20_000, description="test images in the PCA and t-SNE maps, each clean and noisy"
    )
    noise_levels: tuple[Variance, ...] = Field(
        (0.0, 0.02, 0.05, 0.1, 0.2), max_length=MANY, description="variances of the noise on test images"
    )
    mask_ratios: tuple[Ratio, ...] = Field(
        (0.0, 0.1, 0.3, 0.5, 0.7, 0.9), max_length=MANY, description="shares of hidden cells on test images"
    )
    shown_mask_ratios: tuple[Ratio, ...] = Field(
        (0.1, 0.3, 0.5), min_length=3, max_length=3, description="mask ratios that have a figure each"
    )
    mask_images: Count = Field(2000, description="test images on which masked cells are reconstructed")
    pca_dims: tuple[Annotated[int, Field(ge=1, le=3072)], ...] = Field(
        (64, 128, 256, 512), min_length=1, max_length=MANY, description="numbers of components of PCA"
    )
    few_labels: tuple[Count, ...] = Field(
        (10, 100, 1000), min_length=1, max_length=MANY, description="labels per class in the few-label probes"
    )
    corruption_images: Count = Field(2000, description="test images that are corrupted")
    corruption_severities: tuple[Annotated[int, Field(ge=1, le=5)], ...] = Field(
        (1, 3, 5), min_length=1, max_length=5, description="which severities, of 1 to 5, are averaged"
    )
    bits: tuple[Annotated[int, Field(ge=1, le=16)], ...] = Field(
        (2, 3, 4, 5, 6, 7, 8),
        min_length=1,
        max_length=16,
        description="bits of a latent's widest dimension, over the probes' training images, when quantised",
    )
    anomaly_classes: Count = Field(10, description="classes taken as the known one in turn")
    anomaly_epochs: float = Field(20, gt=0, le=2_000, description="passes over the known class's training images")
    efficiency_epochs: float = Field(
        20, gt=0, le=2_000, description="epochs' worth of updates in the data-efficiency runs"
    )
    judge_epochs: float = Field(
        20, gt=0, le=2_000, description="passes over the training images, for the judge of decoded images"
    )
    paths: Count = Field(
        500, description="interpolation paths and arithmetic triplets, at least as many as a figure shows"
    )
    influence_images: Count = Field(200, description="images whose cells are hidden one by one")
    gradient_images: Count = Field(
        200, description="images over which receptive fields, attention and equivariance errors are averaged"
    )
    triplet: tuple[Name, Name, Name] = Field(
        ("dog", "cat", "bird"), description="classes a, b, c of the arithmetic a − b + c"
    )

    @field_validator(*LISTS)
    @classmethod
    def _rising(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        """In whatever order they were given: lines are drawn and slopes are taken from the smallest to the largest."""
        return tuple(sorted(values))

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        if self.mask_low > self.mask_high:
            raise ValueError(f"mask_low ({self.mask_low}) must not exceed mask_high ({self.mask_high})")
        if 0.0 not in self.noise_levels or 0.1 not in self.noise_levels:
            raise ValueError("noise_levels must hold 0.0 and 0.1: claims are judged there")
        if not {0.5, *self.shown_mask_ratios} <= set(self.mask_ratios) or sum(map(bool, self.mask_ratios)) < 3:
            raise ValueError("mask_ratios must hold 0.5, every one of shown_mask_ratios, and three above 0")
        if 0.5 not in self.shown_mask_ratios or 0.0 in self.shown_mask_ratios:
            raise ValueError("shown_mask_ratios must hold 0.5 and not 0: claims are judged there")
        hidden = [hidden_cells(ratio) for ratio in self.mask_ratios if ratio]
        if len({*hidden} - {0, CELLS}) < len(hidden) or hidden_cells(self.mask_high) == CELLS:
            raise ValueError(
                f"mask_ratios above 0 must each hide another number of the {CELLS} cells, and mask_high leave one"
            )
        if 0 < self.probe_images < FEWEST:
            raise ValueError(f"probe_images must be {FEWEST} at least, or 0 for all: their nearest neighbours vote")
        for name in LISTS:
            values = getattr(self, name)
            if len({f"{value:g}" if isinstance(value, float) else str(value) for value in values}) < len(values):
                raise ValueError(f"{name} holds a value twice, as it is printed")
        return self

    def fitted(self, train: int, test: int, fewest: int, classes: int) -> "Settings":
        """The same, fitted to data of a size: no count exceeds what there is, each class has one image at least, there
        are at least as many paths as a figure shows, and what is trained on all images is updated once at least.

        Args:
            train, test: images. fewest: training images of the smallest class. classes: how many there are.

        Raises:
            ValueError: too few images for any run.
        """
        train, test = (
            max(min(wanted or there, there), min(classes, there))
            for wanted, there in ((self.train_images, train), (self.test_images, test))
        )
        if train < FEWEST or test < FEWEST or classes < 2:
            raise ValueError(
                f"{train} training and {test} test images in {classes} classes: a run needs {FEWEST} of each at least,"
                " and two classes"
            )
        of_test = (
            "curve_images", "map_images", "mask_images", "corruption_images", "influence_images", "gradient_images",
        )  # fmt: skip
        values = self.model_dump() | {name: min(getattr(self, name), test) for name in of_test}
        values |= {"train_images": self.train_images and train, "test_images": self.test_images and test}
        values["batch_size"] = min(self.batch_size, train)
        once = float(f"{values['batch_size'] / train:.2g}")  # in epochs
        values |= {name: max(getattr(self, name), once) for name in ("epochs", "efficiency_epochs", "judge_epochs")}
        values["paths"] = max(self.paths, SHOWN_PATHS)
        values["anomaly_classes"] = min(self.anomaly_classes, classes)
        values["probe_images"] = max(min(self.probe_images or train, train), min(classes, train))
        fewest = min(fewest, values["probe_images"] // classes)
        values["few_labels"] = tuple(n for n in self.few_labels if n <= fewest) or (max(1, fewest),)
        return Settings(**values)
