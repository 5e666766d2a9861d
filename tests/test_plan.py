"""The plan: every key has a header, is planned once, and every array has a model that is known."""

import pytest

from experiments import plan
from experiments.metrics import METRICS, MODEL_TITLES, metric_of, split
from experiments.presets import PRESETS, preset
from report.style import LOOKS


@pytest.mark.parametrize("name", PRESETS)
def test_every_planned_key_has_a_header_and_a_model(name: str) -> None:
    keys = plan.keys(preset(name))
    assert len(keys) == len(set(keys)) > 300
    for key in keys:
        assert metric_of(key).how
        assert split(key)[0] in plan.ALL


@pytest.mark.parametrize("metric", METRICS)
def test_an_interval_ends_outside_of_all_sane_values(metric: str) -> None:
    """Else it is cut where values lie, and does not hold their mean."""
    least, most = METRICS[metric].possible
    assert least <= METRICS[metric].low < METRICS[metric].high <= most


def test_every_metric_is_planned() -> None:
    assert {split(key)[1] for key in plan.keys(preset("full"))} == set(METRICS)


def test_every_model_has_a_title_and_those_that_are_drawn_a_look() -> None:
    assert set(plan.ALL) == set(MODEL_TITLES)
    assert {*plan.DECODING, *plan.INPAINTING} <= set(LOOKS)


def test_arrays_follow_the_settings() -> None:
    arrays = plan.arrays(preset("smoke"))
    assert arrays["data/map_images"].shape == (100, 32, 32, 3)
    assert arrays["vae/kl_per_dim"].shape == (32,)


def test_split_reads_tags() -> None:
    assert split("mcae/mse[mask=0.5,where=masked]") == ("mcae", "mse", {"mask": "0.5", "where": "masked"})


@pytest.mark.parametrize("key", ["psnr", "ae/", "/psnr", "ae/psnr[", "ae/psnr[noise]", "ae/psnr[noise=]"])
def test_split_refuses_what_is_no_key(key: str) -> None:
    with pytest.raises(ValueError, match="write model/metric"):
        split(key)


def test_an_unknown_metric_lists_the_metrics() -> None:
    with pytest.raises(ValueError, match="unknown metric 'speed'; there are psnr"):
        metric_of("ae/speed")
