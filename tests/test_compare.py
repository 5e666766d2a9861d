"""Two runs compared: flips first, asv's marks, figures by what they look like, four forms, and a gate."""

import html
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import report.draw
import report.side
from experiments.bundle import Bundle, BundleError, Provenance, Result
from experiments.settings import preset
from report.archive import pack
from report.compare import Comparison, compare
from report.difference import difference
from report.fake import fake
from report.forms import form, to_html, to_json, to_md, to_text
from report.side import Side

DRAWN = ("spectrum", "noise_probe")
ALL = report.draw.figures()
Change = Callable[[Bundle], None]


def only(patch: pytest.MonkeyPatch, *names: str) -> None:
    """Draw these figures and no others, which would take seconds."""
    functions = {name: function for name, function in ALL.items() if name in names}
    for module in (report.draw, report.side):
        patch.setattr(module, "figures", lambda: functions)


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch)


@pytest.fixture
def two_figures(monkeypatch: pytest.MonkeyPatch, no_figures: None) -> None:
    only(monkeypatch, *DRAWN)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "first"
    fake(folder)
    return folder


def changed(run: Path, folder: Path, change: Change) -> Path:
    """A copy of a run with a changed bundle."""
    shutil.copytree(run, folder)
    bundle = Bundle.load(folder / "bundle")
    change(bundle)
    bundle.save(folder / "bundle")
    return folder


def scaled(key: str, factor: float) -> Change:
    def change(bundle: Bundle) -> None:
        bundle.values[key] = [value * factor for value in bundle.values[key] if value is not None]

    return change


def worse_dae(bundle: Bundle) -> None:
    for key in [key for key in bundle.values if key.startswith("dae/")]:
        scaled(key, 0.9)(bundle)
    bundle.settings = bundle.settings.model_copy(update={"noise_variance": 0.2})
    facts = {"commit": "abc1234", "versions": {"aereport": "0.2.0", "torch": "2.9"}}
    bundle.provenance = bundle.provenance.model_copy(update=facts)
    bundle.tasks["dae-1"] = {**bundle.tasks["dae-1"], "measured": "2026-02-03T04:05:06+00:00"}


@pytest.fixture(scope="module")
def found(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    with pytest.MonkeyPatch.context() as patch:
        only(patch, *DRAWN)
        return compare(run, changed(run, tmp_path_factory.mktemp("runs") / "second", worse_dae))


def test_a_run_and_itself(run: Path, tmp_path: Path, two_figures: None) -> None:
    pack(run, tmp_path / "same.zip")
    same = compare(run, tmp_path / "same.zip")
    assert same.flips == same.marked("+", "-", "*", "~") == same.singles == same.figures == []
    assert not any(same.facts.values())
    assert same.failures(["flip", "worse"]) == []
    text = to_text(same)
    assert "Claims: none of 35 flipped" in text
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
    report.draw.draw(copy, bundle, report.side.judge_all(bundle))
    monkeypatch.setattr(report.draw, "_draw", None)
    assert set(report.side.load(copy).figures) == set(DRAWN)


def test_an_index_leads_nowhere_else(run: Path, tmp_path: Path, two_figures: None) -> None:
    copy = changed(run, tmp_path / "a" / "copy", lambda bundle: None)
    (tmp_path / "a" / "evil.svg").write_text("<svg/>")
    (copy / "figures").mkdir()
    entry = {"file": "../../evil.svg", "sha256": "", "inputs": "", "alt": "", "keys": []}
    (copy / "figures" / "index.json").write_text(json.dumps({"format": 1, "figures": {"../../evil": entry}}))
    assert set(report.side.load(copy).figures) == set(DRAWN)


PROVENANCE = Provenance(
    data="toys", classes=["a", "b"], train_images=50, test_images=50, fingerprint="ab" * 32, device="cpu", versions={},
    commit="", measured="2026-01-02T03:04:05+00:00",
)  # fmt: skip


def side(rows: dict[str, list[float | None]], seeds: int = 3, each: np.ndarray | None = None, data: str = "d") -> Side:
    """A side without verdicts; `each` are the single values of "ae/psnr"."""
    bundle = Bundle(preset("quick", [f"seeds={seeds}"]), PROVENANCE)
    if each is not None:
        result = Result("ae", 0)
        result.add("psnr", each)
        bundle.add(result)
    return Side("s", 1, rows, {}, {"fingerprint": data}, bundle=bundle)


def mark(old: Side, new: Side, key: str = "ae/psnr") -> str:
    item = difference(key, old, new)
    assert item
    return item.mark


def test_the_noise_over_seeds_is_welchs() -> None:
    old, new = [20.0, 21.0, 22.0], [21.0, 22.5, 22.5]
    item = difference("ae/psnr", side({"ae/psnr": old}), side({"ae/psnr": new}))  # type: ignore[dict-item]
    assert item
    expected = stats.ttest_ind(new, old, equal_var=False).confidence_interval(0.99)
    assert item.noise == pytest.approx((expected.high - expected.low) / 2)
    assert (item.mark, item.basis) == ("~", "3 and 3 seeds")


@pytest.mark.parametrize(("shift", "expected"), [(0.0, "="), (0.3, "~"), (0.5, "+"), (0.6, "+"), (-0.6, "-")])
def test_the_margin_decides_where_there_is_no_noise(shift: float, expected: str) -> None:
    rows = [20.0, 20.0, 20.0]
    assert mark(side({"ae/psnr": list(rows)}), side({"ae/psnr": [value + shift for value in rows]})) == expected
    assert mark(side({"ae/psnr": [20.0]}, 1), side({"ae/psnr": [20.0 + shift]}, 1)) == expected


def test_single_values_are_paired_where_the_images_are_the_same() -> None:
    each = np.random.default_rng(0).normal(20, 5, 400)
    moved = each + 0.6 + np.random.default_rng(1).normal(0, 0.5, 400)
    old = side({"ae/psnr": [float(each.mean())]}, 1, each)
    new = side({"ae/psnr": [float(moved.mean())]}, 1, moved)
    elsewhere = side({"ae/psnr": [float(moved.mean())]}, 1, moved, data="other")
    assert mark(old, new) == "+"
    assert mark(old, elsewhere) == "~"
    item = difference("ae/psnr", old, new)
    assert item
    assert "400 images in pairs" in item.basis
    paired = stats.ttest_rel(moved, each).confidence_interval(0.99)
    assert item.noise == pytest.approx((paired.high - paired.low) / 2, rel=1e-4)


def test_single_values_of_other_images_are_not_paired() -> None:
    """As where a setting takes more of the same images."""
    each = np.random.default_rng(0).normal(20, 5, 400)
    item = difference("ae/psnr", side({"ae/psnr": [20.0]}, 1, each), side({"ae/psnr": [21.0]}, 1, each[:300]))
    assert item
    assert item.basis == "400 and 300 images"
    item = difference("ae/psnr", side({"ae/psnr": [20.0]}, 1, each), side({"ae/psnr": [21.0]}, 1))
    assert item
    assert (item.noise, item.basis) == (None, "noise unknown")


def test_a_time_needs_a_tenth() -> None:
    """And no less than the margin of a second."""
    key = "ae/train_seconds"
    for before, after, expected in ((300.0, 329.0, "~"), (300.0, 331.0, "*"), (3.0, 3.9, "~"), (3.0, 4.1, "*")):
        assert mark(side({key: [before]}, 1), side({key: [after]}, 1), key) == expected


def test_missing_seeds_and_values() -> None:
    assert difference("ae/psnr", side({"ae/psnr": [None, None]}), side({"ae/psnr": [20.0]})) is None
    assert difference("ae/psnr", side({}), side({"ae/psnr": [20.0]})) is None
    assert mark(side({"ae/psnr": [20.0, None, 22.0]}), side({"ae/psnr": [21.0]})) == "="


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
    assert "vae/…: " in to_text(found)
    back = compare(other, run)
    assert not any(item.gone for item in back.singles)
    assert not any("not be measured" in text for text in back.failures(["worse"]))


def test_the_gate(found: Comparison) -> None:
    flips, worse = len(found.flips), len(found.marked("-"))
    assert found.failures(["flip"]) == [f"{flips} claims flipped"]
    assert found.failures(["worse"]) == [f"{worse} numbers got worse"]
    assert found.failures([]) == []


def test_other_data_are_said_first(run: Path, tmp_path: Path) -> None:
    def elsewhere(bundle: Bundle) -> None:
        update = {"data": "my folder", "fingerprint": "ab" * 32, "fake": False}
        bundle.provenance = bundle.provenance.model_copy(update=update)

    found = compare(run, changed(run, tmp_path / "b", elsewhere))
    assert "! The data are not the same" in to_text(found, 200).splitlines()[1]
    assert found.remarks[0].startswith("The data are not the same (fake images, then my folder)")
    assert found.remarks[1:] == [f"The results of {run} are made up."]


def test_another_format_is_compared_as_far_as_it_goes(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "old"
    shutil.copytree(run, other)
    content = json.loads((other / "bundle" / "bundle.json").read_text())
    content["format"] = 0
    content["values"]["ae/psnr"] = [1, 2, 3]
    content["values"] |= {"ae/no_metric": [1.0], "nonsense": [1.0], "ae/ssim": "text", "ae/mae": [1e300]}
    content["settings"]["seeds"] = 4
    del content["tasks"]
    (other / "bundle" / "bundle.json").write_text(json.dumps(content))
    found = compare(other, run)
    assert found.remarks[0].startswith("The bundles have the formats 0 and 1: claims and figures are not compared")
    assert {item.key: item.mark for item in found.numbers}["ae/psnr"] == "+"
    assert not {"ae/no_metric", "nonsense"} & {item.key for item in (*found.numbers, *found.singles)}
    assert [(item.name, item.old) for item in found.facts["Settings"]] == [("seeds", "4")]
    assert "Claims: not compared" in to_text(found)
    assert found.failures(["flip"]) == ["claims could not be compared"]
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


@pytest.mark.parametrize("width", [10, 30, 60, 80, 200])
def test_the_text_keeps_within_the_terminal(found: Comparison, width: int) -> None:
    assert max(len(line) for line in to_text(found, width, everything=True).splitlines()) <= max(width, 20)


def test_only_what_changed_is_shown(found: Comparison) -> None:
    for to in ("text", "md", "html"):
        assert "dae/psnr" in html.unescape(form(found, to))
        assert not re.search(r"\bpca/", form(found, to))
        assert "pca/psnr" in form(found, to, everything=True)
    assert len(json.loads(to_json(found))["numbers"]) == len(found.numbers)


def test_the_json_holds_everything(found: Comparison) -> None:
    content = json.loads(to_json(found))
    assert content["format"] == 1
    assert content["claims"]["flipped"]["dae_more_robust"]["new"]["verdict"] == "refuted"
    number = content["numbers"]["dae/psnr"]
    assert number["new"] - number["old"] == pytest.approx(number["change"])
    assert content["facts"]["settings"]["noise_variance"] == {"old": "0.1", "new": "0.2"}


def test_the_page_needs_nothing_else_and_shows_both(found: Comparison) -> None:
    page = to_html(found)
    assert page.count("data:image/") == 2 * len(found.figures)
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert re.search(r"style-src 'sha256-[\w+/=]+'", page)


def test_text_out_of_a_bundle_is_escaped(run: Path, tmp_path: Path) -> None:
    def hostile(bundle: Bundle) -> None:
        bundle.provenance = bundle.provenance.model_copy(update={"commit": "<img src=x>|**[a](b)`"})

    found = compare(run, changed(run, tmp_path / "b", hostile))
    assert "<img" not in to_html(found).replace('<img src="data:', "")
    md = to_md(found)
    assert "<img" not in md
    assert "&#60;img src=x&#62;&#124;&#42;&#42;&#91;a&#93;&#40;b&#41;&#96;" in md
