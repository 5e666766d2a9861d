"""The gate of CI: what a project expects of a run, and where the outcome is left."""

import os
from pathlib import Path

import pytest

from report import made
from report.checks.forms import junit, markdown
from report.checks.gate import Expected, examine, expected, gate
from report.checks.result import Check
from report.claims import CLAIMS
from report.fake import fake
from report.judgement import judge_all


def toml(folder: Path, text: str) -> Path:
    path = folder / "claims.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_expectations_are_read(tmp_path: Path) -> None:
    path = toml(tmp_path, '[claims]\nvae_smooth = "refuted"\n[budget]\nhtml_mb = 4.5\nbuild_minutes = 10\n')
    assert expected(path) == Expected({"vae_smooth": "refuted"}, {"html_mb": 4.5, "build_minutes": 10})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[claims", r"claims\.toml: no TOML: Expected '\]'"),
        pytest.param("a = " + 5000 * "[", "recursion", id="deep"),
        ("", "claims.toml: expects nothing: name verdicts under "),
        ("[claims]", "expects nothing"),
        ("[budgets]", r"unknown section 'budgets' \(did you mean 'budget'\?\); expected one of claims, budget"),
        ("claims = 3", r"claims must be a section, \[claims\]"),
        ('[claims]\nnobody = "supported"', "unknown claim 'nobody'; expected one of ae_beats_pca, "),
        ('[claims]\ndae_robust = "refuted"', r"'dae_robust' \(did you mean 'dae_more_robust'\?\); expected"),
        ('[claims]\nvae_smooth = "yes"', r"claims\.vae_smooth: 'yes' is no verdict; expected one of supported, "),
        ("[claims]\nvae_smooth = 3", r"claims\.vae_smooth: 3 is no verdict"),
        ("[claims]\nvae_smooth = []", r"claims\.vae_smooth: \[\] is no verdict"),
        ("[budget]\nhtml = 3", "unknown budget 'html'; expected one of html_mb, pdf_mb, "),
        ("[budget]\nhtml_mb = true", r"budget\.html_mb: must be a number above zero, not True"),
        ("[budget]\nhtml_mb = nan", r"budget\.html_mb: must be a number above zero, not nan"),
        ("[budget]\nhtml_mb = 0", r"budget\.html_mb: must be a number above zero, not 0"),
    ],
)
def test_expectations_that_cannot_be_are_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        expected(toml(tmp_path, text))


def test_a_text_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_bytes(b"\xef\xbb\xbf[budget]\nhtml_mb = 1")
    assert expected(path) == Expected({}, {"html_mb": 1})
    path.write_bytes(b"\xff")
    with pytest.raises(ValueError, match=r"claims\.toml: byte 0 is not UTF-8"):
        expected(path)


def test_flipped_verdicts_fail(tmp_path: Path) -> None:
    fake(tmp_path, "flipped")
    wanted = dict.fromkeys(CLAIMS, "refuted")
    held, budget = gate(tmp_path, Expected(wanted, {}))
    assert held.passed
    assert budget == Check("budget", "nothing is limited", ())
    failed, _ = gate(tmp_path, Expected(wanted | {"vae_smooth": "supported"}, {}))
    assert failed == Check("expected verdicts", f"{len(CLAIMS)} claims", ("vae_smooth: refuted, expected supported",))


def test_budgets(tmp_path: Path) -> None:
    judge_all(fake(tmp_path))
    (tmp_path / "report.html").write_bytes(b" " * 2_500_000)
    log = (
        "23:50:00 build began on 2026-01-02\n23:59:00 3 render   report.pdf\n23:58:30 build began on 2026-01-03\n"
        "23:58:50 1 measure\nno stamp\n00:00:31 ae-0: done\n00:00:30 dae-0: done\n00:01:00 3 render   report.pdf\n"
        "03:00:00 build began on 2026-01-04\n03:20:00 stopped: no such folder\n"
        "04:00:00 build began on 2026-01-05\n04:30:00 3 render   report.html\n"
        "04:30:01 3 render   report.pdf is an older one: not rendered with these figures\n04:30:01 stopped: no font\n"
    )
    (tmp_path / "build.log").write_text(log)
    limits = {"html_mb": 2.6, "pdf_mb": 1, "bundle_mb": 500, "build_minutes": 2.4}
    _, budget = gate(tmp_path, Expected({}, limits))
    assert budget.counted.startswith("html_mb 2.50, bundle_mb ")
    assert budget.counted.endswith(", build_minutes 2.50")
    assert budget.faults == (
        f"pdf_mb: unknown: no report.pdf in {tmp_path}, at most 1",
        "build_minutes: 2.50, at most 2.4",
    )
    (tmp_path / "build.log").write_text("23:50:00 build began on 2026-01-02\n")
    says = f"build_minutes: unknown: no finished build in build.log in {tmp_path}, at most 2.4"
    assert gate(tmp_path, Expected({}, limits))[1].faults[1] == says
    (tmp_path / "build.log").unlink()
    says = f"build_minutes: unknown: no build.log in {tmp_path}, at most 2.4"
    assert gate(tmp_path, Expected({}, limits))[1].faults[1] == says
    (tmp_path / "report.html").write_bytes(b" " * 2_600_001)  # which "2.60, at most 2.6" would not explain
    assert gate(tmp_path, Expected({}, {"html_mb": 2.6}))[1].faults == ("html_mb: 2.61, at most 2.6",)


def test_everything_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, summary, report = tmp_path / "run", tmp_path / "summary.md", tmp_path / "junit.xml"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    fake(run, "flipped")
    found = examine(run, toml(tmp_path, '[claims]\nvae_smooth = "supported"\n[budget]\nbundle_mb = 500'), report)
    assert {item.name: item.passed for item in found} == {
        "bundle": True, "claims.json": False, "tables": False, "templates": True, "html": False,
        "expected verdicts": False, "budget": True,
    }  # fmt: skip
    assert report.read_bytes() == junit(found)
    (own := tmp_path / "own").mkdir()
    (own / "title.html").write_text("No number.")
    (run / "report.html").write_text("<p>No number.")
    made.remember(run, ["report.html"], own)  # as if it had been rendered with it
    assert {item.counted for item in examine(run) if item.name == "templates"} == {f"1 file in {own}"}
    names = [item.name for item in examine(run)]
    assert names[-1] == "pdf"
    assert [item.name for item in examine(run, formats=["html"])] == names[:-1]
    with pytest.raises(ValueError, match="unknown format 'docx': expected one of html, pdf"):
        examine(run, formats=["html", "docx"])
    assert summary.read_text().startswith("before\n" + markdown(run, found))
    (run / "bundle" / "bundle.json").write_text("{")
    assert [item.name for item in examine(run, tmp_path / "claims.toml")] == ["bundle"]
    with pytest.raises(FileNotFoundError):
        examine(run, tmp_path / "gone.toml")
    with pytest.raises(ValueError, match="gone: no such folder"):
        examine(run, templates=tmp_path / "gone")
    with pytest.raises(ValueError, match=r"bundle\.json: exists and is not a JUnit file"):
        examine(run, report=run / "bundle" / "bundle.json")
    assert (run / "bundle" / "bundle.json").read_text() == "{"
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a plain file"):  # nobody writes into it
        examine(run, report=tmp_path / "pipe")
    examine(run, report=report)  # once more
    report.write_bytes(b"")  # as mktemp makes one
    found = examine(run, report=report)
    assert report.read_bytes() == junit(found)
