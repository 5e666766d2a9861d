"""The bundle: what goes in comes out, and what was tampered with is refused in one line."""

import json
from pathlib import Path

import numpy as np
import pytest

from experiments.bundle import Bundle, BundleError, Provenance, Result
from experiments.settings import preset

SETTINGS = preset("smoke")
PROVENANCE = Provenance(
    data="demo", classes=["a", "b"], train_images=1000, test_images=200, fingerprint="0", device="cpu", versions={},
    commit="", measured="2026-01-01T00:00:00",
)  # fmt: skip


def example() -> Bundle:
    bundle = Bundle(SETTINGS, PROVENANCE)
    for seed in (0, 1):
        result = Result("ae", seed)
        result.add("psnr", np.array([20.0, 22.0]) + seed)
        result.add("ari", 0.1 + seed)
        if seed == 0:
            result.add("examples", np.zeros((10, 32, 32, 3), dtype=np.uint8))
        result.curves["loss"] = [0.5, 0.25]
        bundle.add(result, key=f"k{seed}")
    return bundle


def saved(folder: Path) -> Path:
    example().save(folder)
    return folder


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
    assert bundle.reasons["ae/psnr"] == "seed 1 gave nan"


def test_a_missing_array_is_named() -> None:
    with pytest.raises(KeyError, match="vae/examples"):
        example().array("vae/examples")


def edit(folder: Path, **changes: object) -> None:
    path = folder / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"format": 2}, "format 2, but this version reads 1"),
        ({"values": []}, "'values' is missing or no object"),
        ({"values": {"ae/psnr": ["x"]}}, "ae/psnr: not a list of numbers"),
        ({"values": {"ae/psnr": [1e300]}}, "ae/psnr: not a list of numbers"),
        ({"settings": {"seeds": 0}}, "seeds"),
        ({"provenance": {}}, "Field required"),
        ({"files": {"../../etc/passwd": "0"}}, "is no file of a bundle"),
        ({"files": {"arrays/vae-0.npz": "0"}}, "missing, or not a plain file"),
        ({"reasons": {"ae": 3}}, "not a table of short texts"),
    ],
)
def test_bad_content_is_refused_in_one_line(tmp_path: Path, changes: dict[str, object], complaint: str) -> None:
    edit(saved(tmp_path), **changes)
    with pytest.raises(BundleError, match=complaint) as caught:
        Bundle.load(tmp_path)
    assert "\n" not in str(caught.value)
    assert "bundle" in str(caught.value) or "arrays" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": NaN}', '{"format": 1, "format": 1}', "[" * 100_000, "\x00"]
)
def test_what_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bundle.json").write_text(text)
    with pytest.raises(BundleError, match=r"bundle\.json"):
        Bundle.load(tmp_path)


def test_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is this the folder of a run"):
        Bundle.load(tmp_path / "nothing")


def test_every_flipped_byte_of_an_array_file_is_found(tmp_path: Path) -> None:
    path = saved(tmp_path) / "arrays" / "ae-0.npz"
    good = path.read_bytes()
    for position in range(0, len(good), max(1, len(good) // 50)):
        path.write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
        with pytest.raises(BundleError, match="SHA-256"):
            Bundle.load(tmp_path)


def test_an_array_of_another_shape_or_type_is_refused(tmp_path: Path) -> None:
    bundle = Bundle(SETTINGS, PROVENANCE)
    bundle.add(Result("ae", 0, arrays={"examples": np.zeros((10, 32, 32, 3))}))
    bundle.save(tmp_path)
    with pytest.raises(BundleError, match=r"examples: float64 .* is not what the plan says"):
        Bundle.load(tmp_path).array("ae/examples")


def test_pickles_are_refused(tmp_path: Path) -> None:
    bundle = example()
    (tmp_path / "arrays").mkdir()
    np.savez(tmp_path / "arrays" / "ae-0.npz", examples=np.array([{}], dtype=object))
    bundle._files["arrays/ae-0.npz"] = (tmp_path / "arrays" / "ae-0.npz").read_bytes()
    bundle.save(tmp_path)
    with pytest.raises(BundleError, match="not what the plan says"):
        Bundle.load(tmp_path).array("ae/examples")
