"""What the benchmarks' reports share: where and when they ran, spreads, Markdown tables, raw numbers in a file."""

import argparse
import json
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from experiments import machine


def parser(description: str) -> argparse.ArgumentParser:
    """With the options that every benchmark has."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--smoke", action="store_true", help="as little as shows that it runs; the numbers mean nothing")
    made.add_argument("--json", type=Path, metavar="FILE", help="write the raw numbers there")
    return made


def device_name(device: str) -> str:
    if device == "cuda":
        return torch.cuda.get_device_name()
    return machine.cpu()


def header(title: str, device: str) -> str:
    """A line that dates a table and names the device and the torch."""
    return f"**{title}**: {device_name(device)}, torch {torch.__version__}, {datetime.now(UTC):%d %B %Y %H:%M} UTC"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median with the range: "2.31 (2.10–2.52)"."""
    low, middle, high = (f"{v:.{digits}f}" for v in (min(values), statistics.median(values), max(values)))
    return middle if len(values) == 1 else f"{middle} ({low}–{high})"


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table, its columns padded to equal width."""
    every = [list(columns), *map(list, rows)]
    widths = [max(len(row[i]) for row in every) for i in range(len(columns))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in every
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def write(path: Path | None, device: str, **found: Any) -> None:
    """The raw numbers, with date and device, as JSON; nothing where no file is asked for."""
    if path:
        facts = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "device": device_name(device)}
        path.write_text(json.dumps({**facts, "torch": torch.__version__, **found}, indent=1) + "\n")
