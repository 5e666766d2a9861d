"""The dimensions of a VAE's latent: their order, which are active, and what tells them apart."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from experiments.bundle import Bundle, Result
from experiments.presets import preset
from report import part2
from report.style import LOOKS
from tests.standins import parts

pytestmark = pytest.mark.usefixtures("style")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle(preset("smoke", ["seeds=1"]), parts().bundle.provenance)


def test_dimensions_stand_in_falling_order_and_active_ones_are_those_that_vary(bundle: Bundle) -> None:
    count = bundle.settings.latent_dim
    kl, active = np.arange(count, dtype=np.float32)[::-1] % 7 + np.linspace(1, 1.5, count), np.arange(count) % 3 == 0
    units = Bundle(bundle.settings, bundle.provenance)
    units.add(Result("vae", 0, arrays={"kl_per_dim": kl, "mean_variance": np.where(active, 0.011, 0.009)}))
    ax = part2.latent_structure(units).figure.axes[2]
    shapes = [area.get_path() for area in ax.patches]
    lines = [{start[0]: (end[0], end[1]) for start, end in found.get_segments()} for found in ax.collections]
    for rank, unit in enumerate(np.argsort(-kl), 1):
        inside = [[shape.contains_point((rank, share * kl[unit])) for share in (0.99, 1.01)] for shape in shapes]
        assert inside == [[active[unit], False], [not active[unit], False]], rank
        assert lines[int(not active[unit])][rank - 0.5] == (rank + 0.5, pytest.approx(kl[unit]))
        assert rank - 0.5 not in lines[int(active[unit])]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["11 active", "21 not active"]
    for drawn in (ax.collections, ax.get_legend().legend_handles):
        assert [to_hex(*np.atleast_2d(line.get_color())) for line in drawn] == [LOOKS["vae"].colour, part2.IDLE]
    assert [to_hex(area.get_facecolor()) for area in ax.patches] == [LOOKS["vae"].colour, part2.IDLE]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Rank of the dimension", "KL divergence / nats per image")


def test_where_all_dimensions_are_active_no_key_says_so(bundle: Bundle) -> None:
    units = Bundle(bundle.settings, bundle.provenance)
    units.add(Result("vae", 0, arrays=dict.fromkeys(("kl_per_dim", "mean_variance"), np.ones(32, dtype=np.float32))))
    assert part2.latent_structure(units).figure.axes[2].get_legend() is None


def test_ranks_are_whole_numbers(bundle: Bundle) -> None:
    """Also of a latent of two dimensions."""
    units = Bundle(bundle.settings, bundle.provenance)
    units.add(Result("vae", 0, arrays=dict.fromkeys(("kl_per_dim", "mean_variance"), np.ones(2, dtype=np.float32))))
    ticks = part2.latent_structure(units).figure.axes[2].get_xticks()
    assert len(ticks) > 1
    assert ticks.tolist() == ticks.round().tolist()
