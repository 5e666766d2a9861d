"""The commands that inspect runs or this machine and change nothing; only preview draws what is out of date."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from report.guard import OWN_TEMPLATES, RUN, RUN_OR_ZIP, TO_FORMATS, Place, fail, printable

if TYPE_CHECKING:
    from report.comparison.compare import FailOn
    from report.comparison.forms import Form

FILE = Place(dir_okay=False)


@click.command()
@RUN
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def status(run: Path, as_json: bool) -> None:
    """Print what in RUN is out of date, and why. Exit status 1 if anything is."""
    from report.status import stale

    found = stale(run)
    if as_json:
        import json

        click.echo(json.dumps({"format": 1, "stale": found}, indent=1))
    else:
        for name, why in found.items():
            click.echo(printable(f"{name}: {why}"))
        if not found:
            click.echo(f"{run}: nothing is out of date")
    raise SystemExit(1 if found else 0)


@click.command()
@RUN
@TO_FORMATS
@click.option("--claims", "wanted", type=FILE, help="A claims.toml with the expected verdicts and budgets.")
@click.option("--junit", type=FILE, help="Also write the outcome as JUnit XML.")
@OWN_TEMPLATES
def check(run: Path, formats: list[str], wanted: Path | None, junit: Path | None, templates: Path | None) -> None:
    """Check RUN's finished HTML and PDF against its bundle.

    Every number is compared. Exit status 1 if one does not agree.
    The PDF is compared with the HTML, which is always read; if there is no PDF, use --to html.
    """
    from experiments.memory import uncollected

    with uncollected():
        from report.checks.forms import lines
        from report.checks.gate import examine

        checks = examine(run, wanted, junit, templates, formats)
    for line in lines(checks):
        click.echo(printable(line))
    raise SystemExit(0 if all(one.passed for one in checks) else 1)


@click.command()
@click.argument("old", type=Place())
@click.argument("new", type=Place())
@click.option(
    "--to", default="text", type=click.Choice(["text", "md", "json", "html"]), show_default=True, help="Output format."
)
@click.option(
    "--fail-on", multiple=True, type=click.Choice(["flip", "worse"]),
    help="Exit status 1 if a claim flipped, or a number got worse.",
)  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Also show numbers that did not change.")
def compare(old: Path, new: Path, to: "Form", fail_on: tuple["FailOn", ...], everything: bool) -> None:
    """Print what changed from run OLD to run NEW. Each is a folder or a bundle.zip; flipped claims come first."""
    import shutil

    from report.comparison.compare import compare as between
    from report.comparison.forms import form

    found = between(old, new)
    click.echo(form(found, to, shutil.get_terminal_size().columns, everything), nl=False)
    if reasons := found.failures(fail_on):
        fail("; ".join(reasons), 1)


@click.command()
@RUN_OR_ZIP
@click.option("--port", default=0, help="0 takes any free one.", show_default=True)
@OWN_TEMPLATES
def preview(run: Path, port: int, templates: Path | None) -> None:
    """Serve the document of RUN, and follow its templates. It is rendered again whenever they change."""
    from report.preview import preview as serve

    serve(run, templates, port, click.echo)


@click.command()
@RUN
def claims(run: Path) -> None:
    """Judge every claim of RUN and print the verdicts."""
    from experiments.bundle import Bundle
    from report.judgement import judge_all

    judgements = judge_all(Bundle.load(run / "bundle"))
    width = max(map(len, judgements))
    for name, item in judgements.items():
        click.echo(printable(f"{name:{width}}  {item.verdict:13}  {item.reason or item.sentence}"))


@click.command()
def doctor() -> None:
    """Print what this machine has and lacks for a report. Each gap has a remedy."""
    from report.doctor import checks, status, table

    found = checks()
    click.echo(table(found))
    raise SystemExit(status(found))
