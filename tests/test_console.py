"""What a build says: exact lines, bars on terminals of any width, and no harm from texts that come from outside."""

import errno
import io
import os
import re
import resource
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import TextIO, cast

import pytest
from rich.console import Console

from report import console
from report.console import Bars, Lines, Lossy, listening
from report.guard import Ended, printable


class Clock:
    """Stands at 12:34:56; `seconds` may be moved on."""

    seconds = 100.0

    def now(self) -> datetime:
        return datetime(2026, 1, 2, 12, 34, 56)

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(console, "datetime", clock)
    monkeypatch.setattr(console, "time", clock)
    return clock


def test_lines_are_exact_and_the_log_says_the_same(clock: Clock) -> None:
    log, out = io.StringIO(), io.StringIO()
    lines = Lines(log, out)
    lines.expect(2)
    lines.note("two\nlines")
    lines.epoch("ae", 0, 0.25, 2, 0.0123456, 1234.5, 9.6)
    clock.seconds += 9.9
    lines.epoch("ae", 0, 0.5, 2, 0.01, 1234.5, 5)  # ten seconds of silence are not over
    clock.seconds += 0.1
    lines.epoch("ae", 0, 1, 2, 0.01, 999.4, 0.4)
    lines.step("ae", 0, "fit")
    lines.step("ae", 0, "data_efficiency")
    clock.seconds += 10
    lines.epoch("ae", 0, 1, 8, 0.02, 999.4, 3)
    lines.done("ae", 0, "done, 12 s")
    lines.done("dae", 1, "failed, no luck")
    assert out.getvalue() == (
        "12:34:56 two\n"
        "12:34:56 lines\n"
        "12:34:56 ae-0: epoch 0.25 of 2, loss 0.01235, 1,234 images/s, 10 s left\n"
        "12:34:56 ae-0: epoch 1 of 2, loss 0.01, 999 images/s, 0 s left\n"
        "12:34:56 ae-0, data efficiency: epoch 1 of 8, loss 0.02, 999 images/s, 3 s left\n"
        "12:34:56 ae-0: done, 12 s\n"
        "12:34:56 dae-1: failed, no luck\n"
    )
    assert log.getvalue() == out.getvalue()


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_closed_pipe_ends_the_lines_and_not_the_build(clock: Clock) -> None:
    log = io.StringIO()
    lines = Lines(log, Lossy(Closed()))
    lines.note("first")
    lines.note("second")
    assert log.getvalue() == "12:34:56 first\n12:34:56 second\n"


@pytest.mark.parametrize("width", [20, 40, 120])
def test_bars_fit_the_terminal(clock: Clock, width: int) -> None:
    log, screen = io.StringIO(), io.StringIO()
    bars = Bars(log, Console(file=screen, force_terminal=True, width=width, color_system=None))
    with bars.bars:
        bars.expect(2)
        bars.note("a note [bold]of :smile: more than forty characters[/bold]")
        bars.epoch("mcae_sparse", 0, 0.5, 2, 0.25, 1000, 9)
        bars.step("mcae_sparse", 0, "linear_probe")
        bars.bars.refresh()
        bars.done("mcae_sparse", 0, "failed, no luck")
        bars.step("mcae_sparse", 0, "last_words")  # a process's come on their own time
        assert [(task.completed, task.fields["what"]) for task in bars.bars.tasks if task.visible] == [(1, "1 to come")]
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    assert max(len(line) for line in re.split(r"[\r\n]", shown)) <= width
    assert "[bold]of :smile:" in " ".join(shown.split())
    assert log.getvalue() == (
        "12:34:56 a note [bold]of :smile: more than forty characters[/bold]\n12:34:56 mcae_sparse-0: failed, no luck\n"
    )


def test_control_characters_are_shown_as_codes(clock: Clock) -> None:
    bad = "title \x1b]0;owned\x07 \u202eback\u2028 10\u202f% Zürich\t. \u0645\u06cc\u200c\u062e"
    good = "title \\x1b]0;owned\\x07 \\u202eback\\u2028 10\u202f% Zürich\\t. \u0645\u06cc\u200c\u062e"
    assert printable(bad) == good
    log, out, screen = io.StringIO(), io.StringIO(), io.StringIO()
    Lines(log, out).note(bad.replace("\u2028", ""))
    expected = f"12:34:56 {good}\n".replace("\\u2028", "")
    assert (log.getvalue(), out.getvalue()) == (expected, expected)
    bars = Bars(io.StringIO(), Console(file=screen, width=120, color_system=None))
    bars.note(bad)
    assert screen.getvalue() == f"{good}\n"


def test_a_dumb_terminal_or_ci_gets_lines_and_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal, as far as rich can tell
    for ci, term, kind in (("", "xterm", Bars), ("true", "xterm", Lines), ("", "dumb", Lines)):
        monkeypatch.setenv("CI", ci)
        monkeypatch.setenv("TERM", term)
        with listening(tmp_path / "new") as said:
            assert type(said) is kind
            said.note("größer")
    lines = [line[9:] for line in (tmp_path / "new" / "build.log").read_text("utf-8").splitlines()]
    assert re.fullmatch(r"(build began on \d{4}-\d\d-\d\d\ngrößer\n){3}", "\n".join([*lines, ""]))
    assert capsys.readouterr().err.count("größer") == 3


def test_a_reason_without_words_has_its_name_in_the_log(tmp_path: Path) -> None:
    for error in (KeyboardInterrupt(), Ended(signal.SIGTERM), ValueError("a reason")):
        with pytest.raises(type(error)), listening(tmp_path):
            raise error
    lines = [line[9:] for line in (tmp_path / "build.log").read_text("utf-8").splitlines()]
    stopped = [line.removeprefix("stopped: ") for line in lines if line.startswith("stopped: ")]
    assert stopped == ["KeyboardInterrupt", "SIGTERM", "a reason"]


def test_a_full_disk_costs_lines_of_the_log_and_not_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own error took the place of the one that had stopped the build, with another path and exit status."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def build() -> None:
        with listening(tmp_path) as said:
            said.note("before")
            resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "build.log").stat().st_size, limits[1]))
            said.note("lost")
            raise OSError(errno.EFBIG, "the reason", "its file")

    try:
        with pytest.raises(OSError, match="the reason") as caught:
            build()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.filename == "its file"
    assert "lost" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="a terminal that goes away is told otherwise elsewhere")
def test_a_terminal_that_goes_away_ends_the_bars_and_not_the_build(clock: Clock) -> None:
    ours, theirs = os.openpty()
    log, terminal = io.StringIO(), os.fdopen(theirs, "w")
    bars = Bars(log, Console(file=cast(TextIO, Lossy(terminal)), force_terminal=True))
    with bars.bars:
        bars.expect(2)
        bars.epoch("ae", 0, 0.5, 1, 0.1, 100, 9)
        os.close(ours)
        bars.note("nobody reads this")
        bars.done("ae", 0, "done, 3 s")
    bars.note("the end")
    assert log.getvalue().splitlines()[-1] == "12:34:56 the end"
    with pytest.raises(OSError, match="Input/output error"):
        terminal.close()  # without the screen


def test_a_process_without_a_screen_keeps_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that was started with `2>&-`."""
    monkeypatch.setattr(sys, "stderr", None)
    with listening(tmp_path) as lines:
        lines.note("heard")
    assert "heard" in (tmp_path / "build.log").read_text()
