"""Words: digits, signs, units and nouns as they are printed."""

import html
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.legible import closest
from experiments.metrics import METRICS
from report import words


@pytest.mark.parametrize(
    ("value", "unit", "se", "expected"),
    [
        (0.43983, "%", 0.0021, "44.0\u00a0%"),
        (0.43983, "%", 0.021, "44\u00a0%"),
        (0.43983, "%", 0.00012, "43.98\u00a0%"),
        (0.43983, "%", None, "44.0\u00a0%"),
        (0.0312, "points", 0.004, "3.1\u00a0points"),
        (24.7134, "dB", 0.04, "24.71\u00a0dB"),
        (24.7134, "dB", 0.14, "24.71\u00a0dB"),
        (24.7134, "dB", 0.4, "24.7\u00a0dB"),
        (24.7134, "dB", 3.0, "25\u00a0dB"),
        (24.7134, "dB", 0.0, "24.71\u00a0dB"),
        (24.7134, "dB", 1e-9, "24.713\u00a0dB"),
        (0.003991, "", 0.00003, "0.00399"),
        (0.003991, "", None, "0.00399"),
        (-0.51, "dB", 0.04, "\u22120.51\u00a0dB"),
        (-0.001, "dB", 0.04, "0.00\u00a0dB"),
        (1712345.0, "count", None, "1\u202f712\u202f345"),
        (23456.0, "count", 800.0, "23\u202f500"),
        (0.0996, "", 0.00996, "0.100"),
        (1.5e9, "", None, "1.50×10⁹"),
        (-1.23e-7, "", None, "\u22121.23×10⁻⁷"),
        (-7.41e-5, "", 1.5e-5, "\u22127.4×10⁻⁵"),
        (7.41e-5, "", 3e-5, "7×10⁻⁵"),
        (1e-9, "%", None, "0.0\u00a0%"),
        (0.0, "", None, "0"),
        (0.0, "", 0.00005, "0.00000"),
        (0.0, "", 1e-30, "0.00000"),
        (0.0, "dB", 1e-30, "0.000\u00a0dB"),
        (1.1125e-308, "", 2e-310, "1.11×10⁻³⁰⁸"),
        (0.99999, "", 0.00001, "1.000"),
        (9e27, "dB", None, "9.00×10²⁷\u00a0dB"),
        (9e29, "%", 1e-30, "9.00×10³¹\u00a0%"),
        (0.0312, "points", None, "3.1\u00a0points"),
        (123.456, "nats", None, "123.5\u00a0nats"),
        (3.456, "px", None, "3.5\u00a0px"),
        (93.456, "s", None, "93.5\u00a0s"),
        (0.03456, "s", None, "0.035\u00a0s"),
        (0.003456, "s", 0.0002, "0.0035\u00a0s"),
        (0.2345, "bits/px", None, "0.23\u00a0bits/px"),
        (24.7134, "dB", 0.2, "24.7\u00a0dB"),
        (24.7134, "dB", math.inf, "24.71\u00a0dB"),
        (24.7134, "dB", -0.4, "24.71\u00a0dB"),
        (5123456.0, "", 0.001, "5\u202f123\u202f456"),
        (9999999.0, "count", None, "9\u202f999\u202f999"),
        (1e7, "count", None, "1.00×10⁷"),
        (1e-4, "", None, "0.000100"),
        (9.99e-5, "", None, "9.99×10⁻⁵"),
    ],
)
def test_text(value: float, unit: str, se: float | None, expected: str) -> None:
    assert words.text(value, unit, se) == expected


def test_bare_and_signed() -> None:
    assert words.text(1.234, "dB", 0.1, bare=True) == "1.23"
    assert words.text(0.00001, "points", 0.003, sign=True) == "0.0\u00a0points"
    assert words.text(0.012, "points", 0.003, sign=True) == "+1.2\u00a0points"
    assert words.text(-0.012, "points", 0.003, sign=True) == "\u22121.2\u00a0points"


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.01, "points", "1\u00a0point"),
        (0.02, "points", "2\u00a0points"),
        (0.05, "%", "5\u00a0%"),
        (0.07, "%", "7\u00a0%"),  # a hundred times 0.07 is a little more than 7
        (0.5, "dB", "0.5\u00a0dB"),
        (0.002, "", "0.002"),
        (50000, "", "50\u202f000"),
        (0.0000123456, "", "1.23456×10⁻⁵"),
        (1e-5, "", "1×10⁻⁵"),
        (10_000_000, "", "1×10⁷"),
        (1.0, "px", "1\u00a0px"),
        (1.0, "nats", "1\u00a0nat"),
        (0.0, "", "0"),
    ],
)
def test_chosen_values_are_printed_whole(value: float, unit: str, expected: str) -> None:
    assert words.exact(value, unit) == expected


def test_one_point_is_singular() -> None:
    assert words.text(0.0102, "points", 0.01) == "1.0\u00a0points"
    assert words.text(-0.0102, "points", 0.02) == "\u22121\u00a0point"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_only_numbers_are_printed(value: float) -> None:
    with pytest.raises(ValueError, match="is not a finite number"):
        words.text(value)


def test_unknown_unit_lists_the_units() -> None:
    with pytest.raises(ValueError, match=r"unknown unit 'kg': there are dB, %"):
        words.text(1.0, "kg")


def test_every_unit_of_a_metric_is_known() -> None:
    for metric in METRICS.values():
        assert words.text(metric.low, metric.unit)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e3))
def test_printed_value_is_within_the_error(value: float, se: float) -> None:
    """Rounding may cost half of the last digit, and that is at most the standard error."""
    printed = words.text(value, "", se).replace("\u202f", "").replace("\u2212", "-")
    if "×" not in printed:
        assert abs(float(printed) - value) <= max(0.51 * 10 ** -words.places(printed), 0.51 * se, 1e-12)


def test_span() -> None:
    assert words.span(-0.003, 0.012, "points", 0.002) == "\u22120.3 to 1.2\u00a0points"
    assert words.span(0, 0.01, "points", 0.04) == "0 to 1\u00a0points"  # the range has the unit, not its end


def test_only_a_close_name_is_suggested() -> None:
    assert closest("ae/psnrr", ["ae/psnr", "dae/ssim"]) == " (did you mean 'ae/psnr'?)"
    assert closest("ae/psnr", ["vae/kl"]) == ""


def test_full_precision_reads_back() -> None:
    assert float(words.full(-0.1234567890123456).replace("\u2212", "-")) == -0.1234567890123456


def test_a_padded_column_stands_on_its_points() -> None:
    column = ["12", "3.4", "0.56"]
    widths = {len(words.padded(number, 2)) - len(number.partition(".")[0]) for number in column}
    assert widths == {3}
    assert words.padded("12", 0) == "12"


def test_nouns_and_lists() -> None:
    assert [words.count(n, "seed") for n in (0, 1, 2)] == ["0 seeds", "1 seed", "2 seeds"]
    assert [words.listing(list("abc")[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_a_decade_is_a_power_of_ten() -> None:
    assert [words.power_of_ten(value) for value in (1e-6, 1.0, 1e12)] == ["10⁻⁶", "10⁰", "10¹²"]


def test_apostrophes_and_formulas_are_those_of_print() -> None:
    assert words.typographic("the AE's latents, 3 epochs' worth") == "the AE’s latents, 3 epochs’ worth"
    formula = "σ\u00a0=\u00a01, a\u00a0−\u00a0b\u00a0+\u00a0c, in [0,\u00a01] - so, [0, 12]"
    assert words.typographic(formula.replace("\u00a0", " ")) == formula


def test_a_zero_has_the_digits_of_its_margin_where_nothing_else_is_known() -> None:
    """As have the numbers above and below it."""
    assert [words.text(value, "", grain=0.002) for value in (0.569, 0.0, 1.0)] == ["0.569", "0.000", "1.00"]
    assert words.text(0.0, "", 0.0, grain=0.002) == "0"  # known to be without any error


@pytest.mark.parametrize(
    ("value", "printed"), [(0.42495, "42.50\u00a0%"), (0.41365, "41.37\u00a0%"), (-0.42495, "\u221242.50\u00a0%")]
)
def test_halves_are_rounded_away_from_zero(value: float, printed: str) -> None:
    """Whatever lies next to them in binary: 42.495 is stored as a little less."""
    assert words.text(value, "%", 0.0003) == printed


def test_addresses_of_sources_are_links() -> None:
    found = words.linked("A & B: Title. ICLR 2016, arXiv:1509.00519. Code: github.com/a/b-c.")
    assert found == (
        "A &amp; B: Title. ICLR\u00a02016, "
        '<a href="https://arxiv.org/abs/1509.00519" rel="noreferrer">arXiv:1509.00519</a>. '
        'Code: <a href="https://github.com/a/b-c" rel="noreferrer">github.com/a/b-c</a>.'
    )
    assert words.linked("no address <b>") == "no address &lt;b&gt;"
    assert words.linked("A: 16x16 Words. A Journal 9, 2008.") == "A: 16x16 Words. A Journal\u00a09,\u00a02008."


def test_markdown_takes_a_strangers_text_as_it_is() -> None:
    assert words.unmarked("a\n  cat") == "a cat"
    odd = "`x` @octocat #1 http://a.b ~~no~~ <b>|"
    assert html.unescape(words.unmarked(odd)) == odd
    assert not re.search(r"[`@#:~<|](?!\d)", words.unmarked(odd).replace("&#", ""))


def test_behind_a_name_that_runs_to_the_left_the_text_runs_to_the_right() -> None:
    assert [words.name(given) for given in ("cat", "Müller 7", "кот", "猫")] == ["cat", "Müller 7", "кот", "猫"]
    assert [words.name(given) for given in ("חתול", "قط 2")] == ["חתול\u200e", "قط 2\u200e"]
