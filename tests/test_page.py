"""The page: what it links to is there, numbered and described, and what is missing or made up is said."""

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime

from experiments.metrics import split
from report import words
from report.document import Content
from report.render import to_html
from tests.pages import Tags, page
from tests.standins import parts, text_of


def test_links_out_of_the_page_lead_to_sources(html: str) -> None:
    """Links within the page are checked whenever one is rendered."""
    links = {attrs["href"] for _, attrs in Tags(html).tags if "href" in attrs}
    assert {link.split("/")[2] for link in links if not link.startswith("#")} == {"arxiv.org", "github.com"}


def test_figures_and_tables_are_numbered_in_order(html: str, made: Content) -> None:
    for word, prefix, kind in (("Figure", "fig", made.figures), ("Table", "tab", made.tables)):
        labels = [int(n) for n in re.findall(rf">{word} (\d+)\.</b>", html)]
        assert labels == list(range(1, len(kind) + 1 + (3 if word == "Table" else 0)))  # three stand in the appendix
        ids = re.findall(rf'id="{prefix}-(\w+)"', html)
        for name, n in re.findall(rf'href="#{prefix}-(\w+)"[^>]*>{word}&nbsp;(\d+)</a>', html):
            assert ids.index(name) + 1 == int(n)


def test_the_lists_hold_every_figure_and_table(html: str) -> None:
    for prefix in ("fig", "tab"):
        listed = re.findall(rf'<li><a href="#{prefix}-(\w+)"><span class="number"[^>]*>(\d+)</span>', html)
        assert listed == [(id, str(n)) for n, id in enumerate(re.findall(rf'id="{prefix}-(\w+)"', html), 1)]


def test_images_have_their_alt_text_and_size(html: str, made: Content) -> None:
    images = [attrs for tag, attrs in Tags(html).tags if tag == "img"]
    assert len(images) == len(made.figures)
    assert {image["alt"] for image in images} == {figure.alt for figure in made.figures.values()}
    assert {(image["width"], image["height"]) for image in images} == {("320", "160")}


def test_the_title_page_says_of_what_where_when_and_with_what_it_was_measured(made: Content, html: str) -> None:
    given, head = made.bundle.provenance, text_of(html.partition("</header>")[0])
    images = (text_of(words.exact(count)) for count in (given.train_images, given.test_images))
    facts = (
        "Data {}, {} training and {} test images".format(given.data, *images), f"on {given.device}",
        f"Seeds {made.bundle.settings.seeds}", f"Fingerprint {given.fingerprint}", f"commit {given.commit}",
        *(f"{name}&nbsp;{version}" for name, version in given.versions.items()),
    )  # fmt: skip
    assert [fact for fact in facts if fact not in head] == []
    day = datetime.fromisoformat(given.measured)
    assert f"Measured {day.day} {day:%B} {day.year}" in head


def test_a_figure_says_what_it_was_drawn_from_and_by_which_command_it_is_drawn_again(made: Content) -> None:
    keys = ["pca/spectrum", "ae/transfer[band=low]"]
    given = made.figures | {"spectrum": replace(made.figures["spectrum"], keys=keys)}
    figure = to_html(replace(made, figures=given)).partition('id="fig-spectrum"')[2].partition("</figure>")[0]
    (source,) = re.findall('<details class="source">(.*)</details>', figure)
    assert re.findall("<code>(.*?)</code>", source) == [*keys, "aereport figures RUN"]


def test_fake_results_and_demo_data_are_marked(made: Content, html: str) -> None:
    assert html.count("FAKE RESULTS") == 2  # on the title page, and on every page
    real = made.bundle.provenance
    try:
        made.bundle.provenance = real.model_copy(update={"fake": False, "demo": True})
        assert "DEMO DATA" in page(made)
        assert "FAKE" not in page(made)
        made.bundle.provenance = real.model_copy(update={"fake": False})
        assert 'class="banner"' not in page(made)
    finally:
        made.bundle.provenance = real


def test_what_settings_change_is_said(made: Content, html: str) -> None:
    real = made.bundle.settings
    try:
        made.bundle.settings = real.model_copy(
            update={"triplet": ("bird", "cat", "bird"), "mask_ratios": (*real.mask_ratios, 0.95)}
        )
        changed = text_of(page(made))
        made.bundle.settings = real.model_copy(update={"mask_ratios": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)})
        dense = text_of(page(made))
        made.bundle.settings = real.model_copy(update={"mask_low": 0.5, "mask_high": 0.5})
        alike = text_of(page(made))
        made.bundle.settings = real.model_copy(update={"mask_low": 0.005})  # of 64 cells none
        few = text_of(page(made))
        made.bundle.settings = real.model_copy(
            update={"pca_dims": (real.latent_dim,), "noise_levels": (0.0, 0.1), "mask_images": 10}
        )
        single = text_of(page(made))
    finally:
        made.bundle.settings = real
    for text, alone, holds in ((changed, "the last bird", "two images"), (text_of(html), "the bird", "an image")):
        assert f"{alone} of each sum alone, decoded" in text
        assert f"Each sum of the arithmetic holds {holds} of bird" in text
        assert ("The curve over all ratios is read at five evenly spaced ratios" in text) == (text == changed)
    assert "Both curves are read at five evenly spaced ratios" in dense
    assert "the mask ratio, is 0.5 in every batch; whole images, as in" in alike
    assert "the mask ratio, varies from batch to batch between 0.005 and 0.75. Ratios are" in few
    for other in (
        "PCA with other numbers of components",
        "other noise variances",
        "shows other variances",
        "share 20 masks",
    ):
        assert (other in text_of(html), other in single) == (True, False)
    assert "which they never saw in training" in alike
    assert "which they never saw in training" not in few


def test_one_image_is_no_plural(made: Content, html: str) -> None:
    real = made.bundle.settings
    names = ("curve_images", "mask_images", "influence_images")
    try:
        made.bundle.settings = real.model_copy(update=dict.fromkeys(names, 1))
        one = text_of(page(made))
    finally:
        made.bundle.settings = real
    assert re.findall(r"(?:first|over) 1(?: |&nbsp;)(?:clean )?(?:test )?images", one) == []
    assert "mean over 1&nbsp;image;" in one
    assert f"mean over {real.influence_images}&nbsp;images;" in text_of(html)


def test_where_errors_are_equal_is_said_as_it_is(made: Content) -> None:
    key = "ae/test_mse"
    real = made.bundle.curves[key]
    end, other = "One of the two is scored at the end of training", "this may lie before the end of training for both"
    try:
        for curve, said, unsaid in (([9.0, 8.0, 7.0], end, other), ([9.0, 6.0, 7.0], other, end)):
            made.bundle.curves[key] = [curve] * len(real)  # the VAE's are far below
            text = text_of(page(made))
            assert said in text
            assert unsaid not in text
    finally:
        made.bundle.curves[key] = real


def test_what_hovers_has_the_apostrophes_of_print(html: str) -> None:
    stories = [attrs["title"] for tag, attrs in Tags(html).tags if tag == "data" and "title" in attrs]
    assert any("’" in story for story in stories)
    assert not any("'" in story for story in stories)


def test_the_summary_names_what_failed(html: str) -> None:
    said = "Some measurements failed (MCAE and VAE): numbers are missing or come from the remaining seeds only; see"
    lacking = parts("missing-model")
    assert said in page(lacking)
    lacking.bundle.settings = lacking.bundle.settings.model_copy(update={"seeds": 1})
    assert said.replace(" or come from the remaining seeds only", "") in page(lacking)  # there are none
    assert "measurements failed" not in html


def test_one_seed_says_what_its_intervals_are_over() -> None:
    text = page(parts("one-seed"))
    assert "Intervals over seeds need three" in text
    assert "1</data>&nbsp;seed." in text


def test_columns_that_name_their_unit_leave_it_out(html: str) -> None:
    cells = re.findall(
        r'<td class="figure">(?:<strong>)?<data [^>]*data-key="(ae/psnr|ae/ssim)"[^>]*>([^<]*)</data>', html
    )
    assert cells
    assert all(words.SPACE not in text for key, text in cells if split(key)[1] == "psnr")


def test_claims_are_drawn(made: Content, html: str) -> None:
    """In the appendix, where a Part opens (which leaves preferences to a table) and, if asked, in the summary."""
    found = Counter(re.findall(r'<svg class="range [^>]* data-claim="(\w+)"', html))
    wanted = {name: 1 + (not name.startswith("prefer_")) + item.asked for name, item in made.judgements.items()}
    assert found == wanted
    without = {
        name: replace(item, effect=None, interval=None, verdict="unavailable") for name, item in made.judgements.items()
    }
    assert '<svg class="range ' not in to_html(replace(made, judgements=without))
