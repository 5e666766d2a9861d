"""The title page on paper: what it says stands on it, each below the other, however long title and authors are."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from experiments.logo import embedded
from report.fake import fake
from report.paper.pdf import to_pdf
from report.render import to_html
from tests.documents import DATE
from tests.standins import parts

ORDER = ("Measured report", "authors", "Convolutional autoencoders", "interval.", "Data", "Versions")


@pytest.mark.parametrize(
    ("title", "author"),
    [
        ("Short", "The authors"),
        ("Masked, denoising and variational autoencoders, held up against one another here", "Eight authors, and " * 4),
        ("A comparison of convolutional autoencoders " * 5, "Many authors, " * 18),
    ],
)
def test_nothing_is_set_over_anything_else(tmp_path: Path, title: str, author: str) -> None:
    Image.new("RGB", (30, 30)).save(tmp_path / "logo.png")
    names = {"title": title, "author": author, "course": author, "logo": embedded(tmp_path / "logo.png")}
    bundle = fake(tmp_path / "run", "one-seed")
    bundle.settings = bundle.settings.model_copy(update=names)
    html = to_html(replace(parts("one-seed"), bundle=bundle))
    head, _, rest = html.partition('<section class="part"')
    sheets = PdfReader(io.BytesIO(to_pdf(f"{head}</main></body></html>", tmp_path, DATE))).pages
    assert (bool(rest), len(sheets)) == (True, 1)
    places = list[tuple[str, float]]()
    sheets[0].extract_text(visitor_text=lambda text, _, place, *__: places.append((text, place[5])))
    depths = [next(depth for text, depth in places if name in text) for name in ORDER]
    assert depths == sorted(depths)
    assert depths[4] - depths[3] > 20  # CSS pixels: the lead ends above what stands at the foot
