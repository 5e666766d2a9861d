"""Grids and maps show the arrays that the words beside and above them name."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from experiments import plan
from experiments.bundle import Bundle, Result
from experiments.locality import at_depth, distances
from experiments.presets import preset
from report import part1, part2, part3
from report.draw import figures
from report.fake import fake
from report.grids import ACROSS, GAP, Row
from report.heat import Heat, Scale
from tests.toys import autoencoder

pytestmark = pytest.mark.usefixtures("style")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return fake(tmp_path_factory.mktemp("fake"), "nominal", preset("smoke", ["seeds=1"]))


class Grid:
    """Stands in for a grid, and keeps what it was given."""

    def __call__(self, rows: Sequence[Row], heads: Sequence[str] = (), **more: Any) -> Figure:
        self.rows, self.heads, self.spans = rows, heads, more.get("spans", [])
        self.bar, self.signs, self.left, self.gaps = (more.get(name) for name in ("bar", "signs", "left", "gaps"))
        return Figure()


@pytest.fixture
def grid(monkeypatch: pytest.MonkeyPatch) -> Grid:
    made = Grid()
    for part in (part1, part2, part3):
        monkeypatch.setattr(part, "grid", made)
    return made


HALF = "masked_examples[mask=0.5]"


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("reconstructions", {"original": "data/examples", "AE": "ae/examples", "PCA": "pca/examples"}),
        ("vae_vs_ae", {"original": "data/examples", "VAE": "vae/examples", "AE": "ae/examples"}),
        (
            "denoising",
            {
                "original": "data/examples",
                "noisy": "data/noisy_examples",
                "AE": "ae/noisy_examples",
                "DAE": "dae/noisy_examples",
            },
        ),
        (
            "masked_comparison",
            {
                "original": "data/examples",
                "masked": f"data/{HALF}",
                "MCAE": f"mcae/{HALF}",
                "sparse\nMCAE": f"mcae_sparse/{HALF}",
                "ViT-MAE": f"vit_mae/{HALF}",
                "AE": f"ae/{HALF}",
                "VAE": f"vae/{HALF}",
            },
        ),
    ],
)
def test_a_row_of_examples_is_that_of_its_label(bundle: Bundle, grid: Grid, name: str, rows: dict[str, str]) -> None:
    figures()[name](bundle)
    shown = [row for row in grid.rows if not row.label.startswith("error of")]
    assert [row.label for row in shown] == list(rows)
    for row, key in zip(shown, rows.values(), strict=True):
        assert row.images is not None
        assert np.array_equal(row.images[: len(grid.heads)], bundle.array(key)[: len(grid.heads)]), key
    assert grid.bar
    if name == "masked_comparison":
        assert grid.spans == [(0, 4, "Image", ""), (5, 9, "Error", "")]
    labels = bundle.array("data/example_labels")[: len(grid.heads)]
    assert grid.heads == [bundle.provenance.classes[label] for label in labels]


def test_a_mask_ratio_has_what_is_seen_and_what_is_given_back_of_it(bundle: Bundle, grid: Grid) -> None:
    part3.mask_ratios(bundle)
    assert [row.label for row in grid.rows] == ["original", "0.1 hidden", "0.3 hidden", "0.5 hidden"]
    heads = [("Hidden cells in grey", ""), ("MCAE reconstruction", "mcae"), ("Error", "")]
    assert grid.spans == [(3 * place, 3 * place + 2, *head) for place, head in enumerate(heads)]
    assert {row.model for row in grid.rows} == {""}  # each is of a ratio
    for row, ratio in zip(grid.rows[1:], ("0.1", "0.3", "0.5"), strict=True):
        assert row.images is not None
        for first, model in ((0, "data"), (3, "mcae")):
            wanted = bundle.array(f"{model}/masked_examples[mask={ratio}]")[:3]
            assert np.array_equal(row.images[first : first + 3], wanted)
        assert [number > "" for number in row.under] == [False] * 3 + [True] * 3


def test_a_path_is_that_of_its_model(bundle: Bundle, grid: Grid) -> None:
    part2.interpolation(bundle)
    assert [row.label for row in grid.rows] == ["VAE", "AE"] * 4
    assert [row.group for row in grid.rows] == ["path 1", "", "path 2", "", "path 3", "", "path 4", ""]
    for place, row in enumerate(grid.rows):
        model = row.label.lower()
        assert np.array_equal(row.images, bundle.array(f"{model}/interpolation")[place // 2])
    assert grid.heads == ["first", "1/8", "2/8", "3/8", "4/8", "5/8", "6/8", "7/8", "second"]


def test_a_sample_is_of_the_model_above_it(bundle: Bundle, grid: Grid) -> None:
    part2.samples(bundle)
    assert grid.spans == [
        (0, 4, "VAE, from its prior", "vae"), (5, 9, "AE, from a Gaussian fitted to its latents", "ae"),
    ]  # fmt: skip
    assert grid.left + 10 * 128 + 8 * GAP + grid.gaps[5] == ACROSS  # they are as wide as the text
    blocks = [bundle.array(f"{model}/samples")[:15].reshape(3, 5, 32, 32, 3) for model in ("vae", "ae")]
    assert np.array_equal([row.images for row in grid.rows], np.concatenate(blocks, axis=1))


def test_the_terms_of_the_arithmetic_are_named_in_their_order(bundle: Bundle, grid: Grid) -> None:
    """What both models add and subtract stands once."""
    part2.arithmetic(bundle)
    assert grid.heads == ["dog", "cat", "bird", "sum", "mean", "sum", "mean"]
    assert grid.spans == [(3, 4, "VAE", "vae"), (5, 6, "AE", "ae")]
    assert grid.signs == {1: "−", 2: "+", 3: "="}
    first, other = (bundle.array(f"{model}/arithmetic") for model in ("vae", "ae"))
    assert np.array_equal([row.images for row in grid.rows], np.concatenate((first, other[:, 3:]), axis=1))
    assert [row.under for row in grid.rows] == [[]] * 4


def test_under_a_sum_and_a_mean_stands_what_the_judge_says_of_it_in_the_first_seed(bundle: Bundle, grid: Grid) -> None:
    sums = Bundle(bundle.settings, bundle.provenance)
    for model, shares in (("vae", {"arithmetic": 0.1, "mean": 0.3}), ("ae", {"arithmetic": 0.5})):
        result = Result(model, 0, arrays={"arithmetic": bundle.array(f"{model}/arithmetic")})
        for of, share in shares.items():
            result.add(f"target_probability[of={of}]", share + np.arange(3 if model == "ae" else 9) / 100)
        sums.add(result)
    part2.arithmetic(sums)
    assert [row.unit for row in grid.rows] == ["", "", "", "judge’s probability of bird / %"]
    said = [[f"{10 + n}", f"{30 + n}", f"{50 + n}" if n < 3 else "", ""] for n in range(4)]
    assert [row.under[3:] for row in grid.rows] == said
    assert [row.under[:3] for row in grid.rows] == [["", "", ""]] * 4


def test_a_field_is_that_of_its_column_and_depth(bundle: Bundle, grid: Grid) -> None:
    """Each has one bright place of its own."""
    fields = Bundle(bundle.settings, bundle.provenance)
    for place, model in enumerate(plan.MASKED):
        marked = {f"receptive_field[depth={depth}]": spot(32, place, row) for row, depth in enumerate(plan.DEPTHS)}
        if model == "vit_mae":
            marked |= {f"attention[depth={depth}]": spot(8, 3, row) for row, depth in enumerate(plan.DEPTHS)}
        fields.add(Result(model, 0, arrays=marked))
    part3.receptive_fields(fields)
    assert [row.label for row in grid.rows[:3]] == ["first\nstage", "middle\nstage", "last\nstage"]
    assert list(grid.bar.ticks.values()) == ["10⁻³", "10⁻²", "10⁻¹", "10⁰"]
    assert list(grid.bar.ticks) == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert grid.heads == ["MCAE, gradient", "sparse MCAE, gradient", "ViT-MAE, gradient", "ViT-MAE, attention"]
    for depth, row in enumerate(grid.rows[:3]):
        assert row.images is not None
        brightest = [np.argwhere(image.sum(-1) > 0.9 * image.sum(-1).max())[0].tolist() for image in row.images]
        assert brightest == [[0, depth], [1, depth], [2, depth], [4 * 3, 4 * depth]]


@pytest.mark.parametrize("place", range(3))
def test_the_ring_is_at_the_unit_that_was_measured(bundle: Bundle, grid: Grid, place: int) -> None:
    part3.receptive_fields(bundle)
    images = torch.zeros(1, 3, 32, 32)
    for column, model in enumerate((*plan.MASKED, "vit_mae")):
        side = at_depth(autoencoder(model).feature_maps(images), plan.DEPTHS[place]).shape[-1]
        away = distances(side)[side // 2 * side + side // 2]
        ring = grid.rows[place].rings[column]
        assert ring is not None
        wanted = np.hypot(*np.indices((32, 32)) + 0.5 - ring)
        assert np.allclose(away, wanted, atol=1e-4)


def test_nothing_is_ringed_where_no_field_is(bundle: Bundle, grid: Grid) -> None:
    part3.receptive_fields(Bundle(bundle.settings, bundle.provenance))
    assert [row.rings for row in grid.rows[:3]] == [[None] * 4] * 3


def spot(side: int, row: int, column: int) -> np.ndarray:
    field = np.zeros((side, side), dtype=np.float32)
    field[row, column] = 1
    return field


def test_the_heatmaps_of_a_ratio_are_its_own(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    for place, ratio in enumerate(("0.1", "0.3", "0.5")):
        given: list[tuple[str, list[Heat]]] = []
        monkeypatch.setattr(part3, "over_images", lambda title, _, __, kinds: given.append((title, kinds)) or Figure())  # noqa: B023
        part3.heatmaps(bundle, place)
        ((title, (error, influence)),) = given
        assert title == f"MCAE, {ratio} of the cells hidden"
        assert [" ".join(kind.label) for kind in (error, influence)] == ["Where the error lies", "What matters"]
        for kind, name in ((error, "error"), (influence, "influence")):
            assert np.array_equal(kind.mean, bundle.array(f"mcae/{name}_map[mask={ratio}]"))
            assert np.array_equal(kind.singles, bundle.array(f"mcae/heat_{name}[mask={ratio}]"))
            means, singles = (
                [bundle.array(f"mcae/{of}[mask={r}]") for r in (0.1, 0.3, 0.5)]
                for of in (f"{name}_map", f"heat_{name}")
            )
            assert (kind.scale, kind.scale_single) == (Scale.of(means), Scale.of(singles))


def points(ax: Axes) -> list[list[float]]:
    """The points of a scatter, in an order that does not depend on which is drawn first."""
    return sorted(np.asarray(ax.collections[-1].get_offsets()).tolist())


def test_a_map_is_that_of_its_row_and_title(bundle: Bundle) -> None:
    axes = part1.latent_maps(bundle).figure.axes
    assert [ax.get_title(loc="left") for ax in axes[:4]] == ["PCA, clean", "PCA, noisy", "t-SNE, clean", "t-SNE, noisy"]
    assert [ax.get_ylabel() for ax in axes[::4]] == ["AE", "DAE"]
    names = [f"{kind}_map[noise={noise}]" for kind in ("pca", "tsne") for noise in ("0", "0.1")]
    maps = [bundle.array(f"{model}/{name}") for model in ("ae", "dae") for name in names]
    for place, ax in enumerate(axes):
        assert points(ax) == sorted(maps[place].tolist())
        assert len(ax.collections) == 1 + place % 2
        if place % 2:  # noisy, with lines from the clean state of the same kind
            (hairs,) = (found for found in ax.collections if isinstance(found, LineCollection))
            assert np.array_equal(hairs.get_segments(), np.stack([maps[place - 1], maps[place]], 1))


def test_the_maps_of_the_latents_structure_are_those_of_their_titles(bundle: Bundle) -> None:
    axes = part2.latent_structure(bundle).figure.axes
    for ax, title, name in zip(axes, ("PCA", "t-SNE"), ("pca_map", "tsne_map"), strict=False):
        assert ax.get_title(loc="left") == title
        assert points(ax) == sorted(bundle.array(f"vae/{name}[noise=0]").tolist())
