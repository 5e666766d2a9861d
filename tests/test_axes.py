"""Axes: the name of y stands level above, within the figure and on nothing else; marks at an edge are whole."""

import io
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from report import plots
from report.draw import figures
from report.fake import fake
from report.series import Line

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


def test_a_mark_at_the_edge_of_its_axes_is_drawn_whole() -> None:
    figure, (ax,) = plots.panels(height=5)
    plots.curves(ax, [0, 1], {"ae": Line.plain(np.array([0.0, 5.0]))}, floor=0, label=False)
    ax.axis("off")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    x, y = (round(place) for place in ax.transData.transform((0, 0)))
    under = np.asarray(Image.open(buffer).convert("L"))[::-1][y - 4, x - 3 : x + 4]
    assert under.max() < 200
