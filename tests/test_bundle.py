"""The bundle: what goes in comes out, and what was tampered with is refused in one line."""

import re
from pathlib import Path

import numpy as np
import pytest

from experiments.bundle import Bundle, BundleError, Result
from experiments.files import write_atomic
from experiments.presets import preset
from tests.bundles import PROVENANCE, SETTINGS, edit, example, saved


def test_a_bundle_comes_back_value_for_value(tmp_path: Path) -> None:
    loaded = Bundle.load(saved(tmp_path))
    assert loaded.to_json() == example().to_json()
    assert loaded.values["ae/psnr"] == [21.0, 22.0]
    assert loaded.array("ae/examples").shape == (10, 32, 32, 3)
    each = loaded.each("ae/psnr", 1)
    assert each is not None
    assert each.tolist() == [21.0, 23.0]
    assert loaded.each("ae/ari", 1) is None
    assert loaded.tasks["ae-1"]["key"] == "k1"


def test_the_same_bundle_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "a"), saved(tmp_path / "b")
    for path in sorted(first.rglob("*.*")):
        assert path.read_bytes() == (second / path.relative_to(first)).read_bytes()


def test_numbers_that_are_not_finite_become_missing_with_a_reason() -> None:
    bundle = Bundle(SETTINGS, PROVENANCE)
    bundle.add(Result("ae", 1, values={"psnr": float("nan")}))
    assert bundle.values["ae/psnr"] == [None, None]
    assert bundle.reasons["ae/psnr"] == "seed 1: no finite number came out"
    bundle.add(Result("ae", 0, values={"psnr": 1e300}))
    assert bundle.reasons["ae/psnr"] == "no finite number came out"
    for seed in (0, 1):
        bundle.add(Result("ae", seed, values={"psnr": 20.0}))
    assert bundle.reasons == {}


def test_a_failed_task_says_why_and_its_seed_until_it_is_measured() -> None:
    bundle = Bundle(preset("smoke", ["seeds=4"]), PROVENANCE)
    for seed in (0, 1, 3):
        bundle.add(Result("ae", seed, failed="no luck"))
    bundle.add(Result("ae", 2, failed="no memory"))
    assert bundle.reasons == {"ae": "seeds 0, 1, 3: no luck; seed 2: no memory"}
    fewer = Bundle(preset("smoke", ["seeds=2"]), PROVENANCE)
    for seed in (0, 1):
        fewer.keep(bundle, "ae", seed)
    assert fewer.reasons == {"ae": "no luck"}
    fewer.add(Result("ae", 0, values={"psnr": 20.0}))
    assert fewer.reasons == {"ae": "seed 1: no luck"}
    fewer.add(Result("ae", 1, values={"psnr": 20.0}))
    assert fewer.reasons == {}


def test_what_is_kept_is_the_models_own() -> None:
    before, bundle = Bundle(SETTINGS, PROVENANCE), Bundle(SETTINGS, PROVENANCE)
    for model in ("ae", "dae"):
        before.add(
            Result(model, 0, curves={"loss": [2.0, 1.0]}, arrays={"spectrum": np.full(17, np.nan)}, precision="fp32"),
            precision="bf16", measured="now",
        )  # fmt: skip
    bundle.keep(before, "ae", 0)
    assert bundle.curves == {"ae/loss": [[2.0, 1.0], []]}
    assert bundle.reasons == {"ae/spectrum": "holds numbers that are not finite"}
    assert bundle.tasks == {"ae-0": {"precision": "fp32", "measured": "now"}}  # what it was trained in after all
    before.add(Result("ae", 1, values={"psnr": 20.0}))
    (other := Bundle(SETTINGS, PROVENANCE)).keep(before, "ae", 1)
    assert other.reasons == {}  # arrays are the first seed's


def test_a_number_that_is_of_no_images_keeps_no_single_values() -> None:
    result = Result("vae", 0)
    result.add("active_units", np.array([3.0, 5.0]))
    assert (result.values, result.each) == ({"active_units": 4.0}, {})


def test_a_missing_array_is_named() -> None:
    with pytest.raises(KeyError, match="vae/examples"):
        example().array("vae/examples")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"format": 4}, "format 4, but this version reads 3; install a newer aereport"),
        ({"format": 2}, "format 2, but this version reads 3; measure again in another folder"),
        ({"format": True}, "format True, but"),
        ({"more": {}}, "'more' is no part of a bundle"),
        ({"values": []}, "'values' is missing or no object"),
        ({"values": {"ae/psnr": ["x"]}}, "ae/psnr: not a list of numbers"),
        ({"values": {"ae/psnr": [1e300]}}, "ae/psnr: not a list of numbers"),
        ({"values": {"ae/psnr": [-1e300]}}, "ae/psnr: not a list of numbers"),
        ({"values": {"ae/psnr": [True]}}, "ae/psnr: not a list of numbers"),
        ({"values": {"ae/psnr": [1, 2, 3]}}, "ae/psnr: 3 numbers, more than 2"),
        ({"values": {"pca/psnr": [1, 2]}}, "pca/psnr: 2 numbers, more than 1"),
        ({"values": {"ae/speed": [1]}}, "'ae/speed' is nothing that these settings measure"),
        ({"curves": {"ae/loss": 3}}, "ae/loss: not a list of one curve a seed"),
        ({"curves": {"ae/loss": [[1], [1], [1]]}}, "ae/loss: not a list of one curve a seed"),
        ({"curves": {"ae/loss": [3]}}, "ae/loss: not a list of numbers"),
        ({"curves": {"ae/loss": [[0] * 30_000]}}, "30,000 numbers, more than"),
        ({"curves": {"ae/odd": []}}, "'ae/odd' is nothing"),
        ({"settings": {"seeds": 0}}, "seeds"),
        ({"provenance": {}}, "Field required"),
        ({"files": {"../../etc/passwd": "0"}}, "is no file of a bundle"),
        (
            {"files": {"arrays/vae-0.npz": "0"}},
            "vae-0.npz: is missing; put it back from a copy, or aereport build",
        ),
        ({"files": {"arrays/vae-2.npz": "0"}}, "'vae-2' is no file of these settings"),
        ({"files": {"arrays/ae-0.npz": 3}}, "is no short text"),
        ({"reasons": {"ae": 3}}, "'ae' is no short text"),
        ({"reasons": {"ae": "x" * 3000}}, "'ae' is no short text"),
        ({"reasons": {"nothing": "x"}}, "'nothing' is nothing that these settings measure"),
        ({"tasks": {"ae-9": {}}}, "'ae-9' is no task of these settings"),
        ({"tasks": {"ae-0": 3}}, "not a table of a few facts"),
        ({"tasks": {"ae-0": {str(n): "" for n in range(99)}}}, "not a table of a few facts"),
        ({"tasks": {"ae-0": {"x" * 51: ""}}}, "not a table of a few facts"),
        ({"tasks": {"ae-0": {"\u202e": ""}}}, "not a table of a few facts"),
    ],
)
def test_bad_content_is_refused_in_one_line(tmp_path: Path, changes: dict[str, object], complaint: str) -> None:
    edit(saved(tmp_path), **changes)
    with pytest.raises(BundleError, match=re.escape(complaint)) as caught:
        Bundle.load(tmp_path)
    assert "\n" not in str(caught.value)
    assert "bundle" in str(caught.value) or "arrays" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"classes": []}, "at least 1 item"),
        ({"classes": ["a", "b", "a"]}, "'a' stands twice"),
        ({"classes": ["x" * 300, "b"]}, "at most 255 characters"),
        ({"classes": [f"{n}" for n in range(1001)]}, "at most 1000 items"),
        ({"versions": {f"{n}": "1" for n in range(51)}}, "at most 50 items"),
        ({"train_images": -1}, "greater than or equal to 0"),
        ({"measured": "yesterday"}, "'yesterday' is no date and time"),
        ({"measured": "0001-01-01"}, "'0001-01-01' is no date and time"),
        ({"unknown": 1}, "provenance"),
    ],
)
def test_a_bad_provenance_is_refused_in_one_line(tmp_path: Path, changes: dict[str, object], complaint: str) -> None:
    edit(saved(tmp_path), provenance=PROVENANCE.model_dump() | changes)
    with pytest.raises(BundleError) as caught:
        Bundle.load(tmp_path)
    assert complaint in str(caught.value) or "unknown: Extra inputs" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"format": NaN}', '{"format": 1, "format": 1}', "[" * 100_000, "\x00", "[" * 900 + "]" * 900],
)
def test_what_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bundle.json").write_text(text)
    with pytest.raises(BundleError, match=r"bundle\.json: .*; put it back from a copy, or build into another --out$"):
        Bundle.load(tmp_path)


def test_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is this the folder of a run"):
        Bundle.load(tmp_path / "nothing")


def test_an_array_of_another_shape_or_type_is_refused(tmp_path: Path) -> None:
    bundle = Bundle(SETTINGS, PROVENANCE)
    bundle.add(Result("ae", 0, arrays={"examples": np.zeros((10, 32, 32, 3), dtype=np.float32)}))
    bundle.save(tmp_path)
    with pytest.raises(BundleError, match=r"examples.*: float32 .* is not what the plan says"):
        Bundle.load(tmp_path).array("ae/examples")


def test_arrays_in_another_order_of_memory_come_back(tmp_path: Path) -> None:
    bundle, values = Bundle(SETTINGS, PROVENANCE), np.arange(200, dtype=np.float32).reshape(2, 100).T
    bundle.add(Result("ae", 0, arrays={"pca_map[noise=0]": values}))
    bundle.save(tmp_path)
    assert (Bundle.load(tmp_path).array("ae/pca_map[noise=0]") == values).all()


def test_arrays_that_are_not_finite_are_missing_with_a_reason(tmp_path: Path) -> None:
    bundle, values = Bundle(SETTINGS, PROVENANCE), np.zeros((100, 2), dtype=np.float32)
    values[3, 1] = np.nan
    bundle.add(Result("ae", 0, arrays={"pca_map[noise=0]": values}, each={"psnr": np.array([np.inf], np.float32)}))
    bundle.save(tmp_path)
    loaded = Bundle.load(tmp_path)
    assert loaded.reasons == {"ae/pca_map[noise=0]": "holds numbers that are not finite"}
    assert loaded.each("ae/psnr", 0) is None


def test_reasons_become_one_legible_line(tmp_path: Path) -> None:
    bundle = Bundle(SETTINGS, PROVENANCE)
    bundle.add(Result("ae", 0, failed="out of\nmemory \x1b[31m\u202e" + "!" * 3000))
    bundle.save(tmp_path)
    reason = Bundle.load(tmp_path).reasons["ae"]
    assert reason.startswith("seed 0: out of memory \\x1b[31m\\u202e!!!")
    assert len(reason) == 1000


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "arrays").iterdir()}


def test_saving_again_writes_only_what_changed_or_vanished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path)
    bundle, written = Bundle.load(tmp_path), []

    def noted(path: Path, data: bytes) -> None:
        written.append(path.name)
        write_atomic(path, data)

    monkeypatch.setattr("experiments.bundle.write_atomic", noted)
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} was read"))
    bundle.save(tmp_path)
    assert written == ["bundle.json"]
    (tmp_path / "arrays" / "ae-0.npz").unlink()
    (tmp_path / "arrays" / "ae-1.npz").write_bytes(b"changed")
    bundle.save(tmp_path)
    assert written[1:] == ["ae-0.npz", "ae-1.npz", "bundle.json"]
    bundle.add(Result("ae", 1, each={"psnr": np.zeros(3, np.float32)}))
    bundle.save(tmp_path)
    assert written[4:] == ["ae-1.npz", "bundle.json"]
    monkeypatch.undo()
    assert Bundle.load(tmp_path).to_json() == bundle.to_json()


def test_what_is_kept_of_another_bundle_is_not_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Bundle.load(saved(tmp_path))
    bundle = Bundle(SETTINGS, PROVENANCE)
    for seed in (0, 1):
        bundle.keep(before, "ae", seed)
    stamps = times(tmp_path)
    bundle.save(tmp_path)
    assert times(tmp_path) == stamps
    assert bundle.to_json() == before.to_json()


def test_notes_become_legible_and_are_no_more_than_are_read(tmp_path: Path) -> None:
    notes = ["half the batch:\nout of memory \x1b[31m", *(str(number) for number in range(1000))]
    bundle = Bundle(SETTINGS, PROVENANCE.model_copy(update={"notes": notes}))
    bundle.save(tmp_path)
    found = Bundle.load(tmp_path).provenance.notes
    assert found[:2] == ["half the batch: out of memory \\x1b[31m", "0"]
    assert len(found) == 500
