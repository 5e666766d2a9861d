"""What the script draws is as fine as the screen, also after a reader has zoomed."""

import pytest
from playwright.sync_api import Browser

from tests.conftest import opened
from tests.explorer import ready
from tests.waiting import happens

pytestmark = pytest.mark.browser
SHARP = """scale => devicePixelRatio === Number(scale) && all(".map, .classes canvas").every(canvas =>
  canvas.width >= Math.floor(scale * canvas.clientWidth))"""


def test_maps_and_marks_are_as_fine_as_the_screen(browser: Browser, report: str) -> None:
    """A canvas keeps its width in CSS pixels, so that what watches its size is told nothing."""
    for page in opened(browser.new_context(viewport={"width": 2000, "height": 900}), report):
        ready(page, "latent_maps")
        zoom = page.context.new_cdp_session(page)
        for width, scale in ((1600, 1.25), (1143, 1.75)):
            size = {"width": width, "height": 720, "deviceScaleFactor": scale, "mobile": False}
            zoom.send("Emulation.setDeviceMetricsOverride", size)
            assert happens(page, SHARP, str(scale))
