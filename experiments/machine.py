"""What a run ran on: the device's name, the versions of packages, the commit of the code. Imports no torch."""

import contextlib
import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("numpy", "scipy", "torch", "scikit-learn", "openTSNE", "pillow")  # that compute
GB = 1e9
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Device:
    """What computes: its kind, "cpu" or "cuda", and its name for a reader."""

    kind: str
    name: str


def cpu() -> str:
    """Name of the processor and how many of its cores there are."""
    count = os.cpu_count() or 1
    return f"{processor()}, {count} {'core' if count == 1 else 'cores'}"


def processor() -> str:
    """Its name."""
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
    return min((total, False), (group_limit(), True))


def group_limit(root: Path = Path("/sys/fs/cgroup"), groups: Path = Path("/proc/self/cgroup")) -> float:
    """GB that the control group of this process and those around it may use; infinite where none has a limit."""
    lines = groups.read_text().splitlines() if groups.exists() else []
    own = {controllers: path.strip("/") for _, controllers, path in (line.split(":", 2) for line in lines)}
    limits = [float("inf")]
    for base, controller, name in ((root, "", "memory.max"), (root / "memory", "memory", "memory.limit_in_bytes")):
        inner = base / own.get(controller, "")
        for folder in (inner, *inner.parents):
            with contextlib.suppress(OSError, ValueError):
                limits.append(int((folder / name).read_text()) / GB)
    return min(limits)


def versions() -> dict[str, str]:
    """Of Python and of the packages that compute."""
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
