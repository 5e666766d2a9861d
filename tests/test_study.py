"""The study: real training of every model on a few images, and one failing model that takes no other along."""

from pathlib import Path

import pytest
import torch

from experiments import demo, plan, task
from experiments.bundle import Bundle
from experiments.data import Data, load
from experiments.settings import preset
from experiments.study import Study
from experiments.train import TrainingDiverged

SETTINGS = preset(
    "smoke",
    [
        "seeds=2",
        "epochs=0.2",
        "judge_epochs=0.2",
        "mask_images=20",
        "influence_images=2",
        "paths=4",
        "test_images=50",
        "map_images=20",
        "probe_images=100",
        "corruption_images=20",
        "gradient_images=2",
        "anomaly_epochs=0.3",
        "efficiency_epochs=0.2",
        "few_labels=[2,5]",
    ],
)


@pytest.fixture(scope="module")
def data() -> Data:
    torch.set_num_threads(1)
    return load("demo", Path(), print).head(200, 50)


@pytest.mark.long
def test_what_is_measured_is_planned_and_kept(data: Data, tmp_path: Path) -> None:
    bundle = Study(SETTINGS, data, tmp_path).run()
    assert not set(bundle.reasons) & set(plan.ALL)
    assert set(bundle.values) <= set(plan.keys(SETTINGS))
    assert bundle.provenance.data == demo.NAME
    loaded = Bundle.load(tmp_path / "bundle")
    assert loaded.to_json() == bundle.to_json()
    for key in ("mcae/error_map[mask=0.1]", "vae/interpolation", "data/heat_examples"):
        assert loaded.array(key).shape == plan.arrays(SETTINGS)[key].shape


def test_a_model_that_diverges_leaves_the_others_standing(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = task.fit

    def diverging(model, *args, seed, **keywords):  # type: ignore[no-untyped-def]
        if model.name == "vae" and seed == 0:
            raise TrainingDiverged("vae", 0, 3)
        return real(model, *args, seed=seed, **keywords)

    monkeypatch.setattr(task, "fit", diverging)
    monkeypatch.setattr(plan, "ALL", ("ae", "vae", "classifier"))
    bundle = Study(SETTINGS, data, tmp_path).run()
    assert bundle.reasons.pop("vae") == "vae, seed 0: the loss is not finite at step 3"
    assert set(bundle.reasons) <= {"dae/crossing"}
    assert bundle.values["vae/roughness"][0] is None
    assert bundle.values["vae/roughness"][1] is not None
    assert None not in bundle.values["ae/roughness"]
