"""The explorer: what is packed agrees with the bundle."""

import base64
import json

import numpy as np
import pytest
from PIL import Image

from experiments.bundle import Bundle
from report import explore
from report.explore import ELSEWHERE, FINEST, explorer
from report.templates import TEMPLATES, environment
from tests.explorer import packed, places, tiles
from tests.standins import parts


def shorts(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<u2")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return parts().bundle


def test_maps_are_those_of_the_bundle(bundle: Bundle) -> None:
    data = packed(bundle)["maps"]
    for model in ("ae", "vit_mae"):
        for kind in ("pca", "tsne"):
            pair = np.stack([bundle.array(f"{model}/{kind}_map[noise={noise}]") for noise in ("0", "0.1")])
            found = np.stack([places(data["places"][model][f"{kind} {noise}"]) for noise in ("0", "0.1")]) * [1, -1]
            side = np.ptp(pair, axis=(0, 1)).max()  # one scale for both axes, clean and noisy
            moved = found - pair / side
            assert np.ptp(moved, axis=(0, 1)).max() < 1.01 / FINEST
        assert (shorts(data["near"][model]) == bundle.array(f"{model}/neighbours").ravel()).all()
    assert (shorts(data["labels"]) == bundle.array("data/map_labels")).all()


def test_every_image_is_its_tile(bundle: Bundle) -> None:
    found = packed(bundle)
    images = bundle.array("data/map_images").astype(int)
    sheet = tiles(found["maps"]["sheet"])
    assert np.abs(sheet.reshape(-1, 32, 32, 3)[: len(images)] - images).mean() < 3
    paths = np.concatenate([bundle.array(f"{model}/interpolation") for model in ("vae", "ae")]).astype(int)
    assert np.abs(tiles(found["paths"]["sheet"]) - paths).mean() < 2
    masks, models = tiles(found["masks"]["sheet"]), ("data", "mcae", "mcae_sparse", "vit_mae", "ae", "vae")
    assert found["masks"]["ratios"] == ["0.1", "0.3", "0.5"]
    assert np.abs(masks[0] - bundle.array("data/examples").astype(int)).mean() < 2
    for place, ratio in enumerate(found["masks"]["ratios"]):
        for row, model in enumerate(models):
            images = bundle.array(f"{model}/masked_examples[mask={ratio}]").astype(int)
            assert np.abs(masks[1 + place * len(models) + row] - images).mean() < 2


def test_models_that_were_not_measured_are_left_out() -> None:
    made = parts("missing-model")
    found = explorer(made.bundle)
    assert [row.id for row in found.maps] == ["ae", "dae", "vit_mae"]
    assert [row.id for row in found.paths] == ["ae"]
    assert [row.id for row in found.masks] == ["mcae_sparse", "vit_mae", "ae"]
    assert packed(made.bundle)["masks"]["models"] == 4  # and what is shown to them
    html = environment(TEMPLATES).get_template("explore.html").render(explore=found, num=str)
    assert "AE was never trained" in html
    assert "both models" not in html


def test_without_arrays_there_is_nothing_to_explore(bundle: Bundle) -> None:
    found = explorer(Bundle(bundle.settings, bundle.provenance))
    assert found.json == "{}"
    html = environment(TEMPLATES).get_template("explore.html").render(explore=found)
    assert html.strip() == ""


def test_a_large_map_is_cut(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "MOST", 5)
    found = explorer.__wrapped__(bundle)
    data = json.loads(found.json)["maps"]
    assert found.cut
    assert data["count"] == len(places(data["places"]["ae"]["pca 0"])) == 5
    wanted = bundle.array("ae/neighbours")[:5].ravel()
    near = shorts(data["near"]["ae"])
    assert set(near[wanted >= 5]) == {ELSEWHERE}
    assert (near[wanted < 5] == wanted[wanted < 5]).all()


def test_two_thousand_photographs_stay_within_their_bounds() -> None:
    draws = np.random.default_rng(0)
    coarse = draws.integers(0, 256, (2025, 8, 8, 3), np.uint8)
    smooth = np.stack([Image.fromarray(one).resize((32, 32), Image.Resampling.BILINEAR) for one in coarse])
    noisy = smooth + draws.normal(0, 8, smooth.shape)
    images = np.clip(noisy, 0, 255).astype(np.uint8).reshape(45, 45, 32, 32, 3)
    sheet = explore._sheet(images, *explore.QUALITIES)
    assert len(base64.b64decode(sheet)) <= explore.LARGEST
    assert np.abs(tiles(sheet).astype(int) - images).mean() < 15  # in colours more vivid than any photograph has


def test_the_data_cannot_end_its_element() -> None:
    assert explore._script({"a": "</script><b>"}) == '{"a":"\\u003c/script>\\u003cb>"}'
