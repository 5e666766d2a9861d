"""Holds a finished document against its bundle: every number of report.html and report.pdf, every verdict and figure.

A number is bound to a key, a claim or a setting and agrees with the bundle as it is printed, or it stands on the list
of `report.stated` with a reason. The document itself is read, not what it was made from.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.bundle import Bundle, BundleError
from experiments.files import read_plain
from report import draw, made, words
from report.aligned import PdfError, align, pages
from report.aside import aside
from report.bound import Bonds, Unbound, drawn, mark_of
from report.document import Content
from report.draw import to_csv
from report.foreign import foreign
from report.judge import Judgement, judge_all, to_json
from report.lint import lint
from report.pictured import pictured
from report.printed import Printed, Token, plain, read, text_of, tokens
from report.render import FORMATS, TEMPLATES
from report.render import pages as templates_in
from report.signs import signed
from report.stated import Stated

Judgements = Mapping[str, Judgement]
LARGEST = 200_000_000  # bytes of a file that is read


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what was counted, and a line for each fault."""

    name: str
    counted: str
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.faults


def check(run: Path, templates: Path = TEMPLATES, formats: Sequence[str] = FORMATS) -> tuple[Check, ...]:
    """Look at a run's bundle, verdicts, tables and templates, and at its documents with their figures.

    Args:
        templates: what the document was rendered with.
        formats: without pdf that is not looked at.

    Raises:
        ValueError: the folder holds no bundle.
    """
    if not (run / "bundle" / "bundle.json").is_file():
        raise ValueError(f"{run}: holds no bundle/bundle.json; give the folder of a run")
    try:
        bundle = Bundle.load(run / "bundle")
    except BundleError as error:
        return (Check("bundle", "cannot be read", (str(error),)),)
    judgements = judge_all(bundle)
    content = Content(bundle, judgements, tables=draw.tables(bundle, judgements))
    found = [
        Check("bundle", f"{len(bundle.values)} keys, checksums agree", ()),
        _claims_json(run, judgements),
        _tables(run, content),
        _templates(templates),
    ]
    try:
        page = read(read_plain(run / "report.html", LARGEST).decode(errors="replace"))
    except (OSError, RecursionError) as error:
        return (*found, Check("html", "not read", (_lacking(run / "report.html", error),)))
    bonds, stated = Bonds(bundle, judgements), Stated(content, templates)
    reasons, html = numbers(page, bonds, stated)
    drawings = pictured(page, bundle, run / "figures")
    faults = aside(page, content, bonds, stated, templates)
    others = foreign(page, bundle.settings.logo, templates)
    checks = (
        *found,
        html,
        verdicts(page, bonds, judgements),
        Check("figures", f"{len(page.pictures)} pictures and their alternative texts", tuple(drawings)),
        Check("screen", f"{len(page.shown)} tables, pop-ups, styles, scripts and the explorer", faults),
        Check(
            "elements",
            f"{sum(1 for _ in page.root.iter())} elements and their attributes",
            tuple(dict.fromkeys(others)),
        ),
    )
    if "pdf" not in formats:
        return checks
    return (*checks, pdf(run / "report.pdf", page, reasons, made.stale(run).get("report.pdf", "")))


def _templates(folder: Path) -> Check:
    files = len(templates_in(folder))
    counted = f"{files} {words.count(files, 'file')}"
    return Check("templates", counted if folder == TEMPLATES else f"{counted} in {folder}", tuple(lint(folder)))


def _claims_json(run: Path, judgements: Judgements) -> Check:
    fault = _differs(run / "claims.json", to_json(dict(judgements)))
    return Check("claims.json", f"{len(judgements)} claims", (fault,) if fault else ())


def _tables(run: Path, content: Content) -> Check:
    faults = [
        _differs(run / "tables" / f"{name}.csv", to_csv(table, content.bundle, content.judgements))
        for name, table in content.tables.items()
    ]
    return Check("tables", f"{len(content.tables)} CSV files", tuple(filter(None, faults)))


def _differs(path: Path, content: str) -> str:
    """What is wrong with a file that should have a content; empty where nothing is."""
    try:
        same = read_plain(path, LARGEST) == content.encode()
    except OSError as error:
        return _lacking(path, error)
    return "" if same else f"{path}: not what follows from the bundle; aereport render writes it again"


def _lacking(path: Path, error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path}: not there; aereport render writes it"
    return f"{path}: {getattr(error, 'strerror', None) or str(error) or type(error).__name__}"


def numbers(page: Printed, bonds: Bonds, stated: Stated) -> tuple[dict[int, str], Check]:
    """Why each unbound piece may stand, by its place among the pieces, and the check of all numbers of the page."""
    faults = [
        fault for element, place in page.numbers for fault in _disagrees(element.attrib, text_of(element), place, bonds)
    ]
    signs = {id(element): sign for element, sign in signed(page.root)}
    faults += [
        f"report.html, {place}: {name_of(element.attrib)}: the sign {sign!r} is typed before {text_of(element)!r}"
        for element, place in page.numbers
        if (sign := signs.get(id(element)))
    ]
    reasons, counts, bound = {}, Counter[str](), 0
    for n, piece in enumerate(page.pieces):
        numbers = [token.text for token in tokens(piece.text, n) if token.number]
        if not numbers:
            continue
        if piece.bond:
            bound += len(numbers)
            continue
        for reason, wrong in stated.why(piece, page):
            reasons[n] = reason or "nothing"
            counts[reasons[n]] += 1
            if wrong:
                faults.append(f"report.html, {piece.place}: printed {_short(piece.text)!r}: {wrong}")
    return reasons, Check("html", _coverage(bound, counts), tuple(dict.fromkeys(faults)))


def _disagrees(attributes: Mapping[str, str], text: str, place: str, bonds: Bonds) -> Iterator[str]:
    """What is wrong with a bound number: its text, its value or its pop-up."""
    where = f"report.html, {place}: {name_of(attributes)}: printed {text!r}"
    try:
        says = bonds.says(attributes)
        value = float(attributes.get("value", ""))
    except Unbound as error:
        yield f"{where}, but {error}"
    except ValueError:
        yield f"{where}, but its value is {attributes.get('value', '')!r}"
    else:
        if (value, text) not in says.prints:
            yield f"{where} for {value!r}, expected {says.shown()}"
        elif says.story is not None and attributes.get("title") != says.story:
            yield f"{where}: its pop-up is not what the bundle says"


def verdicts(page: Printed, bonds: Bonds, judgements: Judgements) -> Check:
    """Marks of verdicts, lists by verdict, drawings of claims, and what is said not to be measured."""
    faults = []
    for link, place, group in page.verdicts:
        where, name = f"report.html, {place}", link.get("href", "").removeprefix("#claim-")
        if name not in judgements:
            faults.append(f"{where}: a link to the claim {name!r}, which is none")
        elif "verdict" in link.get("class", "").split() and mark_of(link) != bonds.claim(name).mark:
            faults.append(f"{where}: {name}: printed {text_of(link)!r}, expected {bonds.claim(name).mark[1]!r}")
        elif group and judgements[name].verdict not in group.split():
            faults.append(f"{where}: {name}: listed as {group!r}, but it is {judgements[name].verdict}")
    for svg, place in page.drawings:
        name = svg.get("data-claim", "")
        if name not in judgements or drawn(svg) != bonds.claim(name).drawing:
            faults.append(f"report.html, {place}: its drawing is not that of the claim")
    for element, place in page.missing:
        try:
            if bonds.measured(element.attrib):
                faults.append(f'report.html, {place}: {name_of(element.attrib)}: printed "not measured", but it was')
        except Unbound as error:
            faults.append(f"report.html, {place}: {name_of(element.attrib)}: {error}")
    counted = f"{len(page.verdicts)} places with a verdict, {len(page.drawings)} drawings, {len(page.missing)} gaps"
    return Check("verdicts", counted, tuple(faults))


def pdf(path: Path, page: Printed, reasons: Mapping[int, str], late: str = "") -> Check:
    """The text of report.pdf against the page: its numbers are those of the page, or added by paper.

    Args:
        late: why it is out of date, which is said where it does not agree.
    """
    try:
        texts = pages(read_plain(path, LARGEST))
    except (OSError, PdfError) as error:
        without = "; check --to html does without one" if isinstance(error, FileNotFoundError) else ""
        return Check("pdf", "not read", (_lacking(path, error) + without,))
    aligned = align(page, texts)
    bound, counts = 0, Counter(aligned.added)
    for n, token in enumerate(aligned.expected):
        if token.number and n in aligned.matched:
            if page.pieces[token.home].bond:
                bound += 1
            else:
                counts[reasons.get(token.home, "nothing")] += 1
    faults = [f"report.pdf: {late}; aereport render writes it again"] if late and aligned.faults else []
    for sheet, printed, wanted in aligned.faults:
        counts["nothing"] += sum(token.number for token in printed)
        names = {name_of(page.pieces[token.home].bond): None for token in wanted if page.pieces[token.home].bond}
        says = f"the HTML has {_quoted(wanted)}" if wanted else "the HTML has nothing there"
        faults.append(": ".join([f"report.pdf, page {sheet}", *names, f"printed {_quoted(printed)}, {says}"]))
    return Check("pdf", f"{len(texts)} pages, {_coverage(bound, counts)}", tuple(faults))


def _quoted(found: list[Token]) -> str:
    return repr(_short(" ".join(token.text for token in found))) if found else "nothing"


def name_of(attributes: Mapping[str, str]) -> str:
    """What an element is bound to: a key, a claim with its part, or a name of the run."""
    if "data-claim" in attributes:
        return f"{attributes['data-claim']} {attributes.get('data-part', '')}".strip()
    return attributes.get("data-key") or attributes.get("data-run") or "unbound"


def _coverage(bound: int, counts: Counter[str]) -> str:
    """ "1056 numbers: 804 bound, 252 on the list (95 sentence of a claim, …), 0 neither"."""
    loose = counts["nothing"]
    listed = {reason: n for reason, n in counts.most_common() if reason != "nothing" and n}
    of = f" ({', '.join(f'{n} {reason}' for reason, n in listed.items())})" if listed else ""
    total = bound + sum(listed.values())
    return f"{total + loose} numbers: {bound} bound, {sum(listed.values())} on the list{of}, {loose} neither"


def _short(text: str) -> str:
    text = plain(text)
    return text if len(text) <= 80 else f"{text[:77]}…"
