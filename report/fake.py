"""Fake results: a complete, valid run without torch, for template authors and tests.

nominal        every sentence is supported
flipped        every sentence is refuted
ties           no comparison has a difference; what is called slight or gradual is supported
one-seed       one seed without single values: every interval is missing
nan            the first seed of the DAE and the VAE is not finite; the second AE and DAE were trained on two devices
missing-model  the VAE and the MCAE were not measured
extremes       values at the ends of their ranges
"""

from pathlib import Path

import numpy as np

from experiments import due, plan
from experiments.bundle import Bundle, Provenance, Result
from experiments.curves import clocks_apart, explain
from experiments.metrics import metric_of, split
from experiments.presets import preset
from experiments.settings import Settings
from report.claims import CLAIMS, Claim, effect_over
from report.stats import Floats

SCENARIOS = ("nominal", "flipped", "ties", "one-seed", "nan", "missing-model", "extremes")
CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
HUBS = ("ae", "mcae")  # models that most claims use for comparison
EPOCHS = 20
NOISE = 1e-3  # spread between seeds, in margins of the metric


def fake(folder: Path, scenario: str = "nominal", settings: Settings | None = None) -> Bundle:
    """Write a bundle as a run of `settings` leaves it, with pairwise distinct numbers, into `folder`/bundle.

    Raises:
        ValueError: unknown scenario; lists the valid ones.
    """
    if scenario not in SCENARIOS:
        raise ValueError(f"unknown scenario {scenario!r}: expected one of {', '.join(SCENARIOS)}")
    settings = settings or preset("quick", [f"seeds={1 if scenario == 'one-seed' else 6}"])
    generator = np.random.default_rng(SCENARIOS.index(scenario))
    bundle = Bundle(settings, _provenance(settings))
    centres = _centres(settings, scenario, generator)
    for model in plan.ALL:
        if scenario == "missing-model" and model in ("vae", "mcae"):
            bundle.reasons[model] = "seed 0: the loss was not finite at step 117"
            continue
        for seed in range(bundle.seeds_of(model)):
            result = _result(model, seed, settings, centres, generator)
            if scenario == "nan" and model in ("dae", "vae") and seed == 0:
                result.values = dict.fromkeys(result.values, float("nan"))
            result.precision = "bf16" if model in due.LEARNING else ""
            bundle.add(result, key="fake", measured=bundle.provenance.measured)
    if scenario == "nan" and settings.seeds > 1:
        _part_clocks(bundle)
    bundle.save(folder / "bundle")
    return bundle


def _part_clocks(bundle: Bundle) -> None:
    """Pretend that a slow device trained the DAE of the second seed."""
    bundle.tasks["ae-1"]["trained_on"], bundle.tasks["dae-1"]["trained_on"] = "a fast device", "a slow device"
    apart = clocks_apart(bundle, "ae", "dae")
    for model, other in (("ae", "dae"), ("dae", "ae")):
        key = f"{model}/psnr[at=equal_time]"
        for seed in apart:
            bundle.values[key][seed] = None
        explain(bundle, key, other, apart)


def _provenance(settings: Settings) -> Provenance:
    return Provenance(
        data="fake images", classes=CLASSES, train_images=settings.train_images or 50000,
        test_images=settings.test_images or 10000, fingerprint="fa4e" * 16, device="none",
        versions={"aereport": "0.1.0"}, commit="none", measured="2026-01-02T03:04:05+00:00", fake=True,
    )  # fmt: skip


def _centres(settings: Settings, scenario: str, generator: np.random.Generator) -> dict[str, float]:
    """A mean for every key, within its metric's range, moved so that the claims get the scenario's verdict."""
    centres = {}
    for key in plan.keys(settings):
        metric = metric_of(key)
        share = generator.choice([1e-4, 1 - 1e-4]) if scenario == "extremes" else generator.uniform(0.45, 0.55)
        centres[key] = metric.low + float(share) * (metric.high - metric.low)
        if "where" in (tags := split(key)[2]) and scenario != "extremes":
            centres[key] = 0.01 * (0.5 + float(tags["mask"]))  # an error that rises in a straight line
    wanted = {"flipped": -3.0, "ties": 0.0}.get(scenario, 3.0)
    if scenario != "extremes":
        for _ in range(8):  # claims share keys, so that moving one can disturb another
            for claim in CLAIMS.values():
                if keys := claim.keys(settings):
                    _move(claim, centres, keys, wanted)
    return centres


def _move(claim: Claim, centres: dict[str, float], keys: list[str], wanted: float) -> None:
    """Move those keys of a claim that few others use, by Newton steps, until its effect is `wanted` margins."""
    if claim.asserts == "below":
        target = claim.margin * (2.5 if wanted < 0 else 0.4)
        if (_effect(claim, centres, keys) < claim.margin) == (wanted >= 0):
            return
    else:
        target = wanted * claim.margin
    moved = [key for key in keys if split(key)[0] not in HUBS]
    if len(moved) in (0, len(keys)):
        moved = keys[len(keys) // 2 :]
    largest = 0.3 * abs(centres[moved[0]])
    steps = np.linspace(1, 2, len(moved)) if len(moved) > 1 else np.ones(1)
    for _ in range(8):
        effect = _effect(claim, centres, keys)
        unit = 1e-6 * max(abs(centres[moved[0]]), 1e-3)
        shifted = centres | {key: centres[key] + unit * float(step) for key, step in zip(moved, steps, strict=True)}
        slope = (_effect(claim, shifted, keys) - effect) / unit
        if abs(slope) < 1e-12 or abs(target - effect) < 1e-12:
            return
        for key, step in zip(moved, steps, strict=True):
            centres[key] += float(np.clip((target - effect) / slope, -largest, largest)) * float(step)


def _effect(claim: Claim, centres: dict[str, float], keys: list[str]) -> float:
    return float(effect_over(claim, keys)(np.array([[centres[key]] for key in keys]))[0])


def _result(
    model: str, seed: int, settings: Settings, centres: dict[str, float], generator: np.random.Generator
) -> Result:
    result = Result(model, seed)
    for key, centre in centres.items():
        if split(key)[0] == model:
            metric = metric_of(key)
            # mirrored at the ends of the possible range
            value, (least, most) = centre + NOISE * metric.margin * float(generator.normal()), metric.possible
            result.values[key.partition("/")[2]] = min(max(value, 2 * least - value), 2 * most - value)
    for name in plan.curves(model):
        rise = np.arange(1, EPOCHS + 1.0) * 3 if name == "seconds" else np.exp(-np.arange(EPOCHS) / 5) + 0.3
        result.curves[name] = [float(value) for value in rise * (1 + 0.01 * generator.normal(size=EPOCHS))]
    if seed == 0:
        for key, spec in plan.arrays(settings).items():
            if split(key)[0] == model:
                result.arrays[key.partition("/")[2]] = _array(spec, generator)
    return result


def _array(spec: plan.ArraySpec, generator: np.random.Generator) -> Floats:
    if spec.kind == "label":
        return generator.integers(0, len(CLASSES), spec.shape).astype(np.int16)
    if spec.kind == "value":
        return np.abs(generator.normal(size=spec.shape)).astype(np.float32)
    ramp = np.linspace(0, 1, 32)[:, None, None] * generator.uniform(60, 250, (*spec.shape[:-3], 1, 1, 3))
    return np.broadcast_to(ramp, spec.shape).astype(np.uint8)
