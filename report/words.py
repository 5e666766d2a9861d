"""Values and words as text: numbers are formatted here and nowhere else.

Numbers are set as in print: a true minus sign, a no-break space before the unit, a narrow one between thousands, and
as many digits as the standard error justifies.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

from markupsafe import Markup, escape

SPACE = "\u202f"  # narrow no-break space, between thousands
BEFORE_UNIT = "\u00a0"
MINUS = "\u2212"
HYPHEN = "\u2011"  # without a line break
LEFT_TO_RIGHT = "\u200e"  # an invisible mark
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
WIDE = Context(prec=700)  # enough digits for any float
DIGIT, POINT = "\u2007", "\u2008"  # spaces as wide as a digit and a point, to align columns

SUFFIX = {"dB": "dB", "%": "%", "points": "points", "nats": "nats", "px": "px", "s": "s", "bits/px": "bits/px"}
DECIMALS = {"dB": 2, "%": 1, "points": 1, "nats": 1, "px": 1, "s": 1, "bits/px": 2, "count": 0}  # without a known error
ONE = {"points": "point", "nats": "nat", "bits/px": "bit/px"}  # singular
FORMULA = re.compile(r" (?=[=+−] )|(?<= [=+−]) |(?<=\[0,) (?=1\])")  # its spaces
YEAR = re.compile(r" (?=\d+[,.])")  # the space before one, or before a volume
ADDRESS = re.compile(r"\barXiv:(\d+\.\d+)|\bgithub\.com/[\w./-]*\w")
EXTRA = 1  # digits beyond DECIMALS that a small standard error may add
ZERO = 5  # digits of a zero without a unit, at most
GRAIN = 0.2  # share of a margin: nothing finer is worth digits
FIGURES = 3  # significant figures of a number without a unit or a known error

# Names with digits that are no measurements: name -> why it may stand unbound in the text.
NAMES = {
    "CIFAR-10-C": "name of a data set",
    "CIFAR-10": "name of a data set",
    "SHA-256": "name of a checksum",
    "bf16": "name of a number format",
    "fp32": "name of a number format",
}


def text(
    value: float, unit: str = "", se: float | None = None, extra: int = EXTRA, *, grain: float = 0.0,
    bare: bool = False, sign: bool = False,
) -> str:  # fmt: skip
    """A raw value as it is printed: `text(0.43983, "%", 0.0021)` is "44.0 %".

    Args:
        value: raw, as it is stored: a share in [0, 1] for "%" and "points".
        unit: as in METRICS, or "points" for a difference of two shares.
        se: standard error in the raw unit; decides the digits if it is above zero.
        extra: how many digits it may add to those without a known error.
        grain: the finest difference worth digits, in the raw unit.
        bare: without the unit, for columns whose head names it.
        sign: with a plus sign, for differences.

    Raises:
        ValueError: the value is not finite, or the unit is unknown.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    if unit and unit not in DECIMALS:
        raise ValueError(f"unknown unit {unit!r}: there are {', '.join(DECIMALS)}")
    scale = 100 if unit in ("%", "points") else 1
    digits = decimals(value * scale, unit, se and se * scale, extra)
    if grain:
        finest = decimals(value * scale, unit, grain * scale, extra)
        digits = finest if se is None and not (value or unit) else min(digits, finest)
    number = _number(value * scale, digits)
    if sign and number.strip("0.") and not number.startswith(MINUS):
        number = f"+{number}"
    return number if bare else _with_unit(number, unit)


def exact(value: float, unit: str = "") -> str:
    """A value that was chosen, not measured, with exactly its digits: "1 point", "0.5 dB"."""
    scaled = round(value * 100, 9) if unit in ("%", "points") else value
    digits = Decimal(str(scaled)).normalize()
    if _far(scaled):
        number = _scientific(scaled, -digits.as_tuple().exponent, most=17)  # type: ignore[operator]
    else:
        number = f"{digits:,f}".replace(",", SPACE).replace("-", MINUS)
    return _with_unit(number, unit)


def right_to_left(word: str) -> bool:
    """Whether a word has letters of a right-to-left script, such as Arabic."""
    return any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in word)


def name(given: str) -> str:
    """A name from outside, marked so that what follows it stands at its right, even if it is written right to left."""
    return given + LEFT_TO_RIGHT if right_to_left(given) else given


def _with_unit(number: str, unit: str) -> str:
    one = unit in ONE and number.lstrip("+" + MINUS) == "1"
    return f"{number}{BEFORE_UNIT}{ONE[unit]}" if one else _with_units(number, unit)


def decimals(value: float, unit: str, se: float | None, extra: int = EXTRA) -> int:
    """Digits after the point (negative: rounded to tens, hundreds) for a value and error in the printed scale.

    One digit of the standard error is kept, two if it begins with a one.
    """
    plain = DECIMALS.get(unit, FIGURES - 1 - _exponent(float(f"{value:.{FIGURES - 1}e}")) if value else 0)
    if unit == "s" and 0 < abs(value) < 1:
        plain -= _exponent(float(f"{value:.0e}"))
    if not se or not math.isfinite(se) or se < 0:
        return plain
    leading, exponent = f"{se:.1e}".split("e")  # 0.0996 counts as 0.10
    wanted = -int(exponent) + (1 if float(leading) < 2 else 0)
    return min(wanted, max(plain + extra, 0) if value or unit else ZERO)


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _far(value: float) -> bool:
    """Whether a value is printed with a power of ten."""
    return value != 0 and not 1e-4 <= abs(value) < 1e7


def _number(value: float, digits: int) -> str:
    if _far(value):
        return _scientific(value, digits, most=2)
    rounded = _rounded(value, digits)
    body = f"{abs(rounded):,.{max(digits, 0)}f}".replace(",", SPACE)
    return f"{MINUS if rounded < 0 else ''}{body}"


def _rounded(value: float, digits: int) -> Decimal:
    """Rounded half away from zero, by the decimal value that was meant, not its binary neighbour."""
    return Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, WIDE)


def _scientific(value: float, digits: int, most: int) -> str:
    """1.2×10⁻⁵, with at most `most` digits after the point; a value that rounds to zero is printed as zero."""
    if _rounded(value, digits) == 0:
        return f"{0:.{max(digits, 0)}f}"
    mantissa, exponent = f"{value:.{max(0, min(most, digits + _exponent(value)))}e}".split("e")
    raised = str(int(exponent)).translate(RAISED)
    return f"{mantissa.replace('-', MINUS)}×10{raised}"


def full(value: float, unit: str = "") -> str:
    """All digits that are stored, in the printed unit, for pop-ups and CSV files."""
    if unit == "count" and float(value).is_integer():
        return f"{value:.0f}".replace("-", MINUS)
    shown = float(f"{value * 100:.15g}") if unit in ("%", "points") else float(value)  # not those that the product adds
    return repr(shown).replace("-", MINUS)


def span(low: float, high: float, unit: str = "", se: float | None = None, extra: int = EXTRA) -> str:
    """An interval: "−0.3 to 1.2 dB", "0 to 1 points"."""
    return f"{text(low, unit, se, extra, bare=True)} to {end(high, unit, se, extra)}"


def end(value: float, unit: str = "", se: float | None = None, extra: int = EXTRA) -> str:
    """The upper end of a range, whose unit is a plural even after a one."""
    return _with_units(text(value, unit, se, extra, bare=True), unit)


def _with_units(number: str, unit: str) -> str:
    return f"{number}{BEFORE_UNIT}{SUFFIX[unit]}" if unit in SUFFIX else number


def padded(number: str, places: int) -> str:
    """A number with blanks behind it, so that a right-aligned column lines up at the decimal points."""
    _, point, fraction = number.partition(".")
    return number + ("" if point or not places else POINT) + DIGIT * (places - len(fraction))


def places(number: str) -> int:
    """Digits after the point of a printed number."""
    return len(number.partition(".")[2])


def plural(n: int, one: str, many: str = "") -> str:
    """The noun for n things: "seed" for one, "seeds" for any other number."""
    return one if n == 1 else many or f"{one}s"


def count(n: int, noun: str) -> str:
    """ "1 seed", "2 seeds"."""
    return f"{n} {plural(n, noun)}"


def listing(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(part for part in (", ".join(items[:-1]), *items[-1:]) if part)


def typographic(text: str) -> str:
    """With typographic apostrophes, and no line break beside an operator or within an interval, for printed text."""
    return FORMULA.sub("\u00a0", text.replace("'", "’"))


def linked(source: str) -> Markup:
    """A source with its address on arXiv or GitHub as a link; a year or volume stays with the word before it."""
    return Markup(ADDRESS.sub(_link, YEAR.sub("\u00a0", str(escape(source)))))


def _link(found: re.Match[str]) -> str:
    place = f"arxiv.org/abs/{found[1]}" if found[1] else found[0]
    return f'<a href="https://{place}" rel="noreferrer">{found[0]}</a>'


def unmarked(text: str) -> str:
    """A text in one line, escaped for Markdown and HTML: no markup, table cell, mention or address."""
    return "".join(f"&#{ord(c)};" if c in "\\`*_{}[]<>()#+-!|&~@:" else c for c in " ".join(text.split()))


def power_of_ten(value: float) -> str:
    """The label of a decade on a logarithmic axis: 1e-6 is 10⁻⁶."""
    return "10" + f"{math.log10(value):.0f}".translate(RAISED)
