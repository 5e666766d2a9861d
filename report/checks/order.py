"""Finds what a PDF prints in another place than its HTML page: a word in another sentence, an item of another list."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element

from report.checks.footnotes import PaperText
from report.checks.printed import Piece
from report.checks.tokens import Token

KINDS = {"ul": "list", "ol": "list", "dl": "list", "figure": "figure", "table": "table", "div": "table"}
NEAR = 6  # tokens by which the same text is known where another of its copies was paired
SHOWN = 4  # tokens of a fault


def misplaced(
    pairs: Mapping[int, int], paper: PaperText, found: Sequence[Token], pieces: Sequence[Piece]
) -> Iterator[tuple[int, list[Token], list[Token]]]:
    """Where the PDF does not read on as the HTML does: (its page, what it prints, what the HTML has there).

    Within a paragraph, list, table or figure it must, unless a page ends; and these, but for paragraphs, keep the order
    of their kind.

    Args:
        pairs: index in `found` by index in `paper.tokens`.
    """
    blocks = [pieces[token.home].block for token in paper.tokens]
    same = ((i, i) for i in _parted(pairs, paper, found, blocks))
    for i, k in (*same, *_turned(pairs, blocks)):
        yield found[pairs[k]].home, list(found[pairs[k] :][:SHOWN]), paper.tokens[i:][:SHOWN]


def _parted(
    pairs: Mapping[int, int], paper: PaperText, found: Sequence[Token], blocks: Sequence[Element | None]
) -> Iterator[int]:
    """Tokens behind which the PDF does not have the next one of their block, nor before that one what the HTML has."""
    keys, line, starts = sorted(pairs), sorted(pairs.values()), [note.start for note in paper.notes]
    rank = {j: n for n, j in enumerate(line)}
    for n, (i, k) in enumerate(pairwise(keys), start=1):
        here, there = rank[pairs[i]] + 1, rank[pairs[k]]
        sheet, other = found[pairs[i]].home, found[pairs[k]].home
        apart = blocks[i] is None or blocks[i] is not blocks[k] or bisect_right(starts, i) < bisect_right(starts, k)
        if apart or here == there or other == sheet + 1:
            continue
        before, after = (
            [paper.tokens[x] for x in part if blocks[x] is blocks[i]] for part in (keys[:n][-NEAR:], keys[n:][:NEAR])
        )
        on = [found[x] for x in line[here:][:NEAR] if found[x].home == sheet]
        up_to = [found[x] for x in line[:there][-NEAR:] if found[x].home == other]
        if not (_alike(after, on) or _alike(before[::-1], up_to[::-1])):
            yield i


def _alike(ours: Sequence[Token], theirs: Sequence[Token]) -> bool:
    """Whether two texts begin with the same words, as far as both go."""
    both = [(one.text, other.text) for one, other in zip(ours, theirs, strict=False)]
    return bool(both) and all(one == other for one, other in both)


def _turned(pairs: Mapping[int, int], blocks: Sequence[Element | None]) -> Iterator[tuple[int, int]]:
    """First tokens of two lists, figures or tables in a row that the PDF has the other way round.

    Their middle tokens are compared: at an end, a token of another one may have been paired.
    """
    kinds: dict[str, dict[int, list[int]]] = {kind: {} for kind in KINDS.values()}
    for i in sorted(pairs):
        if (block := blocks[i]) is not None and block.tag in KINDS:
            kinds[KINDS[block.tag]].setdefault(id(block), []).append(i)
    for given in kinds.values():
        for one, other in pairwise(given.values()):
            if pairs[other[len(other) // 2]] < pairs[one[len(one) // 2]]:
                yield one[0], other[0]
