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
RUN = click.argument("run", type=click.Path(path_type=Path, file_okay=False))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aereport")
def main() -> None:
    """Train autoencoders, measure them, and write the report that follows from the numbers."""


@contextmanager
def _one_line() -> Iterator[None]:
    """What went wrong, in one line without a traceback, and the exit status that fits."""
    try:
        yield
    except ValueError as error:
        click.echo(f"aereport: {error}", err=True)
        raise SystemExit(2) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"aereport: {where}{error.strerror or error}", err=True)
        raise SystemExit(2 if isinstance(error, FileNotFoundError) else 3) from None
    except KeyboardInterrupt:
        click.echo("aereport: stopped; what was finished is kept", err=True)
        raise SystemExit(130) from None


def _guarded(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(*args: Any, **keywords: Any) -> None:
        with _one_line():
            command(*args, **keywords)

    return run


@main.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--scenario", default="nominal", type=click.Choice(SCENARIOS), show_default=True, help="which results")
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
    """Judge every claim from RUN's bundle, print the verdicts and write RUN/claims.json."""
    from experiments.bundle import Bundle
    from experiments.files import lock, write_atomic
    from report.judge import judge_all, to_json

    judgements = judge_all(Bundle.load(run / "bundle"))
    with lock(run):
        write_atomic(run / "claims.json", to_json(judgements).encode())
    width = max(map(len, judgements))
    for name, item in judgements.items():
        click.echo(f"{name:{width}}  {item.verdict:13}  {item.reason or item.sentence}")
