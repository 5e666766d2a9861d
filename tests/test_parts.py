"""Figures of the three parts: drawn from any bundle, within their frame, in readable sizes; what is missing is said."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from experiments import plan
from experiments.bundle import Bundle
from experiments.presets import preset
from report import part1, part2, part3
from report.document import Drawing
from report.draw import figures
from report.fake import fake
from report.series import Source
from report.style import CM, LOOKS, SMALL, WIDTH

pytestmark = pytest.mark.usefixtures("style")

FIGURES = figures()
SCENARIOS = ("nominal", "missing-model", "extremes")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    folder = tmp_path_factory.mktemp("fake")
    found = {name: fake(folder / name, name, preset("smoke", ["seeds=3"])) for name in SCENARIOS}
    found["nothing"] = Bundle(found["nominal"].settings, found["nominal"].provenance)
    found["nothing"].reasons = dict.fromkeys(plan.ALL, "the machine ran out of memory in the middle of it, at step 117")
    return found


def texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


@pytest.mark.parametrize("scenario", ["nominal", "missing-model", "extremes", "nothing"])
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_whole(bundles: dict[str, Bundle], scenario: str, name: str) -> None:
    drawing = FIGURES[name](bundles[scenario])
    figure = drawing.figure
    figure.draw_without_rendering()
    assert figure.get_figwidth() == pytest.approx(WIDTH * CM, abs=0.01)
    assert drawing.keys
    assert 40 < len(drawing.alt) < 1200
    assert drawing.alt.endswith(".")
    assert "nan" not in drawing.alt.lower()
    assert "'" not in drawing.alt
    found = texts(figure)
    _points_lie_within_their_axes(figure)
    unseen = _hidden_ticks(figure)
    for text in found:
        assert text.get_fontsize() >= SMALL, text.get_text()
        box = Text.get_window_extent(text)
        inside = box.x0 > -2 and box.y0 > -2 and box.x1 < figure.bbox.x1 + 2 and box.y1 < figure.bbox.y1 + 2
        assert inside or id(text) in unseen, f"{text.get_text()!r} leaves the figure: {box}"
    if scenario == "nothing":
        _says_that_there_is_nothing(drawing)
    if scenario == "nominal":
        _axes_name_what_they_show(figure)


def _points_lie_within_their_axes(figure: Figure) -> None:
    for ax in figure.axes:
        low, high = np.sort([ax.get_xlim(), ax.get_ylim()]).T
        for line in ax.lines:
            points = np.asarray(line.get_xydata(), dtype=float)
            if line.get_transform() == ax.transData:
                points = points[np.isfinite(points).all(axis=1)]
                assert ((low - 1e-9 <= points) & (points <= high + 1e-9)).all(), points


def _hidden_ticks(figure: Figure) -> set[int]:
    """Ticks outside an axis's limits are in the tree and are not drawn."""
    shown = {id(tick.label1) for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for tick in axis._update_ticks()}
    labels = {id(tick.label1) for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for tick in axis.get_major_ticks()}
    return labels - shown


def _says_that_there_is_nothing(drawing: Drawing) -> None:
    said = " ".join(text.get_text() for text in texts(drawing.figure)).replace("\n", " ")
    assert "not measured: the machine ran out of memory" in said
    assert "not measured" in drawing.alt


def test_the_missing_model_is_named_and_the_others_are_drawn(bundles: dict[str, Bundle]) -> None:
    drawing = part3.masked_curves(bundles["missing-model"])
    said = [text.get_text() for text in texts(drawing.figure)]
    assert any("MCAE not measured: seed 0: the loss was not finite at step 117" in text for text in said)
    assert {"AE", "sparse MCAE", "ViT-MAE", "conditional Gaussian"} <= set(said)
    assert "VAE" not in said


def test_a_picture_that_is_missing_leaves_its_column_to_itself(
    bundles: dict[str, Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The masked images of one ratio, or of all, under "Hidden cells in grey"."""
    whole = Source.array
    for gone in ("data/masked_examples[mask=0.3]", "data/masked_examples"):
        monkeypatch.setattr(Source, "array", lambda self, key, gone=gone: None if gone in key else whole(self, key))
        assert part3.mask_ratios(bundles["nominal"]).figure.images


def _axes_name_what_they_show(figure: Figure) -> None:
    for ax in figure.axes:
        if len(ax.get_xticks()) and ax.axison and any(label.get_text() for label in ax.get_xticklabels()):
            assert ax.get_xlabel()


def test_alt_texts_carry_the_numbers(bundles: dict[str, Bundle]) -> None:
    bundle = bundles["nominal"]
    bundle_values = dict(bundle.values)
    bundle.values["dae/psnr[noise=0.1]"] = [19.0, 19.5, 20.0]
    try:
        assert "DAE 19.5" in part1.noise_quality(bundle).alt
        assert "DAE 19.5" in part1.denoising(bundle).alt
    finally:
        bundle.values = bundle_values


def test_corruptions_are_sorted_by_the_difference(bundles: dict[str, Bundle]) -> None:
    bundle = bundles["nominal"]
    left, right = part1.corruptions(bundle).figure.axes
    lead = right.lines[0].get_xdata()
    assert np.all(np.diff(np.asarray(lead, dtype=float)) <= 0)
    keys = [f"{{}}/probe_accuracy[corruption={name}]" for name in plan.CORRUPTIONS]
    means = [np.subtract(*(bundle.values[key.format(model)] for model in ("dae", "ae"))).mean() for key in keys]
    assert max(means) * 100 == pytest.approx(float(lead[0]))
    assert left.get_yticklabels()[0].get_text().replace(" ", "_").lower() == plan.CORRUPTIONS[int(np.argmax(means))]


def test_an_amplitude_beyond_the_original_or_against_it_is_shown(bundles: dict[str, Bundle]) -> None:
    bundle = bundles["nominal"]
    odd = Bundle(bundle.settings, bundle.provenance)
    odd.values = {"ae/transfer[band=high]": [-0.3] * 3, "vae/transfer[band=mid]": [1.5] * 3}
    odd._files = bundle._files
    figure = part1.spectrum(odd).figure
    _points_lie_within_their_axes(figure)
    left, right = figure.axes
    upright = [[line.get_xdata()[0] for line in ax.lines if len(set(line.get_xdata())) == 1] for ax in (left, right)]
    assert upright[0] == [4, 8]  # ends of the bands, whose names stand between them
    at = {text.get_text(): text.xy[0] for text in left.texts}
    assert at["low"] < 4 < at["middle"] < 8 < at["high"] < 16
    assert upright[1].count(100) == 1  # the original
    low, high = part1.spectrum(bundle).figure.axes[1].get_xlim()
    assert low <= 0
    assert high >= 108


def test_the_attention_distance_has_its_interval_and_the_key_what_it_shows(bundles: dict[str, Bundle]) -> None:
    figure = part3.reach_by_depth(bundles["nominal"]).figure
    ax, (legend,) = figure.axes[1], figure.legends
    line = Source(bundles["nominal"]).line([f"vit_mae/attention_distance[depth={depth}]" for depth in plan.DEPTHS])
    bars = ax.collections[-1]
    assert isinstance(bars, LineCollection)
    assert to_hex(*bars.get_color()) == LOOKS["vit_mae"].colour
    ends = [[[x, low], [x, high]] for x, low, high in zip(range(3), line.low, line.high, strict=True)]
    assert np.allclose(bars.get_segments(), ends)
    assert (line.low < line.high).all()
    entries = zip(legend.get_texts(), legend.legend_handles, strict=True)
    hollow, dashed = [handle for text, handle in entries if text.get_text() in ("attention distance", "untrained")]
    points = ax.lines[6]
    assert (hollow.get_marker(), hollow.get_markerfacecolor()) == (points.get_marker(), points.get_markerfacecolor())
    assert dashed.get_linestyle() == ax.lines[0].get_linestyle()


def test_heatmaps_share_their_scales(bundles: dict[str, Bundle]) -> None:
    ends = []
    for name in ("heatmaps_1", "heatmaps_2", "heatmaps_3"):
        drawing = FIGURES[name](bundles["nominal"])
        ends.append([text.get_text() for text in texts(drawing.figure) if text.get_text().startswith("≥")])
        assert "mcae/error_map[mask=0.5]" in drawing.keys  # of another ratio: it sets the scale
    assert len(ends[0]) == 4
    assert ends[0] == ends[1] == ends[2]


def test_many_classes_with_long_and_odd_names_fit(bundles: dict[str, Bundle]) -> None:
    bundle = bundles["nominal"]
    names = [f"${index}_{{a very long class name}}" for index in range(10)]
    odd = Bundle(bundle.settings, bundle.provenance.model_copy(update={"classes": names}))
    odd.values, odd.curves, odd._members, odd._files = bundle.values, bundle.curves, bundle._members, bundle._files
    for name in ("reconstructions", "latent_maps", "latent_structure"):
        test_a_figure_is_drawn_whole({"odd": odd}, "odd", name)


@pytest.mark.parametrize(
    ("figure", "key"),
    [
        (part1.reconstructions, "ae/examples"),
        (part2.vae_vs_ae, "vae/examples"),
        (part3.mask_ratios, "mcae/masked_examples[mask=0.1]"),
    ],
)
def test_numbers_under_images_are_their_psnr(
    bundles: dict[str, Bundle], figure: Callable[[Bundle], Drawing], key: str
) -> None:
    bundle = bundles["nominal"]
    originals = bundle.array("data/examples").astype(float)
    images = bundle.array(key)
    wanted = [f"{-10 * np.log10(np.mean((a - b) ** 2) / 255**2):.1f}" for a, b in zip(images, originals, strict=True)]
    said = [text.get_text() for text in texts(figure(bundle).figure)]
    place = said.index(wanted[0])
    assert said[place : place + 3] == wanted[:3]
