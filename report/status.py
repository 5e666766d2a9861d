"""What in a run is out of date: tasks, figures, verdicts and documents. Imports no torch, draws nothing."""

from pathlib import Path

from experiments import due
from experiments.bundle import Bundle
from report import fresh, made


def stale(run: Path) -> dict[str, str]:
    """Reasons by name of a task, figure or file; empty if all is up to date.

    Raises:
        BundleError: there is no readable bundle.
    """
    bundle = Bundle.load(run / "bundle")
    found = {} if bundle.provenance.fake else due.stale(bundle)
    found |= {f"figures/{name}": why for name, why in fresh.stale(run / "figures", bundle).items()}
    return found | made.stale(run)
