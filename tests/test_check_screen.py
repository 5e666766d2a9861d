"""What only the screen shows is held against the bundle, too: each lie in turn is found."""

import base64
import io
import json
import re
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from report.checks import screen
from report.checks.printed import read
from report.templates import TEMPLATES
from tests.documents import content, document, framed, lied, page

PART = '<h2 data-head="Part I">Part I</h2>'


def faults(html: str) -> tuple[str, ...]:
    of = document()
    return screen.faults(read(html), content(), of.bindings, of.allowed, TEMPLATES)


def test_a_frame_has_no_fault() -> None:
    """As whole pages, see test_honest."""
    assert faults(framed(PART)) == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<title>", "<title>Only 3 % off: ", "its window is called 'Only 3 % off: "),
        ('<p class="kind">', '<p class="kind" title="77.7 dB">', "its title '77.7 dB' follows from no number"),
        (
            '<p class="kind">',
            '<p class="kind" aria-label="77.7 dB">',
            "its aria-label '77.7 dB' follows from no number",
        ),
        ('data-head="Part I"', 'data-head="Part I, 3 % off"', "its running head 'Part I, 3 % off': it is neither"),
        ('content="Autoenc', 'content="3 % off: autoenc', "its meta description '3 % off: autoenc"),
        ("<style>", '<meta name="Author" content="A. Other"><style>', "its meta author is 'A. Other', expected ''"),
        (
            'created" content="2026',
            'created" content="2025',
            "its meta dcterms.created is '2025-01-02T03:04:05+00:00', ex",
        ),
        ("<style>", '<style>h1::after { content: "77.7 dB" }', "a style is not that of the templates"),
        ("</body>", "<style>h1::after { content: '77.7 dB' }</style></body>", "a style is not that of the templates"),
        ("</body>", "<script>document.title = '77.7 dB'</script></body>", "a script is not that of the templates"),
        ("</script>\n</body>", ";alert(7)</script>\n</body>", "a script is not that of the templates"),
    ],
)
def test_a_lie_beside_the_text_is_found(old: str, new: str, message: str) -> None:
    (fault,) = faults(lied(old, new, framed(PART)))
    assert message in fault


def test_what_a_page_says_to_the_window_alone_may_have_digits() -> None:
    """In templates of one's own."""
    assert faults(lied("<style>", '<meta name="theme-color" content="#123456"><style>', framed(PART))) == ()


LINK = '<a class="verdict supported" href="%s" title="%s">✓</a>'


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ('<data class="num" value="1" data-key="ae/psnr" aria-label="77.7 dB">1</data>', "aria-label"),
        ('<data value="6" data-run="seeds" title="77.7 dB">6</data>', "title"),
        ('<a class="verdict" href="#claim-vae_smooth" aria-label="77.7 dB">✓</a>', "aria-label"),
        (LINK % ("#parts", "77.7 dB"), "title"),
        ('<a href="#claim-vae_smooth" title="77.7 dB">Paths</a>', "title"),
        ('<p class="verdict" title="77.7 dB">It holds</p>', "title"),
        ('<figure id="fig-spectrum"><img alt="77.7 dB" title="77.7 dB"></figure>', "title"),
        ('<figure id="fig-spectrum"><img alt="77.7 dB" aria-label="77.7 dB"></figure>', "aria-label"),
        ('<img alt="77.7 dB">', "alt"),
        ('<span class="missing" data-key="ae/psnr" aria-label="77.7 dB">not measured</span>', "aria-label"),
        ('<canvas data-name="77.7 dB"></canvas>', "data-name"),
    ],
)
def test_a_name_that_is_spoken_in_the_place_of_what_is_bound(html: str, name: str) -> None:
    says = f"its {name} '77.7 dB' follows from no number, template or definition"
    assert len([fault for fault in faults(framed(html)) if fault.endswith(says)]) == 1


def test_a_pop_up_of_a_number_or_verdict_and_a_text_of_a_picture_are_held_elsewhere() -> None:
    bound = '<data class="num" value="1" data-key="ae/psnr" title="77.7 dB">1</data>'
    picture = '<figure id="fig-spectrum"><img alt="77.7 dB"></figure>'
    assert faults(framed(bound + LINK % ("#claim-vae_smooth", "77.7 dB") + picture)) == ()


def tabled(place: int) -> str:
    """The table that stands at a place of the page, in a page of its own."""
    start, end = page().rindex('<div class="table', 0, place), page().index("</table>", place)
    return framed(f"{page()[start:end]}</table></div></div>")


def test_a_label_in_a_table_that_only_the_screen_shows() -> None:
    again = re.search(r'<th class="again"[^>]*>([^<]+)</th>', page())
    assert again
    honest = tabled(again.start())
    assert faults(honest) == ()
    (fault,) = faults(lied(again[0], again[0].replace(again[1], "ViT 9"), honest))
    assert f"printed 'ViT 9' in the table, expected {again[1]!r}" in fault.replace("\u00a0", " ")


def test_a_row_of_a_table_that_is_left_out() -> None:
    row = re.search(r"<tr><th[^>]*>AE</th>.*?</tr>", page(), re.DOTALL)
    assert row
    assert faults(lied(row[0], "", tabled(row.start())))


def explored(change: Callable[[dict[str, dict[str, str]]], None]) -> str:
    """The page after a change of what its explorer unpacks."""
    found = re.search(r'(<script type="application/json" id="explore-data">)(.*?)</script>', page())
    assert found
    data = json.loads(found[2])
    change(data)
    return framed(f"{found[1]}{json.dumps(data)}</script>")


def jpeg(text: str, quality: int, dark: int = 0) -> str:
    """The same image again, by another encoder, and with some dark tiles."""
    image, buffer = Image.open(io.BytesIO(base64.b64decode(text))), io.BytesIO()
    image.paste((0, 0, 0), (0, 0, 32 * dark, 32 * dark))
    image.save(buffer, "jpeg", quality=quality, subsampling=0)
    return base64.b64encode(buffer.getvalue()).decode()


def bomb() -> bytes:
    """A picture that says it has 30,000 × 30,000 pixels."""
    buffer = io.BytesIO()
    Image.new("1", (8, 8)).save(buffer, "png")
    head = b"IHDR" + (30_000).to_bytes(4) * 2 + buffer.getvalue()[24:29]
    return buffer.getvalue()[:12] + head + zlib.crc32(head).to_bytes(4) + buffer.getvalue()[33:]


def test_what_the_explorer_unpacks() -> None:
    assert faults(explored(lambda data: None)) == ()
    assert faults(explored(lambda data: data["paths"].update(sheet=jpeg(data["paths"]["sheet"], 89)))) == ()
    for change in (
        lambda data: data["paths"].update(sheet=jpeg(data["paths"]["sheet"], 90, dark=1)),
        lambda data: data["paths"].update(sheet="no image"),
        lambda data: data["paths"].update(sheet=5),
        lambda data: data["paths"].update(sheet=base64.b64encode(bomb()).decode()),
        lambda data: data["maps"].update(labels=data["maps"]["labels"][:-8] + "AAAAAAA="),
        lambda data: data.pop("masks"),
    ):
        (fault,) = faults(explored(change))
        assert "what the explorer shows is not what the bundle holds" in fault


ROWS = re.compile(
    r'<(li|tr)(?:(?!<li|<tr).)*(<svg class="range [^>]*data-claim="ae_beats_pca".*?</svg>).*?</\1>', re.DOTALL
)


def test_the_drawing_of_a_claim_that_is_left_out_or_another() -> None:
    """In a board, and in the table of all claims."""
    rows = list(ROWS.finditer(page()))
    other = re.search(r'<svg class="range [^>]*data-claim="vae_smooth".*?</svg>', page(), re.DOTALL)
    assert [row[1] for row in rows] == ["li", "tr"]
    assert other
    for row in rows:
        honest = framed(row[0] if row[1] == "li" else f"<table>{row[0]}</table>")
        assert faults(honest) == ()
        for new, named in (("", "[]"), (other[0], "['vae_smooth']")):
            (fault,) = faults(lied(row[2], new, honest))
            says = f"row of ae_beats_pca: it has the drawings {named}, expected ['ae_beats_pca']"
            assert fault == f"report.html, {says}"
