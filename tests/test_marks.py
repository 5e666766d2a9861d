"""A model's mark before its name in tables: its colour and a shape of its own, as in the figures, and no text."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page

from experiments import plan
from report.draw import tables
from report.render import to_html
from report.style import LOOKS
from report.templates import TEMPLATES
from tests.standins import parts

RULE = re.compile(r"^\.model\.(\w+)::before .*%3C(.*?) fill='%23(\w{6})'", re.MULTILINE)
NAMED = """cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  const mark = getComputedStyle(cell, "::before").backgroundImage, lines = [...range.getClientRects()];
  const indents = lines.map(line => Math.round(line.left - cell.getBoundingClientRect().left));
  return [cell.innerText, mark.slice(0, 24), ...indents];
}"""


def test_marks_have_the_colours_of_the_figures_and_a_shape_each() -> None:
    found = RULE.findall((TEMPLATES / "models.css").read_text())
    assert {model: f"#{colour}" for model, _, colour in found} == {
        model: look.colour for model, look in LOOKS.items() if model in plan.ALL and look.marker
    }
    assert len({shape for _, shape, _ in found}) == len(found)


@pytest.fixture(scope="module")
def real() -> str:
    """The page with the tables of its bundle."""
    made = parts()
    return to_html(replace(made, tables=tables(made.bundle, made.judgements)))


def test_rows_about_a_model_have_its_mark(real: str) -> None:
    for table, models in (
        ("quality", plan.DECODING), ("latent_quality", plan.ENCODING), ("noise_classifiers", plan.NOISY),
        ("masked_quality", 3 * plan.INPAINTING), ("cnn_vit", ()),
    ):  # fmt: skip
        body = real.partition(f'id="tab-{table}"')[2].partition("</table>")[0]
        assert re.findall(r'class="model (\w+)"', body) == list(models)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 320])
def test_names_with_and_without_a_mark_begin_on_one_line(wide: Page, real: str, width: int) -> None:
    wide.set_viewport_size({"width": width, "height": 800})
    wide.set_content(real)
    found = {
        table: [cell.evaluate(NAMED) for cell in wide.locator(f"#tab-{table} tbody {cells}").all()]
        for table, cells in (("latent_quality", "th"), ("quality", "th"), ("masked_quality", "td.model"))
    }
    marks = {text: mark for text, mark, *_ in found["latent_quality"]}
    assert marks["AE"] == marks["PCA"] == 'url("data:image/svg+xml,'
    assert marks["pixels"] == "none"
    for rows in found.values():
        (indent,) = {indent for _, _, *indents in rows for indent in indents}
        assert indent >= 15  # in which the mark has room
