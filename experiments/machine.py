"""What a run ran on: the device's name, the versions of packages, the commit of the code. Imports no torch."""

import contextlib
import math
import os
import platform
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("numpy", "scipy", "torch", "scikit-learn", "openTSNE", "pillow")  # that compute
GB = 1e9
ROOT = Path(__file__).parent.parent
CONTROL, OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")  # of Linux: limits of all groups, and which are ours


class Lacks(OSError):
    """This machine lacks what was asked for, or a cluster does. One line: what, where, and the remedy."""


@dataclass(frozen=True)
class Device:
    """What computes: its kind, "cpu" or "cuda", and its name for a reader."""

    kind: str
    name: str


def cpu() -> str:
    """Name of the processor and how many of its cores this process may use."""
    count = cores()
    return f"{processor()}, {count} {'core' if count == 1 else 'cores'}"


def cores() -> int:
    """How many cores this process may use: its own, and of a container with a quota the next whole number."""
    affinity = getattr(os, "sched_getaffinity", None)
    own = len(affinity(0)) if affinity else os.cpu_count() or 1
    return math.ceil(min(own, cores_limit()))


def processor() -> str:
    """Name of the processor."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    return " ".join(name.split())


def memory() -> tuple[float, bool]:
    """GB that this process may use, and whether its container sets the limit."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GB
    return min((total, False), (memory_limit(), True))


def memory_limit(root: Path = CONTROL, groups: Path = OWN) -> float:
    """GB that this process and its control groups may use; infinite where none has a limit."""
    limits = [math.inf]
    for controller, name in (("", "memory.max"), ("memory", "memory.limit_in_bytes")):
        for folder in _groups(root, groups, controller):
            with contextlib.suppress(OSError, ValueError):
                limits.append(int((folder / name).read_text()) / GB)
    return min(limits)


def cores_limit(root: Path = CONTROL, groups: Path = OWN) -> float:
    """How many cores' time this process and its control groups may use; infinite where none has a limit."""
    limits = [math.inf]
    for controller, names in (("", ["cpu.max"]), ("cpu", ["cpu.cfs_quota_us", "cpu.cfs_period_us"])):
        for folder in _groups(root, groups, controller):
            with contextlib.suppress(OSError, ValueError):
                quota, period = map(int, " ".join((folder / name).read_text() for name in names).split())
                limits += [quota / period] if quota > 0 else []  # -1: none
    return min(limits)


def _groups(root: Path, groups: Path, controller: str) -> Iterator[Path]:
    """Folders of this process's control group and of those around it; the controller is "" where all are in one."""
    lines = groups.read_text().splitlines() if groups.exists() else []
    split = [line.split(":", 2) for line in lines]
    own = {name: path.strip("/") for _, names, path in split for name in names.split(",")}
    base = root / controller
    inner = base / own.get(controller, "")
    yield from (inner, *inner.parents)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that compute."""
    return {"Python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def commit() -> str:
    """The commit of the code, with "+" where files differ from it; empty where there is no repository."""
    if not (ROOT / ".git").exists():
        return ""
    try:
        found = _git("rev-parse", "--short=12", "HEAD")
        return found + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(*words: str) -> str:
    command = ["git", "-C", str(ROOT), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
