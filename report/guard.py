"""What every command shares: arguments, text for a terminal, and one line with a fitting exit status for any failure.

Exit status: 0 done; 1 a check failed; 2 wrong usage or input; 3 something that the machine lacks.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any
from unicodedata import category

import click

FOLDER = click.Path(path_type=Path, file_okay=False)
RUN = click.argument("run", type=FOLDER)
ANY_RUN = click.argument("run", type=click.Path(path_type=Path))  # a folder, or a bundle.zip
NOWHERE = (FileNotFoundError, NotADirectoryError)  # a path that its user got wrong
TEMPLATES = click.option("--templates", type=FOLDER, help="Templates of your own, see eject.")


@contextmanager
def _one_line() -> Iterator[None]:
    """What went wrong, in one line without a traceback, and the exit status that fits."""
    try:
        yield
    except ImportError as error:
        fail(f"{error.name or error} is not installed: pip install 'aereport[train]', or make setup", 3)
    except ValueError as error:
        fail(str(error), 2)
    except BrokenPipeError:
        raise  # nobody listens any more; click ends the command with 1, and without a word
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        fail(f"{where}{error.strerror or error}", 2 if isinstance(error, NOWHERE) else 3)
    except (MemoryError, RuntimeError) as error:
        fail(f"{str(error).splitlines()[0] if str(error) else 'out of memory'}; what was finished is kept", 3)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second one could only disturb the end
        fail("stopped; what was finished is kept, and the same command goes on from there", 130)


def fail(text: str, status: int) -> None:
    click.echo(f"aereport: {printable(' '.join(text.split()))}", err=True)
    raise SystemExit(status) from None


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(*args: Any, **keywords: Any) -> None:
        with _one_line():
            command(*args, **keywords)

    return run


def printable(value: Any) -> str:
    """A text for a terminal: control characters, which could move its cursor or set its title, are shown as codes."""
    return "".join(c if c.isprintable() or c == "\n" or category(c) == "Zs" else repr(c)[1:-1] for c in str(value))
