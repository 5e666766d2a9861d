"""What is due: each fact changes the tasks that it should, and no other."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from experiments import due, machine, plan
from experiments.bundle import Bundle, Result
from experiments.presets import preset
from experiments.settings import Settings
from tests.bundles import PROVENANCE

PLAIN = preset("smoke")
MODELS = set(plan.ALL)
JUDGED = {"ae", "vae"}


def facts(settings: Settings = PLAIN, fingerprint: str = "f", device: str = "cpu") -> dict[str, dict[str, str]]:
    return {model: due.facts(model, settings, fingerprint, device) for model in plan.ALL}


def changed(now: dict[str, dict[str, str]], fact: str = "") -> set[str]:
    """Models of which a fact, or any, is another than of the plain settings."""
    before = facts()
    return {model for model in plan.ALL if any(now[model][k] != v for k, v in before[model].items() if fact in ("", k))}


@pytest.mark.parametrize(
    ("change", "models"),
    [
        ({"noise_variance": 0.2}, {"dae"}),
        ({"mask_low": 0.2}, {"mcae", "mcae_sparse", "vit_mae"}),
        ({"judge_epochs": 9.0}, {"classifier", "ae", "vae"}),
        ({"map_images": 20}, {*plan.MAPPED, "data"}),
        ({"train_images": 500}, MODELS),
        ({"test_images": 100}, MODELS),
        *(({name: "x"}, set()) for name in ("title", "author", "course")),
        ({"preset": "full"}, set()),
        ({"seeds": 9}, set()),
    ],
)
def test_a_setting_changes_the_models_that_it_matters_to(change: dict[str, Any], models: set[str]) -> None:
    """Some of each kind; to which models each one matters is tested in test_gpu, by what their tasks read."""
    assert changed(facts(PLAIN.model_copy(update=change))) == models


def test_judged_models_follow_their_judge() -> None:
    now = facts(PLAIN.model_copy(update={"judge_epochs": 9.0}))
    assert changed(now, "judge") == JUDGED
    assert changed(now, "settings") == {"classifier"}
    assert {model for model, own in now.items() if "judge" in own} == JUDGED


def test_arithmetic_matters_to_what_is_trained_where_it_is_known() -> None:
    trained = {*plan.TRAINED, "classifier"}
    for model in plan.ALL:
        kept = due.facts(model, PLAIN, "f", "cpu", "bf16")
        why = due.reason(kept, due.facts(model, PLAIN, "f", "cpu", "fp32"))
        assert why == ("it was trained in another precision (bf16, now fp32)" if model in trained else "")
        assert due.reason(kept, due.facts(model, PLAIN, "f", "cpu")) == ""


def test_data_device_and_versions_matter_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert changed(facts(fingerprint="g")) == MODELS
    assert changed(facts(device="cuda")) == MODELS
    before = facts()["pca"]["versions"]
    monkeypatch.setattr(due, "_installed", lambda package: f"{package} 0")
    assert facts()["pca"]["versions"] == " ".join(f"{package} 0" for package in machine.PACKAGES)
    assert before != " ".join(f"{package} 0" for package in machine.PACKAGES)


def test_a_package_that_is_not_there_has_no_version() -> None:
    assert due._installed("no-such-package-anywhere") == ""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the sources of which hashes are taken."""
    folder, before = tmp_path_factory.mktemp("sources"), codes()
    for room in ("models", "experiments"):
        shutil.copytree(due.ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(due, "ROOT", folder)
        assert codes() == before
        yield folder
    due.code.cache_clear()


def codes() -> dict[str, str]:
    """What the code of each model comes to, as it is now."""
    due.code.cache_clear()
    return {model: due.code(model) for model in plan.ALL}


CONVOLUTIONAL = set(plan.CONVOLUTIONAL)


@pytest.mark.parametrize(
    ("file", "models"),
    [
        ("models/dae.py", {"dae"}),
        ("models/vae.py", {"vae"}),
        ("models/pca.py", {"pca"}),
        ("models/vit_mae.py", {"vit_mae"}),
        ("models/classifier.py", {"classifier"}),
        ("models/ae.py", CONVOLUTIONAL | {"random_encoder", "vit_mae"}),
        ("models/base.py", MODELS),
        ("experiments/train.py", MODELS),
        ("experiments/probe.py", MODELS),
        ("experiments/bundle.py", set()),
        ("experiments/legible.py", set()),
        ("experiments/machine.py", set()),
        ("experiments/memory.py", set()),
        ("experiments/study.py", set()),
        ("experiments/pool.py", set()),
        ("experiments/measure.py", set()),
    ],
)
def test_code_matters_to_what_is_made_of_it(copy: Path, file: str, models: set[str]) -> None:
    before, known = codes(), facts()
    path = copy / file
    text = path.read_text()
    path.write_text(text + "\n# changed\n")
    try:
        now = codes()
        assert {model for model in plan.ALL if now[model] != before[model]} == models
        assert {model for model, own in facts().items() if own["code"] != known[model]["code"]} == models
    finally:
        path.write_text(text)


def test_reasons_are_exact() -> None:
    now = due.facts("ae", PLAIN, "f", "cpu")
    assert due.reason(None, now) == "not measured yet"
    assert due.reason(now, now) == ""
    assert due.reason(now | {"measured": "yesterday"}, now) == ""
    assert due.reason(now | {"settings": "x", "code": "x"}, now) == (
        "its settings changed; the code that measures it changed"
    )
    assert due.reason(now | {"device": "cuda"}, now) == "it was measured on another kind of device (cuda, now cpu)"
    assert due.reason({}, now).count(";") == 5
    assert due.reason(now | {"failed": "no luck"}, now) == "it failed: no luck"


def test_tasks_measure_what_never_changes_once() -> None:
    names = due.tasks(PLAIN.model_copy(update={"seeds": 3}))
    assert len(names) == len(set(names)) == 3 * len(MODELS) - 2 * len(plan.DETERMINISTIC)
    assert {model for model, seed in names if seed == 2} == MODELS - set(plan.DETERMINISTIC)


def test_stale_speaks_of_the_bundle_s_own_settings_data_and_device(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = Bundle(PLAIN.model_copy(update={"epochs": 9.0}), PROVENANCE)
    for model, seed in due.tasks(bundle.settings):
        own = due.facts(model, bundle.settings, PROVENANCE.fingerprint, "cuda")
        bundle.add(Result(model, seed), **own, measured="2026-01-01T00:00:00")
    assert due.stale(bundle) == {}
    with monkeypatch.context() as without:  # this machine renders what another one measured
        without.setattr(due, "_installed", lambda package: "" if package == "torch" else f"{package} 0")
        assert due.stale(bundle) == {}
    del bundle.tasks["vae-1"]
    bundle.tasks["ae-0"] |= {"code": "x"}
    bundle.tasks["pca-0"] |= {"failed": "no luck"}
    bundle.tasks["gaussian-0"] |= {"versions": "torch 0"}
    assert due.stale(bundle) == {
        "ae-0": "the code that measures it changed", "pca-0": "it failed: no luck", "vae-1": "not measured yet",
        "gaussian-0": f"package versions changed (torch 0, now {facts()['gaussian']['versions']})",
    }  # fmt: skip
