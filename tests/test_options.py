"""The options of a build, in a new folder and in one that holds a run."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from experiments import cifar10
from experiments.bundle import Bundle, Result
from experiments.options import Options, earlier_run, resolve
from experiments.presets import preset
from report.fake import fake
from tests.bundles import PROVENANCE

OWN = preset("smoke", ["seeds=3", "epochs=4", "title=Mine"])


def put(out: Path, devices: tuple[str, ...] = ("cuda",), **more: object) -> None:
    bundle = Bundle(OWN, PROVENANCE.model_copy(update=more))
    for seed, device in enumerate(devices):
        bundle.add(Result("dae", seed, {"psnr": 20.0}), device=device)
    bundle.save(out / "bundle")


def test_a_new_folder_takes_the_defaults_and_what_is_given(tmp_path: Path) -> None:
    assert earlier_run(tmp_path) is None
    assert resolve(tmp_path, None, (), None, None) == Options(preset("quick"), "auto", "auto")
    given = resolve(tmp_path, "full", ["seeds=1"], "demo", "cpu")
    assert given == Options(preset("full", ["seeds=1"]), "demo", "cpu")


@pytest.mark.parametrize(("preset", "data"), [("", None), (None, "")])
def test_an_option_without_a_word_is_refused(tmp_path: Path, preset: str | None, data: str | None) -> None:
    with pytest.raises(ValueError, match=r"unknown preset ''|--data is empty: give auto, cifar10, demo or a folder"):
        resolve(tmp_path, preset, (), data, None)


def test_a_run_keeps_what_is_not_given(tmp_path: Path) -> None:
    put(tmp_path, fingerprint=cifar10.FINGERPRINT, data="CIFAR-10")
    found = resolve(tmp_path, None, ["seeds=10"], None, None)
    settings = OWN.model_copy(update={"seeds": 10})
    said = "taken from the run: settings of preset smoke, data CIFAR-10, device cuda"
    assert found == Options(settings, "cifar10", "cuda", said)


def test_what_is_given_stands(tmp_path: Path) -> None:
    put(tmp_path, fingerprint=cifar10.FINGERPRINT, data="CIFAR-10")
    folder = str(tmp_path)
    given = resolve(tmp_path, "quick", ["seeds=10"], folder, "cpu")
    assert given == Options(preset("quick", ["seeds=10"]), folder, "cpu")
    found = resolve(tmp_path, None, (), folder, None)
    assert (found.settings, found.source, found.device) == (OWN, folder, "cuda")
    assert found.taken == "taken from the run: settings of preset smoke, device cuda"


def test_a_run_on_two_kinds_of_device_names_none(tmp_path: Path) -> None:
    put(tmp_path, ("cuda", "cpu"), demo=True, data="demo")
    found = resolve(tmp_path, None, (), None, None)
    assert (found.source, found.device) == ("demo", "auto")
    assert found.taken == "taken from the run: settings of preset smoke, data demo"


def test_where_images_lie_is_not_guessed(tmp_path: Path) -> None:
    put(tmp_path, data="pictures")
    with pytest.raises(ValueError, match=r"was measured on the images of a folder \(pictures\); give its --data again"):
        resolve(tmp_path, None, (), None, None)


@pytest.mark.parametrize(("out", "lies_apart"), [("train", False), ("test/a/run", False), ("run", True), ("", True)])
def test_a_run_is_not_written_among_its_images(tmp_path: Path, out: str, lies_apart: bool) -> None:
    for part in ("train", "test"):
        (tmp_path / part).mkdir()
    with nullcontext() if lies_apart else pytest.raises(ValueError, match="lies among the images of"):
        resolve(tmp_path / out, "smoke", (), str(tmp_path), None)


def test_made_up_results_are_no_run(tmp_path: Path) -> None:
    fake(tmp_path, "one-seed")
    with pytest.raises(ValueError, match="holds fake results; choose another --out, or delete the folder"):
        resolve(tmp_path, "smoke", (), "demo", None)


@pytest.mark.parametrize("name", ["claims.json", "made.json"])
def test_a_run_that_lost_its_bundle_is_not_measured_over(tmp_path: Path, name: str) -> None:
    put(tmp_path)
    (tmp_path / "bundle" / "bundle.json").unlink()
    assert earlier_run(tmp_path) is None  # so far it may be a build that was killed at its first task
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"bundle\.json is missing; put it back from a copy, or build into"):
        resolve(tmp_path, "smoke", (), "demo", None)


def test_a_run_that_was_cut_to_few_images_grows_with_them(tmp_path: Path) -> None:
    few, classes = preset("full", ["train_images=1000", "test_images=100", "mask_images=30"]), list("abcdefghij")
    provenance = PROVENANCE.model_copy(update=dict(classes=classes, train_images=1000, test_images=100, demo=True))
    Bundle(few.fitted(50_000, 10_000, 5_000, 10), provenance).save(tmp_path / "bundle")
    found = resolve(tmp_path, None, ["train_images=0", "test_images=0"], None, None).settings
    assert found == preset("full", ["mask_images=30"])
    same = resolve(tmp_path, None, (), None, None).settings
    assert same.fitted(50_000, 10_000, 5_000, 10) == few.fitted(50_000, 10_000, 5_000, 10)
