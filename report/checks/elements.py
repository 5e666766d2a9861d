"""What a finished page may contain: plain elements and attributes. Anything else could load, run, draw or overwrite
something that no other check covers, and is a fault."""

import re
from collections.abc import Iterator, Mapping, Set
from itertools import product
from pathlib import Path
from xml.etree.ElementTree import Element

import tinyhtml5  # type: ignore[import-untyped]

from report.checks.printed import Printed
from report.templates import TEMPLATES, asset, digest, pages

ELEMENTS = {
    "html", "head", "body", "meta", "title", "style", "script", "main", "header", "footer", "nav", "section", "article",
    "aside", "div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "figure", "figcaption",
    "img", "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td", "a", "span", "b",
    "strong", "i", "em", "u", "small", "sub", "sup", "code", "kbd", "samp", "var", "abbr", "dfn", "cite", "q",
    "blockquote", "pre", "br", "hr", "wbr", "mark", "data", "details", "summary", "fieldset", "legend", "label",
    "input", "output", "canvas",
}  # fmt: skip
ATTRIBUTES = {
    "class", "id", "lang", "title", "role", "tabindex", "aria-hidden", "aria-live", "data-head", "data-fixed",
    "data-run", "data-key", "data-claim", "data-part", "data-reason", "data-figure",
}  # fmt: skip  # of every element; our scripts may show other data attributes in a pop-up
# Of all elements but bound ones, which may not be renamed.
NAMES = ("aria-label", "aria-description", "aria-labelledby", "aria-describedby")
OWN = {
    "a": "href rel", "col": "span", "data": "value", "details": "open", "img": "src alt width height", "label": "for",
    "input": "type name value checked min max step", "meta": "charset name property content http-equiv",
    "output": "for", "script": "type", "th": "scope", "canvas": "data-name",
}  # fmt: skip
TYPED = ("colspan", "rowspan")  # with values from the templates only
TEXTLESS = ("radio", "checkbox", "range")  # inputs that show no text
LINK = re.compile(r"#|https?://|mailto:")
HASH = re.compile(r"\{\{\s*assets\.(\w+)_hash\s*\}\}")


def faults(page: Printed, logo: str, templates: Path) -> Iterator[str]:
    """A line for each element and attribute that a page may not have.

    Args:
        logo: the picture in the settings, the only one that is no figure.
        templates: what the page was rendered with.
    """
    typed = {text for folder in {templates, TEMPLATES} for path in pages(folder) for text in _spans(path)}
    drawn = {id(part) for svg, _ in page.drawings for part in svg.iter()}
    in_figures = {id(image) for image, _ in page.pictures}
    bound = (*(of for of, _ in page.numbers), *(of for of, _, _ in page.verdicts), *(of for of, _ in page.pictures))
    spoken = {id(part) for element in bound for part in element.iter()}
    explorer = [element for element in page.root.iter("div") if "explore" in element.get("class", "").split()]
    moving = {id(part) for element in explorer for part in element.iter()}
    place = "its beginning"
    for element in page.root.iter():
        place = f"#{element.get('id')}" if "id" in element.attrib else place
        if not isinstance(element.tag, str) or id(element) in drawn:  # a comment; drawings have their own check
            continue
        if element.tag not in ELEMENTS:
            yield f"report.html, {place}: a page may not have the element {element.tag.rpartition('}')[2]!r}"
            continue
        explored = id(element) in moving
        may = {*ATTRIBUTES, *OWN.get(element.tag, "").split(), *(["hidden"] if explored else ())}
        may.update(NAMES if id(element) not in spoken else ())
        known = id(element) in in_figures or element.get("src") == (logo or None)
        for fault in (*_attributes(element, may, typed), *_misplaced(element, explored, known)):
            yield f"report.html, {place}: {fault}"
    yield from _policy(page, templates)


def _attributes(element: Element, may: Set[str], typed: Set[str]) -> Iterator[str]:
    """A line for each attribute that is not in `may`, or is in TYPED with a value that is `typed` in a template."""
    for name, value in element.attrib.items():
        if not (name in may or (name in TYPED and f'{name}="{value}"' in typed)):
            yield f"a page may not have {name}={value[:40]!r} at the element {element.tag!r}"


def _misplaced(element: Element, explored: bool, known: bool) -> Iterator[str]:
    """A line for each picture, input, link or table that may not be where it is.

    Args:
        explored: whether the element lies in the explorer.
        known: whether, as a picture, it is a figure or the logo.
    """
    if element.tag == "img" and not known:
        yield "a picture that is neither a figure nor the logo of the settings"
    if element.tag in ("figure", "table") and explored:
        yield f"the explorer, which need not be shown, has a {element.tag}"
    if element.tag == "input" and not (explored and element.get("type") in TEXTLESS):
        yield "an input that is not one of the explorer's"
    if not LINK.match(element.get("href", "#")):
        yield f"a link that leads to {element.get('href', '')[:40]!r}"


def _spans(path: Path) -> list[str]:
    return re.findall(rf'(?:{"|".join(TYPED)})="\d+"', path.read_text(encoding="utf-8-sig"))


def _policy(page: Printed, templates: Path) -> Iterator[str]:
    """What the page tells the browser to do (http-equiv): exactly what the templates say."""
    wanted = _orders(tinyhtml5.parse(asset(templates, ["report.html"]), namespace_html_elements=False))
    for style, script in product(page.styles or [""], page.scripts or [""]):
        texts = {"style": style, "script": script}
        if _orders(page.root) == [(name, _filled(content, texts)) for name, content in wanted]:
            return
    yield "report.html: its Content-Security-Policy is not that of the templates; aereport render writes it again"


def _orders(root: Element) -> list[tuple[str, str]]:
    metas = [element for element in root.iter("meta") if "http-equiv" in element.attrib]
    return [(element.get("http-equiv", ""), element.get("content", "")) for element in metas]


def _filled(policy: str, texts: Mapping[str, str]) -> str:
    """A template's policy with the hashes of a page's style and script."""
    return HASH.sub(lambda hit: digest(texts.get(hit[1], "")), policy)
