"""Comparisons of training curves on curves whose answers are known."""

import math

import pytest

from experiments import curves
from experiments.bundle import Bundle
from experiments.metrics import metric_of
from experiments.presets import preset
from tests.bundles import PROVENANCE


def curve(errors: list[float], shares: list[float] | None = None, epoch: float = 1) -> dict[str, list[float]]:
    return {
        "test_mse": errors,
        "test_psnr": [-10 * math.log10(error) for error in errors],
        "test_detail": shares or [0.0] * len(errors),
        "seconds": [epoch * (i + 1) for i in range(len(errors) - 1)],
    }


def test_equal_mse_reads_the_better_model_where_it_passes_the_worse_ones_final_error() -> None:
    worse = curve([0.1, 0.01], [0.0, 0.3])
    better = curve([0.1, 0.02, 0.005], [0.0, 0.2, 0.6])
    share_worse, share_better = curves.equal_mse(worse, better)
    assert share_worse == pytest.approx(0.3)
    assert share_better == pytest.approx(0.4)  # 0.01 is half way from 0.02 to 0.005 in the logarithm
    assert curves.equal_mse(better, worse) == pytest.approx((0.4, 0.3))


def test_equal_mse_of_equal_curves_is_their_end() -> None:
    one = curve([0.1, 0.05, 0.02], [0.0, 0.1, 0.25])
    assert curves.equal_mse(one, one) == pytest.approx((0.25, 0.25))


def test_equal_mse_takes_the_first_time_and_the_untrained_state_where_that_suffices() -> None:
    overfitted = curve([0.1, 0.01, 0.02], [0.0, 0.5, 0.9])  # its end is the target, reached in epoch 1 already
    share, other = curves.equal_mse(overfitted, curve([0.015, 0.001], [0.7, 0.8]))
    weight = math.log(0.1 / 0.02) / math.log(0.1 / 0.01)
    assert (share, other) == pytest.approx((0.5 * weight, 0.7))


def test_equal_time_interpolates_the_slower_model() -> None:
    fast, slow = curve([0.1, 0.01, 0.001], epoch=1), curve([0.1, 0.01, 0.001], epoch=2)
    assert curves.equal_time(fast, slow) == pytest.approx((30, 20))
    assert curves.equal_time(slow, fast) == pytest.approx((20, 30))
    assert curves.equal_time(curve([0.1, 0.001], epoch=1), slow) == pytest.approx((30, 15))


def test_crossing() -> None:
    levels = [0.0, 0.02, 0.05, 0.1]
    assert curves.crossing(levels, [25, 22, 19, 16], [23, 21, 20, 18]) == pytest.approx(0.035)
    assert curves.crossing(levels, [20] * 4, [21] * 4) == 0
    assert math.isnan(curves.crossing(levels, [21] * 4, [20] * 4))
    assert math.isnan(curves.crossing(levels, [21] * 4, [21] * 4))
    # The lead that lasts counts, not a first short one.
    assert curves.crossing(levels, [20, 20, 20, 20], [21, 19, 19, 21]) == pytest.approx(0.075)


def bundle_of(*models: str) -> Bundle:
    """Two seeds of some models; the DAE's PSNR overtakes the AE's at a noise variance of 0.05 and 0.075."""
    bundle = Bundle(preset("smoke", ["noise_levels=[0,0.1]"]), PROVENANCE)
    for model in models:
        errors = {"ae": [0.1, 0.01], "dae": [0.1, 0.001], "vae": [0.1, 0.02]}[model]
        bundle.curves[f"{model}/test_mse"] = [list(errors), list(errors)]
        bundle.curves[f"{model}/test_psnr"] = [[10.0, {"ae": 20.0, "dae": 30.0, "vae": 17.0}[model]]] * 2
        bundle.curves[f"{model}/test_detail"] = [[0.0, 0.5], [0.0, 0.25]]
        bundle.curves[f"{model}/seconds"] = [[2.0 if model == "dae" else 1.0]] * 2
    for model, clean, noisy in (("ae", [25.0, 25.0], [20.0, 20.0]), ("dae", [23.0, 22.0], [22.0, 21.0])):
        if model in models:
            bundle.values |= {f"{model}/psnr": list(clean), f"{model}/psnr[noise=0.1]": list(noisy)}
    return bundle


def test_compare_puts_each_comparison_in_its_place() -> None:
    bundle = bundle_of("ae", "dae", "vae")
    curves.compare(bundle)
    weight = math.log(0.1 / 0.02) / math.log(0.1 / 0.01)  # of the AE's way down, where the VAE ends
    assert bundle.values["ae/transfer[band=fine,at=equal_mse]"] == pytest.approx([0.5 * weight, 0.25 * weight])
    assert bundle.values["vae/transfer[band=fine,at=equal_mse]"] == pytest.approx([0.5, 0.25])
    assert bundle.values["ae/psnr[at=equal_time]"] == pytest.approx([20, 20])
    assert bundle.values["dae/psnr[at=equal_time]"] == pytest.approx([20, 20])  # half of its time
    assert bundle.values["dae/crossing"] == pytest.approx([0.05, 0.075])
    assert bundle.reasons == {}


def test_a_place_is_told_and_what_a_clock_decides_is_known_for_it() -> None:
    timed, at_mse = metric_of("ae/psnr[at=equal_time]"), metric_of("ae/transfer[band=fine,at=equal_mse]")
    assert (timed.timed, at_mse.timed, metric_of("ae/psnr").timed) == (True, False, False)
    assert timed.how.startswith(f"{metric_of('ae/psnr').how}; on the test images of the curves, after as long")
    assert at_mse.how.endswith("have the same MSE, linearly interpolated between points over its logarithm")


def test_times_of_different_devices_do_not_compare() -> None:
    bundle = bundle_of("ae", "dae", "vae")
    bundle.tasks = {f"{model}-{seed}": {"trained_on": "CPU A"} for model in ("ae", "dae", "vae") for seed in range(2)}
    bundle.tasks["dae-1"]["trained_on"] = bundle.tasks["vae-1"]["trained_on"] = "CPU B"
    curves.compare(bundle)
    reason = "seed 1: ae was trained on CPU A, dae on CPU B: training times on different devices are not compared"
    assert bundle.reasons == {f"{model}/psnr[at=equal_time]": reason for model in ("ae", "dae")}
    assert not curves.failure(reason)
    assert [bundle.values[f"{model}/psnr[at=equal_time]"] for model in ("ae", "dae")] == [[20.0, None]] * 2
    assert None not in bundle.values["vae/transfer[band=fine,at=equal_mse]"]  # no clock decides that
    bundle.reasons["dae"], bundle.curves["dae/seconds"][0] = "seed 0: no luck", []
    curves.compare(bundle)
    found = [bundle.reasons[f"{model}/psnr[at=equal_time]"] for model in ("ae", "dae")]
    assert found == [f"{reason}; it takes dae, which is missing: seed 0: no luck", f"{reason}; seed 0: no luck"]
    assert all(map(curves.failure, found))
    del bundle.reasons["dae"]
    bundle.curves["dae/seconds"][0] = [2.0]
    bundle.tasks["ae-1"]["trained_on"] = "CPU B"  # retrained beside it
    curves.compare(bundle)
    assert bundle.reasons == {}
    for model in ("ae", "dae"):
        del bundle.tasks[f"{model}-{int(model == 'ae')}"]["trained_on"]  # nobody knows
    curves.compare(bundle)
    assert bundle.reasons == {}


def test_compare_says_what_is_missing_and_why() -> None:
    bundle = bundle_of("ae", "vae")
    bundle.reasons["dae"] = "no luck"
    bundle.curves["vae/test_mse"][1] = []
    bundle.curves["vae/test_detail"][0] = [0.0, None]
    curves.compare(bundle)
    assert bundle.values["vae/transfer[band=fine,at=equal_mse]"] == [None, None]
    bundle.curves["vae/test_detail"][0] = [0.0, 0.5]
    curves.compare(bundle)
    assert bundle.values["ae/transfer[band=fine,at=equal_mse]"][1] is None
    assert bundle.values["ae/transfer[band=fine,at=equal_mse]"][0] is not None
    assert bundle.values["dae/psnr[at=equal_time]"] == [None, None]
    assert bundle.values["dae/crossing"] == [None, None]
    assert bundle.reasons == {"dae": "no luck", "ae/psnr[at=equal_time]": "it takes dae, which is missing: no luck"}


def test_compare_tells_a_lead_that_never_comes_from_one_that_was_not_measured() -> None:
    bundle = bundle_of("ae", "dae")
    bundle.values["dae/psnr[noise=0.1]"] = [22.0, 19.0]
    curves.compare(bundle)
    assert bundle.values["dae/crossing"] == [None, None]
    never = "the DAE's PSNR does not exceed the AE's at the highest noise level"
    assert bundle.reasons == {"dae/crossing": f"with 1 of 2 seeds {never}"}
    bundle.values["dae/psnr[noise=0.1]"] = [19.0, 19.0]
    curves.compare(bundle)
    assert bundle.reasons == {"dae/crossing": never}
    bundle.values["dae/psnr[noise=0.1]"] = [22.0, None]
    curves.compare(bundle)
    assert bundle.values["dae/crossing"] == pytest.approx([0.05, None])
    assert bundle.reasons == {}
