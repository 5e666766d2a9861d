"""CI's gate: a run is checked, compared with the verdicts and budgets that a project expects, and reported.

claims.toml   [claims] ID = "supported" …         the verdict that a claim must have
              [budget] html_mb = 5, pdf_mb = 5, bundle_mb = 50, build_minutes = 10      at most; any of them
"""

import math
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.bundle import Bundle
from experiments.files import read_plain, write_atomic
from experiments.legible import closest
from report import made, words
from report.checks.document import check
from report.checks.forms import junit, markdown
from report.checks.result import Check
from report.claims import CLAIMS
from report.console import BEGAN
from report.judgement import judge_all
from report.made import MAX_FILE
from report.render import FORMATS, check_formats
from report.stats import VERDICTS
from report.templates import TEMPLATES

SIZES = {"html_mb": "report.html", "pdf_mb": "report.pdf", "bundle_mb": "bundle"}
BUDGETS = (*SIZES, "build_minutes")
MEGABYTE = 1e6
STAMP = re.compile(r"(\d\d):(\d\d):(\d\d) (.*)")  # a line of build.log
LAST = re.compile(r"3 render .*report\.pdf$")  # the last line of a build; one that failed may have written the HTML
DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Expected:
    """What a project expects of a run."""

    claims: Mapping[str, str]
    budget: Mapping[str, float]


def examine(
    run: Path, claims: Path | None = None, report: Path | None = None, templates: Path | None = None,
    formats: Sequence[str] = FORMATS,
) -> tuple[Check, ...]:  # fmt: skip
    """Check a run, compare it with a claims.toml, and write the outcome where CI looks for it.

    Args:
        claims: a claims.toml.
        report: file for the outcome as JUnit XML.
        templates: what the document was rendered with; by default what the run names, or the installed templates.
        formats: which documents are checked; the HTML always is.

    Raises:
        ValueError: no run, format or templates; a mistake in claims.toml; or `report` would overwrite something else.
        OSError: a file cannot be read or written.
    """
    check_formats(formats)
    wanted = expected(claims) if claims else None
    if report and report.exists() and (there := read_plain(report, MAX_FILE)) and b"<testsuite" not in there[:200]:
        raise ValueError(f"--junit {report}: exists and is not a JUnit file; give another name")
    if templates and not templates.is_dir():
        raise ValueError(f"--templates {templates}: no such folder")
    behind = templates or made.templates(run) or TEMPLATES
    checks = check(run, behind, formats, given=behind == templates)
    if wanted and checks[0].passed:
        checks += gate(run, wanted)
    if report:
        write_atomic(report, junit(checks))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(summary, "a", encoding="utf-8") as file:
            file.write(markdown(run, checks))
    return checks


def expected(path: Path) -> Expected:
    """Read a claims.toml.

    Raises:
        ValueError: no TOML, an unknown name (lists the valid ones), or an impossible value.
        OSError: it cannot be read.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: byte {error.start} is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"{path}: no TOML: {error}") from None
    _check_names(path, "section", content, ("claims", "budget"))
    for section, kind, valid in (("claims", "claim", tuple(CLAIMS)), ("budget", "budget", BUDGETS)):
        if not isinstance(content.setdefault(section, {}), dict):
            raise ValueError(f"{path}: {section} must be a section, [{section}]")
        _check_names(path, kind, content[section], valid)
    for name, verdict in content["claims"].items():
        if verdict not in VERDICTS:
            raise ValueError(f"{path}: claims.{name}: {verdict!r} is no verdict; expected one of {', '.join(VERDICTS)}")
    for name, most in content["budget"].items():
        if isinstance(most, bool) or not isinstance(most, (int, float)) or not most > 0:
            raise ValueError(f"{path}: budget.{name}: must be a number above zero, not {most!r}")
    if not (content["claims"] or content["budget"]):
        raise ValueError(f"{path}: expects nothing: name verdicts under [claims], or limits under [budget]")
    return Expected(content["claims"], content["budget"])


def _check_names(path: Path, what: str, given: Mapping[str, object], valid: Sequence[str]) -> None:
    for name in given:
        if name not in valid:
            meant = closest(name, valid)
            raise ValueError(f"{path}: unknown {what} {name!r}{meant}; expected one of {', '.join(valid)}")


def gate(run: Path, wanted: Expected) -> tuple[Check, ...]:
    """Compare a run, whose bundle can be read, with what is expected of it."""
    judgements = judge_all(Bundle.load(run / "bundle"))
    flipped = tuple(
        f"{name}: {judgements[name].verdict}, expected {verdict}"
        for name, verdict in wanted.claims.items()
        if judgements[name].verdict != verdict
    )
    used = {name: _used(run, name) for name in wanted.budget}
    over = tuple(
        f"{name}: {_unknown(run, name) if value is None else _raised(value)}, at most {most:g}"
        for name, most in wanted.budget.items()
        if (value := used[name]) is None or value > most
    )
    spent = ", ".join(f"{name} {_raised(value)}" for name, value in used.items() if value is not None)
    return (
        Check("expected verdicts", words.count(len(wanted.claims), "claim"), flipped),
        Check("budget", spent or "nothing is limited", over),
    )


def _used(run: Path, name: str) -> float | None:
    """Megabytes or minutes that a run took; None if that is not known."""
    if name == "build_minutes":
        return _minutes(run / "build.log")
    path = run / SIZES[name]
    files = [file for file in (path, *path.rglob("*")) if file.is_file()]
    return sum(file.stat().st_size for file in files) / MEGABYTE if files else None


def _raised(value: float) -> str:
    """Rounded up, so that it may be taken for the limit."""
    return f"{math.ceil(round(value * 100, 6)) / 100:.2f}"


def _unknown(run: Path, name: str) -> str:
    """ "unknown: no build.log in build/mine"."""
    file = SIZES.get(name, "build.log")
    unfinished = file == "build.log" and (run / file).exists()
    return f"unknown: no {'finished build in ' if unfinished else ''}{file} in {run}"


def _minutes(log: Path) -> float | None:
    """Minutes from start to document of the last finished build in a log; None if there is none."""
    try:
        text = read_plain(log, MAX_FILE).decode(errors="replace")
    except OSError:
        return None
    seconds, last, finished = 0.0, 0, None
    for line in text.splitlines():
        if stamp := STAMP.match(line):
            now = int(stamp[1]) * 3600 + int(stamp[2]) * 60 + int(stamp[3])
            passed = (now - last + DAY // 2) % DAY - DAY // 2  # past midnight; two threads' lines may change places
            seconds, last = 0.0 if stamp[4].startswith(BEGAN) else seconds + passed, now
            finished = seconds / 60 if LAST.match(stamp[4]) else finished
    return finished
