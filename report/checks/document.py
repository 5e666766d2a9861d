"""Checks a finished document against its bundle: every number of report.html and report.pdf, every verdict and figure.

A number is bound to a key, a claim or a setting and is printed as the bundle has it, or `report.checks.allowed` gives a
reason why it may stand unbound. The document itself is read, not what it was made from.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from experiments.bundle import Bundle, BundleError
from experiments.files import read_plain
from experiments.reader import no_bundle
from report import draw, made, words
from report.checks import complete, elements, figures, rerender, screen
from report.checks.allowed import Allowed
from report.checks.bound import Bindings, Unbound, drawn, is_mark, mark_of
from report.checks.pdf import pdf
from report.checks.printed import Printed, read, text_of
from report.checks.result import Check, binding_name, coverage, short, unreadable
from report.checks.signs import beside
from report.checks.tokens import tokens
from report.csv_tables import to_csv
from report.document import Content
from report.judgement import Judgements, judge_all, to_json
from report.lint import lint
from report.made import MAX_FILE
from report.render import FORMATS
from report.templates import TEMPLATES
from report.templates import pages as templates_in


def check(
    run: Path, templates: Path = TEMPLATES, formats: Sequence[str] = FORMATS, *, given: bool = True
) -> tuple[Check, ...]:
    """Check a run's bundle, verdicts, tables and templates, and its documents with their figures.

    Args:
        templates: what the document was rendered with.
        formats: the PDF is checked only if it is among them.
        given: whether the user named the templates. If only the run does, they may be a stranger's: templates are
            programs, so they are read and not rendered.

    Raises:
        ValueError: the folder holds no bundle.
    """
    if not (run / "bundle" / "bundle.json").is_file():
        raise ValueError(f"{run}: {no_bundle(run)}")
    try:
        bundle = Bundle.load(run / "bundle")
    except BundleError as error:
        return (Check("bundle", "cannot be read", (str(error),)),)
    judgements = judge_all(bundle)
    content = Content(bundle, judgements, tables=draw.tables(bundle, judgements), parts=draw.parts())
    found = [
        Check("bundle", f"{len(bundle.values)} keys, checksums agree", ()),
        _claims_json(run, judgements),
        _tables(run, content),
        _templates(templates),
    ]
    try:
        page = read(read_plain(run / "report.html", MAX_FILE).decode(errors="replace"))
    except (OSError, RecursionError) as error:
        return (*found, Check("html", "not read", (unreadable(run / "report.html", error),)))
    bindings, allowed = Bindings(bundle, judgements), Allowed(content, templates)
    reasons, html = numbers(page, bindings, allowed)
    found += [
        html,
        verdicts(page, bindings, judgements),
        _figures(page, bundle, run / "figures"),
        _screen(page, content, bindings, allowed, templates),
        _elements(page, bundle, templates),
        _rerendered(page, run / "figures", content, rerender.trusted(templates, given)),
    ]
    if "pdf" in formats:
        found.append(pdf(run / "report.pdf", page, reasons, made.stale(run).get("report.pdf", "")))
    if not (given or all(one.passed for one in found)):
        found = _name_lost_templates(run, found)
    return tuple(found)


def _name_lost_templates(run: Path, checks: list[Check]) -> list[Check]:
    """With a fault of the templates if those that the page was made with are gone."""
    gone = made.noted(run)
    if gone is None or made.templates(run):
        return checks
    lost = f"{gone}: the page was made with it, and it is not there; name its templates with --templates"
    return [replace(one, faults=(lost, *one.faults)) if one.name == "templates" else one for one in checks]


def _templates(folder: Path) -> Check:
    counted = words.count(len(templates_in(folder)), "file")
    return Check("templates", counted if folder == TEMPLATES else f"{counted} in {folder}", tuple(lint(folder)))


def _figures(page: Printed, bundle: Bundle, folder: Path) -> Check:
    counted = f"{len(page.pictures)} pictures and their alternative texts, as figures/index.json has them"
    return Check("figures", counted, tuple(figures.faults(page, bundle, folder)))


def _screen(page: Printed, content: Content, bindings: Bindings, allowed: Allowed, templates: Path) -> Check:
    faults = (*complete.faults(page, content, templates), *screen.faults(page, content, bindings, allowed, templates))
    return Check("screen", f"{len(page.shown)} tables, pop-ups, styles, scripts and the explorer", faults)


def _elements(page: Printed, bundle: Bundle, templates: Path) -> Check:
    faults = elements.faults(page, bundle.settings.logo, templates)
    counted = f"{sum(1 for _ in page.root.iter())} elements and their attributes"
    return Check("elements", counted, tuple(dict.fromkeys(faults)))


def _rerendered(page: Printed, folder: Path, content: Content, templates: Path | None) -> Check:
    if templates is None:
        return Check("page", "not made again: name the templates of its own with --templates", ())
    counted = "word by word what its templates make of the bundle"
    return Check("page", counted, tuple(rerender.faults(page, folder, content, templates)))


def _claims_json(run: Path, judgements: Judgements) -> Check:
    fault = _differs(run / "claims.json", to_json(judgements))
    return Check("claims.json", f"{len(judgements)} claims", (fault,) if fault else ())


def _tables(run: Path, content: Content) -> Check:
    faults = [
        _differs(run / "tables" / f"{name}.csv", to_csv(table, content.bundle, content.judgements))
        for name, table in content.tables.items()
    ]
    return Check("tables", f"{len(content.tables)} CSV files", tuple(filter(None, faults)))


def _differs(path: Path, content: str) -> str:
    """What is wrong with a file that should have this content, or ""."""
    try:
        same = read_plain(path, MAX_FILE) == content.encode()
    except OSError as error:
        return unreadable(path, error)
    return "" if same else f"{path}: not what follows from the bundle; aereport render writes it again"


def numbers(page: Printed, bindings: Bindings, allowed: Allowed) -> tuple[dict[int, str], Check]:
    """The check of all numbers of the page, and for each unbound piece, by index, the reason why it may stand."""
    faults = list[str]()
    for element, place in page.numbers:
        faults += _disagrees(element.attrib, text_of(element), place, bindings)
    faults += _typed(page, bindings)
    reasons, counts, bound = {}, Counter[str](), 0
    for n, piece in enumerate(page.pieces):
        numbers = [token.text for token in tokens(piece.text, n) if token.number]
        if not numbers:
            continue
        if piece.binding:
            bound += len(numbers)
            continue
        for reason, wrong in allowed.why(piece, page):
            reasons[n] = reason or "nothing"
            counts[reasons[n]] += 1
            if wrong:
                faults.append(f"report.html, {piece.place}: printed {short(piece.text)!r}: {wrong}")
    return reasons, Check("html", coverage(bound, counts), tuple(dict.fromkeys(faults)))


def _typed(page: Printed, bindings: Bindings) -> Iterator[str]:
    """A line for each typed sign before, and typed unit or factor behind a bound number, which change how it reads."""
    places = {id(element): place for element, place in page.numbers}
    for element, sign, behind, unit in beside(page.root):
        if id(element) in places:
            number = f"report.html, {places[id(element)]}: {binding_name(element.attrib)}"
            if sign:
                yield f"{number}: the sign {sign!r} is typed before {text_of(element)!r}"
            if behind and not bindings.lacks(element, unit):
                yield f"{number}: {behind!r} is typed behind {text_of(element)!r}"


def _disagrees(attributes: Mapping[str, str], text: str, place: str, bindings: Bindings) -> Iterator[str]:
    """What is wrong with the text, the value or the pop-up of a bound number."""
    where = f"report.html, {place}: {binding_name(attributes)}: printed {text!r}"
    try:
        says = bindings.says(attributes)
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


def verdicts(page: Printed, bindings: Bindings, judgements: Judgements) -> Check:
    """The check of marks of verdicts, lists by verdict, drawings of claims, and what is called not measured."""
    faults = []
    for link, place, group in page.verdicts:
        where, name = f"report.html, {place}", link.get("href", "").removeprefix("#claim-")
        if name not in judgements:
            faults.append(f"{where}: a link to an unknown claim, {name!r}")
        elif is_mark(link) and mark_of(link) != (wanted := bindings.claim(name).mark):
            wrong = f"expected {wanted[1]!r}" if text_of(link) != wanted[1] else "its class or pop-up is another"
            faults.append(f"{where}: {name}: printed {text_of(link)!r}, {wrong}")
        elif group and judgements[name].verdict not in group.split():
            faults.append(f"{where}: {name}: listed as {group!r}, but it is {judgements[name].verdict}")
    for svg, place in page.drawings:
        name = svg.get("data-claim", "")
        if name not in judgements or drawn(svg) != bindings.claim(name).drawing:
            faults.append(f"report.html, {place}: its drawing is not that of the claim")
    for element, place in page.missing:
        where = f"report.html, {place}: {binding_name(element.attrib)}"
        try:
            if bindings.measured(element.attrib):
                faults.append(f'{where}: printed "not measured", but it was')
        except Unbound as error:
            faults.append(f"{where}: {error}")
    counted = f"{len(page.verdicts)} places with a verdict, {len(page.drawings)} drawings, {len(page.missing)} gaps"
    return Check("verdicts", counted, tuple(faults))
