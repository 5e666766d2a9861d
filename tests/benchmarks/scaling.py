"""How the cost of a study grows: seconds of the processor and peak memory against images, epochs, seeds and models.

    python -m tests.benchmarks.scaling [--points N] [--repeats N]

Each point is a fresh process that runs tasks one after another with tiny settings, one thread, after one to warm up.
One size grows, the others stay. "Off the line" is the largest distance from the straight line that fits best, as a
share of the last point's cost. Models differ in cost, so their line is drawn over the sum of what each costs alone.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from experiments.presets import preset
from experiments.progress import Silent
from experiments.task import Task
from tests.benchmarks import tables
from tests.benchmarks.loops import toy

ROOT = Path(__file__).parents[2]
TINY = [
    "batch_size=32", "width=8", "latent_dim=8", "test_images=50", "curve_images=20", "probe_images=50", "map_images=20",
    "mask_images=20", "corruption_images=20", "few_labels=[2]", "influence_images=2", "gradient_images=2",
    "efficiency_epochs=0.5",
]  # fmt: skip
MODELS = ("mcae", "dae", "mcae_sparse", "vit_mae")  # their tasks need no judge
BASE = dict(images=2000, epochs=2, seeds=1, models=1)  # the first point; from then on one of them grows by as much
SMALL = dict(images=64, epochs=1, seeds=1, models=1)
Found = dict[str, float]


def work(images: int, epochs: int, seeds: int, models: Sequence[str]) -> Found:
    """Run the tasks here. "seconds" of the processor; "memory" in MiB, the most that this process has held."""
    torch.set_num_threads(1)
    _tasks(64, 1, 1, models)
    began = time.process_time()
    _tasks(images, epochs, seeds, models)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return {"seconds": time.process_time() - began, "memory": memory}


def _tasks(images: int, epochs: int, seeds: int, models: Sequence[str]) -> None:
    settings = preset("smoke", [*TINY, f"train_images={images}", f"epochs={epochs}", f"seeds={seeds}"])
    data = toy(images, "cpu")
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(seeds):
            for model in models:
                result, _ = Task(model, seed, settings, data, None, Path(folder), Silent()).run()
                assert not result.failed, result.failed


def apart(images: int, epochs: int, seeds: int, models: Sequence[str], repeats: int = 1) -> Found:
    """`work` in a process of its own; the median of several. With no repeats: here."""
    if not repeats:
        return work(images, epochs, seeds, models)
    call = f"work({images}, {epochs}, {seeds}, {tuple(models)})"
    command = [
        sys.executable,
        "-c",
        f"import json; from tests.benchmarks.scaling import work; print(json.dumps({call}))",
    ]
    runs = [json.loads(subprocess.check_output(command, cwd=ROOT, text=True)) for _ in range(repeats)]
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def growth(what: str, base: dict[str, int], points: int, repeats: int) -> tuple[list[float], list[Found]]:
    """The sizes of each point, and what was found there."""
    sizes = [base[what] * point for point in range(1, points + 1)]
    found = []
    for size in sizes:
        now = base | {what: size}
        found.append(apart(now["images"], now["epochs"], now["seeds"], MODELS[: now["models"]], repeats))
    if what != "models":
        return list(map(float, sizes)), found
    own = [apart(base["images"], base["epochs"], base["seeds"], (model,), repeats) for model in MODELS[:points]]
    return [sum(one["seconds"] for one in own[:count]) for count in range(1, points + 1)], found


def off_the_line(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The largest distance from the line that fits best, as a share of the last cost."""
    fitted = np.polynomial.Polynomial.fit(sizes, costs, 1)
    return float(np.abs(fitted(np.asarray(sizes)) - costs).max() / costs[-1])


def row(what: str, sizes: Sequence[float], found: Sequence[Found]) -> list[str]:
    """A line of the table."""
    seconds, memory = ([point[name] for point in found] for name in ("seconds", "memory"))
    axis = " · ".join(f"{size:.1f} s alone" if what == "models" else f"{size:.0f}" for size in sizes)
    return [
        what, axis, " · ".join(f"{s:.2f}" for s in seconds), f"{off_the_line(sizes, seconds):.1%}",
        " · ".join(f"{m:.0f}" for m in memory),
    ]  # fmt: skip


def main() -> None:
    parser = tables.parser(__doc__ or "")
    parser.add_argument("--points", type=int, choices=(3, 4), default=4, help="sizes of each kind")
    parser.add_argument("--repeats", type=int, default=3, help="processes a point, of which the median counts")
    given = parser.parse_args()
    base, points, repeats = (SMALL, 2, 0) if given.smoke else (BASE, given.points, given.repeats)
    found = {what: growth(what, base, points, repeats) for what in (("seeds",) if given.smoke else base)}
    print(tables.header("Growth of the cost", "cpu"), end="\n\n")
    columns = ("grows", "sizes", "CPU seconds", "off the line", "peak memory, MiB")
    print(tables.markdown(columns, [row(what, *points) for what, points in found.items()]))
    tables.write(given.json, "cpu", base=base, growth=found)


if __name__ == "__main__":
    main()
