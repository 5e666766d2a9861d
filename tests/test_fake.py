"""Fake results: whole, valid, distinct, fast, and every verdict of every claim in one scenario or another."""

from pathlib import Path

import pytest

from experiments import plan
from experiments.bundle import Bundle
from experiments.metrics import metric_of
from report.claims import CLAIMS
from report.fake import SCENARIOS, fake
from report.judgement import judge_all


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_is_a_whole_valid_bundle(tmp_path: Path, scenario: str) -> None:
    fake(tmp_path, scenario)
    bundle = Bundle.load(tmp_path / "bundle")
    missing = {key for key in plan.keys(bundle.settings) if key not in bundle.values}
    assert all(key.split("/")[0] in bundle.reasons for key in missing)
    numbers = [(key, value) for key, row in bundle.values.items() for value in row if value is not None]
    assert len({value for _, value in numbers}) == len(numbers)
    ranges = {key: metric_of(key).possible for key in bundle.values}
    assert [key for key, value in numbers if not ranges[key][0] <= value <= ranges[key][1]] == []
    for key in plan.arrays(bundle.settings):
        if key.split("/")[0] not in bundle.reasons:
            bundle.array(key)


@pytest.mark.parametrize(
    ("scenario", "verdict"), [("nominal", "supported"), ("flipped", "refuted"), ("one-seed", "inconclusive")]
)
def test_a_scenario_turns_every_verdict(tmp_path: Path, scenario: str, verdict: str) -> None:
    judgements = judge_all(fake(tmp_path, scenario))
    assert {name: item.verdict for name, item in judgements.items()} == dict.fromkeys(CLAIMS, verdict)


def test_ties_are_no_difference_and_a_missing_model_is_unavailable(tmp_path: Path) -> None:
    for name, item in judge_all(fake(tmp_path / "a", "ties")).items():
        assert item.verdict == ("supported" if CLAIMS[name].asserts == "below" else "no_difference"), name
    for item in judge_all(fake(tmp_path / "b", "missing-model")).values():
        lacks = any(key.startswith(("vae/", "mcae/")) for key in item.keys)
        assert (item.verdict == "unavailable") == lacks, item.id
        assert not lacks or "not finite at step 117" in item.reason


def test_an_unknown_scenario_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected one of nominal, flipped"):
        fake(tmp_path, "odd")
