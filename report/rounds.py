"""Which pages WeasyPrint makes again when it knows where references lead to: all that it must, and no others."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from weasyprint import layout
from weasyprint.css.targets import TargetCollector

Targets = dict[str | None, list[str]]  # counters that are missing, by the anchor that they are of


@contextmanager
def footnotes_once() -> Iterator[None]:
    """A page that gets a footnote from the one before is made again with it.

    WeasyPrint makes only those pages again in which a page number has become known. A footnote that such a page hands
    on would be printed twice: on the next page, as it was, and on the next one that is made again.
    """
    make = layout.make_all_pages

    def handing_on(context: Any, *rest: Any) -> Iterator[Any]:
        for made, page in enumerate(make(context, *rest), 1):
            if context.reported_footnotes and made < len(context.page_maker):
                context.page_maker[made][-1]["pages_wanted"] = True
            yield page

    layout.make_all_pages = handing_on
    try:
        yield
    finally:
        layout.make_all_pages = make


@contextmanager
def references_once() -> Iterator[None]:
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

    TargetCollector.collect_missing_counters, TargetCollector.cache_target_page_counters = collecting, storing
    try:
        yield
    finally:
        TargetCollector.collect_missing_counters, TargetCollector.cache_target_page_counters = collect, store
