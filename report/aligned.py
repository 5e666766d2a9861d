"""The text of a finished PDF against what its page prints: which of its numbers and words are those of the page.

Both are read as tokens. What paper adds (page numbers, running heads, pages of cross-references, repeated heads of
tables) is taken out and checked by itself; the rest must be the page's tokens. Paper may set whole stretches in another
place, as it does with figures.
"""

import io
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from report.printed import Piece, Printed, Token, tokens

RUN = 5  # tokens in a row that are the same by no chance, wherever paper has them
GRAM = 3  # tokens in a row that are looked for where they occur once in both texts
LARGEST = 4_000_000  # product of two lengths that are compared token by token
ADDED = ("number of a page", "running head", "page of a cross-reference", "repeated head of a table")


class PdfError(ValueError):
    """A PDF that cannot be read."""


@dataclass
class Aligned:
    """What came of a comparison.

    Attributes:
        matched: by token of the page, the number of the PDF's page that prints it.
        added: numbers that only paper has, by reason.
        faults: (page of the PDF, what it prints there, what the page prints instead).
    """

    matched: dict[int, int] = field(default_factory=dict)
    added: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[int, list[Token], list[Token]]] = field(default_factory=list)


def pages(content: bytes) -> list[str]:
    """The text of each page of a PDF.

    Raises:
        PdfError: it is none, or it is damaged.
    """
    try:
        return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise PdfError(f"no readable PDF: {error or type(error).__name__}") from None


def paper(page: Printed) -> list[Token]:
    """Tokens of everything that a page prints on paper, in order; homes are pieces."""
    return [token for n, piece in enumerate(page.pieces) if piece.paper for token in tokens(piece.text, n)]


def align(page: Printed, texts: Sequence[str]) -> Aligned:
    """Find the tokens of a page in the texts of a PDF's pages."""
    found, expected, result = [], paper(page), Aligned()
    for n, text in enumerate(texts, start=1):
        found += _without_margins(list(tokens(text, n)), page, result)
    ours, theirs = _texts(expected), _texts(found)
    pairs = paired(ours, theirs)
    gaps = list(_gaps(pairs, len(ours), len(theirs)))
    for e, f in _moved(gaps, ours, theirs):
        pairs |= zip(e, f, strict=True)
    result.matched = {i: found[j].home for i, j in pairs.items()}
    for e, f in _gaps(pairs, len(ours), len(theirs)):
        _explain(e, [found[j] for j in f], expected, page, result)
    return result


def _moved(gaps: list[tuple[range, range]], a: list[str], b: list[str]) -> Iterator[tuple[range, range]]:
    """Words at the edge of a stretch that paper has elsewhere: too many there, and missing here. Never numbers."""
    spare = [f for e, f in gaps if f and not e]
    for e in [e for e, f in gaps if e and not f]:
        words = a[e.start : e.stop]
        same = next((f for f in spare if b[f.start : f.stop] == words), None)
        if same and "".join(words).isalpha():
            spare.remove(same)
            yield e, same


def paired(a: list[str], b: list[str]) -> dict[int, int]:
    """Which places of a text a stand where in b: long runs first, also where b has them in another order."""
    pairs: dict[int, int] = {}
    while runs := [run for run in _runs(a, b, pairs) if len(run) >= RUN]:
        for run in runs:
            pairs |= run
    _extend(pairs, a, b)
    ours, theirs = {-1: -1, len(a): len(b)} | pairs, {-1, len(b)} | set(pairs.values())
    for i, k in pairwise(sorted(ours)):  # within a gap that has the same ends on both sides, single tokens, too
        x, y = range(i + 1, k), range(ours[i] + 1, ours[k])
        if x and y and not theirs.intersection(y):
            for one, other, same in _between(a, b, x, y):
                pairs |= zip(one, other, strict=True) if same else ()
    return pairs


def _extend(pairs: dict[int, int], a: list[str], b: list[str]) -> None:
    """Let the ends of what is paired grow over equal tokens that are not."""
    taken = set(pairs.values())
    for i, j in list(pairs.items()):
        for step in (-1, 1):
            k, m = i + step, j + step
            while 0 <= k < len(a) and 0 <= m < len(b) and k not in pairs and m not in taken and a[k] == b[m]:
                pairs[k] = m
                taken.add(m)
                k, m = k + step, m + step


def _runs(a: list[str], b: list[str], pairs: Mapping[int, int]) -> Iterator[dict[int, int]]:
    """Stretches that are the same among what is not paired yet."""
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


def _gaps(pairs: Mapping[int, int], expected: int, found: int) -> Iterator[tuple[range, range]]:
    """Where the two differ: what stands in one, and what stands in the other after the same token."""
    ours, theirs = _stretches(set(pairs), expected), _stretches(set(pairs.values()), found)
    for start, e in ours.items():
        after = pairs[start - 1] + 1 if start else 0
        yield e, theirs.pop(after, range(after, after))
    back = {j: i for i, j in pairs.items()}
    for start, f in theirs.items():
        after = back[start - 1] + 1 if start else 0
        yield range(after, after), f


def _stretches(taken: set[int], length: int) -> dict[int, range]:
    """Stretches of places that are not taken, by their start."""
    ends = sorted({-1, length} | taken)
    return {i + 1: range(i + 1, k) for i, k in pairwise(ends) if k > i + 1}


def _without_margins(given: list[Token], page: Printed, result: Aligned) -> list[Token]:
    """Tokens of one sheet without its margin boxes, which its text ends with, in whichever order."""
    heads = sorted({*page.heads, "Contents"}, key=len, reverse=True)
    number = str(given[0].home) if given else ""
    parts = {"number of a page": [number], "running head": heads, "title": [page.title], "banner": [page.banner]}
    while True:
        for name, candidates in parts.items():
            cut = next(
                (words for text in candidates if (words := _words(text)) and _texts(given)[-len(words) :] == words),
                None,
            )
            if cut:
                result.added[name if name in ADDED else "running head"] += sum(t.number for t in given[-len(cut) :])
                given = given[: -len(cut)]
                del parts[name]
                break
        else:
            return given


def _explain(e: range, extra: list[Token], expected: list[Token], page: Printed, result: Aligned) -> None:
    """A place where the texts differ: added by paper, broken over lines, or a fault."""
    for back in (1, 2):  # a page before an entry of the same number, "… 17 / 17 Masked …", may be taken for the latter
        before = e.start - back
        if extra and before >= 0 and (back == 1 or expected[e.start - 1].text == extra[0].text):
            extra = _without_reference(extra, page.pieces[expected[before].home], page, expected, result)
    for text in page.tables:
        extra = _without_head(extra, _words(text), result)
    lacking = [expected[i] for i in e]
    sheet = extra[0].home if extra else result.matched.get(e.start - 1, 1)
    if "".join(_texts(lacking)) == "".join(_texts(extra)):  # a word that was broken at the end of a line
        result.matched |= dict.fromkeys(e, sheet)
    else:
        result.faults.append((sheet, extra, lacking))


def _without_reference(
    extra: list[Token], before: Piece, page: Printed, expected: list[Token], result: Aligned
) -> list[Token]:
    """Without the page that paper puts behind a link, if it is the right one."""
    if not before.target or before.target not in page.ids:
        return extra
    texts = _texts(extra)
    at = 1 if texts[0] == "p" and len(texts) > 1 else 0
    first = bisect_left([token.home for token in expected], page.ids[before.target])
    if texts[at] not in {str(result.matched.get(first + n)) for n in range(RUN)}:
        return extra
    result.added["page of a cross-reference"] += 1
    return extra[at + 1 :]


def _without_head(extra: list[Token], head: list[str], result: Aligned) -> list[Token]:
    texts = _texts(extra)
    for start in range(len(texts) - len(head) + 1 if head else 0):
        if texts[start : start + len(head)] == head:
            taken = extra[start : start + len(head)]
            result.added["repeated head of a table"] += sum(token.number for token in taken)
            return extra[:start] + extra[start + len(head) :]
    return extra


def _words(text: str) -> list[str]:
    return _texts(list(tokens(text, 0)))


def _texts(given: Sequence[Token]) -> list[str]:
    return [token.text for token in given]


def _blocks(a: list[str], b: list[str]) -> Iterator[tuple[range, range, bool]]:
    """Stretches of two texts in turn, with whether they are the same."""
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
    """Places of a and b that surely belong together: GRAM tokens that occur once in each, in a common order."""
    ours, theirs = _once(a), _once(b)
    pairs = [(place, theirs[gram]) for gram, place in ours.items() if gram in theirs]
    tails: list[int] = []  # patience sorting: the longest rising run of places in b
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
    """Runs of GRAM tokens that occur once, with their places, in order."""
    grams = list(zip(*(texts[n:] for n in range(GRAM)), strict=False))
    often = Counter(grams)
    return {gram: place for place, gram in enumerate(grams) if often[gram] == 1}
