"""Aligns the text of a finished PDF with its HTML page: which of its numbers and words are those of the page.

Both are read as tokens. What only paper has (page numbers, running heads, pages of cross-references, numbers of
footnotes, repeated heads of tables) is removed and checked by itself; the rest must be the page's tokens. Whole
paragraphs, figures and footnotes may stand in another place on paper; `order` sees to it that nothing less does.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from report.checks.footnotes import PaperText, paper_text
from report.checks.order import misplaced
from report.checks.pairing import RUN, gaps, paired
from report.checks.printed import Piece, Printed
from report.checks.tokens import Token, normalised, tokens

BROKEN = re.compile(r"([^\W\d_]+)[-\N{HYPHEN}]\n([^\W\d_]+)")  # a hyphenated word; both hyphens share a glyph
BEGUN = re.compile(r"([^\W\d_]+)[-\N{HYPHEN}](?=\n)")  # the first part of one
FIRST = re.compile(r"^[^\W\d_]+", re.MULTILINE)  # the first word of a line
NUMBERED = re.compile(r"@page\s*\{(?:[^{}]|\{[^{}]*\})*\{[^{}]*\bcounter\(page\)")  # a page number in the margin
OTHER = re.compile(r"@page\s*([^\s{][^{]*?)\s*\{")  # a rule for certain pages only
NEAR = 12  # tokens: a word this close to where it is missing was swapped with another, as a column's head might be
WIDE = 20  # letters of a word that may be wider than its line, and then breaks anywhere


@dataclass
class Alignment:
    """The result of an alignment.

    Attributes:
        expected: tokens of the HTML page as they should be on paper, see `report.checks.footnotes`.
        matched: number of the PDF's page that prints a token, by the index of the token.
        added: how many numbers only paper has, by reason.
        faults: (page of the PDF, what it prints, what the HTML has there).
        bare: (page of the PDF, what its margin lacks).
    """

    expected: list[Token]
    matched: dict[int, int] = field(default_factory=dict)
    added: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[int, list[Token], list[Token]]] = field(default_factory=list)
    bare: list[tuple[int, str]] = field(default_factory=list)


def align(page: Printed, texts: Sequence[str]) -> Alignment:
    """Find the tokens of an HTML page in the texts of a PDF's pages."""
    paper = paper_text(page)
    found, expected, result = [], paper.tokens, Alignment(paper.tokens)
    wide = {token.text for token in expected if len(token.text) >= WIDE and not token.number}
    known = {token.text for token in expected}
    sheets = _over_sheets([BROKEN.sub(lambda parts: _joined(parts, known), text) for text in texts], known)
    numbered = _numbered(page.styles, len(sheets))
    for n, text in enumerate(sheets, start=1):
        had, given = _without_margins(list(normalised(tokens(_mended(text, wide), n))), page, result)
        due = {"banner": bool(page.banner), "number of a page": n in numbered}
        result.bare += [(n, name) for name, asked in due.items() if asked and name not in had]
        found += given
    ours, theirs = _texts(expected), _texts(found)
    pairs = paired(ours, theirs)
    pairs |= _notes(pairs, paper.notes, ours, theirs)
    for same in (_by_words, _by_sheet):
        pairs |= same(pairs, expected, found)
    result.matched = {i: found[j].home for i, j in pairs.items()}
    for e, f in gaps(pairs, len(ours), len(theirs)):
        _explain(e, [found[j] for j in f], paper, page, result)
    result.faults += misplaced(pairs, paper, found, page.pieces)
    result.added["number of a footnote"] += len(paper.numbers & result.matched.keys())
    for place in paper.numbers:
        result.matched.pop(place, None)
    return result


def _joined(parts: re.Match[str], known: Set[str]) -> str:
    """The word that was hyphenated; what is no known word, such as a word and a running head, stays as it is."""
    whole = parts[1] + parts[2]
    return whole if whole in known else parts[0]


def _over_sheets(texts: Sequence[str], known: Set[str]) -> list[str]:
    """The texts of the PDF's pages; a word that is hyphenated over two pages stands whole on the first."""
    sheets = list(texts)
    for n, after in enumerate(sheets[1:]):
        for begun in BEGUN.finditer(sheets[n]):
            rest = next((end for end in FIRST.finditer(after) if begun[1] + end[0] in known), None)
            if rest:
                sheets[n] = sheets[n][: begun.start()] + begun[1] + rest[0] + sheets[n][begun.end() :]
                sheets[n + 1] = after[: rest.start()] + after[rest.end() :]
                break
    return sheets


def _mended(text: str, wide: Iterable[str]) -> str:
    """The text of a PDF's page with its wide words in one piece."""
    for word in wide:
        text = re.sub(r"\n?".join(word), word, text)
    return text


def _notes(
    pairs: Mapping[int, int], notes: Iterable[range], expected: list[str], found: list[str]
) -> Iterator[tuple[int, int]]:
    """Pair footnotes that were too short to be paired for certain, whole and with their numbers, with what is left."""
    taken = set(pairs.values())
    for note in notes:
        words = expected[note.start : note.stop]
        places = (range(j, j + len(note)) for j in range(len(found) - len(note) + 1) if found[j] == words[0])
        free = (place for place in places if found[place.start : place.stop] == words and taken.isdisjoint(place))
        if not any(i in pairs for i in note) and (place := next(free, None)):
            taken.update(place)
            yield from zip(note, place, strict=True)


def _by_words(pairs: Mapping[int, int], expected: list[Token], found: list[Token]) -> Iterator[tuple[int, int]]:
    """Pair words, never numbers, at the edge of a stretch that moved on paper: missing here, left over there."""
    missing, spare = _words_only(pairs, expected, found)
    for e in missing:
        words = _texts(expected[e.start : e.stop])
        there = (f for f in spare if not _near(e, f, pairs))
        same = next((f for f in there if _texts(found[f.start : f.stop]) == words), None)
        if same:
            spare.remove(same)
            yield from zip(e, same, strict=True)


def _by_sheet(pairs: Mapping[int, int], expected: list[Token], found: list[Token]) -> Iterator[tuple[int, int]]:
    """Pair words, never numbers, that a page of the PDF has in the same order elsewhere, as headings beside lists."""
    missing, spare = _words_only(pairs, expected, found)
    turned = [(e, f) for e in missing for f in spare if _near(e, f, pairs)]
    missing, spare = ([one for one in of if not any(one in pair for pair in turned)] for of in (missing, spare))
    for sheet in {found[f.start].home for f in spare}:
        here = [i for e in missing if e.start and found[pairs[e.start - 1]].home == sheet for i in e]
        there = [j for f in spare if found[f.start].home == sheet for j in f]
        if [expected[i].text for i in here] == [found[j].text for j in there]:
            yield from zip(here, there, strict=True)


def _near(e: range, f: range, pairs: Mapping[int, int]) -> bool:
    """Whether a stretch of the PDF stands close to where one of the HTML is missing."""
    return abs(f.start - pairs.get(e.start - 1, -1) - 1) <= NEAR


def _words_only(pairs: Mapping[int, int], expected: list[Token], found: list[Token]) -> tuple[list[range], list[range]]:
    """Stretches without numbers that only the HTML has, and those that only the PDF has."""
    differ = list(gaps(pairs, len(expected), len(found)))
    missing = [e for e, f in differ if e and not f and not any(expected[i].number for i in e)]
    return missing, [f for e, f in differ if f and not e and not any(found[j].number for j in f)]


def _numbered(styles: Iterable[str], sheets: int) -> range:
    """Pages that must have a number: all, or all but the first if a style has a rule for that.

    None if there are rules for other pages: which pages these are, only the layout knows.
    """
    style = "".join(styles)
    others = set(OTHER.findall(style))
    return range(1 + len(others), sheets + 1) if NUMBERED.search(style) and others <= {":first"} else range(0)


def _without_margins(given: list[Token], page: Printed, result: Alignment) -> tuple[set[str], list[Token]]:
    """Which parts a page has in its margins, which its text ends with in any order, and its tokens without these."""
    heads, sections = (  # longest first, as one may end with another
        sorted({*texts}, key=len, reverse=True) for texts in ([*page.heads, "Contents"], [*page.sections, page.title])
    )
    number = str(given[0].home) if given else ""
    parts = {"number of a page": [number], "running head": heads, "section": sections, "banner": [page.banner]}
    names = set(parts)
    while True:
        for name, candidates in parts.items():
            cut = next(
                (words for text in candidates if (words := _words(text)) and _texts(given)[-len(words) :] == words),
                None,
            )
            if cut:
                result.added[name if name == "number of a page" else "running head"] += sum(
                    t.number for t in given[-len(cut) :]
                )
                given = given[: -len(cut)]
                del parts[name]
                break
        else:
            return names - parts.keys(), given


def _explain(e: range, extra: list[Token], paper: PaperText, page: Printed, result: Alignment) -> None:
    """Explain a place where the texts differ: added by paper, broken over lines, or a fault."""
    expected = paper.tokens
    if broken := _broken(extra, [expected[i] for i in e]):
        result.matched |= dict.fromkeys(e, extra[0].home)
        e, extra = range(e.stop, e.stop), extra[broken:]  # a page number may follow
    for back in (1, 2):  # of two equal numbers, as in "… 17 / 17 Masked …", the wrong one may have been paired
        before = e.start - back
        if extra and before >= 0 and (back == 1 or expected[e.start - 1].text == extra[0].text):
            extra = _without_reference(extra, page.pieces[expected[before].home], page, paper, result)
    for text in page.tables:
        extra = _without_head(extra, _words(text), result)
    lacking = [expected[i] for i in e if i not in paper.numbers]
    sheet = extra[0].home if extra else result.matched.get(e.start - 1, 1)
    if broken := _broken(extra, lacking):
        result.matched |= dict.fromkeys(e, sheet)
    if extra[broken:] or (lacking and not broken):
        result.faults.append((sheet, extra, lacking))


def _broken(extra: list[Token], lacking: list[Token]) -> int:
    """How many tokens of the PDF together are the text that is lacking, broken at the ends of lines."""
    text, whole = "", "".join(_texts(lacking))
    for count, token in enumerate(extra, 1):
        text += token.text
        if text == whole:
            return count
    return 0


def _without_reference(
    extra: list[Token], before: Piece, page: Printed, paper: PaperText, result: Alignment
) -> list[Token]:
    """Without the page number that paper puts behind a link, if it is the right one."""
    if not before.target or before.target not in page.ids:
        return extra
    texts = _texts(extra)
    at = 1 if texts[0] == "p" and len(texts) > 1 else 0
    first = bisect_left([token.home for token in paper.tokens], page.ids[before.target], hi=paper.text)
    if texts[at] not in {str(result.matched.get(first + n)) for n in range(RUN)}:
        return extra
    result.added["page of a cross-reference"] += 1
    turned = at == 0 and texts[1:2] == ["p"]  # in "Figure 24 (p. 24)" the last number was paired with the first
    return extra[at + 1 + turned :]


def _without_head(extra: list[Token], head: list[str], result: Alignment) -> list[Token]:
    texts = _texts(extra)
    for start in range(len(texts) - len(head) + 1 if head else 0):
        if texts[start : start + len(head)] == head:
            taken = extra[start : start + len(head)]
            result.added["repeated head of a table"] += sum(token.number for token in taken)
            return extra[:start] + extra[start + len(head) :]
    return extra


def _words(text: str) -> list[str]:
    return _texts(list(normalised(tokens(text, 0))))


def _texts(given: Sequence[Token]) -> list[str]:
    return [token.text for token in given]
