"""A virtual environment for pythae: ours has no use for it, so it gets its own, which sees our packages."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

VERSION = "0.1.2"


def python_with_pythae(folder: Path) -> Path:
    """The interpreter of an environment in `folder`, made if it is not there; this one's torch is seen from inside.

    Raises:
        CalledProcessError: pip could not install pythae.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=True)
    where = subprocess.check_output(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    (Path(where) / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n")
    wanted = [f"pythae=={VERSION}", "tqdm", "imageio", "cloudpickle"]  # what pythae imports and ours may lack
    if subprocess.run([python, "-c", "import pythae.trainers"], capture_output=True).returncode:
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", *wanted], check=True)
    return python
