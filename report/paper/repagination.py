"""Which pages WeasyPrint makes again when it knows where references lead to: all that it must, and no others."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from weasyprint import layout
from weasyprint.css.targets import TargetCollector

from report.paper.patches import replaced

Targets = dict[str | None, list[str]]  # counters that are missing, by the anchor that they are of


def footnotes_once() -> AbstractContextManager[None]:
    """Of two pages, one of which hands a footnote on to the other, none is made again alone.

    WeasyPrint makes only those pages again in which a page number has become known. A footnote that such a page hands
    on would be printed twice: on the next page, as it was, and on the next one that is made again. One that such a page
    had got would be printed nowhere.
    """
    make = layout.make_all_pages
    handed = set[int]()  # pages that handed a footnote on when they were last made

    def handing_on(context: Any, root: Any, html: Any, pages: list[Any]) -> Iterator[Any]:
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

    return replaced(layout, make_all_pages=handing_on)


def references_once() -> AbstractContextManager[None]:
    """A page in which the number of another one has become known is made again once.

    WeasyPrint makes it twice: it loses a target that an attribute names when it collects what is missing, and takes the
    number of all pages for a change of whatever a reference asks for.
    """
    collect, store = TargetCollector.collect_missing_counters, TargetCollector.cache_target_page_counters

    def collecting(self: Any, box: Any, of: str, again: Any, missing: list[str], targets: Targets) -> None:
        if None in targets and of == "content":
            counters = [value for kind, value in box.style["content"] if "counter" in kind]
            if len(counters) == 1:  # what is missing is this one's, and of no other
                (_, (attribute, *_)), *_ = counters[0]
                missing, targets = [], {box.element.get(attribute, "").removeprefix("#"): targets[None]}
        collect(self, box, of, again, missing, targets)

    def storing(self: Any, anchor: str, values: Mapping[str, Any], *place: Any) -> None:
        missing = [item.missing_target_counters for item in self.counter_lookup_items.values()]
        wanted = {name for targets in missing for key in (anchor, None) for name in targets.get(key, ())}
        store(self, anchor, {name: value for name, value in values.items() if name in wanted}, *place)

    return replaced(TargetCollector, collect_missing_counters=collecting, cache_target_page_counters=storing)
