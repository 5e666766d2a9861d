"""The outcome of the checks, printed, as Markdown and as JUnit XML."""

from pathlib import Path
from xml.etree import ElementTree

from report.checks.forms import SHOWN, junit, lines, markdown
from report.checks.result import Check

CHECKS = (
    Check("html", "3 numbers: 3 bound", ()),
    Check("pdf", "2 pages", tuple(f"report.pdf, page {n}: printed '1|2', <b>" for n in range(SHOWN + 3))),
    Check("figures", "1 picture", ("report.html: \x1b[1m*bold*",)),
)


def test_each_check_is_a_line() -> None:
    found = lines(CHECKS)
    assert found[0] == "passed  html     3 numbers: 3 bound"
    assert found[1] == "FAILED  pdf      2 pages"
    assert found[2] == "        report.pdf, page 0: printed '1|2', <b>"
    assert found[2 + SHOWN] == "        and 3 more"
    assert len(found) == 3 + SHOWN + 1 + 1


def test_markdown() -> None:
    text = markdown(Path("build/smoke"), CHECKS)
    assert text.startswith("### <code>smoke</code>: 2 of 3 checks failed\n\n| | Check | Counted |\n|---|---|---|\n")
    assert "| ✅ passed | html | 3 numbers&#58; 3 bound |\n| ❌ failed | pdf | 2 pages |" in text
    assert "- **pdf**: report.pdf, page 0&#58; printed '1&#124;2', &#60;b&#62;" in text
    assert "- **pdf**: and 3 more" in text
    assert markdown(Path("build/smoke"), CHECKS[:1]).startswith("### <code>smoke</code>: all checks passed\n")


def test_junit() -> None:
    root = ElementTree.fromstring(junit(CHECKS))
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "3", "2")
    (suite,) = root
    cases = {case.get("name"): case for case in suite}
    assert list(cases) == ["html", "pdf", "figures"]
    assert {case.get("classname") for case in suite} == {"aereport.check"}
    assert cases["html"].find("failure") is None
    failure = cases["pdf"].find("failure")
    assert failure is not None
    assert failure.get("message") == f"{SHOWN + 3} faults"
    assert (failure.text or "").count("\n") == SHOWN + 2
    alone = cases["figures"].find("failure")
    assert alone is not None
    assert alone.text == alone.get("message") == "report.html: \ufffd[1m*bold*"
