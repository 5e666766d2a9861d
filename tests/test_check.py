"""A run agrees with its bundle, file by file, and whatever does not is named."""

import re
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, rmtree
from types import SimpleNamespace

import pytest

from experiments.bundle import Bundle
from report import draw as drawing
from report import made, part1, tables
from report.checks import figures
from report.checks.document import check
from report.checks.printed import read
from report.fake import fake
from report.judgement import judge_all, to_json
from report.render import render
from report.templates import environment


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a whole run of a small document: one figure, one table, one claim, and both files."""
    folder = tmp_path_factory.mktemp("whole")
    part = SimpleNamespace(FIGURES={"spectrum": part1.FIGURES["spectrum"]})
    (folder / "templates").mkdir()
    banner = "@media print { .banner { position: running(b) } @page { @bottom-left { content: element(b) } } }"
    for name, text in (("style.css", ""), ("paper.css", banner), ("script.js", "")):
        (folder / "templates" / name).write_text(text)
    (folder / "templates" / "report.html").write_text(
        "<html lang=en><title>T</title><style>{{ assets.style }}</style><aside class=banner>{{ run.warning }}</aside>"
        "<h1 id=top>T</h1>"
        '{% set c = claim("prefer_clean") %}<p id="claim-prefer_clean">{{ num("ae/psnr") }}, {{ c.signed }}'
        "{{ c.mark }}"
        '{% call figure("spectrum", "S") %}{% endcall %}'
        '{% call table("quality", "Q") %}{% endcall %}'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "PARTS", (part,))
        patch.setattr(drawing, "TABLES", [{"quality": tables.quality}])
        make(folder / "run", "nominal", folder / "templates")
        yield folder


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    copytree(whole, tmp_path, dirs_exist_ok=True)
    return tmp_path / "run"


def make(run: Path, scenario: str, templates: Path) -> None:
    bundle = fake(run, scenario)
    judgements = judge_all(bundle)
    (run / "claims.json").write_text(to_json(judgements))
    list(render(run, drawing.draw(run, bundle, judgements), templates=templates))


def failed(run: Path) -> dict[str, tuple[str, ...]]:
    return {item.name: item.faults for item in check(run, run.parent / "templates") if not item.passed}


def test_a_whole_run(run: Path) -> None:
    checks = check(run, run.parent / "templates")
    assert [item.name for item in checks] == [
        "bundle", "claims.json", "tables", "templates", "html", "verdicts", "figures", "screen", "elements", "page",
        "pdf",
    ]  # fmt: skip
    assert [fault for item in checks for fault in item.faults] == []
    assert checks[6].counted == "1 pictures and their alternative texts, as figures/index.json has them"

    html = (run / "report.html").read_text()
    (run / "report.html").write_text(html.replace('alt="Power', 'alt="More power'))
    found = failed(run)
    assert found.keys() == {"figures", "pdf"}  # the PDF has the other text
    assert found["figures"] == ("report.html, #fig-spectrum: its alternative text is not what the bundle says",)
    (run / "report.html").write_text(html.replace('src="data:image/svg+xml,', 'src="data:,x'))
    assert failed(run) == {"figures": ("report.html, #fig-spectrum: its picture is not what the bundle draws",)}
    (run / "report.html").write_text(re.sub(r' width="\d+"', ' width="1"', html))
    assert failed(run) == {"figures": ("report.html, #fig-spectrum: its size is not that of its picture",)}
    (run / "report.html").write_text(html + "<iframe></iframe>")
    found = failed(run)
    assert found.keys() == {"elements", "page"}
    assert found["elements"] == ("report.html, #cap-quality: a page may not have the element 'iframe'",)
    (run / "report.html").write_text(html.replace("<b>Q.</b>", "<b>K.</b>"))
    found = failed(run)
    assert found.keys() == {"page", "pdf"}
    assert found["page"][0].startswith("report.html, #cap-quality: 'K.' stands where its templates have 'Q.'")
    (run / "report.html").write_text(html)
    template = run.parent / "templates" / "report.html"
    template.write_text((clean := template.read_text()) + "\nIt is 94.2 dB.")
    environment.cache_clear()
    found = failed(run)
    assert found.keys() == {"templates", "page"}
    assert found["templates"] == ("report.html, line 2: a typed number: … It is 94.2 dB. …",)
    template.write_text(clean)
    environment.cache_clear()
    drawn = run / "figures" / "spectrum.svg"
    drawn.write_text(drawn.read_text().replace("<path", "<path ", 1))
    assert failed(run) == {"figures": (f"{drawn}: not as it was drawn; aereport figures draws it again",)}
    rmtree(run / "figures")  # the picture of the page is then held against a new one
    assert failed(run) == {}

    (run / "tables" / "quality.csv").write_text("Model\n")
    (run / "claims.json").unlink()
    (run / "report.pdf").unlink()
    assert {name: faults[0].rpartition("/")[2] for name, faults in failed(run).items()} == {
        "claims.json": "claims.json: not there; aereport render writes it",
        "tables": "quality.csv: not what follows from the bundle; aereport render writes it again",
        "pdf": "report.pdf: not there; aereport render writes it; check --to html does without one",
    }
    (run / "report.html").unlink()
    assert "not there" in failed(run)["html"][0]


def test_templates_that_nobody_gave_are_read_and_not_rendered(run: Path) -> None:
    (run.parent / "templates" / "report.html").write_text("{{ 1 / 0 }}")
    environment.cache_clear()
    (given,) = (item for item in check(run, run.parent / "templates") if item.name == "page")
    assert "division by zero" in given.faults[0]
    (noted,) = (item for item in check(run, run.parent / "templates", given=False) if item.name == "page")
    assert noted.passed
    assert noted.counted == "not made again: name the templates of its own with --templates"


def test_templates_that_are_gone_are_told_of_where_ours_make_another_page(run: Path) -> None:
    mine = run.parent / "templates"
    made.remember(run, ["report.html"], mine)
    mine.rename(run.parent / "moved")
    (found,) = (item for item in check(run, given=False) if item.name == "templates")
    lost = f"{mine}: the page was made with it, and it is not there; name its templates with --templates"
    assert found.faults == (lost,)
    (found,) = (item for item in check(run, run.parent / "moved") if item.name == "templates")
    assert found.passed


def test_a_figure_that_nobody_draws(run: Path) -> None:
    def faults(new: str) -> list[str]:
        changed = (run / "report.html").read_text().replace("fig-spectrum", new)
        return list(figures.faults(read(changed), Bundle.load(run / "bundle"), run / "figures"))

    assert faults("fig-spectrum") == []
    assert faults("fig-other") == ["report.html, #fig-other: no figure of this name is drawn"]


def test_a_made_up_run_without_its_banner_fails(run: Path) -> None:
    templates = run.parent / "templates"
    page = templates / "report.html"
    page.write_text(page.read_text().replace("{{ run.warning }}", "Measured"))
    environment.cache_clear()
    make(run, "nominal", templates)
    assert failed(run) == {"screen": ("report.html: its banner does not say 'FAKE RESULTS'",)}


def test_a_document_of_another_bundle_fails(run: Path) -> None:
    rmtree(run / "bundle")
    bundle = fake(run, "flipped")
    assert set(failed(run)) == {"claims.json", "tables", "html", "verdicts", "figures", "screen", "page"}
    (run / "claims.json").write_text(to_json(judge_all(bundle)))
    assert set(failed(run)) == {"tables", "html", "verdicts", "figures", "screen", "page"}


def test_a_bundle_that_is_damaged_or_missing(run: Path) -> None:
    path = run / "bundle" / "bundle.json"
    path.write_text(path.read_text().replace("0.1", "0.2", 1))
    (fault,) = failed(run)["bundle"]
    assert str(path) in fault
    with pytest.raises(ValueError, match=r"holds no bundle; is this the folder of a run"):
        check(run.parent)
