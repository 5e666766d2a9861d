"""What is due, and why: a task is measured again where one of the facts behind it has changed. Imports no torch.

A task is a model with a seed. Its facts are kept in the bundle beside its numbers:

    settings   those that matter to the model     data       SHA-256 of the images
    versions   of the packages that compute       code       SHA-256 of the modules that train and measure it
    judge      for models whose images it sees    device     "cpu" or "cuda"
    precision  "bf16" or "fp32", of what is trained; left out by readers, who cannot know what this machine would take
"""

import ast
import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from experiments import plan
from experiments.bundle import Bundle
from experiments.files import sha256
from experiments.machine import PACKAGES, ROOT
from experiments.settings import Settings

UNMEASURED = {"preset", "title", "author", "course", "logo", "seeds"}  # they change no number of a task
JUDGED = ("ae", "vae")  # their decoded images are looked at by the classifier
LEARNING = (*plan.TRAINED, "classifier")
ONLY: dict[str, tuple[str, ...]] = {  # settings that matter to some models only
    **dict.fromkeys(("batch_size", "learning_rate", "weight_decay", "warmup", "ema_decay", "precision"), LEARNING),
    "epochs": plan.TRAINED,
    "curve_images": plan.TRAINED,
    "width": (*plan.TRAINED, "random_encoder"),
    "latent_dim": (*plan.DECODING, "random_encoder"),
    "probe_images": plan.ENCODING,
    "noise_levels": (*plan.NOISY, "data"),
    "mask_ratios": plan.INPAINTING,
    "mask_images": plan.INPAINTING,
    "shown_mask_ratios": ("ae", "vae", *plan.MASKED, "data"),
    "map_images": (*plan.MAPPED, "data"),
    "noise_variance": ("dae",),
    "mask_low": plan.MASKED,
    "mask_high": plan.MASKED,
    "judge_epochs": ("classifier",),
    "anomaly_epochs": ("ae", "dae"),
    "anomaly_classes": ("ae", "dae", "data"),
    "efficiency_epochs": ("mcae_sparse", "vit_mae"),
    "pca_dims": ("pca",),
    "bits": ("ae", "dae", "pca"),
    "few_labels": ("ae", "dae"),
    "corruption_images": ("ae", "dae"),
    "corruption_severities": ("ae", "dae"),
    "paths": ("ae", "vae"),
    "triplet": ("ae", "vae"),
    "influence_images": ("mcae",),
    "gradient_images": plan.MASKED,
}
STORAGE = {  # modules that decide no number: what they decide is a fact of its own, or how numbers are kept
    "arrays", "bundle", "cifar10", "data", "demo", "due", "files", "folder", "image_cache", "images", "legible",
    "machine", "memory", "metrics", "pictures", "progress", "reader", "settings",
}  # fmt: skip
WORDS = {
    "settings": "its settings changed", "data": "the data changed", "versions": "package versions changed",
    "code": "the code that measures it changed", "judge": "the judge of its images changed",
    "device": "it was measured on another kind of device", "precision": "it was trained in another precision",
}  # fmt: skip
LEGIBLE = ("versions", "device", "precision")  # facts that a reader is told


def tasks(settings: Settings) -> list[tuple[str, int]]:
    """Every (model, seed) that a run measures, seed by seed."""
    return [
        (model, seed)
        for seed in range(settings.seeds)
        for model in plan.ALL
        if seed == 0 or model not in plan.DETERMINISTIC
    ]


def facts(model: str, settings: Settings, fingerprint: str, device: str, precision: str = "") -> dict[str, str]:
    """The facts behind a task's numbers, as they are now; a package that is not installed has no version.

    Args:
        precision: left out where it is not known.
    """
    own = {
        "settings": _settings(model, settings),
        "data": fingerprint,
        "versions": " ".join(filter(None, map(_installed, PACKAGES))),
        "code": code(model),
        "device": device,
    }
    if precision and model in LEARNING:
        own["precision"] = precision
    if model in JUDGED:
        judge = facts("classifier", settings, fingerprint, device)
        own["judge"] = sha256(json.dumps(judge).encode())
    return own


def reason(kept: Mapping[str, str] | None, now: Mapping[str, str]) -> str:
    """Why a task is due: one line, empty where it is not."""
    if kept is None:
        return "not measured yet"
    if "lost" in kept:
        return kept["lost"]
    if "failed" in kept:
        return f"it failed: {kept['failed']}"
    changed = [name for name in now if kept.get(name) != now[name]]
    return "; ".join(
        f"{WORDS[name]} ({kept[name]}, now {now[name]})" if name in LEGIBLE and name in kept else WORDS[name]
        for name in changed
    )


def stale(bundle: Bundle) -> dict[str, str]:
    """By "model-seed", why a task of a bundle is due under its own settings, data and device, here and now."""
    found = {}
    for model, seed in tasks(bundle.settings):
        kept = bundle.tasks.get(f"{model}-{seed}")
        now = facts(model, bundle.settings, bundle.provenance.fingerprint, (kept or {}).get("device", ""))
        if not _installed("torch"):
            now = {name: now[name] for name in now if name not in ("versions", "judge")}  # another machine measures
        if why := reason(kept, now):
            found[f"{model}-{seed}"] = why
    return found


def _settings(model: str, settings: Settings) -> str:
    leave = UNMEASURED | {name for name, models in ONLY.items() if model not in models}
    return sha256(settings.model_dump_json(exclude=leave).encode())


@cache
def _installed(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return ""


@cache
def code(model: str, start: str = "experiments/task.py") -> str:
    """SHA-256 over a model's own modules and those that `start` needs of experiments."""
    own = ROOT / "models" / f"{model}.py"
    paths = _closure(own if own.exists() else ROOT / "models/base.py", "models")
    paths |= _closure(ROOT / start, "experiments")
    return sha256(b"".join(path.read_bytes() for path in sorted(paths)))


def _closure(path: Path, package: str) -> set[Path]:
    """A module and all that it imports of a package, without STORAGE."""
    found, waiting = set(), [path]
    while waiting:
        module = waiting.pop()
        if module not in found and module.stem not in STORAGE and module.is_file():
            found.add(module)
            waiting += [ROOT / package / f"{name}.py" for name in _imported(module, package)]
    return found


@cache
def _imported(path: Path, package: str) -> tuple[str, ...]:
    """Modules of a package that a file imports."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{package}."):
            found.append(node.module.removeprefix(f"{package}."))
    return tuple(found)
