"""The marked content of a PDF's pages, and the text in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf

PAIR = re.compile(r"<([0-9a-f]+)>\s*<([0-9a-f]*)>", re.IGNORECASE)
LETTERS = re.compile(r"beginbfchar(.*?)endbfchar", re.DOTALL)
DRAWS = re.compile(r"[fFSsBb]|[fBb]\*|sh|Do|T[jJ]|['\"]|INLINE IMAGE")


@dataclass(frozen=True)
class Mark:
    """Marked content of a page, the first of which is 1.

    Attributes:
        kind: what its operator calls it; empty for what is drawn without a mark.
        properties: those of its operator.
    """

    page: int
    kind: str
    properties: dict[str, str]
    text: str

    @property
    def number(self) -> int | None:
        """Its own on its page; an artifact has none."""
        return int(self.properties["MCID"]) if "MCID" in self.properties else None


class Reader:
    """Reads pages, which share their fonts."""

    def __init__(self) -> None:
        self._fonts = dict[Any, dict[int, str]]()

    def read(self, page: int, content: Any, resources: Any) -> Iterator[Mark]:
        """The marks of a page or of a form on it. None stands in another one; a form in a mark has none."""
        mark, font = list[Any](), dict[int, str]()
        for instruction in pikepdf.parse_content_stream(content):
            operands, name = instruction.operands, str(instruction.operator)
            if name in ("BDC", "BMC"):
                assert not mark
                given = dict(operands[1]) if name == "BDC" else {}
                mark = [str(operands[0])[1:], {key[1:]: str(value) for key, value in given.items()}, ""]
            elif name == "EMC":
                kind, properties, text = mark
                yield Mark(page, kind, properties, properties.get("ActualText", text))
                mark = []
            elif name == "Tf":
                font = self._font(resources.Font[str(operands[0])])
            elif name == "Do" and not mark and (form := resources.XObject[str(operands[0])]).Subtype == "/Form":
                yield from self.read(page, form, form.get("/Resources", resources))
            elif DRAWS.fullmatch(name) and mark:
                mark[2] += _shown(operands, font)
            elif DRAWS.fullmatch(name):
                yield Mark(page, "", {}, _shown(operands, font))

    def _font(self, font: Any) -> dict[int, str]:
        """Letters by the numbers that stand for them."""
        if font.objgen not in self._fonts:
            blocks = LETTERS.findall(font.ToUnicode.read_bytes().decode("latin-1"))
            pairs = [pair for block in blocks for pair in PAIR.findall(block)]
            self._fonts[font.objgen] = {int(n, 16): bytes.fromhex(text).decode("utf-16-be") for n, text in pairs}
        return self._fonts[font.objgen]


def _shown(operands: Any, font: dict[int, str]) -> str:
    parts = [part for each in operands for part in (each if isinstance(each, pikepdf.Array) else [each])]
    codes = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
    return "".join(font[int.from_bytes(codes[n : n + 2])] for n in range(0, len(codes), 2))
