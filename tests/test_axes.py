"""Names of axes: that of y stands level above its axis, within the figure, and on nothing else."""

from pathlib import Path

import pytest
from matplotlib.text import Text

from report.draw import figures
from report.fake import fake

pytestmark = pytest.mark.usefixtures("style")
CURVES = {
    "pca_by_dim": 1, "error_curves": 2, "spectrum": 1, "noise_quality": 2, "noise_probe": 3, "rate_distortion": 1,
    "vae_losses": 2, "latent_structure": 1, "masked_curves": 1, "reach_by_depth": 3, "masking_probe": 2,
}  # fmt: skip


@pytest.mark.parametrize("scenario", ["nominal", "extremes", "missing-model"])
def test_the_name_of_a_y_axis_stands_level_above_it_and_on_nothing(tmp_path: Path, scenario: str) -> None:
    bundle = fake(tmp_path, scenario)
    for name, count in CURVES.items():
        figure = figures()[name](bundle).figure
        figure.draw_without_rendering()
        named = [ax for ax in figure.axes if ax.get_ylabel() and ax.get_xlabel()]
        assert len(named) == count, name
        places = {ax: ax.yaxis.label.get_window_extent() for ax in named}
        texts = [text for ax in figure.axes for text in ax.texts if text.get_text()]
        texts += [text for key in figure.legends for text in key.get_texts()]
        for ax, place in places.items():
            assert place.width > place.height, name
            assert ax.get_window_extent().y1 < place.y0 < place.y1 <= figure.bbox.y1, name
            assert 0 <= place.x0 < place.x1 <= figure.bbox.x1, name
            beside = [other for item, other in places.items() if item is not ax]
            assert not place.count_overlaps([*beside, *map(Text.get_window_extent, texts)]), (name, ax.get_ylabel())
