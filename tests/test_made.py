"""What claims.json, tables and the documents were made from: the exact reason why one is out of date."""

import json
import os
from pathlib import Path
from shutil import copytree

import pytest

from experiments.bundle import Bundle
from experiments.files import sha256
from report import fresh, made, status, steps
from report.fake import fake
from report.templates import TEMPLATES
from tests.builds import call

DOCUMENTS = ("report.html", "report.pdf")
NAMES = (*DOCUMENTS, "claims.json", "tables/quality.csv")


@pytest.fixture(scope="module")
def faked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faked")
    fake(folder, "nominal")
    return folder


@pytest.fixture
def run(tmp_path: Path, faked: Path) -> Path:
    """A run of which every file is as it was made."""
    copytree(faked, tmp_path, dirs_exist_ok=True)
    for folder in ("figures", "tables"):
        (tmp_path / folder).mkdir()
    (tmp_path / "figures" / "index.json").write_text("{}")
    for name in NAMES:
        (tmp_path / name).write_text(name)
    made.remember(tmp_path, NAMES, TEMPLATES)
    return tmp_path


def test_what_was_just_made_is_not_stale(run: Path) -> None:
    assert made.stale(run) == {}


def test_what_is_missing_is_not_made_yet(run: Path) -> None:
    (run / "report.pdf").unlink()
    assert made.stale(run) == {"report.pdf": "not made yet"}
    (run / "report.html").unlink()
    (run / "report.html").mkdir()
    assert made.stale(run) == {"report.html": "not made yet", "report.pdf": "not made yet"}


def test_what_was_changed_by_hand_is_not_as_it_was_written(run: Path) -> None:
    (run / "report.html").write_text("changed")
    assert made.stale(run) == {"report.html": "not as it was written, or by another version"}


def test_a_table_is_looked_at_as_far_as_one_was_written(run: Path) -> None:
    (run / "tables" / "quality.csv").unlink()
    assert made.stale(run) == {"tables/quality.csv": "not made yet"}
    (run / "made.json").write_text((run / "made.json").read_text().replace("tables/quality", "../quality"))
    assert made.stale(run) == {}


def test_tables_that_are_no_more_are_deleted_and_others_stay(run: Path) -> None:
    (run / "tables" / "survey.csv").write_text("of its user's own")
    made.forget(run, ["quality"])
    assert made.stale(run) == {}
    made.forget(run, [])
    assert [path.name for path in (run / "tables").iterdir()] == ["survey.csv"]
    assert made.stale(run) == {}


@pytest.mark.parametrize("name", ["experiments/settings.py", "experiments/plan.py", "experiments/metrics.py"])
def test_words_that_are_printed_count(run: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real, changed = made.file_hash, made.CODE.parent / name
    monkeypatch.setattr(made, "file_hash", lambda path: "changed" if path == changed else real(path))
    assert made.stale(run) == dict.fromkeys(NAMES, made.CHANGED)


@pytest.mark.parametrize(("name", "late"), [("paper/pdf.py", ["report.pdf"]), ("comparison/forms.py", [])])
def test_a_documents_own_code_counts(run: Path, name: str, late: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real, changed = made.file_hash, made.CODE / name
    assert changed.is_file()
    monkeypatch.setattr(made, "file_hash", lambda path: "changed" if path == changed else real(path))
    assert made.stale(run) == dict.fromkeys(late, made.CHANGED)


def test_what_an_editor_leaves_beside_a_template_does_not_count(
    run: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = tmp_path_factory.mktemp("own")
    (own / "part1.html").write_text("one")
    made.remember(run, DOCUMENTS, own)
    (own / ".#part1.html").symlink_to("nobody@here.1")
    assert made.stale(run) == {}


def test_a_changed_bundle_makes_all_of_them_stale(run: Path) -> None:
    path = run / "bundle" / "bundle.json"
    path.write_text(path.read_text() + " ")
    assert made.stale(run) == dict.fromkeys(NAMES, made.CHANGED)


def test_changed_figures_make_the_documents_stale(run: Path) -> None:
    (run / "figures" / "index.json").write_text("{ }")
    assert made.stale(run) == dict.fromkeys(DOCUMENTS, made.CHANGED)


def test_changed_templates_make_the_documents_stale(run: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    own = tmp_path_factory.mktemp("own")
    (own / "part1.html").write_text("one")
    made.remember(run, DOCUMENTS, own)
    assert made.stale(run) == {}
    (own / "part1.html").write_text("two")
    assert made.stale(run) == dict.fromkeys(DOCUMENTS, made.CHANGED)
    made.remember(run, DOCUMENTS, own)
    (own / "part1.html").rename(own / "part2.html")
    assert made.stale(run) == dict.fromkeys(DOCUMENTS, made.CHANGED)


def test_a_pdf_with_other_templates_than_the_page_is_stale(run: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    own = tmp_path_factory.mktemp("own")
    made.remember(run, ["report.html"], own)
    assert made.stale(run) == {"report.pdf": made.OTHER_TEMPLATES}
    made.remember(run, ["report.pdf"], own)
    assert made.stale(run) == {}


def test_templates_are_found_again_from_another_folder(
    run: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path_factory.mktemp("own")
    (own / "part1.html").write_text("one")
    monkeypatch.chdir(own.parent)
    made.remember(run, DOCUMENTS, Path(own.name))
    monkeypatch.chdir(run)
    assert made.stale(run) == {}
    assert made.templates(run) == own
    (own / "part1.html").unlink()
    own.rmdir()
    assert (made.templates(run), made.noted(run)) == (None, own)
    (run / "made.json").unlink()
    assert (made.templates(run), made.noted(run)) == (None, None)


def test_templates_that_are_gone_are_named(
    run: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path_factory.mktemp("gone")
    made.remember(run, DOCUMENTS, own)
    own.rmdir()
    for step in ("figures", "document"):
        monkeypatch.setattr(steps, step, lambda *_: None)
    said = f"with the installed templates; the last page was made with --templates {own}, which is not there any more\n"
    assert call("render", str(run), "--to", "html") == (0, said)


def test_a_run_from_another_installation_was_made_with_the_installed_templates(run: Path) -> None:
    made.remember(run, DOCUMENTS, TEMPLATES)
    assert made.templates(run) is None
    assert str(TEMPLATES) not in (run / "made.json").read_text()


def test_another_version_of_a_package_makes_stale_what_it_wrote(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = made.version
    monkeypatch.setattr(made, "version", lambda name: "0" if name == "weasyprint" else real(name))
    assert made.stale(run) == {"report.pdf": made.CHANGED}


@pytest.mark.parametrize(
    "note", ["", "[]", "{", '{"format": 3, "files": {}}', '{"format": 2, "files": 3}', "[" * 100_000]
)
def test_a_note_that_cannot_be_read_is_no_note(run: Path, note: str) -> None:
    (run / "made.json").write_text(note)
    assert made.stale(run) == dict.fromkeys(made.PACKAGES, "not as it was written, or by another version")


def test_a_note_of_other_files_or_of_no_texts_is_passed_over(run: Path) -> None:
    note = json.loads((run / "made.json").read_text())
    note["files"]["../outside"] = note["files"]["report.html"]
    note["files"]["report.pdf"]["templates"] = 3
    (run / "made.json").write_text(json.dumps(note))
    assert made.stale(run) == {"report.pdf": "not as it was written, or by another version"}


@pytest.mark.parametrize("templates", ["/" + "x" * 5000, "x" * 300, "/\0", "/gone"])
def test_a_note_of_templates_that_are_nowhere(run: Path, templates: str) -> None:
    note = json.loads((run / "made.json").read_text())
    note["files"]["report.html"]["templates"] = templates
    (run / "made.json").write_text(json.dumps(note))
    assert made.stale(run) == {}  # every file is taken from ours
    assert made.templates(run) is None


def test_a_pipe_in_the_place_of_a_note_is_not_waited_for(run: Path) -> None:
    (run / "made.json").unlink()
    os.mkfifo(run / "made.json")
    assert set(made.stale(run)) == set(made.PACKAGES)


def index(run: Path, **changes: str) -> dict[str, str]:
    """What is stale of one figure whose entry in the index was changed."""
    bundle = Bundle.load(run / "bundle")
    (run / "figures" / "samples.png").write_bytes(b"picture")
    keys = ["ae/samples", "ae/psnr"]
    entry = {
        "file": "samples.png", "sha256": sha256(b"picture"), "inputs": fresh.inputs("samples", keys, bundle),
        "alt": "", "keys": keys,
    }  # fmt: skip
    (run / "figures" / "index.json").write_text(json.dumps({"format": 1, "figures": {"samples": entry | changes}}))
    return fresh.stale(run / "figures", bundle)


def test_a_figure_is_stale_for_its_file_or_for_its_inputs(run: Path) -> None:
    assert index(run) == {}
    assert index(run, sha256="0") == {"samples": "its file is missing, or not as it was drawn"}
    assert index(run, inputs="0") == {"samples": "its numbers, or the code that draws it, have changed"}
    assert index(run, file="../samples.png") == {"index.json": "no figure was drawn yet, or by another version"}


def test_status_says_all_of_it(run: Path) -> None:
    index(run, inputs="0")
    (run / "claims.json").unlink()
    assert status.stale(run) == {
        "figures/samples": "its numbers, or the code that draws it, have changed",
        "report.html": made.CHANGED, "report.pdf": made.CHANGED, "claims.json": "not made yet",
    }  # fmt: skip
