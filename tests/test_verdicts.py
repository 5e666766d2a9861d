"""Verdicts in words: bound numbers, the mark, the drawing, the story."""

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from report.comparison.wording import effect
from report.judgement import Judgement
from report.stats import VERDICTS, Interval
from report.verdicts import ANSWERS, DOT, HEIGHT, REACH, WIDTH, ClaimWords, digits

JUDGEMENT = Judgement(
    id="x", verdict="supported", effect=-0.0123, interval=Interval(-0.02, -0.0046), margin=0.01, unit="points", seeds=3,
    images=0, basis="seeds", keys=("ae/psnr", "dae/psnr"), sentence="It's so.",
    measure="a's, less b", asked=True, asserts="above", reason="",
)  # fmt: skip
MISSING = replace(JUDGEMENT, verdict="unavailable", effect=None, interval=None, reason="ae/psnr: seed 0 gave nan")


def text(markup: str) -> str:
    return re.sub(r"<[^>]*>", "", markup).replace("&nbsp;", "\u00a0")


def test_numbers_are_bound_text() -> None:
    claim = ClaimWords(JUDGEMENT)
    assert text(claim.effect) == "\u22121.2\u00a0points"
    assert text(claim.size) == "1.2\u00a0points"
    assert text(ClaimWords(replace(JUDGEMENT, effect=0.0123)).signed) == "+1.2\u00a0points"
    assert text(claim.interval) == "\u22122.0\u00a0to \u22120.5\u00a0points"
    assert text(claim.margin) == "1\u00a0point"
    assert text(claim.over) == "3\u00a0seeds"
    assert 'value="-0.0123" data-claim="x" data-part="effect"' in claim.effect


def test_an_end_is_never_printed_as_the_margin_that_it_is_not() -> None:
    """A lower end of 2.19 points holds against a margin of 2, and "2 to 13 points" would say otherwise."""
    wide = replace(JUDGEMENT, effect=0.07, margin=0.02, interval=Interval(0.0219, 0.126))
    assert text(ClaimWords(wide).interval) == "2.2\u00a0to 12.6\u00a0points"
    assert "interval: 2.2 to 12.6" in ClaimWords(wide).story
    assert effect(wide) == "+7.0\u00a0points, interval 2.2 to 12.6\u00a0points"  # of a comparison
    far = replace(wide, interval=Interval(0.0319, 0.136))
    assert digits(far)[0] == pytest.approx((0.136 - 0.0319) / 2 / 2)  # half of the half width
    assert text(ClaimWords(far).interval) == "3\u00a0to 14\u00a0points"
    exact = replace(wide, interval=Interval(0.02, 0.126))
    assert text(ClaimWords(exact).interval) == "2\u00a0to 13\u00a0points"
    below = replace(wide, interval=Interval(-0.126, -0.0219))
    assert text(ClaimWords(below).interval) == "\u221212.6\u00a0to \u22122.2\u00a0points"
    close = replace(wide, interval=Interval(0.019997, 0.126))
    assert text(ClaimWords(close).interval) == "1.9997\u00a0to 12.6000\u00a0points"


def test_no_digit_is_small_beside_the_margin() -> None:
    """Of an effect that is known to its thousandths, and of one that nobody knows an interval of."""
    sharp = replace(JUDGEMENT, effect=1.2101, margin=0.5, unit="dB", interval=Interval(1.1734, 1.2461))
    assert text(ClaimWords(sharp).interval) == "1.17\u00a0to 1.25\u00a0dB"
    assert text(ClaimWords(sharp).signed) == "+1.21\u00a0dB"
    alone = replace(JUDGEMENT, effect=0.00687, margin=0.02, unit="", interval=None)
    assert text(ClaimWords(alone).effect) == "0.007"


def test_one_more_digit_parts_the_ends_of_an_interval() -> None:
    """As long as the interval itself earns it: below that the ends stay alike."""
    narrow = replace(JUDGEMENT, effect=0.0, margin=0.02, interval=Interval(-0.000116, 0.000135))
    assert text(ClaimWords(narrow).interval) == "\u22120.01\u00a0to 0.01\u00a0points"
    spread = replace(JUDGEMENT, effect=0.9601, margin=0.1, interval=Interval(0.9573, 0.9629))
    assert text(ClaimWords(spread).interval) == "95.7\u00a0to 96.3\u00a0points"
    assert text(ClaimWords(spread).effect) == "96.0\u00a0points"
    hair = replace(JUDGEMENT, effect=0.03, margin=0.01, interval=Interval(0.02999, 0.03001))
    assert text(ClaimWords(hair).interval) == "3.0\u00a0to 3.0\u00a0points"


def test_typographic_apostrophe() -> None:
    assert ClaimWords(JUDGEMENT).sentence == "It’s so."
    assert ClaimWords(JUDGEMENT).measure == "a’s, less b"
    assert ClaimWords(replace(JUDGEMENT, measure="PSNR, AE − DAE")).measure == "PSNR, AE\u00a0−\u00a0DAE"


def test_the_opposite_is_said_only_where_it_holds() -> None:
    """Refuted is "not better"; "worse" needs an interval below the negative margin (here 0.01)."""
    for low, high, verdict, asserts, contrary in (
        (-0.03, -0.011, "refuted", "above", True),
        (-0.03, -0.009, "refuted", "above", False),
        (-0.03, 0.005, "refuted", "above", False),
        (0.02, 0.03, "refuted", "below", False),
        (-0.03, -0.011, "supported", "below", False),
    ):
        item = replace(JUDGEMENT, verdict=verdict, asserts=asserts, interval=Interval(low, high))  # type: ignore[arg-type]
        assert ClaimWords(item).contrary is contrary
    assert not ClaimWords(replace(JUDGEMENT, verdict="refuted", interval=None)).contrary


def test_the_end_of_an_interval_has_the_unit_of_the_range() -> None:
    assert text(ClaimWords(replace(JUDGEMENT, interval=Interval(-0.2, 0.01))).interval).endswith("to 1\u00a0points")


def test_ends_that_are_no_numbers_are_not_printed() -> None:
    item = ClaimWords(replace(JUDGEMENT, interval=Interval(-float("inf"), float("inf"))))
    assert text(item.interval) == "not measured\u00a0to not measured"


def test_intervals_over_images_say_so() -> None:
    claim = ClaimWords(replace(JUDGEMENT, basis="images", images=2000))
    assert text(claim.over) == "2\u202f000 images"
    assert text(ClaimWords(MISSING).over) == ""


@pytest.mark.parametrize("verdict", VERDICTS)
def test_of_five_verdicts_one_is_true(verdict: str) -> None:
    claim = ClaimWords(replace(JUDGEMENT, verdict=verdict))  # type: ignore[arg-type]
    assert [name for name in VERDICTS if getattr(claim, name)] == [verdict]
    assert claim.has_interval
    assert not ClaimWords(MISSING).has_interval


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_mark_links_to_the_claim(verdict: str) -> None:
    item = replace(JUDGEMENT, verdict=verdict)  # type: ignore[arg-type]
    mark = ClaimWords(item).mark
    assert 'href="#claim-x"' in mark
    assert f'class="verdict {verdict}"' in mark
    assert text(mark).endswith(ANSWERS[item.verdict][1].replace(" ", "\u00a0"))


def test_what_is_missing_says_so() -> None:
    claim = ClaimWords(MISSING)
    assert claim.unavailable
    assert text(claim.effect) == text(claim.interval) == "not measured"
    assert 'data-claim="x" data-part="effect" title="ae/psnr: seed 0 gave nan"' in claim.effect
    assert ClaimWords(replace(MISSING, reason="dae/psnr: seed 1 gave nan")).why == "seed 1 gave nan"
    assert claim.drawing == ""
    assert claim.why == "seed 0 gave nan"
    assert claim.story == "not measured: It’s so.\nreason: ae/psnr: seed 0 gave nan\nclaim: x"


def test_the_drawing_lies_within_its_frame_and_is_told_in_words() -> None:
    for item in (
        JUDGEMENT,
        replace(JUDGEMENT, interval=None),
        replace(JUDGEMENT, effect=1e9),
        replace(JUDGEMENT, effect=0.0),
    ):
        root = ElementTree.fromstring(str(ClaimWords(item).drawing))
        title, band, _, line, dot = root
        assert title.text
        assert title.text.startswith("effect ")
        assert 0 <= float(dot.attrib["cx"]) <= WIDTH
        assert float(dot.attrib["cy"]) == HEIGHT / 2
        assert float(band.attrib["x"]) >= 0
        assert ("ring" in dot.attrib.get("class", "")) == (item.interval is None)
        assert float(band.attrib["x"]) + float(band.attrib["width"]) / 2 == pytest.approx(WIDTH / 2, abs=0.1)
        ends = [float(number) for number in re.findall(r"[\d.]+", line.attrib["d"])]
        assert 0 <= ends[0] <= ends[2] <= WIDTH


def test_the_story_tells_everything() -> None:
    """A line for each thing, which it names."""

    def told(item: Judgement) -> dict[str, str]:
        return dict(line.split(": ", 1) for line in ClaimWords(item).story.splitlines())

    story = told(JUDGEMENT)
    assert list(story) == ["holds", "effect", "interval", "margin", "measure", "over", "all digits", "from", "claim"]
    assert (story["holds"], story["claim"]) == ("It’s so.", "x")
    assert (story["measure"], story["over"]) == ("a’s, less b", "3 seeds")
    assert story["all digits"] == "−1.23 points, interval −2.0 to −0.46"
    assert story["from"] == "ae/psnr, dae/psnr"
    assert told(replace(JUDGEMENT, seeds=2, effects=(-0.03, 0.0054)))["seed by seed"] == "−3.0, 0.54"
    one = told(replace(JUDGEMENT, seeds=1, effects=(-0.0123,), interval=None))
    assert one["over"] == "1 seed"
    assert not {"seed by seed", "interval"} & one.keys()
    images = replace(JUDGEMENT, basis="images", images=2000, keys=tuple(f"ae/mse[d={d}]" for d in range(7)))
    assert told(images)["over"] == "3 seeds, 2\u202f000 images"
    assert told(images)["from"] == "ae/mse[d=0] to ae/mse[d=6], 7 in all"
    six = replace(images, keys=images.keys[:6])
    assert told(six)["from"] == ", ".join(six.keys)


def test_all_drawings_share_one_scale_which_counts_margins() -> None:
    """Even around zero and logarithmic further out: ten times the effect is the same step to the right."""

    def place(margins: float) -> float:
        share = math.asinh(margins) / math.asinh(REACH)
        return pytest.approx(WIDTH / 2 + (WIDTH / 2 - DOT - 1) * share, abs=0.051)  # type: ignore[no-any-return]

    def drawn(margins: float, margin: float = 0.01) -> tuple[float, float]:
        item = replace(JUDGEMENT, effect=margins * margin, margin=margin, interval=None)
        _, band, _, _, dot = ElementTree.fromstring(str(ClaimWords(item).drawing))
        return float(dot.attrib["cx"]), float(band.attrib["width"])

    (middle, band), (one, _), (two, _), (twenty, _) = (drawn(margins) for margins in (0, 1, 2, 20))
    assert middle == WIDTH / 2
    assert (twenty, drawn(-60)[0]) == (place(20), place(-REACH))
    _, _, zero, line, _ = ElementTree.fromstring(str(ClaimWords(JUDGEMENT).drawing))
    assert float(zero.attrib["d"].split()[0][1:]) == place(0)
    assert [float(end) for end in re.findall(r"[\d.]+", line.attrib["d"])][::2] == [place(-2), place(-0.46)]
    assert one - middle == pytest.approx(band / 2, abs=0.1)
    assert drawn(20, 0.5) == (twenty, band)
    assert drawn(-2)[0] == pytest.approx(WIDTH - two, abs=0.1)
    assert drawn(25)[0] - drawn(2.5)[0] == pytest.approx(drawn(40)[0] - drawn(4)[0], abs=1)
    assert drawn(60) == drawn(1e9)
