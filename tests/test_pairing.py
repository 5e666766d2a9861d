"""Which tokens of one text are those of another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.checks.alignment import align
from report.checks.pairing import gaps, paired
from report.checks.printed import read

TEXT = [chr(ord("a") + n % 26) * (1 + n // 26) for n in range(60)]  # a, b, …, z, aa, bb, …


def differ(a: list[str], b: list[str]) -> list[tuple[list[str], list[str]]]:
    """What is left of both, place by place."""
    found = gaps(paired(a, b), len(a), len(b))
    return [([a[i] for i in e], [b[j] for j in f]) for e, f in found]


def test_the_same_text() -> None:
    assert paired(TEXT, TEXT) == {n: n for n in range(60)}
    assert differ(TEXT, TEXT) == []
    assert differ([], []) == []


def test_what_was_changed_put_in_or_left_out() -> None:
    assert differ(TEXT, [*TEXT[:30], "x", *TEXT[31:]]) == [([TEXT[30]], ["x"])]
    assert differ(TEXT, [*TEXT[:30], "x", *TEXT[30:]]) == [([], ["x"])]
    assert differ(TEXT, TEXT[:30] + TEXT[31:]) == [([TEXT[30]], [])]
    assert differ(TEXT, ["x", *TEXT[1:]]) == [([TEXT[0]], ["x"])]
    assert differ(TEXT, [*TEXT, "x"]) == [([], ["x"])]
    assert differ(TEXT, []) == [(TEXT, [])]
    assert differ([], TEXT) == [([], TEXT)]


def test_a_stretch_that_was_moved_is_found_again() -> None:
    assert differ(TEXT, TEXT[:20] + TEXT[40:] + TEXT[20:40]) == []
    moved = [*TEXT[:20], *TEXT[40:], *TEXT[20:29], "x", *TEXT[30:40]]
    assert differ(TEXT, moved) == [([TEXT[29]], ["x"])]


def test_a_stretch_that_was_moved_has_its_first_words_though_they_stand_there_twice() -> None:
    first = ["the", "mean", "over"]
    assert differ([*first, *TEXT[:8], *TEXT[30:40]], [*TEXT[30:40], *first, *first, *TEXT[:8]]) == [([], first)]
    assert differ([*TEXT[:8], *first, *TEXT[30:40]], [*TEXT[30:40], *TEXT[:8], *first, *first]) == [([], first)]


def test_long_texts_are_compared_by_what_occurs_once() -> None:
    """All of their tokens one by one would take minutes."""
    text = [f"{TEXT[n % 60]}{'z' * (n // 60)}" for n in range(3000)]
    assert differ(text, [*text[:1500], "x", *text[1501:]]) == [([text[1500]], ["x"])]
    moved = [*text[:500], *text[1000:2000], "x", *text[500:1000], *text[2000:]]
    assert differ(text, moved) == [([], ["x"])]
    assert differ(["a"] * 3000, ["b", *["a"] * 3000]) == [(["a"] * 3000, ["b", *["a"] * 3000])]


def test_a_short_stretch_that_was_moved_is_a_difference() -> None:
    assert differ(TEXT, TEXT[:20] + TEXT[23:40] + TEXT[20:23] + TEXT[40:]) == [
        (TEXT[20:23], []), ([], TEXT[20:23]),
    ]  # fmt: skip


def test_rows_of_numbers_that_changed_places_are_a_difference() -> None:
    one, other = [f"1.{n}" for n in range(6)], [f"2.{n}" for n in range(6)]
    shown = [*TEXT[:20], *one, *TEXT[20:40], *other, *TEXT[40:]]
    assert differ(shown, [*TEXT[:20], *other, *TEXT[20:40], *one, *TEXT[40:]]) == [(one, other), (other, one)]


@given(st.lists(st.sampled_from("abc"), max_size=40), st.lists(st.sampled_from("abc"), max_size=40))
def test_pairs_are_equal_and_used_once(a: list[str], b: list[str]) -> None:
    pairs = paired(a, b)
    assert all(a[i] == b[j] for i, j in pairs.items())
    assert len(set(pairs.values())) == len(pairs)
    left = gaps(pairs, len(a), len(b))
    ours, theirs = zip(*left, strict=True) if (left := list(left)) else ((), ())
    assert sorted(i for e in ours for i in e) == [i for i in range(len(a)) if i not in pairs]
    assert sorted(j for f in theirs for j in f) == [j for j in range(len(b)) if j not in pairs.values()]


@pytest.mark.parametrize(
    ("old", "new"),
    [("class\nAE\nDAE", "class\nDAE\nAE"), ("the DAE than the AE", "the AE than the DAE"), ("not ever", "ever not")],
)
def test_words_that_changed_their_places_are_found(old: str, new: str) -> None:
    words = ("Noise of this kind disturbs the DAE than the AE", "and a probe would not ever notice it")
    rows = "<tr><th>Known class<th>AE<th>DAE<tr><th>first<td>0.7<td>0.6"
    page = read(f"<title>T</title><h1>My title</h1><p>{', '.join(words)}.</p><table>{rows}</table><p>So much for it.")
    text = f"My title\n{words[0]},\n{words[1]}.\nKnown class\nAE\nDAE\nfirst\n0.7\n0.6\nSo much for it.\nMy title\n1"
    assert align(page, [text]).faults == []
    assert old in text
    assert align(page, [text.replace(old, new)]).faults
