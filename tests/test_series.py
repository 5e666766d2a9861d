"""What figures take from a bundle: intervals against scipy, gaps, paired differences, and notes of what is missing."""

import numpy as np
import pytest
from scipy import stats

from experiments.bundle import Bundle, Provenance, Result
from experiments.presets import preset
from report.series import Line, Source, head, psnr, scale, spread


def bundle(seeds: int = 3, epochs: float = 2) -> Bundle:
    provenance = Provenance(
        data="toy", classes=["a", "b"], train_images=1, test_images=1, fingerprint="", device="", versions={},
        commit="", measured="2026-01-01",
    )  # fmt: skip
    return Bundle(preset("smoke", [f"seeds={seeds}", f"epochs={epochs}"]), provenance)


def test_from_three_seeds_on_the_interval_is_students() -> None:
    values = np.array([1.0, 2.0, 4.0, 4.5])
    low, high = stats.t.interval(0.95, 3, values.mean(), stats.sem(values))
    assert spread(values) == pytest.approx((values.mean(), low, high))


def test_intervals_end_where_no_value_can_lie() -> None:
    toy = bundle()
    much, little = "ae/retrieval[noise=0.1]", "dae/retrieval[noise=0.1]"
    toy.values = {much: [0.9, 0.99, 1.0], little: [0.0, 0.0, 0.1]}
    source = Source(toy)
    assert (source.line([much]).high[0], source.line([little]).low[0]) == (1, 0)
    assert (source.paired([much], [little]).high[0], source.paired([little], [much]).low[0]) == (1, -1)


def test_two_seeds_have_a_range_one_has_none_and_no_seed_has_nothing() -> None:
    assert spread(np.array([3.0, 1.0])) == (2.0, 1.0, 3.0)
    assert np.isnan(spread(np.array([3.0]))).tolist() == [False, True, True]
    assert np.isnan(spread(np.array([]))).all()


def test_missing_seeds_are_left_out_and_missing_keys_are_gaps_that_are_not_noted() -> None:
    toy = bundle()
    toy.values = {"ae/psnr": [20.0, None, 22.0]}
    source = Source(toy)
    line = source.line(["ae/psnr", "ae/ssim"])
    assert line.mean[0] == 21.0
    assert np.isnan(line.mean[1])
    assert source.used == ["ae/psnr", "ae/ssim"]
    assert source.missing == []


def test_a_line_without_any_value_is_noted_once_a_model_with_its_reason() -> None:
    toy = bundle()
    toy.reasons = {"vae": "the loss was not finite at step 7"}
    source = Source(toy)
    assert not source.line(["vae/psnr"]).there
    assert source.array("vae/examples") is None
    source.line(["dae/crossing"], needed=False)
    assert source.missing == ["VAE not measured: the loss was not finite at step 7"]
    source.miss("mcae/psnr")
    source.miss("pca/psnr")
    assert source.missing[1:] == ["MCAE and PCA not measured: not in this run"]


def test_long_reasons_are_cut() -> None:
    toy = bundle()
    toy.reasons = {"vae": "word " * 300}
    assert len(Source(toy).reason("vae/psnr")) < 120


def test_a_key_s_own_reason_comes_before_its_model_s() -> None:
    toy = bundle()
    toy.reasons = {"vae": "it failed", "vae/psnr": "seed 0 gave nan"}
    source = Source(toy)
    assert source.reason("vae/psnr") == "VAE not measured: seed 0 gave nan"
    assert source.reason("vae/ssim") == "VAE not measured: it failed"


def test_differences_are_paired_over_seeds_and_models_measured_once_count_for_each() -> None:
    toy = bundle()
    toy.values = {"ae/psnr": [21.0, 22.0, None], "dae/psnr": [20.0, 20.0, 20.0], "pca/psnr": [18.0]}
    assert Source(toy).paired(["ae/psnr"], ["dae/psnr"]).mean.tolist() == [1.5]
    assert Source(toy).paired(["ae/psnr"], ["pca/psnr"]).low.tolist() == [3.0]


def test_a_difference_notes_only_what_is_missing() -> None:
    toy = bundle()
    toy.values = {"ae/psnr": [21.0, 22.0, 23.0]}
    source = Source(toy)
    assert not source.paired(["ae/psnr"], ["vae/psnr"]).there
    assert source.missing == ["VAE not measured: not in this run"]
    assert source.text("vae/psnr") == "not measured"
    assert source.text("ae/psnr") == "22.0\u00a0dB"


def test_an_order_takes_the_intervals_along() -> None:
    line = Line(np.array([1.0, 2.0]), np.array([0.5, 1.5]), np.array([1.1, 2.2])).sorted(np.array([1, 0]))
    assert [part.tolist() for part in (line.mean, line.low, line.high)] == [[2.0, 1.0], [1.5, 0.5], [2.2, 1.1]]


def test_shares_are_drawn_in_percent() -> None:
    assert [scale(key) for key in ("ae/knn_accuracy", "ae/psnr", "ae/ari")] == [100, 1, 1]


def test_curves_of_unequal_length_and_with_gaps_are_joined_epoch_by_epoch() -> None:
    toy = bundle()
    toy.curves = {"ae/loss": [[4.0, 2.0, 1.0], [6.0, None], []]}
    assert Source(toy).curve("ae/loss").mean.tolist() == [5.0, 2.0, 1.0]


@pytest.mark.parametrize("epochs", [2, 1, 0.5, 200])
def test_curves_end_with_the_training_and_test_curves_begin_before_it(epochs: float) -> None:
    """However many points a curve has: their number is not that of the epochs."""
    toy = bundle(epochs=epochs)
    toy.curves = {"ae/loss": [[3.0, 2.0]], "ae/test_mse": [[9.0, 3.0, 2.0]], "ae/kl": [[1.0, 1.0]]}
    source = Source(toy)
    assert source.epochs("ae/test_mse") == [0, epochs / 2, epochs]
    assert source.epochs("ae/loss") == source.epochs("ae/kl") == [epochs / 2, epochs]
    assert source.epochs("vae/loss") == []
    toy.curves = {"ae/test_mse": [[9.0]]}
    assert Source(toy).epochs("ae/test_mse") == [0]
    toy.curves = {"ae/loss": [[3.0], [3.0, 2.0]], "ae/test_mse": [[3.0, 2.0]], "vae/loss": [[3.0]]}  # none before it
    assert Source(toy).epochs("ae/test_mse") == Source(toy).epochs("ae/loss") == [epochs / 2, epochs]
    assert Source(toy).epochs("vae/loss") == [epochs]


def test_what_is_looked_at_and_not_there_is_noted() -> None:
    source = Source(bundle())
    source.curve("ae/loss")
    assert source.array("dae/spectrum") is None
    assert source.used == ["ae/loss", "dae/spectrum"]
    assert source.missing == ["AE and DAE not measured: not in this run"]
    toy = bundle()
    toy.curves = {"ae/loss": [[3.0]]}
    source = Source(toy)
    source.curve("ae/loss")
    assert source.missing == []


def test_arrays_come_from_the_first_seed() -> None:
    toy = bundle()
    toy.add(Result("ae", 0, arrays={"spectrum": np.arange(17, dtype=np.float32)}))
    found = Source(toy).array("ae/spectrum")
    assert found is not None
    assert found[16] == 16


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("ae/psnr", "PSNR / dB"),
        ("ae/knn_accuracy", "kNN accuracy / %"),
        ("ae/ari", "k-means ARI"),
        ("ae/probe_accuracy", "Linear probe / %"),
        ("ae/parameters", "Parameters"),
    ],
)
def test_heads_name_the_unit(key: str, text: str) -> None:
    assert head(key) == text


def test_psnr_of_eight_bit_images() -> None:
    image = np.zeros((4, 4, 3), dtype=np.uint8)
    assert psnr(image + np.uint8(51), image) == pytest.approx(10 * np.log10(25))  # an error of a fifth
    assert psnr(image, image) == float("inf")
