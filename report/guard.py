"""What every command shares: arguments, text for a terminal, and one line with a fitting exit status for any failure.

Exit status: 0 done; 1 a check failed, a claim flipped, a model failed, or something is out of date; 2 wrong usage or
input; 3 something that the machine lacks; 128 and the signal's number where one stopped it: 129 its terminal was
closed, 130 Ctrl-C, 141 nobody read its output on, 143 SIGTERM.
"""

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

NOWHERE = (FileNotFoundError, NotADirectoryError)  # a path that its user got wrong
REMEDIES = {
    errno.EACCES: "get the right to it, or take another folder",
    errno.EROFS: "take another folder",
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
}
GOES_ON = ("build", "figures", "render")  # commands whose second try begins where the first was stopped
ENDINGS = (signal.SIGTERM, signal.SIGHUP)  # a scheduler of jobs whose time is over; a terminal that was closed


class Place(click.Path):
    """A path, in which "~" is its user's home, also where a shell leaves that alone, as in --out=~/run."""

    def __init__(self, **wanted: bool) -> None:
        super().__init__(path_type=Path, **wanted)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":  # Path("") is the folder that one is in
            self.fail("is empty, as a variable of a shell is that was never set", param, ctx)
        return super().convert(os.path.expanduser(value), param, ctx)


FOLDER = Place(file_okay=False)
RUN = click.argument("run", type=Place(), callback=lambda context, argument, given: the_run(given))
ANY_RUN = click.argument("run", type=Place())  # a folder, or a bundle.zip
TO = click.option(
    "--to", "formats", default="html,pdf", show_default=True, help="Formats, with commas between.",
    callback=lambda context, option, given: [name.strip() for name in given.split(",")],
)  # fmt: skip
TEMPLATES = click.option("--templates", type=FOLDER, help="Templates of your own, see eject.")


class Ended(KeyboardInterrupt):
    """One of ENDINGS came, with its number: all is cleared away as after Ctrl-C."""


def _ended(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # an impatient second one could only disturb the end
    raise Ended(number)


@contextmanager
def _one_line(goes_on: bool) -> Iterator[None]:
    """What went wrong, in one line without a traceback, and the exit status that fits.

    Args:
        goes_on: whether a second try begins where the first was stopped.
    """
    main = threading.current_thread() is threading.main_thread()
    heard = [kind for kind in ENDINGS if main and signal.getsignal(kind) != signal.SIG_IGN]  # which nohup had ignored
    before = {kind: signal.signal(kind, _ended) for kind in heard}
    try:
        yield
    except ImportError as error:
        fail(f"{error.name or error} is not installed: make setup in the source folder", 3)
    except ValueError as error:
        fail(str(error), 2)
    except BrokenPipeError:  # without a word, and without another try when Python ends
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(128 + signal.SIGPIPE) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        remedy = f"; {REMEDIES[error.errno]}" if error.errno in REMEDIES else ""
        fail(f"{where}{error.strerror or error}{remedy}", 2 if isinstance(error, NOWHERE) else 3)
    except (MemoryError, RuntimeError) as error:
        kept = "; what was finished is kept" if goes_on else ""
        fail(f"{str(error).splitlines()[0] if str(error) else 'out of memory'}{kept}", 3)
    except KeyboardInterrupt as stop:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        before = dict.fromkeys(heard, signal.SIG_IGN)
        status = 128 + (stop.args[0] if isinstance(stop, Ended) else signal.SIGINT)
        kept = "; what was finished is kept, and the same command goes on from there" if goes_on else ""
        fail(f"stopped{kept}", status)
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def fail(text: str, status: int) -> NoReturn:
    click.echo(f"aereport: {printable(' '.join(text.split()))}", err=True)
    raise SystemExit(status) from None


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(*args: Any, **keywords: Any) -> None:
        with _one_line(command.__name__ in GOES_ON):
            command(*args, **keywords)

    return run


def say(text: object) -> None:
    """A line for whoever listens: where the other end of a pipe is closed (`| head -1`), the work goes on without."""
    try:
        click.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def printable(value: Any) -> str:
    """A text for a terminal: control characters, which could move its cursor or set its title, are shown as codes."""
    from experiments.legible import odd  # pydantic behind it takes time, which --help has not

    return "".join(c if c == "\n" else odd(c) or c for c in str(value))


def the_run(path: Path) -> Path:
    """A run's folder; one line and the exit status of wrong usage for anything else."""
    if not os.path.exists(path):  # which says no of a name that is too long for one
        fail(f"{path}: no such file or folder", 2)
    if path.is_file():
        fail(f"{path}: a file, and no run's folder; of a bundle.zip, aereport render {path} makes one", 2)
    return path
