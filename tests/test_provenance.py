"""Provenance: the day, the parts measured on other days, and words that fit the data at hand."""

from pathlib import Path

import pytest

from experiments.bundle import Bundle
from experiments.curves import NEVER
from experiments.presets import preset
from report.fake import fake
from report.provenance import Run
from tests.bundles import PROVENANCE


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return fake(tmp_path, "nominal", preset("smoke"))


def test_one_day_is_said_once(bundle: Bundle) -> None:
    assert Run(bundle).measured.striptags() == "2 January 2026"
    assert Run(bundle).days == []


def test_models_measured_on_another_day_are_named(bundle: Bundle) -> None:
    bundle.tasks["dae-0"]["measured"] = bundle.tasks["dae-1"]["measured"] = "2026-03-04T05:06:07+00:00"
    first, last = [(day.striptags(), models) for day, models in Run(bundle).days]
    assert first[0] == "2 January 2026"
    assert "DAE" not in first[1].replace(" and ", ", ").split(", ")
    assert last == ("4 March 2026", "DAE")


def test_the_precision_of_the_trained_models_is_named(bundle: Bundle) -> None:
    assert Run(bundle).precision.striptags() == "bf16"
    bundle.tasks["dae-1"]["precision"] = "fp32"
    assert Run(bundle).precision.striptags() == "bf16 and fp32"
    bundle.tasks.clear()
    assert Run(bundle).precision == ""


def test_all_devices_that_trained_are_named(bundle: Bundle) -> None:
    bundle.provenance = bundle.provenance.model_copy(update={"device": "2 × CPU B"})
    bundle.tasks["dae-0"]["trained_on"] = "CPU A"
    bundle.tasks["dae-1"]["trained_on"] = "CPU B"
    assert Run(bundle).device.striptags() == "2 × CPU B; CPU A"
    bundle.provenance = bundle.provenance.model_copy(update={"device": "CPU B Ti, 2 cores"})
    assert Run(bundle).device.striptags() == "CPU B Ti, 2 cores; CPU A; CPU B"
    for one in ("CPU A, 2 cores", "CPU A", "3 × CPU A, CPU C"):
        bundle.provenance = bundle.provenance.model_copy(update={"device": one})
        assert Run(bundle).device.striptags() == f"{one}; CPU B"


def test_other_data_are_named_and_nothing_else(bundle: Bundle) -> None:
    assert Run(bundle).title == "Autoencoders on CIFAR-10, measured"
    bundle.provenance = bundle.provenance.model_copy(update={"fake": False, "data": "holidays", "classes": ["a", "b"]})
    run = Run(bundle)
    assert run.title == "Autoencoders on holidays, measured"
    assert run.triplet == ("a", "b", "a")
    assert not run.quotes
    bundle.settings = preset("smoke", ["title=Mine"])
    assert Run(bundle).title == "Mine"


def test_what_is_missing_is_grouped_by_reason(bundle: Bundle) -> None:
    bundle.reasons = {"vae": "no memory", "pca/psnr": "seed 0 gave nan", "ae/psnr": "seed 0 gave nan"}
    assert Run(bundle).reasons == [("seed 0 gave nan", ["ae/psnr", "pca/psnr"]), ("no memory", ["vae"])]
    assert Run(bundle).failed == ["AE", "PCA", "VAE"]
    assert not Run(bundle).absent
    bundle.values |= {key: [None] for key in bundle.values if key.startswith("vae/")}
    assert Run(bundle).absent == ["VAE"]
    bundle.reasons = {"dae/crossing": f"with 1 of 2 seeds {NEVER}"}
    assert Run(bundle).failed == []  # that was measured


def test_an_error_that_rose_again_is_told() -> None:
    """The higher one of the final ones is shared, see `experiments.curves.equal_mse`, which takes the first time."""
    falling, rising = [0.1, 0.03, 0.02], [0.1, 0.01, 0.03]
    made = Bundle(preset("smoke"), PROVENANCE)
    for first, second, expected in (
        (falling, falling, False), (falling, rising, True), (rising, falling, True), ([0.1, 0.05, 0.04], rising, False),
        (falling, [], False), (falling, [0.1, None, 0.03], False),
    ):  # fmt: skip
        made.curves = {"ae/test_mse": [falling, first], "vae/test_mse": [falling, second]}
        assert Run(made).overshot == expected


@pytest.mark.parametrize(("classes", "images", "numbered"), [(20, 100, True), (21, 100, False), (21, 20, True)])
def test_maps_number_their_classes_where_so_few_are_in_them(
    bundle: Bundle, classes: int, images: int, numbered: bool
) -> None:
    bundle.provenance = bundle.provenance.model_copy(update={"classes": [f"c{place}" for place in range(classes)]})
    bundle.settings = bundle.settings.model_copy(update={"map_images": images})
    assert Run(bundle).numbered == numbered
