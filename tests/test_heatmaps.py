"""Heat maps of errors and influences on toy models whose answer is known."""

import re

import numpy as np
import pytest
import torch
from torch import Tensor

from experiments import heatmaps
from experiments.batches import Measured
from experiments.presets import preset
from tests.masked import CPU, SMALL, CellMeans, Counts, Off, toy
from tests.planned import planned, twice
from tests.standins import text_of

torch.set_num_threads(1)


class NeedsCell27(Off):
    """All is wrong once cell 27 is hidden."""

    def wrong(self, mask: Tensor) -> Tensor:
        return mask.flatten(1)[:, 27].view(-1, 1, 1).expand_as(mask)


def test_balanced_masks_hide_every_cell_about_equally_often() -> None:
    for cells in (1, 6, 19, 32, 45, 63):
        masks = heatmaps.balanced_masks(640, cells, CPU)
        assert masks.sum((1, 2)).unique().tolist() == [cells]
        hidden = masks.sum(0)
        assert hidden.min() > 0.6 * hidden.float().mean()
        one_round = masks[: -(-64 // cells)]
        assert one_round.any(0).all()  # none is left out
    assert len(heatmaps.balanced_masks(640, 32, CPU).unique(dim=0)) == 640


def test_error_map_is_of_hidden_pixels_only() -> None:
    error = torch.full((2, 32, 32), 5.0)
    masks = torch.zeros(2, 8, 8, dtype=torch.bool)
    masks[:, 0, 0] = True
    masks[0, 0, 1] = True
    error[0, :4, :4], error[1, :4, :4], error[0, :4, 4:8] = 1.0, 3.0, 7.0
    found = heatmaps.error_map(error, masks)
    assert found[:4, :4].unique().tolist() == [2.0]  # both images
    assert found[:4, 4:8].unique().tolist() == [7.0]  # the first alone
    assert found[8:].isnan().all()


def test_influence_of_the_one_cell_that_matters() -> None:
    images = toy().test_images[:20]
    found = heatmaps.influence_map(NeedsCell27(), images, ~heatmaps.balanced_masks(20, 64 - 19, CPU)).flatten()
    others = torch.arange(64) != 27
    assert found[27].item() == pytest.approx(0.01, rel=1e-4)
    torch.testing.assert_close(found[others], torch.zeros(63), atol=1e-9, rtol=0)


def test_influence_leaves_out_the_cell_itself() -> None:
    """An error in the hidden cell alone is no influence, and neither is the probed cell 0 of `Counts`."""
    images = toy().test_images[:20]
    masks = ~heatmaps.balanced_masks(20, 32, CPU)
    assert heatmaps.influence_map(Off(), images, masks).abs().max() < 1e-9
    found = heatmaps.influence_map(Counts(), images, masks).flatten()  # the 33rd cell spoils cell 0, one of 63
    torch.testing.assert_close(found[1:], torch.full((63,), 0.01 / 63), rtol=1e-4, atol=0)
    assert found[0].abs() < 1e-9


@pytest.mark.parametrize("cells", [6, 32, 58])
def test_masks_that_reveal_hide_as_many_cells_and_leave_each_one_visible_once(cells: int) -> None:
    masks = heatmaps._revealing_masks(3, cells, CPU)
    assert masks.sum((1, 2)).tolist() == [cells] * len(masks)
    assert len(masks) == max(3, -(-64 // (64 - cells)))
    assert (~masks).any(0).all()


def test_influences_are_of_as_many_hidden_cells_as_they_say() -> None:
    """`Counts` has no error with fewer than 33 of them."""
    found = dict(heatmaps.influences(Counts(), toy(), SMALL, 0)) | dict(heatmaps.examples(Counts(), toy(), SMALL, 0))
    for map in (found["influence_map[mask=0.5]"], *found["heat_influence[mask=0.5]"]):
        np.testing.assert_allclose(map.flatten()[1:], 0.01 / 63, rtol=1e-3)


def test_error_maps_are_of_the_first_images() -> None:
    few, name = preset("smoke", ["mask_images=20"]), "error_map[mask=0.5]"
    found = dict(heatmaps.errors(CellMeans(), toy(), few, 0))[name]
    np.testing.assert_array_equal(found, dict(heatmaps.errors(CellMeans(), toy().head(0, 20), SMALL, 0))[name])


def test_every_cell_has_an_influence_however_few_images_and_visible_cells_there_are() -> None:
    most = preset("smoke", ["shown_mask_ratios=0.1,0.5,0.9", "influence_images=2"])
    found = dict(heatmaps.influences(Counts(), toy(), most, 0)) | dict(heatmaps.examples(Counts(), toy(), most, 0))
    for name in (*(f"{kind}[mask=0.9]" for kind in ("influence_map", "heat_influence")), "influence[at=edge,mask=0.9]"):
        assert np.isfinite(found[name]).all()


@pytest.mark.parametrize("few", ["mask_images=1", "shown_mask_ratios=0.02,0.1,0.5"])
def test_every_cell_has_an_error_however_few_images_and_hidden_cells_there_are(few: str) -> None:
    settings = preset("smoke", ["mask_ratios=0,0.02,0.1,0.3,0.5", few])
    for name, value in heatmaps.errors(Scattered(), toy(), settings, 0):
        assert np.isfinite(value).all(), name


def test_the_text_does_not_give_one_mask_to_each_of_few_images(html: str) -> None:
    assert len(heatmaps.balanced_masks(5, 6, CPU)) == 11
    assert re.findall(r"one mask each[^.;]*", text_of(html)) == ["one mask each, or several where images are few"]


def test_the_central_quarter_of_a_map() -> None:
    inside = heatmaps.central(torch.ones(8, 8))
    assert inside.float().mean() == heatmaps.central(torch.ones(32, 32)).float().mean() == 0.25
    assert inside[2:6, 2:6].all()


def test_centre_and_edge_of_both_maps() -> None:
    error, influence = (
        dict(heatmaps.errors(CellMeans(), toy(), SMALL, 0)),
        dict(heatmaps.influences(NeedsCell27(), toy(), SMALL, 0)),
    )
    heat = torch.tensor(error["error_map[mask=0.5]"])
    assert error["centre_share[mask=0.5]"] == pytest.approx(float(heat[8:24, 8:24].sum() / heat.sum()))
    assert influence["influence[at=centre,mask=0.5]"] == pytest.approx(0.01 / 16, rel=1e-4)  # cell 27 is one of 16
    assert influence["influence[at=edge,mask=0.5]"] == pytest.approx(0, abs=1e-9)


def test_texture_correlation_is_one_where_the_error_is_the_texture() -> None:
    found = dict(heatmaps.errors(CellMeans(), toy(), SMALL, 0))
    assert found["texture_correlation[mask=0.5]"] == pytest.approx(1, abs=1e-3)
    unrelated = dict(heatmaps.errors(Scattered(), toy(), SMALL, 0))
    assert abs(unrelated["texture_correlation[mask=0.5]"]) < 0.1


class Scattered(Off):
    """Errors of random size, whatever the image is."""

    def forward(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        size = torch.rand(len(images), 1, 8, 8, generator=torch.Generator().manual_seed(5)) * 0.2
        return images + size.repeat_interleave(4, 2).repeat_interleave(4, 3)


def test_all_that_is_planned_comes_twice_the_same() -> None:
    def measured() -> Measured:
        for function in (heatmaps.errors, heatmaps.influences, heatmaps.examples):
            yield from function(CellMeans(), toy(), SMALL, 0)

    metrics = ("centre_share", "influence", "texture_correlation")
    arrays = ("error_map", "influence_map", "heat_error", "heat_influence")
    twice("mcae", measured, SMALL, planned("mcae", SMALL, *metrics, *arrays))
    images = planned("data", SMALL, "heat_examples")
    twice("data", lambda: heatmaps.example_images(None, toy(), SMALL, 0), SMALL, images)
