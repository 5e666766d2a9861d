"""What all commands share: arguments, text for a terminal, and for any failure one line and an exit status.

Exit status: 0 done; 1 a check failed, a claim flipped, a model failed, or something is out of date; 2 wrong usage or
input; 3 something that the machine lacks; 128 plus the number of the signal that stopped it: 129 its terminal was
closed, 130 Ctrl-C, 141 the reader of its output is gone, 143 SIGTERM.
"""

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

NOWHERE = (FileNotFoundError, NotADirectoryError)  # a path that its user got wrong
REMEDIES = {
    errno.EACCES: "change its permissions, or take another folder",
    errno.EROFS: "take another folder",
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
}
RESUMABLE = ("build", "figures", "render")  # commands that continue where the last call was stopped
ENDINGS = (signal.SIGTERM, signal.SIGHUP)  # a job's time is over; a terminal was closed


class Place(click.Path):
    """A path; "~" is the user's home, also where the shell does not expand it, as in --out=~/run."""

    def __init__(self, **wanted: bool) -> None:
        super().__init__(path_type=Path, **wanted)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":  # Path("") is the current folder
            self.fail("is empty; is a shell variable not set?", param, ctx)
        return super().convert(os.path.expanduser(value), param, ctx)


FOLDER = Place(file_okay=False)
RUN = click.argument("run", type=Place(), callback=lambda context, argument, given: run_folder(given))
RUN_OR_ZIP = click.argument("run", type=Place())  # a folder, or a bundle.zip
TO_FORMATS = click.option(
    "--to", "formats", default="html,pdf", show_default=True, help="Formats, separated by commas.",
    callback=lambda context, option, given: [name.strip() for name in given.split(",")],
)  # fmt: skip
OWN_TEMPLATES = click.option("--templates", type=FOLDER, help="Folder of your own templates, see eject.")


class Ended(KeyboardInterrupt):
    """One of the signals ENDINGS, with its number; handled as Ctrl-C is."""

    def __str__(self) -> str:
        return signal.Signals(self.args[0]).name


def _ended(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # a second one would disturb the cleaning up
    raise Ended(number)


class Commands(click.Group):
    """A group whose commands, and whose options and help, fail with one line and a fitting exit status."""

    def make_context(self, *args: Any, **named: Any) -> click.Context:
        with _one_line():
            return super().make_context(*args, **named)

    def invoke(self, ctx: click.Context) -> Any:
        with _one_line(ctx):
            return super().invoke(ctx)


@contextmanager
def _one_line(ctx: click.Context | None = None) -> Iterator[None]:
    """Turn an exception into one line without a traceback, and an exit status."""
    main = threading.current_thread() is threading.main_thread()
    heard = [kind for kind in ENDINGS if main and signal.getsignal(kind) != signal.SIG_IGN]  # as under nohup
    before = {kind: signal.signal(kind, _ended) for kind in heard}
    try:
        yield
    except click.exceptions.Exit:  # a RuntimeError that is none
        raise
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed: make setup in the source folder", 3)
    except ImportError as error:  # of a library that is there and cannot be loaded
        fail(f"{error}; see what aereport doctor says", 3)
    except ValueError as error:
        fail(str(error), 2)
    except BrokenPipeError:  # say nothing, and let Python not try to flush again as it exits
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(128 + signal.SIGPIPE) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        remedy = f"; {REMEDIES[error.errno]}" if error.errno in REMEDIES else ""
        fail(f"{where}{error.strerror or error}{remedy}", 2 if isinstance(error, NOWHERE) else 3)
    except (MemoryError, RuntimeError) as error:
        kept = "; what was finished is kept" if _resumable(ctx) else ""
        fail(f"{str(error).splitlines()[0] if str(error) else 'out of memory'}{kept}", 3)
    except KeyboardInterrupt as stop:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        before = dict.fromkeys(heard, signal.SIG_IGN)
        status = 128 + (stop.args[0] if isinstance(stop, Ended) else signal.SIGINT)
        kept = "; what was finished is kept, and the same command goes on from there" if _resumable(ctx) else ""
        fail(f"stopped{kept}", status)
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def fail(text: str, status: int) -> NoReturn:
    click.echo(f"aereport: {printable(' '.join(text.split()))}", err=True)
    raise SystemExit(status) from None


def _resumable(ctx: click.Context | None) -> bool:
    """Whether the next call continues where this one was stopped."""
    return ctx is not None and ctx.invoked_subcommand in RESUMABLE


def say(text: object) -> None:
    """Print a line; if the reader is gone, as after `| head -1`, the work goes on without."""
    try:
        click.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def printable(value: Any) -> str:
    """Text for a terminal: control characters, which could move its cursor or set its title, are shown as codes."""
    from experiments.legible import odd  # imports pydantic, too slow for --help

    return "".join(c if c == "\n" else odd(c) or c for c in str(value))


def run_folder(path: Path) -> Path:
    """The path of a run's folder; anything else is wrong usage."""
    if not os.path.exists(path):  # False for a name that is too long, too
        fail(f"{path}: no such file or folder", 2)
    if path.is_file():
        fail(f"{path}: is a file, not the folder of a run; of a bundle.zip, aereport render {path} makes one", 2)
    return path
