"""Two runs compared: flips first, asv's marks, figures by what they look like, and a gate."""

import json
import re
import shutil
from pathlib import Path

import pytest

import report.comparison.side
import report.draw
from experiments.bundle import Bundle, BundleError
from experiments.curves import NEVER
from report.archive import pack
from report.claims import CLAIMS
from report.comparison.compare import Comparison, compare
from report.comparison.forms import form
from tests.compared import DRAWN, changed, comparison, first, only, scaled


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch)


@pytest.fixture
def two_figures(monkeypatch: pytest.MonkeyPatch, no_figures: None) -> None:
    only(monkeypatch, *DRAWN)


@pytest.fixture
def run() -> Path:
    return first()


@pytest.fixture
def found() -> Comparison:
    return comparison()


def test_a_run_and_itself(run: Path, tmp_path: Path, two_figures: None) -> None:
    pack(run, tmp_path / "same.zip")
    same = compare(run, tmp_path / "same.zip")
    assert same.flips == same.marked("+", "-", "*", "~") == same.singles == same.figures == []
    assert not any(same.facts.values())
    assert same.failures(["flip", "worse"]) == []
    text = form(same, "text")
    assert f"Claims: none of {len(CLAIMS)} flipped" in text
    assert re.search(r"Numbers: \d+ equal \(=\)\n", text)
    assert "Figures: none of 2 changed" in text
    assert "The same: settings, data, code, versions" in text


def test_flips_and_what_is_behind_them(found: Comparison) -> None:
    flips = {flip.new.id: (flip.old.verdict, flip.new.verdict) for flip in found.flips}
    assert flips["dae_more_robust"] == ("supported", "refuted")
    assert "ae_beats_pca" not in flips
    assert [(item.name, item.old, item.new) for item in found.facts["Settings"]] == [("noise_variance", "0.1", "0.2")]
    assert [item.name for item in found.facts["Code"]] == ["commit"]
    assert {(item.name, item.old, item.new) for item in found.facts["Versions"]} >= {("torch", "", "2.9")}
    assert found.facts["Data"] == []
    assert found.anew == ["dae"]


def test_marks_follow_the_good_direction(found: Comparison) -> None:
    marks = {item.key: item.mark for item in found.numbers}
    assert marks["dae/psnr"] == "-"  # less of what is good
    assert marks["dae/mae"] == "+"  # less of an error
    assert marks["dae/parameters"] == "*"  # no way is the good one
    assert marks["dae/train_seconds"] in "*~"  # a clock's
    assert marks["ae/psnr"] == "="
    order = [item.mark for item in found.numbers]
    assert order == sorted(order, key="-+*~=".index)


def test_figures_that_look_different(found: Comparison) -> None:
    assert {item.name for item in found.figures} == set(DRAWN)
    for item in found.figures:
        assert item.old
        assert item.new
        assert item.old.content != item.new.content


def test_a_figure_that_looks_the_same(run: Path, tmp_path: Path, two_figures: None) -> None:
    other = changed(run, tmp_path / "b", scaled("dae/probe_accuracy[noise=0.1]", 0.9))
    assert [item.name for item in compare(run, other).figures] == ["noise_probe"]


def test_nothing_is_written_into_the_runs(run: Path, found: Comparison) -> None:
    assert [path.name for path in run.iterdir()] == ["bundle"]


def test_figures_that_are_fresh_are_not_drawn_again(
    run: Path, tmp_path: Path, two_figures: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = changed(run, tmp_path / "copy", lambda bundle: None)
    bundle = Bundle.load(copy / "bundle")
    report.draw.draw(copy, bundle, report.comparison.side.judge_all(bundle))
    monkeypatch.setattr(report.draw, "_draw_here", None)
    assert set(report.comparison.side.load(copy).figures) == set(DRAWN)


def test_an_index_leads_nowhere_else(run: Path, tmp_path: Path, two_figures: None) -> None:
    copy = changed(run, tmp_path / "a" / "copy", lambda bundle: None)
    (tmp_path / "a" / "evil.svg").write_text("<svg/>")
    (copy / "figures").mkdir()
    entry = {"file": "../../evil.svg", "sha256": "", "inputs": "", "alt": "", "keys": []}
    (copy / "figures" / "index.json").write_text(json.dumps({"format": 1, "figures": {"../../evil": entry}}))
    assert set(report.comparison.side.load(copy).figures) == set(DRAWN)


def test_numbers_that_only_one_run_has(run: Path, tmp_path: Path) -> None:
    def lose(bundle: Bundle) -> None:
        for key in [key for key in bundle.values if key.startswith("vae/")]:
            del bundle.values[key]
        bundle.reasons["vae"] = "the loss was not finite"

    other = changed(run, tmp_path / "b", lose)
    found = compare(run, other)
    assert {item.key.partition("/")[0] for item in found.singles} == {"vae"}
    assert all(item.gone and item.reason == "the loss was not finite" for item in found.singles)
    assert any("not be measured any more" in text for text in found.failures(["worse"]))
    assert "vae/…: " in form(found, "text")
    partly = compare(changed(run, tmp_path / "a", lambda b: b.values["vae/psnr"].__setitem__(0, None)), other)
    (mean,) = (item.value for item in partly.singles if item.key == "vae/psnr")
    assert mean == pytest.approx(sum(found.old.values["vae/psnr"][1:]) / 5)  # type: ignore[arg-type]
    back = compare(other, run)
    assert not any(item.gone for item in back.singles)
    assert not any("not be measured" in text for text in back.failures(["worse"]))


@pytest.mark.parametrize(("reason", "failed"), [(NEVER, False), (f"with 1 of 6 seeds {NEVER}", False), ("nan", True)])
def test_that_the_dae_never_catches_up_is_no_failed_measurement(
    run: Path, tmp_path: Path, reason: str, failed: bool
) -> None:
    def never(bundle: Bundle) -> None:
        bundle.values["dae/crossing"], bundle.reasons["dae/crossing"] = [None] * 6, reason

    found = compare(run, changed(run, tmp_path / "b", never))
    assert [(item.key, item.reason) for item in found.singles] == [("dae/crossing", reason)]
    assert found.failures(["worse"]) == (["1 number could not be measured any more"] if failed else [])


def test_other_data_are_said_first(run: Path, tmp_path: Path) -> None:
    def elsewhere(bundle: Bundle) -> None:
        update = {"data": "my folder", "fingerprint": "ab" * 32, "fake": False}
        bundle.provenance = bundle.provenance.model_copy(update=update)

    found = compare(run, changed(run, tmp_path / "b", elsewhere))
    assert "! The data are not the same" in form(found, "text", 200).splitlines()[1]
    assert found.remarks[0].startswith("The data are not the same (fake images, then my folder)")
    assert found.remarks[1:] == [f"The results of {run} are made up."]


def test_another_format_is_compared_as_far_as_it_goes(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "old"
    shutil.copytree(run, other)
    content = json.loads((other / "bundle" / "bundle.json").read_text())
    content["format"] = 0
    content["values"]["ae/psnr"] = [1, 2, 3]
    content["values"] |= {"ae/no_metric": [1.0], "nonsense": [1.0], "ae/ssim": "text", "ae/mae": [1e300]}
    content["values"]["ae/psnr[noise=\u202e]"] = [1.0]
    content["settings"]["seeds"] = 4
    del content["tasks"]
    (other / "bundle" / "bundle.json").write_text(json.dumps(content))
    shutil.copytree(other / "bundle", tmp_path / "sent")  # under another name
    assert compare(tmp_path / "sent", run).remarks[0] == compare(other, run).remarks[0]
    found = compare(other, run)
    assert found.remarks[0].startswith("The bundles have the formats 0 and 3: claims and figures are not compared")
    assert {item.key: item.mark for item in found.numbers}["ae/psnr"] == "+"
    keys = {item.key for item in (*found.numbers, *found.singles)}
    assert not {"ae/no_metric", "nonsense", "ae/psnr[noise=\u202e]"} & keys
    assert [(item.name, item.old) for item in found.facts["Settings"]] == [("seeds", "4")]
    assert "Claims: not compared" in form(found, "text")
    back = compare(run, other)
    for either in (found, back):
        assert (either.failures(["flip"]), either.figures) == (["claims could not be compared"], [])
    for to in ("md", "json", "html"):
        assert form(found, to)


def test_no_run_is_one_line(run: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="gone: no such file"):
        compare(run, tmp_path / "gone")
    broken = tmp_path / "broken"
    shutil.copytree(run, broken)
    (broken / "bundle" / "bundle.json").write_text("{")
    with pytest.raises(BundleError, match="not readable as JSON"):
        compare(broken, run)
