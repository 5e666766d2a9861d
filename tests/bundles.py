"""What tests of bundles share: a small valid one, and a way to change it as its writer could."""

import json
from pathlib import Path

import numpy as np

from experiments.bundle import Bundle, Provenance, Result
from experiments.presets import preset
from experiments.reader import sealed

SETTINGS = preset("smoke")
PROVENANCE = Provenance(
    data="demo", classes=["a", "b"], train_images=1000, test_images=200, fingerprint="0", device="cpu", versions={},
    commit="", measured="2026-01-01T00:00:00",
)  # fmt: skip


def example() -> Bundle:
    bundle = Bundle(SETTINGS, PROVENANCE)
    for seed in (0, 1):
        result = Result("ae", seed)
        result.add("psnr", np.array([20.0, 22.0]) + seed)
        result.add("ari", 0.1 + seed)
        if seed == 0:
            result.add("examples", np.zeros((10, 32, 32, 3), dtype=np.uint8))
        result.curves["loss"] = [0.5, 0.25]
        bundle.add(result, key=f"k{seed}")
    return bundle


def saved(folder: Path) -> Path:
    example().save(folder)
    return folder


def edit(folder: Path, **changes: object) -> None:
    """Change parts of bundle.json, and seal it again as its writer would."""
    path = folder / "bundle.json"
    content = json.loads(path.read_text())
    del content["sha256"]
    path.write_text(sealed(json.dumps(content | changes, indent=1)))


def contents(folder: Path) -> dict[str, bytes]:
    """Of every file of a folder, by its path there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
