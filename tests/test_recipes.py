"""What figures share: places on axes, names of classes, PSNRs under images, and alt texts that say what is missing."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from experiments.bundle import Bundle, Provenance, Result
from experiments.presets import preset
from report import recipes
from report.series import Source
from report.style import class_colour


def source(classes: list[str] | None = None, **values: list[float | None]) -> Source:
    """A bundle of PSNRs by model, and nothing else."""
    provenance = Provenance(
        data="toy", classes=classes or ["a", "b"], train_images=1, test_images=1, fingerprint="", device="",
        versions={}, commit="", measured="2026-01-01",
    )  # fmt: skip
    bundle = Bundle(preset("smoke", ["seeds=1"]), provenance)
    bundle.values = {f"{model}/psnr": row for model, row in values.items()}
    return Source(bundle)


def test_places_on_an_axis_and_the_tags_of_what_stands_there() -> None:
    ratios = ["mask_ratios=[0,0.1,0.5,0.9]", "shown_mask_ratios=[0.1,0.5,0.9]"]
    settings = preset("smoke", ["noise_levels=[0,0.05,0.1]", *ratios])
    assert recipes.noise_places(settings) == ([0, 0.05, 0.1], ["", "noise=0.05", "noise=0.1"])
    assert recipes.noise_places(settings, clean=False) == ([0.05, 0.1], ["noise=0.05", "noise=0.1"])
    assert recipes.mask_places(settings) == ([0.1, 0.5, 0.9], ["mask=0.1", "mask=0.5", "mask=0.9"])
    assert recipes.mask_places(settings, none=True) == ([0, 0.1, 0.5, 0.9], ["", "mask=0.1", "mask=0.5", "mask=0.9"])
    assert recipes.tagged("ae", "psnr", ["", "noise=0.1"]) == ["ae/psnr", "ae/psnr[noise=0.1]"]


def test_each_image_has_its_own_psnr() -> None:
    toy = source()
    originals = np.full((3, 32, 32, 3), 100, dtype=np.uint8)
    images = originals + np.array([0, 51, 5], dtype=np.uint8)[:, None, None, None]
    toy.bundle.add(Result("ae", 0, arrays={"examples": images}))
    row = recipes.image_row(toy, "ae/examples", "AE", originals)
    assert list(row.under) == ["∞", "14.0", "34.2"]  # an error of a fifth, and of a 51st
    assert row.images is not None
    np.testing.assert_array_equal(row.images, images)
    assert list(recipes.image_row(toy, "ae/examples", "AE").under) == []
    assert recipes.image_row(toy, "vae/examples", "VAE", originals).reason == "VAE not measured: not in this run"


@pytest.mark.parametrize(("label", "name"), [(0, "a"), (1, "twelve chars"), (2, "more than twelve")])
def test_a_class_has_its_name(label: int, name: str) -> None:
    assert recipes.class_name(source(["a", "twelve chars", "more than twelve"]), label) == name


def test_examples_are_named_by_their_labels() -> None:
    toy = source(["cat", "dog"])
    assert recipes.class_names(toy) == []
    toy.bundle.add(Result("data", 0, arrays={"example_labels": np.array([1, 0, 1], dtype=np.int16)}))
    assert recipes.class_names(Source(toy.bundle)) == ["dog", "cat", "dog"]


def test_points_of_a_map_keep_their_class_and_a_line_leads_to_each_that_moved() -> None:
    points, classes = np.stack([np.arange(50.0), np.arange(50.0)], 1), np.arange(50) % 3
    ax = Figure().subplots()
    recipes.map_panel(ax, points, classes, points + 1, moved=True)
    hairs, coloured = ax.collections
    assert isinstance(hairs, LineCollection)
    assert {to_hex(colour) for colour in hairs.get_colors()} == {recipes.HAIR}
    assert np.array_equal(hairs.get_segments(), np.stack([points + 1, points], 1))
    assert hairs.get_zorder() < coloured.get_zorder()
    found = zip(np.asarray(coloured.get_offsets())[:, 0], coloured.get_facecolors(), strict=True)
    assert {int(x): to_hex(colour) for x, colour in found} == {
        number: to_hex(class_colour(number % 3)) for number in range(50)
    }
    assert [text.get_text() for text in ax.texts] == ["1", "2", "3"]
    still = Figure().subplots()
    recipes.map_panel(still, points, classes, points + 1)
    assert len(still.collections) == 1
    assert (still.get_xlim(), still.get_ylim()) == (ax.get_xlim(), ax.get_ylim())
    crowd = Figure().subplots()
    recipes.map_panel(crowd, points, np.arange(50) % 21)
    assert not crowd.texts
    empty = Figure().subplots()
    recipes.map_panel(empty, None, classes)
    assert not empty.collections


def test_a_point_far_from_all_others_does_not_press_them_together() -> None:
    points = np.random.default_rng(0).normal(size=(1000, 2)) * (1, 10)
    points[0] = 1000, -1000
    ax = Figure().subplots()
    recipes.map_panel(ax, points, np.zeros(1000, dtype=int))
    assert np.allclose(ax.get_xlim(), (-2.8, 2.8), atol=0.4)  # 2.33 standard deviations hold 98 %
    assert np.allclose(ax.get_ylim(), (-28, 28), atol=4)
    same = Figure().subplots()
    recipes.map_panel(same, np.full((9, 2), 5.0), np.zeros(9, dtype=int))
    assert same.get_xlim() == same.get_ylim() == (4, 6)


def test_a_key_of_classes_ends_where_there_is_no_room() -> None:
    classes = [f"class {number:03}" for number in range(40)]
    names = [name for name, _ in recipes.class_key(source(classes), np.array([3, 1, 1, 0]))]
    assert names == ["1 class 000", "2 class 001", "3 class 003"]
    names = [name for name, _ in recipes.class_key(source(classes), np.arange(40))]
    assert names == [*classes[:27], "and 13 more"]  # 13 letters each, of 360
    assert recipes.class_key(source(classes), None) == []


def test_a_number_a_model_and_what_is_missing() -> None:
    toy = source(ae=[24.7134], dae=[22.0])
    assert recipes.each_text(toy, ["ae", "dae"], "psnr") == "AE 24.71\u00a0dB and DAE 22.00\u00a0dB"
    toy.miss("vae/psnr")
    made = recipes.drawing(Figure(), "The AE's PSNR.", toy)
    assert made.alt == "The AE’s PSNR. VAE not measured: not in this run."
    assert made.keys == ["ae/psnr", "dae/psnr"]
