"""How fast models train: ours against a plain PyTorch loop and pythae's trainer, interleaved in one run.

    python -m tests.benchmarks.training [--device cpu|cuda] [--models ae,…] [--rounds N] [--rival-venv FOLDER]

Every measurement is a fresh process. On a CPU ours is what a study does: as many processes as there are cores, one
thread each, side by side, their images added up; the rivals get all cores. A ratio is taken within a round, so that a
machine that changes its speed moves both sides of it. The share of the ceiling is the arithmetic of ours, counted by
torch's FlopCounter, over the best matrix product that the device was seen to make.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from experiments import machine, pool
from experiments.presets import preset
from experiments.train import uses_bf16
from models import MODELS
from tests.benchmarks import tables
from tests.benchmarks.ceiling import ceiling
from tests.benchmarks.loops import fresh, toy
from tests.benchmarks.rival import python_with_pythae

ROOT = Path(__file__).parents[2]
TRAINED = [name for name, model in MODELS.items() if model.trained]
Found = dict[str, float]  # "wall" and "cpu": images a second on the clock, and a second of the processor


def race(loop: str, model: str, options: Sequence[str], python: str = sys.executable, processes: int = 1) -> Found:
    """Run a loop in so many processes that start together; their images a second added up.

    Raises:
        RuntimeError: a process failed; with the end of what it said.
    """
    command = [python, "-m", "tests.benchmarks.loops", loop, model, *options]
    pipes: dict[str, Any] = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if loop == "ours":  # in the environment that a study gives to its processes
        pipes["env"] = pool.HUGE_PAGES | os.environ
    found = []
    with ExitStack() as stack:
        running = [stack.enter_context(subprocess.Popen(command, cwd=ROOT, **pipes)) for _ in range(processes)]
        for process in running:
            stack.callback(process.kill)
        if all(process.stdout.readline() == "ready\n" for process in running):
            for process in running:  # all are there: go
                process.stdin.write("\n")
                process.stdin.flush()
        for process in running:
            said, complaints = process.communicate()
            if process.returncode:
                raise RuntimeError(f"{loop}, {model}: {complaints[-2000:]}")
            found.append(json.loads(said.splitlines()[-1]))
    return {
        "wall": sum(one["images"] / one["seconds"] for one in found),
        "cpu": sum(one["images"] for one in found) / sum(one["cpu_seconds"] for one in found),
    }


def run(name: str, loop: str, racing: dict[str, Any], options: Sequence[str], found: dict[str, list[Found]]) -> None:
    """Race a loop once; a rival that does not run here races no more."""
    try:
        one = race(loop, name, options, **racing[loop])
    except RuntimeError as error:
        if loop == "ours":
            raise
        del racing[loop]
        found.pop(loop, None)
        print(error, file=sys.stderr)
        return
    found.setdefault(loop, []).append(one)
    print(f"{name}, {loop}: {one['wall']:.0f} images/s", file=sys.stderr)


def contestants(device: str, rival: str | None) -> dict[str, dict[str, Any]]:
    """Loops to race, with the processes and the interpreter of each."""
    found: dict[str, dict[str, Any]] = {"ours": {"processes": 1 if device == "cuda" else machine.cores()}, "plain": {}}
    if rival:
        found["pythae"] = {"python": rival}
    if device == "cuda":
        found["airbench"] = {}
    return found


def gigaflop(model: str, chosen: str, device: str) -> float:
    """Arithmetic of an update, in GFLOP an image: forward and backward, without the optimizer."""
    settings = preset(chosen)
    data, built = toy(64, device), fresh(model, settings, device).train()
    images = data.train_images.float() / 255
    with FlopCounterMode(display=False) as counter:
        built.loss(images, data.train_labels, torch.Generator(device).manual_seed(0))["loss"].backward()  # type: ignore[no-untyped-call]
    return counter.get_total_flops() / len(images) / 1e9


def row(model: str, rounds: Mapping[str, Sequence[Found]], flop: float, peak: float) -> list[str]:
    """A line of the table."""

    def ratio(rival: str, unit: str) -> str:
        if rival not in rounds:
            return "–"
        return tables.spread([a[unit] / b[unit] for a, b in zip(rounds["ours"], rounds[rival], strict=True)])

    def speed(loop: str) -> str:
        return tables.spread([one["wall"] for one in rounds[loop]], 0) if loop in rounds else "–"

    share = statistics.median(one["wall"] for one in rounds["ours"]) * flop / peak
    return [
        model, *map(speed, ("ours", "plain", "pythae")), ratio("plain", "wall"), ratio("pythae", "wall"),
        ratio("plain", "cpu"), f"{1e3 * flop:.1f}", f"{share:.0%}",
    ]  # fmt: skip


COMPILED = "in one graph for AE and classifier; noise and masks from a generator break those of the others"
COLUMNS = (
    "model", "ours, images/s", "plain, images/s", "pythae, images/s", "ours ÷ plain", "ours ÷ pythae",
    "ours ÷ plain, a CPU second", "MFLOP/image", "of the ceiling",
)  # fmt: skip


def main() -> None:
    parser = tables.parser(__doc__ or "")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--preset", choices=("smoke", "quick", "full"), help="full on CUDA, else quick")
    parser.add_argument("--models", default=",".join(TRAINED), help="with commas between")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement, after its warm-up")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rival-venv", type=Path, metavar="FOLDER", help="race pythae, installed there if need be")
    given = parser.parse_args()
    seconds, rounds, names = given.seconds, given.rounds, given.models.split(",")
    chosen = given.preset or ("full" if given.device == "cuda" else "quick")
    if given.smoke:
        seconds, rounds, names, chosen = 0.05, 1, names[:1], "smoke"
    rival = str(python_with_pythae(given.rival_venv)) if given.rival_venv else None
    images = 50_000 if given.device == "cuda" else 64 if given.smoke else 512
    options = [f"--device={given.device}", f"--preset={chosen}", f"--seconds={seconds}", f"--images={images}"]
    kind = "bf16" if uses_bf16("auto", torch.device(given.device)) else "fp32"
    peaks = ceiling(given.device, kind, given.smoke)
    flops = {name: gigaflop(name, chosen, given.device) for name in names}
    racing = {name: contestants(given.device, rival) for name in names}
    found: dict[str, dict[str, list[Found]]] = {name: {} for name in names}
    for done in range(1, rounds + 1):  # each ends with a table: a machine may be lent for minutes
        for name in names:
            for loop in list(racing[name]):
                run(name, loop, racing[name], options, found[name])
        print(tables.header(f"Training, preset {chosen}, batch {preset(chosen).batch_size}", given.device), end="\n\n")
        print(
            tables.markdown(COLUMNS, [row(name, found[name], flops[name], peaks[kind]) for name in names]), end="\n\n"
        )
        print(f"Median (smallest–largest), rounds: {done}. Ours computes in {kind}. Ceiling:", end=" ")
        print(", ".join(f"{peak:.0f} GFLOPS in {name}" for name, peak in peaks.items() if name != "copy"), end=", ")
        print(f"copies {peaks['copy']:.1f} GB/s.", flush=True)
        for name in names:
            if "airbench" in found[name]:
                speed = tables.spread([one["wall"] for one in found[name]["airbench"]], 0)
                print(f"{name}, after airbench: {speed} images/s; {COMPILED}.", flush=True)
        tables.write(given.json, given.device, preset=chosen, rounds=found, ceiling=peaks, gigaflop=flops)


if __name__ == "__main__":
    main()
