"""Parses a finished page into the pieces of text that it prints, each with what it is bound to."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

import tinyhtml5  # type: ignore[import-untyped]  # what WeasyPrint reads pages with

from report.checks.tokens import plain

UNPRINTED = {"head", "script", "style", "template"}
SCREEN_ONLY = ("details", "}svg")  # paper leaves out the first and draws the letters of the second
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
HIDES = re.compile(r"display:\s*none|visibility:\s*hidden")
EXPLORED = "explore-data"  # the id of the explorer's data
RUNNING = "banner"  # the class of the text that is repeated on every page of paper
SPOKEN = (  # attributes whose text is shown or read aloud
    "title", "aria-label", "aria-description", "alt", "placeholder", "data-name",
)  # fmt: skip
BLOCKS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "figure"}  # each stands in one piece
NOTE = "note"  # the class of remarks, which are footnotes on paper unless they stand in a caption or table


@dataclass(frozen=True)
class Piece:
    """A text node.

    Attributes:
        text: as it stands.
        binding: attributes of the `data` element around it; empty if it is unbound.
        fixed: the reason given for its being unbound; empty if none is.
        code: whether it stands in a `code` element.
        place: the nearest id before it, "#part1".
        paper: whether it is printed on paper, and only once.
        target: the id that an entry of the contents or a cross-reference leads to; paper adds the page number.
        block: the outermost of BLOCKS, or table with its caption, around it.
    """

    text: str
    binding: Mapping[str, str]
    fixed: str
    code: bool
    place: str
    paper: bool
    target: str
    block: Element | None = None


@dataclass
class Printed:
    """A page: its pieces in order, and the elements that have checks of their own, each with its place."""

    pieces: list[Piece] = field(default_factory=list)
    numbers: list[tuple[Element, str]] = field(default_factory=list)  # `data` elements
    missing: list[tuple[Element, str]] = field(default_factory=list)  # "not measured"
    verdicts: list[tuple[Element, str, str]] = field(default_factory=list)  # links to a claim, with the list around
    drawings: list[tuple[Element, str]] = field(default_factory=list)  # SVG of claims, in their row
    pictures: list[tuple[Element, str]] = field(default_factory=list)  # of figures, with the figure's id
    tables: list[str] = field(default_factory=list)  # heads of tables, which paper repeats on each page of a table
    heads: list[str] = field(default_factory=list)  # running heads at the left
    sections: list[str] = field(default_factory=list)  # running heads at the right
    notes: list[tuple[int, int]] = field(default_factory=list)  # remarks: first piece, and the one after the last
    banner: str = ""
    title: str = ""
    ids: dict[str, int] = field(default_factory=dict)  # with the index of the next piece
    spoken: list[tuple[Element, str]] = field(default_factory=list)  # elements with SPOKEN attributes
    shown: dict[str, Element] = field(default_factory=dict)  # tables by name
    windows: list[str] = field(default_factory=list)  # titles of the window
    metas: list[tuple[str, str]] = field(default_factory=list)  # name and content of `meta` elements
    styles: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)  # of the explorer
    root: Element = field(default_factory=lambda: Element("html"))


@dataclass(frozen=True)
class State:
    """What text inherits from the elements around it."""

    hidden: frozenset[str]  # classes that paper leaves out
    binding: Mapping[str, str] = field(default_factory=dict)
    fixed: str = ""
    code: bool = False
    paper: bool = True
    target: str = ""
    block: Element | None = None
    group: str = ""
    figure: str = ""
    contents: bool = False
    inset: bool = False  # in a caption or table, where remarks stay in place


def read(html: str) -> Printed:
    """Parse a page with the parser that WeasyPrint uses, too."""
    html = html.replace("<wbr>", "")  # what may break there is one word
    root = tinyhtml5.parse(html, namespace_html_elements=False)
    page = Printed(root=root)
    style = "".join(element.text or "" for element in root.iter("style"))
    _walk(root, page, State(frozenset({*unprinted(style), RUNNING})))
    for element in root.iter():
        text = element.text or ""
        if element.tag == "title":
            page.windows.append(plain(text))
        elif element.tag == "meta" and (name := element.get("name") or element.get("property")):
            page.metas.append((name.lower(), element.get("content", "")))
        elif element.tag == "style":
            page.styles.append(text)
        elif element.tag == "script":
            (page.data if element.get("id") == EXPLORED else page.scripts).append(text)
        elif (name := element.get("id", "")).startswith("tab-") and (table := element.find(".//table")) is not None:
            page.shown[name.removeprefix("tab-")] = table
    return page


def unprinted(style: str) -> Iterator[str]:
    """Classes that a style sheet hides on paper."""
    for start in re.finditer(r"@media print\s*\{", style):
        end, depth = start.end(), 1
        while depth and end < len(style):
            depth += {"{": 1, "}": -1}.get(style[end], 0)
            end += 1
        for selectors, body in RULE.findall(style[start.end() : end - 1]):
            if HIDES.search(body):
                yield from re.findall(r"(?:^|,)\s*\.([\w-]+)\s*(?=,|$)", selectors)


def _walk(element: Element, page: Printed, around: State) -> None:
    if not isinstance(element.tag, str) or element.tag in UNPRINTED:  # the tag of a comment is no text
        return
    if "id" in element.attrib:
        page.ids[element.attrib["id"]] = len(page.pieces)
    place = _place(page)
    classes = element.get("class", "").split()
    if element.tag.endswith("}svg") and "range" in classes:
        page.drawings.append((element, place))
        return
    state, start = _state(element, classes, around), len(page.pieces)
    _note(element, classes, page, place, state)
    if RUNNING in classes and around.paper and "hidden" not in element.attrib:
        page.banner = text_of(element)
    for text, child in ((element.text, None), *((child.tail, child) for child in element)):
        if child is not None:
            _walk(child, page, state)
        if text:
            page.pieces.append(
                Piece(
                    text, state.binding, state.fixed, state.code, _place(page), state.paper, state.target, state.block
                )
            )
    if NOTE in classes and not state.inset:
        page.notes.append((start, len(page.pieces)))


def _place(page: Printed) -> str:
    return f"#{next(reversed(page.ids))}" if page.ids else "its beginning"


def _state(element: Element, classes: list[str], around: State) -> State:
    contents = around.contents or element.tag == "nav"
    linked = element.tag == "a" and (contents or "ref" in classes)
    return State(
        hidden=around.hidden,
        binding=element.attrib if element.tag == "data" else around.binding,
        fixed=element.get("data-fixed", around.fixed),
        code=around.code or element.tag == "code",
        paper=around.paper
        and not (
            element.tag.endswith(SCREEN_ONLY) or "hidden" in element.attrib or around.hidden.intersection(classes)
        ),
        target=element.get("href", "")[1:] if linked else around.target,
        block=element if around.block is None and (element.tag in BLOCKS or "table" in classes) else around.block,
        group=" ".join(classes) if "group" in classes else around.group,
        figure=element.get("id", "") if element.tag == "figure" else around.figure,
        contents=contents,
        inset=around.inset or element.tag in ("figcaption", "table") or "caption" in classes,
    )


def _note(element: Element, classes: list[str], page: Printed, place: str, state: State) -> None:
    """Keep an element that has a check of its own."""
    if element.tag == "data":
        page.numbers.append((element, place))
    elif "missing" in classes:
        page.missing.append((element, place))
    elif element.tag == "img" and state.figure:
        page.pictures.append((element, state.figure))
    elif element.tag == "a" and element.get("href", "").startswith("#claim-"):
        page.verdicts.append((element, place, state.group))
    elif element.tag == "thead":
        page.tables.append(" ".join(element.itertext()))
    if set(SPOKEN) & set(element.attrib):
        page.spoken.append((element, place))
    if head := element.get("data-head"):
        page.heads.append(head)
    if element.tag == "h3":
        page.sections.append(text_of(element))
    if element.tag == "h1":
        page.title = text_of(element)


def text_of(element: Element) -> str:
    """All text of an element, single spaces between words."""
    return plain("".join(element.itertext()))
