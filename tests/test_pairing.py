"""Which tokens of one text are those of another."""

from hypothesis import given
from hypothesis import strategies as st

from report.checks.pairing import gaps, paired

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
