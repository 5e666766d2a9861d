"""Which pages WeasyPrint lays out again once it knows the page numbers of cross-references: all it must, no others.

And footnotes stay on the page that calls them, however its lines are broken.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from weasyprint import layout
from weasyprint.css.targets import TargetCollector
from weasyprint.layout import block

from report.paper.patches import patched

Targets = dict[str | None, list[str]]  # counters that are missing, by their anchor


def footnotes_once() -> AbstractContextManager[None]:
    """Where a footnote continues from one page to the next, lay out both pages again or neither.

    WeasyPrint repeats only pages in which a page number has become known. A footnote that such a page passes on would
    be printed twice: on the next page, as it was, and on the next one that is repeated. A footnote that such a page
    had received would be lost.
    """
    make = layout.make_all_pages
    handed = set[int]()  # pages that passed a footnote on in their last layout

    def make_all_pages(context: Any, root: Any, html: Any, pages: list[Any]) -> Iterator[Any]:
        if not pages:
            handed.clear()
        states = [state for *_, state in context.page_maker]
        for number in range(len(states) - 1, 0, -1):
            if number - 1 in handed and (states[number]["content_changed"] or states[number]["pages_wanted"]):
                states[number - 1]["pages_wanted"] = True
        for number, page in enumerate(make(context, root, html, pages)):
            if not (number < len(pages) and page is pages[number]):
                handed.discard(number)
                if context.reported_footnotes:
                    handed.add(number)
                    for *_, state in context.page_maker[number + 1 : number + 2]:
                        state["pages_wanted"] = True
            yield page

    return patched(layout, make_all_pages=make_all_pages)


class _Column:
    """A layout's context that says of itself that it is a column: there a line has no footnote moved to make room."""

    def __init__(self, context: Any) -> None:
        vars(self)["context"] = context

    def __getattr__(self, name: str) -> Any:
        return name == "in_column" or getattr(self.context, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.context, name, value)


def footnotes_stay() -> AbstractContextManager[None]:
    """Keep a footnote on the page that calls it, where a later paragraph would be parted after its first line.

    There WeasyPrint moves the footnotes of the page to the next one, to gain the line that the paragraph lacks.
    """
    lay, lines = block._linebox_layout, block.iter_line_boxes

    def laying(context: Any, *rest: Any) -> Any:
        return lay(_Column(context), *rest)

    def breaking(column: _Column, *rest: Any) -> Any:  # most of the time, which the detour would prolong
        return lines(column.context, *rest)

    return patched(block, _linebox_layout=laying, iter_line_boxes=breaking)


def references_once() -> AbstractContextManager[None]:
    """A page in which the number of another page has become known is laid out again once.

    WeasyPrint does it twice: collecting what is missing, it loses a target that is named by an attribute, and it takes
    a change of the number of pages for a change of whatever a reference asks for.
    """
    collect, store = TargetCollector.collect_missing_counters, TargetCollector.cache_target_page_counters

    def collecting(self: Any, box: Any, of: str, again: Any, missing: list[str], targets: Targets) -> None:
        if None in targets and of == "content":
            counters = [value for kind, value in box.style["content"] if "counter" in kind]
            if len(counters) == 1:  # so what is missing belongs to this one
                (_, (attribute, *_)), *_ = counters[0]
                missing, targets = [], {box.element.get(attribute, "").removeprefix("#"): targets[None]}
        collect(self, box, of, again, missing, targets)

    def storing(self: Any, anchor: str, values: Mapping[str, Any], *place: Any) -> None:
        missing = [item.missing_target_counters for item in self.counter_lookup_items.values()]
        wanted = {name for targets in missing for key in (anchor, None) for name in targets.get(key, ())}
        store(self, anchor, {name: value for name, value in values.items() if name in wanted}, *place)

    return patched(TargetCollector, collect_missing_counters=collecting, cache_target_page_counters=storing)
