"""Pairs the tokens of two texts: long equal runs first, wherever they stand, then what is left between them."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from itertools import pairwise

RUN = 5  # equal tokens in a row that are no coincidence, wherever they stand
WORDS = 3  # of these that have to be words
GRAM = 3  # tokens in a row that serve as an anchor if they occur once in each text
LARGEST = 4_000_000  # product of the lengths of two stretches that are compared token by token


def paired(a: list[str], b: list[str]) -> dict[int, int]:
    """Index in b by index in a: long runs first, also where b has them in another order."""
    pairs: dict[int, int] = {}
    while runs := [run for run in _runs(a, b, pairs) if _is_sure(run, a)]:
        for run in runs:
            pairs |= run
    _extend(pairs, a, b)
    ours, theirs = {-1: -1, len(a): len(b)} | pairs, {-1, len(b)} | set(pairs.values())
    for i, k in pairwise(sorted(ours)):  # single tokens, in gaps with the same ends in both texts
        x, y = range(i + 1, k), range(ours[i] + 1, ours[k])
        if x and y and not theirs.intersection(y):
            for one, other, same in _between(a, b, x, y):
                pairs |= zip(one, other, strict=True) if same else ()
    return pairs


def _is_sure(run: Mapping[int, int], a: list[str]) -> bool:
    """Whether a run is long enough to be no coincidence; numbers alone may be those of another row."""
    return len(run) >= RUN and sum(a[i].isalpha() for i in run) >= WORDS


def gaps(pairs: Mapping[int, int], expected: int, found: int) -> Iterator[tuple[range, range]]:
    """Where the two differ: what only one has, and what only the other has after the same token."""
    ours, theirs = _stretches(set(pairs), expected), _stretches(set(pairs.values()), found)
    for start, e in ours.items():
        after = pairs[start - 1] + 1 if start else 0
        yield e, theirs.pop(after, range(after, after))
    back = {j: i for i, j in pairs.items()}
    for start, f in theirs.items():
        after = back[start - 1] + 1 if start else 0
        yield range(after, after), f


def _stretches(taken: set[int], length: int) -> dict[int, range]:
    """Ranges of indices that are not taken, by their start."""
    ends = sorted({-1, length} | taken)
    return {i + 1: range(i + 1, k) for i, k in pairwise(ends) if k > i + 1}


def _extend(pairs: dict[int, int], a: list[str], b: list[str]) -> None:
    """Extend the paired runs at their ends over equal tokens that are not paired yet."""
    taken = set(pairs.values())
    for i, j in list(pairs.items()):
        for step in (-1, 1):
            k, m = i + step, j + step
            while 0 <= k < len(a) and 0 <= m < len(b) and k not in pairs and m not in taken and a[k] == b[m]:
                pairs[k] = m
                taken.add(m)
                k, m = k + step, m + step


def _runs(a: list[str], b: list[str], pairs: Mapping[int, int]) -> Iterator[dict[int, int]]:
    """Equal runs among the tokens that are not paired yet."""
    taken = set(pairs.values())
    ours, theirs = [i for i in range(len(a)) if i not in pairs], [j for j in range(len(b)) if j not in taken]
    run: dict[int, int] = {}
    last = (-2, -2)
    for x, y, same in _blocks([a[i] for i in ours], [b[j] for j in theirs]):
        for i, j in zip(x, y, strict=True) if same else ():
            here = ours[i], theirs[j]
            if here != (last[0] + 1, last[1] + 1):
                yield run
                run = {}
            run[here[0]], last = here[1], here
    yield run


def _blocks(a: list[str], b: list[str]) -> Iterator[tuple[range, range, bool]]:
    """Successive ranges of both texts, with whether they are equal."""
    anchors = [(-1, -1), *_anchors(a, b), (len(a), len(b))]
    for (i, j), (k, m) in pairwise(anchors):
        yield from _between(a, b, range(i + 1, k), range(j + 1, m))
        if k < len(a):
            yield range(k, k + 1), range(m, m + 1), True


def _between(a: list[str], b: list[str], x: range, y: range) -> Iterator[tuple[range, range, bool]]:
    if len(x) * len(y) > LARGEST:
        yield x, y, False
        return
    matcher = SequenceMatcher(None, a[x.start : x.stop], b[y.start : y.stop], autojunk=False)
    for tag, i, k, j, m in matcher.get_opcodes() if x or y else ():
        yield range(x.start + i, x.start + k), range(y.start + j, y.start + m), tag == "equal"


def _anchors(a: list[str], b: list[str]) -> list[tuple[int, int]]:
    """Pairs of indices that surely belong together: GRAM tokens that occur once in each text, in the same order."""
    ours, theirs = _once(a), _once(b)
    pairs = [(place, theirs[gram]) for gram, place in ours.items() if gram in theirs]
    tails: list[int] = []  # patience sorting: the longest rising sequence of indices in b
    where: list[int] = []
    for _, j in pairs:
        at = bisect_left(tails, j)
        tails[at : at + 1] = [j]
        where.append(at)
    chosen, wanted = [], len(tails) - 1
    for pair, at in zip(reversed(pairs), reversed(where), strict=True):
        if at == wanted:
            chosen.append(pair)
            wanted -= 1
    return chosen[::-1]


def _once(texts: list[str]) -> dict[tuple[str, ...], int]:
    """Index of each run of GRAM tokens that occurs once, in order."""
    grams = list(zip(*(texts[n:] for n in range(GRAM)), strict=False))
    often = Counter(grams)
    return {gram: place for place, gram in enumerate(grams) if often[gram] == 1}
