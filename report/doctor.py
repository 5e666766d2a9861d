"""What this machine has and lacks for a report, with remedies."""

import contextlib
import importlib.util
import io
import os
import platform
import shutil
import sys
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from experiments import machine
from experiments.legible import line, why
from experiments.machine import GB

PYTHON = ((3, 11), (3, 14))  # oldest and newest version that the pinned packages support
MEMORY = 7  # GB: `quick` in two processes, and the rest of the machine
DISK, FULL_DISK = 2, 16  # GB: weights, optimizer states, arrays and pictures of one run of `quick` or `full`
GPU_MEMORY = 2  # GB: if less is free, other programs use the GPU
TRAIN = ("torch", "torchvision", "sklearn", "openTSNE", "safetensors", "threadpoolctl")  # from the extra `train`

PANGO = {
    "apt-get": "apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz0b libharfbuzz-subset0",
    "dnf": "dnf install -y pango",
    "pacman": "pacman -S --needed pango",
    "apk": "apk add pango",
    "zypper": "zypper install -y pango",
    "brew": "brew install pango && export DYLD_FALLBACK_LIBRARY_PATH=$(brew --prefix)/lib",
}
CHROMIUM = {"apt-get": "apt-get install -y chromium", "brew": "brew install --cask google-chrome"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_BROWSERS = tuple(f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Chromium", "Google Chrome"))


@dataclass(frozen=True)
class Finding:
    """One thing that a report needs or can do without.

    Attributes:
        state: "ok", "missing" (needed), or "optional" (missing, but a report can be made without it).
        found: what is there, or why it is not enough.
        remedy: what to do about it, in one line; "" if nothing.
        use: what needs it.
    """

    name: str
    state: Literal["ok", "missing", "optional"]
    found: str
    remedy: str = ""

    @property
    def use(self) -> str:
        return USES[self.name]


USES = {
    "Python": "everything", "torch": "build", "device": "build", "memory": "build", "Pango": "report.pdf",
    "fonts": "figures, report.html and report.pdf", "data": "build",
    "writing": "everything but check, claims, compare, status and doctor", "disk": "build", "Chromium": "some tests",
}  # fmt: skip


def table(found: Sequence[Finding]) -> str:
    """A line for each finding, followed by its remedy; at the end a summary of what is missing."""
    lines = []
    for check in found:
        lines.append(f"{check.state:8}  {check.name:8}  {line(check.found, 200)}")
        if check.remedy:
            lines.append(f"{'':20}for {check.use}: {line(check.remedy, 300)}")
    missing = [f"{check.name} (for {check.use})" for check in found if check.state == "missing"]
    lines.append(f"missing: {', '.join(missing)}" if missing else "everything that is needed is here")
    return "\n".join(lines)


def status(found: Sequence[Finding]) -> int:
    """The exit status: 3 if something needed is missing, else 0."""
    return 3 if any(check.state == "missing" for check in found) else 0


def checks(root: Path = Path(), out: Path = Path("build")) -> list[Finding]:
    """Check everything; changes nothing.

    Args:
        root: the folder with `.data`.
        out: folder for reports.
    """
    return [
        _python(), _torch(), _device(), _memory(), _pango(), _fonts(), _data(root), _writable(out), _disk(out),
        _browser(),
    ]  # fmt: skip


def _python() -> Finding:
    version = platform.python_version()
    if PYTHON[0] <= sys.version_info[:2] <= PYTHON[1]:
        return Finding("Python", "ok", version)
    oldest, newest = (".".join(map(str, bound)) for bound in PYTHON)
    return Finding("Python", "missing", version, f"install a Python from {oldest} to {newest} and run: make report")


def _torch() -> Finding:
    need = "make setup in the source folder, or pip install '.[train]' -c constraints.txt"
    lacking = [name for name in TRAIN if not importlib.util.find_spec(name)]
    if lacking:
        return Finding("torch", "optional", f"not installed: {', '.join(lacking)}", need)
    try:
        import torch
    except (OSError, ImportError) as error:  # a library that torch links to is missing
        return Finding("torch", "missing", f"does not start: {why(error)}", f"reinstall it: {need}")
    return Finding("torch", "ok", torch.__version__)


def _device() -> Finding:
    count = machine.cores()
    cores = f"{count} CPU {'core' if count == 1 else 'cores'}"
    try:
        import torch

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an old driver is reported below
            free, total = torch.cuda.mem_get_info() if torch.cuda.is_available() else (0, 0)
    except (OSError, ImportError):
        return Finding("device", "ok", cores)
    except RuntimeError as error:
        taken = "see nvidia-smi for what uses it, or take --device cpu"
        return Finding("device", "optional", f"{cores}; a GPU that does not answer: {why(error)}", taken)
    if total:
        found = f"{torch.cuda.get_device_name()}, {free / GB:.0f} of {total / GB:.0f} GB free (cuda); {cores}"
        if free < GPU_MEMORY * GB:
            return Finding("device", "optional", found, "see nvidia-smi for what uses its memory, or take --device cpu")
        return Finding("device", "ok", found)
    if shutil.which("nvidia-smi"):
        driver = "install a driver for the CUDA version of this torch, see nvidia-smi"
        return Finding("device", "optional", f"{cores}; a GPU that torch {torch.__version__} cannot use", driver)
    return Finding("device", "ok", f"{cores}, no GPU")


def _memory() -> Finding:
    total, limited = machine.memory()
    within = " in this container" if limited else ""
    if total >= MEMORY:
        return Finding("memory", "ok", f"{total:.0f} GB{within}")
    fewer = "take fewer images: --set train_images=5000, or --preset smoke"
    return Finding("memory", "optional", f"{total:.1f} GB{within}, {MEMORY} GB or more is comfortable", fewer)


def _pango() -> Finding:
    """Import WeasyPrint, which loads Pango, and prints a page of advice if it cannot."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            import weasyprint
            from weasyprint.text.ffi import harfbuzz_subset, pango
    except (OSError, ImportError) as error:
        return Finding("Pango", "missing", f"no PDF without it: {why(error)}", remedy(PANGO, "Pango"))
    major, rest = divmod(pango.pango_version(), 10_000)
    found = f"{major}.{rest // 100}.{rest % 100}, with WeasyPrint {weasyprint.__version__}"
    if harfbuzz_subset is None:
        return Finding(
            "Pango", "optional", f"{found}, without HarfBuzz-Subset: fonts are cut more slowly", remedy(PANGO, "Pango")
        )
    return Finding("Pango", "ok", found)


def _fonts() -> Finding:
    try:
        from report.fonts import FACES

        lacking = [path.name for _, _, path in FACES if not path.is_file()]
    except ImportError as error:
        lacking = [error.name or str(error)]
    if lacking:
        packages = "uharfbuzz fontpkg-source-sans-3 fontpkg-source-serif-4 fontpkg-source-code-pro"
        return Finding(
            "fonts", "missing", f"not there: {', '.join(lacking)}", f"pip install --force-reinstall {packages}"
        )
    return Finding("fonts", "ok", ", ".join(dict.fromkeys(name for name, _, _ in FACES)))


def _data(root: Path) -> Finding:
    data = root / ".data"
    for path in ("cifar10/train", "cifar-10-batches-py", "cifar-10-python.tar.gz"):
        if (data / path).exists():
            return Finding("data", "ok", f"CIFAR-10 in {data / path.partition('/')[0]}")
    fetch = f"--data cifar10 fetches it into {data}; --data FOLDER takes train/<class>/ and test/<class>/"
    return Finding("data", "optional", f"no CIFAR-10 in {data}: `auto` fetches it, or draws demo images", fetch)


def _writable(out: Path) -> Finding:
    folder = _existing(out)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        other = f"choose another folder with --out, or make {folder} writable"
        return Finding("writing", "missing", f"{folder}: {error.strerror}", other)
    return Finding("writing", "ok", str(out))


def _disk(out: Path) -> Finding:
    free = shutil.disk_usage(_existing(out)).free / GB
    if free >= DISK:
        few = f"; a run of `full` takes {FULL_DISK}" if free < FULL_DISK else ""
        return Finding("disk", "ok", f"{free:.0f} GB free{few}")
    return Finding("disk", "missing", f"{free:.1f} GB free, {DISK} GB needed", "free some, or choose --out elsewhere")


def _browser() -> Finding:
    found = next(filter(None, map(shutil.which, (*BROWSERS, *MAC_BROWSERS))), None)
    if found:
        return Finding("Chromium", "ok", found)
    return Finding("Chromium", "optional", "not there", remedy(CHROMIUM, "Chromium"))


def remedy(commands: dict[str, str], what: str) -> str:
    """The command that installs something with the first package manager that this machine has."""
    manager = next(filter(shutil.which, commands), None)
    if manager is None:
        return f"install {what} with this system's package manager"
    command = commands[manager]
    return command if manager == "brew" or os.geteuid() == 0 else f"sudo {command}"


def _existing(path: Path) -> Path:
    """The path, or its nearest parent that exists."""
    path = path.resolve()
    return next(parent for parent in (path, *path.parents) if parent.is_dir())
