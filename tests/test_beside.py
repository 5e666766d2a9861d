"""What is typed beside a bound number: a sign before it, a unit behind it."""

import re

import pytest

from tests.documents import number, snippet


@pytest.mark.parametrize(
    "before",
    ["−", "-", "–", "\u2011", "a gain of − ", "+", "±\u00a0", "<i>−</i>", "−\u200b", "−<b></b>", "by 2 of −",
     "3<p>−", "<p>3</p>−", "<b>so</b> −", "a gain of minus "],
)  # fmt: skip
def test_a_sign_before_a_bound_number_is_named(before: str) -> None:
    (fault,) = (fault for fault in snippet(before + number()).faults if "typed" in fault)
    assert re.search(r"#here: ae/psnr: the sign '(.|minus)' is typed before '\d+\.\d+ dB'$", fault)


@pytest.mark.parametrize("before", ["%s–", "%s to ", "%s − ", "%s (AE – ", "%s, AE − PCA: ", "%s<table><td>–<td>"])
def test_a_dash_after_a_number_or_between_words_is_no_sign(before: str) -> None:
    assert snippet(before % number() + number()).faults == ()


@pytest.mark.parametrize(
    ("key", "behind", "typed"),
    [
        ("ae/psnr", " dB", "dB"), ("ae/psnr", " %", "%"), ("ae/ssim", " %", "%"), ("ae/ssim", "<b>\u00a0%</b>", "%"),
        ("ae/mse", " dB", "dB"), ("ae/mse", "\u200b\u00a0‰", "‰"), ("ae/parameters", " million", "million"),
        ("ae/parameters", "k", "k"), ("ae/ssim", " points", "points"),
    ],
)  # fmt: skip
def test_a_unit_behind_a_bound_number_is_named(key: str, behind: str, typed: str) -> None:
    (fault,) = snippet(number(key) + behind).faults
    assert re.search(rf"#here: {key}: '{typed}' is typed behind '\d", fault)


@pytest.mark.parametrize(
    "behind", ["", " so", " steps", " (%)", ", %", "<p>% of it", " bitsy", " kinds", " Million-fold"]
)
def test_what_is_no_unit_behind_a_number_may_stand(behind: str) -> None:
    assert snippet(number("ae/ssim") + behind).faults == ()


def test_a_number_without_its_unit_may_have_it_typed() -> None:
    bare = re.sub(r"\u00a0dB<", "<", number())
    assert snippet(f"{bare} dB and {bare} decibels").faults == ()
    assert len(snippet(f"{bare} % and {bare} bits").faults) == 2
    assert snippet('<data value="20000" data-run="train_images">20\u202f000</data> points').faults == ()
    assert snippet('<data value="6" data-run="seeds">6</data> times').faults == ()
    assert len(snippet('<data value="0.5" data-run="mask ratio">0.5</data> %').faults) == 1
