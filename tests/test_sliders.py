"""The explorer's sliders in a real browser, and the printed figures that all of it stands in place of."""

import pytest
from playwright.sync_api import Locator, Page

from tests.explorer import picture, ready, violations

pytestmark = pytest.mark.browser
SHOWN = ("mcae", "mcae_sparse", "vit_mae", "ae", "vae")


def test_the_interpolation_slides(desk: Page) -> None:
    box = ready(desk, "interpolation")
    slider, said, strips = box.get_by_role("slider"), box.locator("output"), box.locator(".strip canvas")
    assert strips.count() == 2
    slider.press("Home")
    assert said.inner_text() == "first"
    first = [picture(strips.nth(n)) for n in range(2)]
    slider.press("ArrowRight")
    assert said.inner_text() == "1/8"
    assert all(picture(strips.nth(n)) != first[n] for n in range(2))
    assert strips.nth(0).get_attribute("aria-label") == "VAE, From the first image to the second: 1/8"
    slider.press("End")
    assert slider.get_attribute("aria-valuetext") == said.inner_text() == "second"


def errors(box: Locator) -> list[str]:
    """What the numbers in sight are bound to."""
    return [str(number.get_attribute("data-key")) for number in box.locator(".strip data:visible").all()]


def test_the_mask_ratio_slides(desk: Page) -> None:
    box = ready(desk, "masked_comparison")
    slider, said, strips = box.get_by_role("slider"), box.locator("output"), box.locator(".strip canvas")
    assert [text.split("\n")[0] for text in box.locator(".strip").all_inner_texts()] == [
        "original", "masked", "MCAE", "sparse MCAE", "ViT-MAE", "AE", "VAE",
    ]  # fmt: skip
    slider.press("End")
    assert said.inner_text() == "0.5"
    assert errors(box) == [f"{model}/mse[mask=0.5,where=masked]" for model in SHOWN]
    before = [picture(strips.nth(n)) for n in range(7)]
    slider.press("Home")
    assert said.inner_text() == "0.1"
    assert errors(box) == [f"{model}/mse[mask=0.1,where=masked]" for model in SHOWN]
    number = box.locator(".strip data:visible").nth(2)
    number.focus()
    number.press("ArrowRight")  # which leads through a text's numbers: this one stands alone
    assert desk.locator("#popover").inner_text().endswith("\nkey: vit_mae/mse[mask=0.1,where=masked]")
    assert [picture(strips.nth(n)) == before[n] for n in range(7)] == [True] + 6 * [False]


def test_the_printed_figure_comes_back(desk: Page) -> None:
    box, figure = ready(desk, "interpolation"), desk.locator("#fig-interpolation")
    image, caption = figure.locator("> img"), figure.locator("figcaption")
    assert image.is_hidden()
    assert "The slider moves along" in caption.inner_text()
    figure.get_by_role("button", name="As printed").click()
    assert image.is_visible()
    assert box.is_hidden()
    assert "Each row leads from" in caption.inner_text()
    assert "The slider moves along" not in caption.inner_text()
    figure.get_by_role("button", name="Explore").click()
    assert box.is_visible()


def test_paper_has_the_figures(desk: Page) -> None:
    desk.emulate_media(media="print")
    try:
        for name in ("latent_maps", "interpolation", "masked_comparison"):
            figure = desk.locator(f"#fig-{name}")
            assert figure.locator("> img").is_visible()
            assert figure.locator(".explore").is_hidden()
            assert figure.locator(".switch").is_hidden()
            assert figure.locator(".told").is_hidden()
            assert figure.locator(".still").is_visible()
    finally:
        desk.emulate_media(media="screen")


def test_it_is_accessible_by_day_and_by_night(desk: Page) -> None:
    assert violations(desk, ".exploring") == []
    light = picture(desk.locator(".classes canvas").first)
    desk.emulate_media(color_scheme="dark")
    assert violations(desk, ".exploring") == []
    assert picture(desk.locator(".classes canvas").first) != light
    desk.emulate_media(color_scheme="light")
