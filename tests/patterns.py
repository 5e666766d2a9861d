"""Many keys in one line, for tests that name every key that they expect."""

import re
from itertools import product


def each(pattern: str) -> list[str]:
    """What a pattern with choices stands for, the last one changing first: "{ae|dae}/psnr" is "ae/psnr", "dae/psnr"."""
    parts = [part.split("|") for part in re.split(r"[{}]", pattern)]
    return ["".join(chosen) for chosen in product(*parts)]
