"""The command `aereport`. Heavy imports stand inside the commands, so that `--help` is quick.

Exit status: 0 done; 1 a check failed; 2 wrong usage or input; 3 something that the machine lacks.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

SCENARIOS = ("nominal", "flipped", "ties", "one-seed", "nan", "missing-model", "extremes")
MODELS = (
    "ae",
    "dae",
    "vae",
    "mcae",
    "mcae_sparse",
    "vit_mae",
    "pca",
    "random_encoder",
    "pixels",
    "gaussian",
    "classifier",
)
FOLDER = click.Path(path_type=Path, file_okay=False)
RUN = click.argument("run", type=FOLDER)
TEMPLATES = click.option("--templates", type=FOLDER, help="Templates of your own.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aereport")
def main() -> None:
    """Train autoencoders, measure them, and write the report that follows from the numbers."""


@contextmanager
def _one_line() -> Iterator[None]:
    """What went wrong, in one line without a traceback, and the exit status that fits."""
    try:
        yield
    except ImportError as error:
        _fail(f"{error.name or error} is not installed: pip install 'aereport[train]', or make setup", 3)
    except ValueError as error:
        _fail(str(error), 2)
    except BrokenPipeError:
        raise SystemExit(1) from None  # nobody listens any more
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}", 2 if isinstance(error, FileNotFoundError) else 3)
    except KeyboardInterrupt:
        _fail("stopped; what was finished is kept, and the same command goes on from there", 130)


def _fail(text: str, status: int) -> None:
    from report.console import printable

    click.echo(f"aereport: {printable(' '.join(text.split()))}", err=True)
    raise SystemExit(status) from None


def _guarded(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(*args: Any, **keywords: Any) -> None:
        with _one_line():
            command(*args, **keywords)

    return run


@main.command()
@click.option("--preset", default="quick", show_default=True, help="smoke, quick or full.")
@click.option(
    "--data", default="auto", show_default=True, help="auto, cifar10, demo, or a FOLDER with train/ and test/."
)
@click.option("--out", type=FOLDER, help="The run's folder; build/PRESET where not given.")
@click.option("--device", default="auto", type=click.Choice(["auto", "cpu", "cuda"]), show_default=True)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a setting; may be repeated.")
@click.option("--only", multiple=True, type=click.Choice(MODELS), help="Measure this model again and no other.")
@TEMPLATES
@_guarded
def build(
    preset: str, data: str, out: Path | None, device: str, overrides: tuple[str, ...], only: tuple[str, ...],
    templates: Path | None,
) -> None:  # fmt: skip
    """Train, measure, draw and render: report.html and report.pdf in the run's folder.

    In a folder that holds a run, only what is due is done again.
    """
    from experiments.files import lock
    from experiments.settings import preset as settings_of

    settings = settings_of(preset, overrides)
    out = out or Path("build") / preset
    with lock(out):
        from report.console import listening

        with listening(out) as said:
            from experiments.measure import measure
            from report import steps

            if lacking := steps.pdf_lacks():
                said.note(f"{lacking}; the HTML will be written")
            bundle = measure(settings, data, out, device, only, said)
            written = steps.document(out, bundle, steps.figures(out, bundle, said.note), said.note, templates=templates)
    for path in written:
        click.echo(path)
    failed = {key: why for key, why in bundle.reasons.items() if "/" not in key}
    if failed:
        _fail("; ".join(f"{model} is unavailable: {why}" for model, why in failed.items()), 1)


@main.command()
@RUN
@_guarded
def figures(run: Path) -> None:
    """Judge RUN's claims and draw its figures and tables, as far as they are missing or out of date."""
    from report import steps

    with _bundle(run) as bundle:
        steps.figures(run, bundle, click.echo)


@main.command()
@RUN
@click.option("--to", "formats", default="html,pdf", show_default=True, help="Formats, with commas between.")
@TEMPLATES
@_guarded
def render(run: Path, formats: str, templates: Path | None) -> None:
    """Write RUN's report.html and report.pdf; draws first what is missing or out of date."""
    from report import steps

    with _bundle(run) as bundle:
        drawn = steps.figures(run, bundle, click.echo)
        steps.document(run, bundle, drawn, click.echo, formats.split(","), templates)


@main.command()
@RUN
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@_guarded
def status(run: Path, as_json: bool) -> None:
    """Say what in RUN is out of date, and why; changes nothing. Exit status 1 where something is."""
    from report.status import stale

    found = stale(run)
    if as_json:
        import json

        click.echo(json.dumps({"format": 1, "stale": found}, indent=1))
    else:
        from report.console import printable

        for name, why in found.items():
            click.echo(printable(f"{name}: {why}"))
        if not found:
            click.echo(f"{run}: nothing is out of date")
    raise SystemExit(1 if found else 0)


@main.command()
@click.argument("out", type=FOLDER)
@click.option("--scenario", default="nominal", type=click.Choice(SCENARIOS), show_default=True, help="Which results.")
@_guarded
def fake(out: Path, scenario: str) -> None:
    """Write a whole run folder OUT of made-up results, ready for `figures` and `render`."""
    from experiments.files import lock
    from report.fake import fake as write

    with lock(out):
        write(out, scenario)
    click.echo(f"{out}: fake results, scenario {scenario}")


@main.command()
@RUN
@_guarded
def claims(run: Path) -> None:
    """Judge every claim of RUN and print the verdicts."""
    from experiments.bundle import Bundle
    from report.console import printable
    from report.judge import judge_all

    judgements = judge_all(Bundle.load(run / "bundle"))
    width = max(map(len, judgements))
    for name, item in judgements.items():
        click.echo(printable(f"{name:{width}}  {item.verdict:13}  {item.reason or item.sentence}"))


@main.command()
@_guarded
def doctor() -> None:
    """Say what this machine has and lacks for a report, each with its remedy."""
    from report.doctor import checks

    found = checks()
    for check in found:
        click.echo(
            f"{check.state:8}  {check.name:10}  {check.found}" + (f"\n{'':20}  {check.remedy}" if check.remedy else "")
        )
    raise SystemExit(3 if any(check.state == "missing" for check in found) else 0)


@contextmanager
def _bundle(run: Path) -> Iterator[Any]:
    """A run's bundle, while no other process works in the folder."""
    from experiments.bundle import Bundle
    from experiments.files import lock

    found = Bundle.load(run / "bundle")  # before the lock, which makes a folder
    with lock(run):
        yield found
