"""A PDF from a process of its own, also when that is killed; without Pango the page is written all the same."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from experiments.bundle import Bundle
from experiments.machine import Lacks
from experiments.pool import ProcessPool
from report import made, steps
from report.document import Content
from report.fake import fake
from report.judgement import judge_all
from report.page import RenderError
from report.paper import process
from report.paper.pdf import to_pdf

HTML, DATE = "<html lang=en><title>T</title><p>one</p></html>", datetime(2026, 1, 2, tzinfo=UTC)


def printed(html: str, run: Path) -> bytes:
    with process.pdf_process(["pdf"]) as printing:
        printing.start(html, run, DATE, [])
        return printing.finish()


def test_the_same_as_in_this_process_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among temporary files."""
    expected = to_pdf(HTML, tmp_path, DATE)
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with process.pdf_process(["pdf"]) as printing:
        printing.start(HTML, tmp_path, DATE, [])
        assert printing.finish() == expected
        assert list(temporary.rglob("weasyprint-*"))
    assert list(temporary.iterdir()) == []


def test_what_cannot_be_set_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such file"):
        printed(HTML.replace("one", '<img alt="a" src="a.png">'), tmp_path)


def test_this_process_makes_it_where_the_other_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    submit = ProcessPool.submit
    monkeypatch.setattr(ProcessPool, "submit", lambda self, *_: submit(self, os._exit, 9))
    assert printed(HTML, tmp_path) == to_pdf(HTML, tmp_path, DATE)


def test_without_pango_the_page_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process where WeasyPrint finds no library, as its import says it."""
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "weasyprint.py").write_text("raise OSError('cannot load library libpango')")
    monkeypatch.syspath_prepend(tmp_path / "path")
    (tmp_path / "report.html").write_text("<html lang=en><title>T</title>{{ run.title }}</html>")
    run, said = tmp_path / "run", list[str]()
    fake(run, "one-seed")
    bundle = Bundle.load(run / "bundle")
    with pytest.raises(Lacks, match="the PDF needs Pango, which this machine lacks"):
        steps.document(run, Content(bundle, judge_all(bundle)), said.append, templates=tmp_path)
    assert said == [f"3 render   {run / 'report.html'}"]
    (run / "report.pdf").write_bytes(b"of last week")
    with pytest.raises(Lacks):
        steps.document(run, Content(bundle, judge_all(bundle)), said.append, templates=tmp_path)
    assert said[2:] == [
        f"3 render   {run / 'report.pdf'} is an older one: not as it was written, or by another version"
    ]
    assert made.stale(run).keys() == {"claims.json", "report.pdf"}


def test_a_document_that_agrees_is_not_called_old(tmp_path: Path) -> None:
    """Where another template cannot be read, what was made with the first one stays as good as it was."""
    run, said = tmp_path / "run", list[str]()
    fake(run, "one-seed")
    bundle = Bundle.load(run / "bundle")
    drawn = Content(bundle, judge_all(bundle))
    for name, text in (("good", "{{ run.title }}"), ("bad", "{{ run.nothing }}")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.html").write_text(f"<html lang=en><title>T</title>{text}</html>")
    steps.document(run, drawn, said.append, ("html",), tmp_path / "good")
    with pytest.raises(RenderError, match="nothing"):
        steps.document(run, drawn, said.append, ("html",), tmp_path / "bad")
    assert said == [f"3 render   {run / 'report.html'}"]


def test_letters_without_a_font_are_told_before_anything_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert process.missing_letters(["plain", "Zürich <b>"]) == ""
    found = process.missing_letters(["\U000f1234 and", "\U000f1235"])
    assert found.startswith('report.pdf: no font here has "\U000f1234" (U+F1234), "\U000f1235" (U+F1235): install one')
    monkeypatch.setattr(process, "missing_library", lambda: "no Pango")
    assert process.missing_letters(["\U000f1234"]) == ""
