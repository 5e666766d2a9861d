"""What a PDF says of its own structure: its tree, the text of its marks, and what of its pages is no text at all."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import pikepdf

from report.paper.pdf import to_pdf
from tests.documents import DATE
from tests.marked import Mark, Reader

SPACES, TORN = re.compile(" +"), re.compile(" \f ?|\f ")
PAGE = """@page { size: 80mm 60mm; margin: 5mm } body { font: 10pt/5mm Source Serif }
p { margin: 0; orphans: 1; widows: 1 } nav ol, .bare { list-style: none } .note { float: footnote }
.ref::after { content: " on " target-counter(attr(href), page) }
.narrow { width: 22mm } .low { padding-top: 45mm } .next { break-after: page }"""
STYLED = ("Span", "NonStruct")  # elements that do not say what they are


@dataclass(frozen=True)
class Annotation:
    """A link's, by its object's number, and the page it is said to be on."""

    number: int
    page: int
    says: str


@dataclass
class Element:
    """A structure element by its object's number; attributes are those of its own and those of its /A."""

    number: int
    kind: str
    attributes: dict[str, Any]
    kids: list["Element | Mark | Annotation"] = field(default_factory=list)

    @property
    def annotations(self) -> list[Annotation]:
        return [kid for kid in self.kids if isinstance(kid, Annotation)]

    def every(self, *kinds: str) -> Iterator["Element"]:
        """It and all below it in the order in which they are read, or those of some kinds."""
        if not kinds or self.kind in kinds:
            yield self
        for kid in self.kids:
            if isinstance(kid, Element):
                yield from kid.every(*kinds)

    def marks(self) -> list[tuple[Mark, "Element"]]:
        """Each with the element that has it."""
        return [(kid, element) for element in self.every() for kid in element.kids if isinstance(kid, Mark)]

    def read(self, *without: str) -> str:
        """What is read of it, one space for several; without elements of some kinds."""
        return SPACES.sub(" ", "".join(text for text, _ in self.texts(*without))).strip(" ")

    def texts(self, *without: str) -> Iterator[tuple[str, int]]:
        """Its texts as they are read, with their pages."""
        if "ActualText" in self.attributes:
            yield self.attributes["ActualText"], self.marks()[0][0].page
            return
        for kid in self.kids:
            if isinstance(kid, Mark):
                yield kid.text, kid.page
            elif isinstance(kid, Element) and kid.kind not in without:
                yield from kid.texts(*without)

    def tree(self) -> list[Any]:
        """Its kind and what is in it: texts, elements, and `@` before what an annotation says.

        Elements that are only a style's are left out. A text has a form feed where it goes on with another page.
        """
        found, page, before = list[Any]([self.kind]), 0, ""
        for said, run in groupby(self._items(), key=lambda item: isinstance(item, tuple)):
            if said:
                text = ""
                for part, of in cast(Iterator[tuple[str, int]], run):
                    text, page = text + "\f" * (page not in (0, of)) + part, of
                text = TORN.sub(" \f ", SPACES.sub(" ", text))
                text, before = text.lstrip(" ") if before.endswith(" ") else text, text
                found += [text] if text else []
            for item in cast(Iterator[Element | Annotation], run):
                found.append(item.tree() if isinstance(item, Element) else f"@{item.says}")
                page = max([page, *(mark.page for mark, _ in item.marks())]) if isinstance(item, Element) else page
        return found

    def _items(self) -> Iterator["Element | Annotation | tuple[str, int]"]:
        for kid in self.kids:
            if isinstance(kid, Mark):
                yield kid.text, kid.page
            elif isinstance(kid, Annotation) or kid.kind not in STYLED:
                yield kid
            else:
                yield from kid.texts() if "ActualText" in kid.attributes else kid._items()


class Structure:
    """The tree of a PDF, and what its pages have.

    Attributes:
        document: the root's only element.
        marks: by page and number.
        artifacts: marked content without a number, and with no kind what is drawn without a mark.
        parents: by page and number, the object of the element that the tree of parents names.
        annotations: those of the pages, with the object of the element that the tree of parents names.
        ids: what the tree of IDs names, in its order.
    """

    def __init__(self, pdf: bytes | Path) -> None:
        self.marks, self.parents = dict[tuple[int, int], Mark](), dict[tuple[int, int], int]()
        self.artifacts, self.annotations = list[Mark](), dict[Annotation, int]()
        with pikepdf.open(io.BytesIO(pdf) if isinstance(pdf, bytes) else pdf) as opened:
            root = opened.Root.StructTreeRoot
            nums = list(root.ParentTree.Nums)
            entries = dict(zip(nums[::2], nums[1::2], strict=True))
            self._pages, reader = {page.obj.objgen: n for n, page in enumerate(opened.pages, 1)}, Reader()
            for number, page in enumerate(opened.pages, 1):
                for mark in reader.read(number, page, page.resources):
                    if mark.number is None:
                        self.artifacts.append(mark)
                    else:
                        assert (number, mark.number) not in self.marks
                        self.marks[number, mark.number] = mark
                parents = enumerate(entries[page.obj.StructParents])
                self.parents |= {(number, n): parent.objgen[0] for n, parent in parents if parent is not None}
                for each in page.obj.get("/Annots", ()):
                    self.annotations[_annotation(each, number)] = entries[each.StructParent].objgen[0]
            names = list(root.IDTree.Names) if "/IDTree" in root else []
            self.ids = [(str(name), of.objgen[0]) for name, of in zip(names[::2], names[1::2], strict=True)]
            (document,) = root.K
            self.document = self._element(document)

    def astray(self) -> list[Any]:
        """Marks of which the pages, the tree and the tree of parents say different things, and what has no mark."""
        read = Counter[Any]((mark.page, mark.number, of.number) for mark, of in self.document.marks())
        named = Counter[Any]((*place, parent) for place, parent in self.parents.items())
        bare = [mark for mark in self.artifacts if mark.kind != "Artifact"]
        return [*(read - named), *(named - read), *(self.marks.keys() ^ self.parents.keys()), *bare]

    def _element(self, of: Any) -> Element:
        page = self._pages[of.Pg.objgen] if "/Pg" in of else 0
        given = {name: of[name] for name in ("/ActualText", "/Alt", "/ID") if name in of} | dict(of.get("/A", {}))
        element = Element(of.objgen[0], str(of.S)[1:], {name[1:]: _plain(value) for name, value in given.items()})
        for kid in of.get("/K", ()):
            kind = "/MCR" if isinstance(kid, int) else kid.Type
            if kind == "/MCR":
                place = (page, kid) if isinstance(kid, int) else (self._pages[kid.Pg.objgen], kid.MCID)
                element.kids.append(self.marks[place])
            elif kind == "/OBJR":
                element.kids.append(_annotation(kid.Obj, self._pages[kid.Pg.objgen]))
            else:
                assert kid.P.objgen == of.objgen
                element.kids.append(self._element(kid))
        return element


def _annotation(of: Any, page: int) -> Annotation:
    assert of.Subtype == "/Link"
    return Annotation(of.objgen[0], page, str(of.get("/Contents", "")))


def _plain(value: Any) -> Any:
    if isinstance(value, pikepdf.Array):
        return [str(each) for each in value]
    return value if isinstance(value, int) else str(value)


def made(body: str, folder: Path, style: str = PAGE) -> Structure:
    """Of a small document all marks of which are found, and the last paragraph of which says "End"."""
    html = f"<html lang=en><title>T</title><style>{style}</style><body>{body}<p id=x>End</p></html>"
    structure = Structure(to_pdf(html, folder, DATE))
    assert structure.astray() == []
    assert structure.document.tree()[-1] == ["P", "End"]
    return structure
