"""Lines and dots are drawn from the keys that their labels and axes name: every key has a value of its own."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from experiments import plan
from experiments.bundle import Bundle, Result
from experiments.presets import preset
from report import part1, part2, part3
from report.document import Drawing
from report.fake import fake
from report.labels import shade
from report.style import FAINT, INK, LOOKS
from tests.patterns import each

SETTINGS = preset("smoke", ["seeds=1"])
KEYS = {key: place for place, key in enumerate(plan.keys(SETTINGS), 1)}
CURVES = each("{ae|dae|vae}/{loss|test_mse|kl|reconstruction}")
TITLES = {
    "ae": "AE", "dae": "DAE", "vae": "VAE", "mcae": "MCAE", "mcae_sparse": "sparse MCAE", "vit_mae": "ViT-MAE",
    "pca": "PCA", "gaussian": "conditional Gaussian",
}  # fmt: skip
NOISY, NOISES = "{|[noise=0.02]|[noise=0.05]|[noise=0.1]|[noise=0.2]}", "[noise={0.02|0.05|0.1|0.2}]"
LEVELS, RATIOS = [0.0, 0.02, 0.05, 0.1, 0.2], [0.0, 0.1, 0.3, 0.5, 0.7, 0.9]
Drawn = list[tuple[str, object]]  # what a label or the key says, and the values of its line

pytestmark = pytest.mark.usefixtures("style")


def at(key: str) -> float:
    return KEYS[key] / 1024  # so that differences are exact


def curve(key: str) -> list[float]:
    """One of test images has a point more, before training."""
    return [1 + CURVES.index(key) + point / 10 for point in range(5 if "test" in key else 4)]


def power(model: str) -> np.ndarray:
    return 1 + [*LOOKS].index(model) + np.arange(plan.SPECTRUM_BINS, dtype=np.float32) / 100


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Its values tell which they are, and it has four classes."""
    made = fake(tmp_path_factory.mktemp("fake"), "nominal", SETTINGS)
    bundle = Bundle(SETTINGS, made.provenance.model_copy(update={"classes": made.provenance.classes[:4]}))
    bundle.values = {key: [at(key)] for key in KEYS}
    bundle.curves = {key: [curve(key)] for key in CURVES}
    for model in ("data", "ae", "dae", "vae", "pca"):
        bundle.add(Result(model, 0, arrays={"spectrum": power(model)}))
    return bundle


def look(line: Line2D) -> tuple[object, bool]:
    """What tells lines apart: the colour of their names, and whether they are points."""
    return shade(line.get_color()), line.get_linestyle() == "None"


def drawn(drawing: Drawing, place: int, across: bool = False) -> Drawn:
    """The lines of one of the axes, each under the name that stands in its colour beside it or in the key."""
    ax, names = drawing.figure.axes[place], {}
    for legend in drawing.figure.legends:
        entries = zip(legend.legend_handles, legend.get_texts(), strict=True)
        names |= {look(handle): text.get_text() for handle, text in entries}
    names |= {(text.get_color(), points): text.get_text() for text in ax.texts for points in (False, True)}
    there = [line for line in ax.lines if look(line) in names]
    return [(names[look(line)], [float(v) for v in line.get_data()[0 if across else 1]]) for line in there]


def expected(models: str, pattern: str, factor: float = 1) -> Drawn:
    """A line a model, with the values of the keys that the pattern stands for."""
    return [
        (TITLES[model], pytest.approx([factor * at(f"{model}/{name}") for name in each(pattern)]))
        for model in models.split()
    ]


def across(drawing: Drawing, place: int) -> list[object]:
    return [values for _, values in drawn(drawing, place, across=True)]


def sides(drawing: Drawing) -> list[tuple[str, str]]:
    return [(ax.get_xlabel(), ax.get_ylabel()) for ax in drawing.figure.axes]


def straight(ax: Axes, text: str) -> list[float]:
    """The first coordinates of the grey line that a text of the axes names."""
    (named,) = (found for found in ax.texts if found.get_text() == text)
    (line,) = (line for line in ax.lines if line.get_color() == named.get_color() == FAINT)
    return [float(value) for value in (*line.get_xdata(), *line.get_ydata())]


def test_error_curves(bundle: Bundle) -> None:
    drawing = part1.error_curves(bundle)
    assert sides(drawing) == [("Epoch", "MSE, training"), ("Epoch", "MSE, test")]
    assert len({ax.get_ylim() for ax in drawing.figure.axes}) == 1
    for place, name in enumerate(("loss", "test_mse")):
        assert drawn(drawing, place) == [("AE", curve(f"ae/{name}")), ("DAE", curve(f"dae/{name}"))]
    assert across(drawing, 0) == [[0.5, 1, 1.5, 2]] * 2
    assert across(drawing, 1) == [[0, 0.5, 1, 1.5, 2]] * 2


def test_spectrum(bundle: Bundle) -> None:
    drawing = part1.spectrum(bundle)
    assert sides(drawing) == [
        ("Spatial frequency / cycles per image", "Power / (pixel value)²"),
        ("Amplitude recovered in phase / %", ""),
    ]
    names = {"data": "original"} | {model: TITLES[model] for model in ("ae", "dae", "vae", "pca")}
    assert drawn(drawing, 0) == [(name, pytest.approx(power(model)[1:])) for model, name in names.items()]
    assert across(drawing, 0) == [list(range(1, 17))] * 5
    assert drawn(drawing, 1, across=True) == expected("ae dae vae pca", "transfer[band={low|mid|high}]", 100)
    assert [np.round(rows).tolist() for _, rows in drawn(drawing, 1)] == [[0, 1, 2]] * 4
    assert [text.get_text() for text in drawing.figure.axes[1].get_yticklabels()] == [
        "low", "middle", "high",
    ]  # fmt: skip


def test_noise_quality(bundle: Bundle) -> None:
    drawing = part1.noise_quality(bundle)
    assert sides(drawing) == [("Noise variance", "PSNR / dB"), ("Noise variance", "SSIM")]
    noisy = [at(key) for key in each(f"data/input_psnr{NOISES}")]
    assert drawn(drawing, 0) == [*expected("ae dae pca", f"psnr{NOISY}"), ("noisy input", noisy)]
    assert drawn(drawing, 1) == expected("ae dae pca", f"ssim{NOISY}")
    assert across(drawing, 0) == [LEVELS, LEVELS, LEVELS, LEVELS[1:]]
    assert across(drawing, 1) == [LEVELS] * 3
    (crossing,) = (text.get_text() for text in drawing.figure.axes[0].texts if text.get_text().startswith("AE = DAE"))
    assert straight(drawing.figure.axes[0], crossing)[:2] == [at("dae/crossing")] * 2


def test_noise_probe(bundle: Bundle) -> None:
    drawing, models = part1.noise_probe(bundle), "ae dae vae pca"
    assert sides(drawing) == [
        ("Noise variance", "Linear probe / %"),
        ("Noise variance", "Retrieval at 1 / %"),
        ("Noise variance", "Relative displacement"),
    ]
    assert drawn(drawing, 0) == expected(models, f"probe_accuracy{NOISY}", 100)
    assert drawn(drawing, 1) == expected(models, f"retrieval{NOISES}", 100)
    assert drawn(drawing, 2) == expected(models, f"displacement{NOISES}")
    assert [across(drawing, place) for place in range(3)] == [[LEVELS] * 4, [LEVELS[1:]] * 4, [LEVELS[1:]] * 4]
    assert straight(drawing.figure.axes[0], "chance")[2:] == [25, 25]
    assert all({"AE", "DAE", "VAE", "PCA"} <= {text.get_text() for text in ax.texts} for ax in drawing.figure.axes)


def test_corruptions(bundle: Bundle) -> None:
    """The DAE's lead is the same for all of them here, so that they stay in their order."""
    drawing = part1.corruptions(bundle)
    assert sides(drawing) == [("Linear probe / %", ""), ("DAE − AE / points", "")]
    pattern = f"probe_accuracy[corruption={{{'|'.join(plan.CORRUPTIONS)}}}]"
    assert drawn(drawing, 0, across=True) == expected("ae dae", pattern, 100)
    lead = 100 * (at("dae/probe_accuracy[corruption=fog]") - at("ae/probe_accuracy[corruption=fog]"))
    (points,) = (line for line in drawing.figure.axes[1].lines if line.get_marker() == LOOKS["difference"].marker)
    assert (points.get_color(), points.get_xdata()) == (INK, pytest.approx([lead] * len(plan.CORRUPTIONS)))
    assert [np.round(rows).tolist() for _, rows in drawn(drawing, 0)] == [list(range(12))] * 2
    said = [text.get_text().lower().replace(" ", "_") for text in drawing.figure.axes[0].get_yticklabels()]
    assert said == list(plan.CORRUPTIONS)


def test_rate_distortion(bundle: Bundle) -> None:
    drawing = part1.rate_distortion(bundle)
    assert sides(drawing) == [("Rate / bits per pixel", "PSNR / dB")]
    assert drawn(drawing, 0) == expected("ae dae pca", "psnr[bits={3|5|8}]")
    assert drawn(drawing, 0, across=True) == expected("ae dae pca", "rate[bits={3|5|8}]")
    (ax,) = drawing.figure.axes
    levels = {text.get_text(): text.xy for text in ax.texts if text.get_color() == LOOKS["ae"].colour}
    pairs = [(at(f"ae/rate[bits={bits}]"), at(f"ae/psnr[bits={bits}]")) for bits in (3, 5, 8)]
    assert levels == dict(zip(("8 levels", "32", "256"), pairs, strict=True))
    assert straight(ax, "2 bits per dimension = 0.0625 bits per pixel")[:2] == [2 * 32 / 32**2] * 2
    (name,) = (text for text in ax.texts if text.get_text() == "PCA")
    tip = ax.transData.transform((at("pca/rate[bits=8]"), at("pca/psnr[bits=8]")))
    assert np.allclose(ax.transAxes.transform(name.xy), tip, atol=1)


def test_pca_by_dim(bundle: Bundle) -> None:
    drawing = part1.pca_by_dim(bundle)
    assert sides(drawing) == [("Latent dimension", "PSNR / dB")]
    assert drawn(drawing, 0) == [
        *expected("pca", "psnr[d={16|32|64}]"),
        *expected("ae dae vae mcae mcae_sparse", "psnr"),
    ]
    assert across(drawing, 0) == [[16, 32, 64], *[[32]] * 5]


def test_vae_losses(bundle: Bundle) -> None:
    drawing = part2.vae_losses(bundle)
    assert sides(drawing) == [
        ("Epoch", "KL divergence / nats per image"),
        ("Epoch", "Reconstruction loss / nats per image"),
    ]
    found = [[line.get_data() for line in ax.lines] for ax in drawing.figure.axes]
    for (line,), name in zip(found, ("kl", "reconstruction"), strict=True):
        assert np.array_equal(line, ([0.5, 1, 1.5, 2], curve(f"vae/{name}")))
    assert {line.get_color() for ax in drawing.figure.axes for line in ax.lines} == {LOOKS["vae"].colour}


def test_masked_curves(bundle: Bundle) -> None:
    drawing = part3.masked_curves(bundle)
    assert sides(drawing) == [("Mask ratio", "MSE on hidden pixels")]
    models = "ae vae mcae mcae_sparse vit_mae gaussian"
    assert drawn(drawing, 0) == expected(models, "mse[mask={0.1|0.3|0.5|0.7|0.9},where=masked]")
    assert across(drawing, 0) == [RATIOS[1:]] * 6
    (ax,) = drawing.figure.axes
    assert ax.get_xticks().tolist() == RATIOS[1:]
    assert [text.xy[0] for text in ax.texts if text.get_text() == "not in training"] == [
        pytest.approx((0.75 + 0.94) / 2)
    ]


def test_reach_by_depth(bundle: Bundle) -> None:
    drawing, models = part3.reach_by_depth(bundle), "mcae mcae_sparse vit_mae"
    heads = ["Radius of 90 % of the gradient / px", "Gradient distance / px", "Gradient beyond 16 px / %"]
    assert sides(drawing) == [("Depth", head) for head in heads]
    for place, (metric, factor) in enumerate({"erf_r90": 1, "gradient_distance": 1, "far_mass": 100}.items()):
        depths = f"{metric}[depth={{first|middle|last}},state="
        untrained = expected(models, f"{depths}untrained]", factor)
        trained = expected(models, f"{depths}trained]", factor)
        lines, ax = drawn(drawing, place), drawing.figure.axes[place]
        assert lines[:6] == [*untrained, *trained]
        assert [line.get_marker() for line in ax.lines[:3]] == [""] * 3
        assert all(line.get_marker() for line in ax.lines[3:6])
        assert [text.get_text() for text in ax.get_xticklabels()] == ["first", "middle", "last"]
        distance = [at(key) for key in each("vit_mae/attention_distance[depth={first|middle|last}]")]
        assert lines[6:] == ([("attention distance", distance)] if metric == "gradient_distance" else [])
    ranges = [ax.get_ylim() for ax in drawing.figure.axes]
    assert ranges[0] == ranges[1] != ranges[2]


def test_masking_probe(bundle: Bundle) -> None:
    drawing, models = part3.masking_probe(bundle), "mcae mcae_sparse vit_mae"
    assert sides(drawing) == [
        ("Mask ratio", "Linear probe / %"),
        ("Mask ratio", "Change of the linear probe / points"),
    ]
    pattern = "probe_accuracy{|[mask=0.1]|[mask=0.3]|[mask=0.5]|[mask=0.7]|[mask=0.9]}"
    assert drawn(drawing, 0) == expected(models, pattern, 100)
    changes = [
        (TITLES[model], pytest.approx([100 * (at(key) - at(f"{model}/probe_accuracy")) for key in row]))
        for model in models.split()
        for row in [each(f"{model}/{pattern}")]
    ]
    assert drawn(drawing, 1) == changes
    assert across(drawing, 0) == across(drawing, 1) == [RATIOS] * 3
    for ax in drawing.figure.axes:
        assert ax.get_xticks().tolist() == RATIOS
        assert [text.get_text() for text in ax.texts].count("not in training") == 1
    assert straight(drawing.figure.axes[0], "chance")[2:] == [25, 25]
