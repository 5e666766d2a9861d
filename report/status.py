"""What in a run is out of date, and why: tasks, figures, verdicts and documents. Imports no torch, draws nothing."""

from pathlib import Path

from experiments import due
from experiments.bundle import Bundle
from report import fresh, made


def stale(run: Path) -> dict[str, str]:
    """By name of a task, figure or file, the reason; empty where all is up to date.

    Raises:
        BundleError: there is no bundle that can be read.
    """
    bundle = Bundle.load(run / "bundle")
    found = {} if bundle.provenance.fake else due.stale(bundle)
    found |= {f"figures/{name}": why for name, why in fresh.stale(run / "figures", bundle).items()}
    return found | made.stale(run)
