"""Tables: bold only what leads, dashes where nothing can be, preferences that follow the verdict."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from experiments.bundle import Bundle
from experiments.presets import preset
from report import tables
from report.cells import leading
from report.document import Missing, Text
from report.fake import fake
from report.judgement import Judgement, judge_all
from report.stats import Interval


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return fake(tmp_path_factory.mktemp("fake"), "nominal", preset("smoke", ["seeds=3"]))


def with_values(bundle: Bundle, tmp_path: Path, values: Mapping[str, list[float | None]]) -> Bundle:
    bundle.save(tmp_path)
    changed = Bundle.load(tmp_path)
    changed.values |= values
    return changed


def test_a_clear_lead_is_bold_in_the_good_direction(bundle: Bundle, tmp_path: Path) -> None:
    values = {"ae/mse": [0.01, 0.011, 0.01], "dae/mse": [0.02, 0.021, 0.02], "pca/mse": [0.03]}
    changed = with_values(bundle, tmp_path, values)
    assert leading(changed, ["ae/mse", "dae/mse", "pca/mse"]) == "ae/mse"


@pytest.mark.parametrize(
    "values",
    [
        [0.0199, 0.0209, 0.0199],  # by less than the margin
        [0.001, 0.05, 0.002],  # by more, but not surely
        [0.001, 0.002, None],  # too few seeds
    ],
)
def test_nothing_is_bold_inside_the_noise(bundle: Bundle, tmp_path: Path, values: list[float | None]) -> None:
    changed = with_values(bundle, tmp_path, {"ae/mse": values, "dae/mse": [0.02, 0.021, 0.02]})
    assert leading(changed, ["ae/mse", "dae/mse"]) is None


def test_no_way_is_better_then_none_leads(bundle: Bundle) -> None:
    assert leading(bundle, ["ae/parameters", "dae/parameters"]) is None


def test_what_others_reported_on_other_data_is_left_out(bundle: Bundle) -> None:
    real = bundle.provenance
    try:
        bundle.provenance = real.model_copy(update={"fake": False, "data": "holidays"})
        first = [str(row[0]) for table in (tables.quality, tables.latent_quality) for row in table(bundle, {}).rows]
        assert not [text for text in first if "quoted" in text]
        bundle.provenance = real.model_copy(update={"fake": False, "data": "CIFAR-10"})
        assert sum("quoted" in str(row[0]) for row in tables.latent_quality(bundle, {}).rows) == 3
    finally:
        bundle.provenance = real


@pytest.mark.parametrize(
    ("verdict", "interval", "cell"),
    [
        ("supported", Interval(1, 2), Text("AE")),
        ("refuted", Interval(-3, -2), Text("DAE")),
        ("refuted", Interval(-0.6, 0.1), Text("not the AE")),
        ("no_difference", Interval(-0.1, 0.1), Text("neither")),
        ("inconclusive", Interval(-1, 1), Text("open")),
        ("inconclusive", None, Text("open")),
        ("unavailable", None, Missing("it failed")),
    ],
)
def test_the_measured_preference_follows_the_verdict(
    bundle: Bundle, verdict: str, interval: Interval | None, cell: Text | Missing
) -> None:
    judgements = judge_all(bundle)
    item: Judgement = replace(
        judgements["prefer_clean"], verdict=verdict, interval=interval, margin=0.5, reason="it failed"
    )  # type: ignore[arg-type]
    table = tables.ae_or_dae(bundle, judgements | {"prefer_clean": item})
    assert len(table.rows) == 7
    assert table.rows[0][4] == cell
