"""Templates of one's own: copied whole, used in part, and refused where the folder is a mistake."""

from dataclasses import replace
from pathlib import Path

import pytest

from report import draw
from report.eject import OURS, eject
from report.render import RenderError, to_html
from report.templates import TEMPLATES
from tests.standins import parts


def test_the_copy_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "a" / "mine"
    written = eject(out)
    names = {path.name for path in TEMPLATES.iterdir() if path.is_file()} - set(OURS)
    assert {path.name for path in written} == {path.name for path in out.iterdir()} == names
    assert {"report.html", "style.css", "script.js", "TEMPLATES.md"} <= names
    assert [name for name in names if (out / name).read_bytes() != (TEMPLATES / name).read_bytes()] == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not empty"):
        eject(tmp_path)
    with pytest.raises(ValueError, match="is not empty"):
        eject(tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    assert eject(tmp_path / "empty")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('{{ m.cite("hee2022") }}', "no attribute 'hee2022'"),
        ("{{ m.effect(d) }}", "'d' is undefined"),
        ('{{ ref("noise_prob") }}', r"no figure or table has this name \(did you mean 'noise_probe'\?\)"),
    ],
)
def test_a_mistake_is_its_authors_and_not_that_of_a_copy_that_meets_it(tmp_path: Path, wrong: str, said: str) -> None:
    """Macros, which are copied as well, come to it first."""
    eject(tmp_path)
    part = tmp_path / "part3.html"
    lines = part.read_text().splitlines(keepends=True)
    part.write_text("".join([*lines[:10], f"<p>{wrong}</p>\n", *lines[10:]]))
    with pytest.raises(RenderError, match=f"^part3.html, line 11: .*{said}"):
        to_html(parts(), templates=tmp_path)


def test_a_folder_in_part_falls_back_to_ours(tmp_path: Path) -> None:
    made = parts()
    (tmp_path / "title.html").write_text("<p>My own title page.</p>")
    html = to_html(made, templates=tmp_path)
    assert "My own title page." in html
    assert "Part I" in html
    (tmp_path / "style.css").write_text("p { color: teal }")
    assert "<style>p { color: teal }" in to_html(made, templates=tmp_path)


def test_a_part_is_handed_in_alone(tmp_path: Path) -> None:
    """Of the others nothing need be shown; of one that is there all must be, and nothing may speak of what is not."""
    made, page = replace(parts(), parts=draw.parts()), (TEMPLATES / "report.html").read_text()
    assert {*made.figures, *made.tables} == {name for part in made.parts for name in part}
    mine, (one, two, three) = tmp_path / "report.html", (f'{{% include "part{n}.html" %}}\n' for n in "123")

    mine.write_text(page.replace(two, "").replace(three, ""))
    html = to_html(made, tmp_path)
    assert ('id="fig-spectrum"' in html, 'id="fig-samples"' in html, 'id="tab-cnn_vit"' in html) == (True, False, False)

    mine.write_text(page.replace(one, ""))
    with pytest.raises(RenderError, match=r"ref\('spectrum'\): the document does not show it"):
        to_html(made, tmp_path)
    figure = '{% call figure("samples", "T") %}{% endcall %}'
    mine.write_text(page.replace(two, figure).replace(three, ""))
    with pytest.raises(RenderError, match=r"made and not shown: interpolation, .*, latent_structure, generation; show"):
        to_html(made, tmp_path)


def test_a_folder_that_replaces_nothing_is_a_mistake(tmp_path: Path) -> None:
    made = parts()
    (tmp_path / "tittle.html").write_text("")
    for folder in (tmp_path, tmp_path / "gone"):
        said = "holds none of our templates; `aereport eject NEW` writes them into a new folder"  # and into no other
        with pytest.raises(RenderError, match=f"^{folder}: {said}$"):
            to_html(made, templates=folder)


def test_the_guide_is_two_pages_at_most_and_names_every_word() -> None:
    guide = (TEMPLATES / "TEMPLATES.md").read_text(encoding="utf-8")
    assert len(guide.split()) <= 1000
    assert all(word in guide for word in ("`num(", "`claim(", "`figure(", "`table(", "`run`", "ref("))
