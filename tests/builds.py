"""What tests of `aereport build` share: the smallest settings, and a call of the command in this process."""

from pathlib import Path

from click.testing import CliRunner

from report.cli import main

ROOT = Path(__file__).parent.parent
SETTINGS = (
    "seeds=1", "epochs=0.2", "judge_epochs=0.05", "train_images=100", "test_images=50", "map_images=20",
    "mask_images=20", "influence_images=2", "paths=4", "probe_images=100", "corruption_images=20", "gradient_images=2",
    "anomaly_epochs=0.1", "efficiency_epochs=0.1", "few_labels=[2]", "anomaly_classes=1", "pca_dims=[8]", "bits=[4]",
    "latent_dim=16",
)  # fmt: skip
TITLE = "Größen, gemessen"
SAME = [part for setting in (*SETTINGS, f"title={TITLE}") for part in ("--set", setting)]


def call(*words: object) -> tuple[int, str]:
    """Exit status of a command and all that it said; a traceback fails the test."""
    outcome = CliRunner().invoke(main, [str(word) for word in words])
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    assert "Traceback" not in outcome.output
    return outcome.exit_code, outcome.output


def build(out: Path, *words: object, data: object = "demo") -> tuple[int, str]:
    return call("build", "--preset", "smoke", "--data", data, "--device", "cpu", "--out", out, *SAME, *words)


def last_line(said: str) -> str:
    return said.rstrip("\n").rpartition("\n")[2]
