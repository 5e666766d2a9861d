"""The commands that write something: a run, its figures, its document, a zip of it, a copy of the templates."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from report.guard import FOLDER, OWN_TEMPLATES, RUN, RUN_OR_ZIP, TO_FORMATS, Place, fail, printable, say

if TYPE_CHECKING:
    from experiments.bundle import Bundle

SCENARIOS = ("nominal", "flipped", "ties", "one-seed", "nan", "missing-model", "extremes")
MODELS = (
    "ae", "dae", "vae", "mcae", "mcae_sparse", "vit_mae", "pca", "random_encoder", "pixels", "gaussian", "classifier",
)  # fmt: skip


@click.command()
@click.option("--preset", help="smoke, quick or full.", show_default="quick")
@click.option("--data", help="auto, cifar10, demo, or a FOLDER with train/ and test/.", show_default="auto")
@click.option("--out", type=FOLDER, help="Folder of the run; default: build/PRESET.")
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), show_default="auto",
    help="Device for training; auto takes cuda if there is a GPU.",
)  # fmt: skip
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a setting; may be repeated. --set help explains them all.",
)
@click.option(
    "--only", multiple=True, type=click.Choice(MODELS),
    help="Measure only this model again, and for ae and vae their judge; may be repeated.",
)  # fmt: skip
@click.option("--cluster", default="", metavar="ADDRESS", help="Train on the workers of this Dask scheduler.")
@OWN_TEMPLATES
def build(
    preset: str | None, data: str | None, out: Path | None, device: str | None, overrides: tuple[str, ...],
    only: tuple[str, ...], cluster: str, templates: Path | None,
) -> None:  # fmt: skip
    """Train, measure, draw and render a report.

    Writes report.html and report.pdf into the run's folder. If that holds a run, only what is out of date is done
    again; settings, data and device default to the run's.
    """
    from experiments.options import resolve
    from experiments.presets import described
    from report.render import FORMATS, check_request

    if "help" in overrides:
        say(described())
        return
    out = out or Path("build") / (preset or "quick")
    what = resolve(out, preset, overrides, data, device)
    check_request(FORMATS, templates)
    with _build_lock(out):
        from report.console import listening

        with listening(out) as log:
            from experiments.measure import measure
            from report import steps
            from report.paper import process

            printed = what.settings.title, what.settings.author, what.settings.course
            folder = Path(os.path.expanduser(what.source))
            names = (path.name for path in folder.glob("train/*"))  # of classes, in a folder of images
            if lacking := process.missing_library() or process.missing_letters((*printed, *names)):
                log.note(f"{lacking}; the HTML will be written")
            if what.taken:
                log.note(what.taken)
            _note_templates(out, templates, log.note)
            bundle = measure(what, out, only, log, cluster)
            written = steps.document(out, steps.figures(out, bundle, log.note), log.note, templates=templates)
    for path in written:
        say(path)
    failed = {key: why for key, why in bundle.reasons.items() if "/" not in key}
    if failed:
        fail("; ".join(f"{model} failed: {why}" for model, why in failed.items()), 1)


@contextmanager
def _build_lock(out: Path) -> Iterator[None]:
    """Lock a run's folder for a build; one that fails before it measured anything removes the folder if it made it."""
    from experiments.files import lock

    new = not out.exists()
    with lock(out):
        try:
            yield
        except Exception:
            if new and {path.name for path in out.rglob("*")} <= {".lock", "build.log", "models"}:
                shutil.rmtree(out)
            raise


@click.command()
@RUN
def figures(run: Path) -> None:
    """Judge the claims of RUN, and draw its figures and tables. What is up to date is not drawn again."""
    from report import steps

    with _locked(run) as bundle:
        steps.figures(run, bundle, say)


@click.command()
@RUN_OR_ZIP
@TO_FORMATS
@click.option(
    "--out", type=FOLDER,
    help="Folder for the report and a copy of the bundle; default: RUN, or a folder beside the zip.",
)  # fmt: skip
@OWN_TEMPLATES
def render(run: Path, formats: list[str], out: Path | None, templates: Path | None) -> None:
    """Write report.html and report.pdf of RUN. It is a folder or a bundle.zip; figures are drawn first if need be."""
    from experiments.memory import uncollected
    from report.paper.process import pdf_process

    with uncollected(), pdf_process(formats) as printing:  # as early as possible: it takes time to start
        from report import steps
        from report.archive import unpacked
        from report.render import check_request

        check_request(formats, templates)
        run = unpacked(run, out)
        _note_templates(run, templates, say)
        if templates:
            _note_lint(templates)
        with _locked(run) as bundle:
            steps.document(run, steps.figures(run, bundle, say), say, formats, templates, printing)


def _note_lint(templates: Path) -> None:
    """Say what `aereport check` will find in the user's templates."""
    from report.lint import lint  # slow to load, and most documents do not need it

    for finding in lint(templates):
        click.echo(printable(f"{finding}; aereport check will not pass"), err=True)


def _note_templates(run: Path, given: Path | None, note: Callable[[str], None]) -> None:
    """Say if a document that was made with the user's templates is now made with the installed ones."""
    from report import made

    if given is None and (last := made.noted(run)):
        gone = "" if made.templates(run) else ", which is not there any more"
        note(printable(f"with the installed templates; the last page was made with --templates {last}{gone}"))


@contextmanager
def _locked(run: Path) -> "Iterator[Bundle]":
    """A run's bundle, with the folder locked against other processes; says what is out of date in it."""
    from experiments import due
    from experiments.bundle import Bundle
    from experiments.files import lock

    bundle = Bundle.load(run / "bundle")  # before the lock, which makes a folder
    with lock(run):
        stale = {} if bundle.provenance.fake else due.stale(bundle)
        for why in dict.fromkeys(stale.values()):
            names = [name for name, other in stale.items() if other == why]
            click.echo(f"out of date: {', '.join(names)}: {why}", err=True)
        yield bundle


@click.command()
@RUN
@click.argument("out", type=Place(dir_okay=False))
def pack(run: Path, out: Path) -> None:
    """Write RUN's bundle as a zip. `render` reads it on any machine; equal bundles give equal bytes."""
    from report.archive import pack as write

    write(run, out)
    click.echo(out)


@click.command()
@click.argument("out", type=FOLDER)
def eject(out: Path) -> None:
    """Copy the templates and their guide into a new folder OUT. Use it with `--templates OUT`."""
    from report.eject import eject as copy

    click.echo(f"{out}: {len(copy(out))} files; see TEMPLATES.md there")


@click.command()
@click.argument("out", type=FOLDER)
@click.option("--scenario", default="nominal", type=click.Choice(SCENARIOS), show_default=True, help="Kind of results.")
def fake(out: Path, scenario: str) -> None:
    """Write a run OUT of made-up results. It is ready for `figures` and `render`."""
    from experiments.bundle import Bundle
    from experiments.files import lock
    from report.fake import fake as write

    others = {path.name for path in out.iterdir()} - {".lock"} if out.is_dir() else set()
    if others and not (out / "bundle" / "bundle.json").exists():
        raise ValueError(f"{out}: is not empty and holds no fake run; choose another folder")
    with lock(out):
        if (out / "bundle" / "bundle.json").exists() and not Bundle.load(out / "bundle").provenance.fake:
            raise ValueError(f"{out}: holds a run that was measured; choose another folder for fake results")
        write(out, scenario)
    click.echo(f"{out}: fake results, scenario {scenario}")
