"""What the laid-out pages of a PDF say in their heads and behind references, and what stands alone on them."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from weasyprint.formatting_structure import boxes


def said(box: Any) -> str:
    return "".join(part.text for part in box.descendants() if isinstance(part, boxes.TextBox))


def standing(page: Any, *tags: str) -> list[Any]:
    """Blocks of a page, or their parts on it."""
    return [box for box in page._page_box.descendants() if isinstance(box, boxes.BlockBox) and box.element_tag in tags]


def running_heads(pages: Sequence[Any]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Left and right head of each page but the first, and what they should be: where the page's first heading leads
    to, or its text goes on from."""
    before = ("", "")
    for page in pages[1:]:
        margins = {box.at_keyword: said(box) for box in page._page_box.children if isinstance(box, boxes.MarginBox)}
        states = [before]
        for box in standing(page, "h2", "h3"):
            if part := box.element.get("data-head"):
                states.append((part, ""))
            elif box.element.get("id"):  # others are of lists
                states.append((states[-1][0], said(box)))
        yield (margins["@top-left"], margins["@top-right"]), states[:2][-1]
        before = states[-1]


def references(pages: Sequence[Any]) -> dict[Any, tuple[str, str]]:
    """By link: the number that paper puts behind it, and that of the page where its target begins."""
    there = {f"#{name}": number for number, page in reversed([*enumerate(pages, 1)]) for name in page.anchors}
    ends = defaultdict[Any, str](str)  # a line may break them
    for page in pages:
        for box in page._page_box.descendants():
            if box.element_tag == "a::after" and isinstance(box, boxes.TextBox):
                ends[box.element] += box.text
    return {link: (re.sub(r"\D", "", text), str(there[link.get("href")])) for link, text in ends.items()}


def alone(pages: Sequence[Any]) -> list[str]:
    """Headings with nothing below them on their page, and single lines of a paragraph."""
    found, paragraphs = [], defaultdict[Any, list[Any]](list)
    for page in pages:
        last = max(box.position_y for box in page._page_box.children[0].descendants() if isinstance(box, boxes.TextBox))
        found += [said(box) for box in standing(page, "h2", "h3") if box.position_y + box.height >= last]
        for box in standing(page, "p"):
            paragraphs[box.element].append(box)
    broken = [parts for parts in paragraphs.values() if len(parts) > 1]
    assert broken
    return found + [said(part) for parts in broken for part in parts if len(part.children) < 2]
