"""The outcome of the checks: as lines for a terminal, as Markdown for the summary of a job, and as JUnit XML."""

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from report.checks.result import Check
from report.words import unmarked

SHOWN = 20  # faults of a check that are printed; the JUnit file has all of them


def lines(checks: Sequence[Check]) -> list[str]:
    """A line for each check, each followed by its faults."""
    width = max(len(item.name) for item in checks)
    found = []
    for item in checks:
        found.append(f"{'passed' if item.passed else 'FAILED'}  {item.name:{width}}  {item.counted}")
        found += [f"        {fault}" for fault in _shown(item)]
    return found


def markdown(run: Path, checks: Sequence[Check]) -> str:
    """The outcome as a table, with the faults below it."""
    failed = [item for item in checks if not item.passed]
    outcome = f"{len(failed)} of {len(checks)} checks failed" if failed else "all checks passed"
    rows = [
        f"| {'✅ passed' if item.passed else '❌ failed'} | {unmarked(item.name)} | {unmarked(item.counted)} |"
        for item in checks
    ]
    faults = [f"- **{unmarked(item.name)}**: {unmarked(fault)}" for item in failed for fault in _shown(item)]
    head = f"### <code>{unmarked(run.resolve().name)}</code>: {outcome}"
    return "\n".join([head, "", "| | Check | Counted |", "|---|---|---|", *rows, "", *faults, ""]) + "\n"


def _shown(item: Check) -> list[str]:
    more = len(item.faults) - SHOWN
    return [*item.faults[:SHOWN], *([f"and {more} more"] if more > 0 else [])]


def junit(checks: Sequence[Check]) -> bytes:
    """The outcome as JUnit XML: one test case for each check."""
    failed = sum(not item.passed for item in checks)
    counts = {"tests": str(len(checks)), "failures": str(failed), "errors": "0"}
    suites = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "aereport check", **counts})
    for item in checks:
        case = ElementTree.SubElement(suite, "testcase", {"classname": "aereport.check", "name": item.name})
        if not item.passed:
            message = f"{len(item.faults)} faults" if len(item.faults) > 1 else item.faults[0]
            failure = ElementTree.SubElement(case, "failure", {"message": _legal(message)})
            failure.text = _legal("\n".join(item.faults))
        ElementTree.SubElement(case, "system-out").text = _legal(item.counted)
    ElementTree.indent(suites)
    return bytes(ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)) + b"\n"


def _legal(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\N{REPLACEMENT CHARACTER}", text)
