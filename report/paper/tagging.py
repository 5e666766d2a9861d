"""What a PDF tells a screen reader: a structure tree built from WeasyPrint's boxes, in place of WeasyPrint's own.

That has one element for each box, so that page breaks split paragraphs, lists and tables; it reads running heads, page
numbers and leaders as text, and drops the spaces at the ends of lines.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pydyf
import weasyprint.pdf
from weasyprint import anchors
from weasyprint.formatting_structure import boxes
from weasyprint.layout import inline
from weasyprint.layout.absolute import AbsolutePlaceholder
from weasyprint.logger import LOGGER

from report.paper.patches import patched
from report.paper.structure import LinkArea, MarkedContent, Node, Writer, link_headers

KINDS = {
    "main": "Part", "section": "Sect", "article": "Art", "blockquote": "BlockQuote", "div": "Div",
    "p": "P", "h1": "H1", "h2": "H2", "h3": "H3", "h4": "H4", "h5": "H5", "h6": "H6", "a": "Link", "span": "Span",
    "ul": "L", "ol": "L", "dl": "L", "li": "LBody", "dt": "Lbl", "dd": "LBody",
    "table": "Table", "thead": "THead", "tbody": "TBody", "tfoot": "TFoot", "tr": "TR", "th": "TH", "td": "TD",
    "figcaption": "Caption", "caption": "Caption", "img": "Figure", "{http://www.w3.org/2000/svg}svg": "Figure",
}  # fmt: skip
# Elements that contain no text.
HOLLOW = {"Document", "Part", "Sect", "L", "LI", "TOC", "TOCI", "Table", "THead", "TBody", "TFoot", "TR"}
NOTED = ("P", "LBody", "TD", "TH", "Caption", "Div", "H1", "H2", "H3")  # elements that end with their footnotes
SOFT_HYPHEN = "\u00ad"
PT = 0.75  # points per CSS pixel
SCOPES = {"row": "/Row", "col": "/Column"}


@contextmanager
def tagged() -> Iterator[None]:
    """PDFs that are made within the block get this tree."""
    gather, split = anchors.gather_anchors, inline.split_text_box

    def gathering(box: Any, *found: Any) -> None:
        """A link has one area per line: none for the elements within it, and none where nothing is visible."""
        if box.link and box.style["visibility"] != "visible":
            box.link = None
        gather(box, *found[:6])  # without the link around it

    def splitting(context: Any, box: Any, width: Any, skip: Any, *more: Any, **named: Any) -> Any:
        """Each line keeps its text with the spaces around it, and without a hyphen that is only drawn."""
        found = line, resumed, _ = split(context, box, width, skip, *more, **named)
        if line is not None:
            text = box.text.encode()
            line.said = " " * text[: skip or 0].endswith(b" ") + text[skip:resumed].decode()
        return found

    with (
        patched(anchors, gather_anchors=gathering),
        patched(weasyprint.pdf, add_tags=add_tags),
        patched(inline, split_text_box=splitting),
    ):
        yield


def add_tags(pdf: Any, document: Any, version: Any, streams: Sequence[Any]) -> None:
    """Write the tree into a PDF; replaces WeasyPrint's function of this name."""
    tree = Tree(streams)
    for page, sheet in enumerate(document.pages):
        tree.build(sheet._page_box, tree.document, page)
    tree.finish()
    Writer(pdf, [len(stream._tags) for stream in streams]).write(tree.document)
    pdf.catalog["ViewerPreferences"] = pydyf.Dictionary({"DisplayDocTitle": "true"})
    pdf.catalog["MarkInfo"] = pydyf.Dictionary({"Marked": "true"})
    if "Lang" not in pdf.catalog:
        LOGGER.error('Missing required "lang" attribute at the root of the document')


class Tree:
    """The tree, built page by page: all boxes of an HTML element are one node."""

    def __init__(self, streams: Sequence[Any]) -> None:
        self.document = Node("Document")
        self._streams = streams
        self._nodes = dict[tuple[int, str], Node]()
        self._notes, self._calls = dict[int, Node](), list[tuple[int, Node]]()  # by id of the footnote's element
        self._artifacts = dict[tuple[int, int], dict[str, str]]()  # kinds of what is no content, by page and MCID
        self._last = Node("Span"), ""  # the last text, and how it is read

    def build(self, box: Any, parent: Node, page: int) -> None:
        box = _itself(box)
        if isinstance(box, boxes.TextBox):
            self._text(box, parent, page)
            return
        if isinstance(box, boxes.MarginBox):
            side = "Header" if box.at_keyword.startswith("@top") else "Footer"
            self._mark_artifact(box, page, {"Type": "/Pagination", "Subtype": f"/{side}"})
            return
        if box.is_leader:
            self._mark_artifact(box, page, {"Type": "/Layout"})
            self._stand_apart()
            return
        if box.element_tag in ("thead", "tfoot") and _origin(box) in self._nodes:
            self._mark_artifact(box, page, {"Type": "/Pagination"})  # repeated on each page of the table
            return
        node = self._node(box, parent)
        self._link(box, node, page)
        if isinstance(box, boxes.ReplacedBox):
            node.kids.append(MarkedContent(page, self._streams[page]._tags[box]["mcid"]))
        if node.kind == "Figure":
            self._describe(node, box, page)
        for child in box.children:
            self.build(child, node, page)
        if isinstance(box, boxes.InlineBlockBox) or box.element_tag == "br":
            self._stand_apart()

    def _node(self, box: Any, parent: Node) -> Node:
        """The node for a box and its children; the parent if the box is no element of its own."""
        _, tag = origin = _origin(box)
        if isinstance(box, boxes.FootnoteAreaBox):
            return Node("Notes")
        through = isinstance(box, boxes.PageBox | boxes.LineBox) or box.element is None or tag in ("html", "body")
        if through or origin == parent.origin or (tag == "div" and parent.kind == "L"):
            return parent
        if origin not in self._nodes:
            self._nodes[origin] = self._new(box, tag, parent)
            self._nodes[origin].origin = origin
        return self._nodes[origin]

    def _new(self, box: Any, tag: str, parent: Node) -> Node:
        if parent.kind == "Notes":
            self._notes[id(box.element)] = Node("Note")
            return self._notes[id(box.element)]
        if tag.endswith("::footnote-call"):
            self._calls.append((id(box.element), parent))
            return parent.add("Reference")
        if tag.endswith("::footnote-marker"):
            return parent.add("Lbl")
        if tag.endswith("::marker"):
            item = parent if parent.kind == "TOCI" or not parent.parent else parent.parent
            item.kids.insert(0, label := Node("Lbl", item))
            return label
        kind = self._kind(box, tag)
        if kind == "L" and parent.within("nav"):
            return parent.add("TOC")
        if tag == "li":
            return parent.add("TOCI") if parent.kind == "TOC" else parent.add("LI").add("LBody")
        if kind == "Link" and parent.kind == "TOCI":
            return parent.add("Reference").add("Link")
        if tag == "dt" or (tag == "dd" and not parent.kids):
            return parent.add("LI").add(kind)
        if tag == "dd":
            (*_, last) = parent.nodes("LI")
            return last.add("LBody")
        if kind == "P" and parent.kind == "P":  # no nested paragraphs in HTML, but styles can make blocks
            parent.kind = "Div"
        node = parent.add(kind)
        if kind in ("TH", "TD"):
            spans = (("ColSpan", box.colspan), ("RowSpan", box.rowspan))
            node.attributes = {name: number for name, number in spans if number != 1}
        if kind == "TH":
            node.attributes["Scope"] = SCOPES.get(box.element.get("scope"), "/Both")
        return node

    def _kind(self, box: Any, tag: str) -> str:
        if tag in KINDS and (tag != "a" or box.link_annotation):
            return KINDS[tag]
        if isinstance(box, boxes.InlineLevelBox):
            return "Span"
        return "P" if any(isinstance(child, boxes.LineBox) for child in box.children) else "NonStruct"

    def _describe(self, node: Node, box: Any, page: int) -> None:
        left, bottom = box.content_box_x(), self._streams[page].page_rectangle[3] - box.content_box_y() - box.height
        corners = (left, bottom, left + box.width, bottom + box.height)
        node.attributes["BBox"] = pydyf.Array(round(PT * place, 2) for place in corners)
        title = box.element.find("{http://www.w3.org/2000/svg}title")
        node.alt = (box.element.get("alt") if title is None else title.text) or ""
        if not node.alt:
            LOGGER.error('Image "%s" has no required alt description', box.element.get("src", "unknown"))

    def _text(self, box: Any, parent: Node, page: int) -> None:
        seen, blank = box.style["visibility"] == "visible", not box.text.strip()
        between = blank and (parent.kind in HOLLOW or self._last[1].endswith(" "))
        if between or not (seen or box.element_tag == "th"):  # a head that is drawn once is read in each row
            self._mark_artifact(box, page, {"Type": "/Layout"})
            return
        said = " " if blank else getattr(box, "said", box.text).replace(SOFT_HYPHEN, "")
        if self._last[1].endswith(" "):
            said = said.lstrip(" ")
        node = parent.add("Span", kids=[MarkedContent(page, self._streams[page]._tags[box]["mcid"])])
        node.said = said if said != box.text or blank or not seen else None
        self._last = node, said

    def _link(self, box: Any, node: Node, page: int) -> None:
        """Add the area of a link, described by the link's text instead of its target."""
        if box.link_annotation:
            words = " ".join("".join(box.element.itertext()).split())
            box.link_annotation["Contents"] = pydyf.String(words or box.link_annotation["Contents"].string)
            node.kids.append(LinkArea(page, box.link_annotation))

    def _stand_apart(self) -> None:
        """Separate the last word from what comes next."""
        node, said = self._last
        node.said = f"{said.rstrip()} "
        self._last = node, node.said

    def _mark_artifact(self, box: Any, page: int, kind: dict[str, str]) -> None:
        """Mark a box as an artifact: drawn, but no content of the document."""
        tags = self._streams[page]._tags
        for part in map(_itself, box.descendants(placeholders=True)):
            if part in tags:
                self._artifacts[page, tags[part]["mcid"]] = kind
            if link := self._nodes.get(_origin(part)):
                self._link(part, link, page)

    def finish(self) -> None:
        """Put footnotes behind their references, link cells with their headers, and mark artifacts on the pages."""
        for number, (element, parent) in enumerate(self._calls, 1):
            if note := self._notes.get(element):
                note.id, note.parent = f"note-{number}", parent.up_to(*NOTED)
                note.parent.kids.append(note)
        self.document.prune("Part", "Sect", "Div", "P", "Span", "NonStruct")
        for number, table in enumerate(self.document.nodes("Table")):
            link_headers(table, f"table-{number}")
        for page, stream in enumerate(self._streams):
            items = stream.stream
            for n, item in enumerate(items):
                if isinstance(item, dict) and (kind := self._artifacts.get((page, item.get("MCID", -1)))):
                    items[n - 1 : n + 1] = ["/Artifact", pydyf.Dictionary(kind)]


def _itself(box: Any) -> Any:
    """The box, or the one that a placeholder stands for."""
    return box._box if isinstance(box, AbsolutePlaceholder) else box


def _origin(box: Any) -> tuple[int, str]:
    """What all boxes of an HTML element, or of content generated at it, have in common."""
    return id(box.element), box.element_tag or ""
