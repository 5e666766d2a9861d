"""What a check says: how much it looked at, in one line, and what it calls a thing that is wrong."""

from collections import Counter
from pathlib import Path

import pytest

from report.checks.result import binding_name, coverage, short, unreadable


def test_what_was_counted_is_told_with_the_most_frequent_reasons_first() -> None:
    counts = Counter({"definition": 2, "sentence of a claim": 3, "nothing": 1, "running head": 0})
    assert coverage(8, counts) == (
        "14 numbers: 8 bound, 5 on the list (3 sentence of a claim, 2 definition), 1 neither"
    )
    assert coverage(7, Counter()) == "7 numbers: 7 bound, 0 on the list, 0 neither"


def test_a_long_text_is_cut() -> None:
    assert short("a  b\n c") == "a b c"
    assert short("x" * 80) == "x" * 80
    assert short("x" * 81) == "x" * 77 + "…"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (FileNotFoundError(2, "No such file"), "a.pdf: not there; aereport render writes it"),
        (PermissionError(13, "Permission denied"), "a.pdf: Permission denied"),
        (OSError("not a plain file"), "a.pdf: not a plain file"),
        (RecursionError(), "a.pdf: RecursionError"),
    ],
)
def test_why_a_file_could_not_be_looked_at(error: BaseException, says: str) -> None:
    assert unreadable(Path("a.pdf"), error) == says


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"data-claim": "vae_smooth", "data-part": "low", "data-key": "ae/psnr"}, "vae_smooth low"),
        ({"data-claim": "vae_smooth"}, "vae_smooth"),
        ({"data-key": "ae/psnr"}, "ae/psnr"),
        ({"data-run": "seeds"}, "seeds"),
        ({}, "unbound"),
    ],
)
def test_what_an_element_is_bound_to(attributes: dict[str, str], name: str) -> None:
    assert binding_name(attributes) == name
