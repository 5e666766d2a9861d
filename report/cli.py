"""The command `aereport`. Heavy imports stand inside the commands, so that `--help` is quick."""

import io
import os
import sys

import click

from report import looking, making
from report.guard import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aereport")
def main() -> None:
    """Train autoencoders, measure them, and write the report that follows from the numbers."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # letters that the terminal lacks become "?"
    os.environ.pop("SOURCE_DATE_EPOCH", None)  # dates are the bundle's, and numpy does not load if it is empty


for command in (
    making.build, making.figures, making.render, looking.status, looking.check, looking.compare, looking.claims,
    looking.preview, making.eject, making.pack, making.fake, looking.doctor,
):  # fmt: skip
    main.add_command(command)


if __name__ == "__main__":
    main(prog_name="aereport")
