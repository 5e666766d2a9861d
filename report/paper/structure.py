"""A PDF's structure tree, which a screen reader walks through: its elements, and how they are written.

ISO 32000-1, 14.7 and 14.8; ISO 14289-1 (PDF/UA-1) requires the IDs of notes and the headers of cells.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pydyf


@dataclass(frozen=True)
class MarkedContent:
    """A marked-content sequence of a page."""

    page: int
    mcid: int


@dataclass(frozen=True)
class LinkArea:
    """The area of a link on a page."""

    page: int
    annotation: Any


@dataclass(eq=False)
class Node:
    """A structure element.

    Attributes:
        kind: its standard type, e.g. "P".
        kids: in reading order; at most one of them is marked content, as each text is a node of its own.
        said: the text that is read in place of what is drawn; None if that is the same.
        attributes: for layout or tables, e.g. {"Scope": "/Row"}.
        origin: id and tag of the HTML element, which all its boxes share, on every page.
    """

    kind: str
    parent: "Node | None" = None
    kids: list["Node | MarkedContent | LinkArea"] = field(default_factory=list)
    said: str | None = None
    alt: str = ""
    id: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    origin: tuple[int, str] = (0, "")

    def add(self, kind: str, **more: Any) -> "Node":
        """A new last child."""
        node = Node(kind, self, **more)
        self.kids.append(node)
        return node

    def nodes(self, *kinds: str) -> Iterator["Node"]:
        """Descendants of these kinds, in order."""
        for kid in self.kids:
            if isinstance(kid, Node):
                if kid.kind in kinds:
                    yield kid
                yield from kid.nodes(*kinds)

    def prune(self, *kinds: str) -> None:
        """Remove descendants of these kinds that are empty."""
        for kid in self.kids:
            if isinstance(kid, Node):
                kid.prune(*kinds)
        self.kids = [kid for kid in self.kids if not (isinstance(kid, Node) and kid.kind in kinds and not kid.kids)]

    def up_to(self, *kinds: str) -> "Node":
        """The nearest ancestor of these kinds, which may be the node itself, or the root."""
        node = self
        while node.kind not in kinds and node.parent:
            node = node.parent
        return node

    def within(self, tag: str) -> bool:
        """Whether it is, or lies in, an HTML element of this tag."""
        return self.origin[1] == tag or (self.parent is not None and self.parent.within(tag))


def link_headers(table: Node, name: str) -> None:
    """Give the header cells of a table IDs that begin with `name`, and each data cell the IDs of its headers."""
    taken, places = set[tuple[int, int]](), list[tuple[Node, range, range]]()
    for row, line in enumerate(table.nodes("TR")):
        column = 0
        for cell in line.nodes("TH", "TD"):
            while (row, column) in taken:
                column += 1
            rows = range(row, row + cell.attributes.get("RowSpan", 1))
            columns = range(column, column + cell.attributes.get("ColSpan", 1))
            taken |= {(r, c) for r in rows for c in columns}
            places.append((cell, rows, columns))
            if cell.kind == "TH":
                cell.id = f"{name}-{row}-{column}"
    heads = [place for place in places if place[0].kind == "TH"]
    of_rows = [(head, rows) for head, rows, _ in heads if head.attributes.get("Scope") == "/Row"]
    of_columns = [(head, columns) for head, _, columns in heads if head.attributes.get("Scope") != "/Row"]
    for cell, rows, columns in places:
        if cell.kind == "TD":
            found = [head.id for head, its in of_rows if _meet(its, rows)]
            found += [head.id for head, its in of_columns if _meet(its, columns)]
            cell.attributes["Headers"] = pydyf.Array(map(pydyf.String, found))


def _meet(one: range, other: range) -> bool:
    return max(one.start, other.start) < min(one.stop, other.stop)


class Writer:
    """Writes a tree into a PDF.

    Args:
        counts: number of marked-content sequences of each page.
    """

    def __init__(self, pdf: Any, counts: Sequence[int]) -> None:
        self._pdf = pdf
        self._parents: list[list[Any]] = [[b"null"] * count for count in counts]  # of marked contents
        self._linked: list[tuple[Any, Any]] = []  # elements and the annotations in them
        self._ids: dict[str, Any] = {}

    def write(self, document: Node) -> None:
        root = self._new(Type="/StructTreeRoot")
        root["K"] = pydyf.Array([self._element(document, root).reference])
        numbers = pydyf.Array()
        for page, parents in enumerate(self._parents):
            numbers += [page, pydyf.Array(parents)]
        for number, (element, annotation) in enumerate(self._linked, len(self._parents)):
            annotation["StructParent"] = number
            numbers += [number, element]
        root["ParentTree"] = self._new(Nums=numbers).reference
        if self._ids:
            names = [part for name, element in sorted(self._ids.items()) for part in (pydyf.String(name), element)]
            root["IDTree"] = pydyf.Dictionary({"Names": pydyf.Array(names)})
        self._pdf.catalog["StructTreeRoot"] = root.reference

    def _new(self, **entries: Any) -> Any:
        made = pydyf.Dictionary(entries)
        self._pdf.add_object(made)
        return made

    def _element(self, node: Node, parent: Any) -> Any:
        element = self._new(Type="/StructElem", S=f"/{node.kind}", P=parent.reference)
        for kid in node.kids:
            if isinstance(kid, MarkedContent):
                element["Pg"] = self._pdf.page_references[kid.page]
        for key, text in (("Alt", node.alt or None), ("ActualText", node.said), ("ID", node.id or None)):
            if text is not None:
                element[key] = pydyf.String(text)
        if node.id:
            self._ids[node.id] = element.reference
        if node.attributes:
            owner = "/Layout" if node.kind == "Figure" else "/Table"
            element["A"] = pydyf.Dictionary({"O": owner, **node.attributes})
        element["K"] = pydyf.Array([self._kid(kid, element) for kid in node.kids])
        return element

    def _kid(self, kid: Node | MarkedContent | LinkArea, element: Any) -> Any:
        if isinstance(kid, Node):
            return self._element(kid, element).reference
        if isinstance(kid, LinkArea):
            self._linked.append((element.reference, kid.annotation))
            page = self._pdf.page_references[kid.page]
            return pydyf.Dictionary({"Type": "/OBJR", "Pg": page, "Obj": kid.annotation.reference})
        self._parents[kid.page][kid.mcid] = element.reference
        return kid.mcid
