"""Caches for what WeasyPrint computes repeatedly: a page that is laid out twice has most of its lines twice."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache
from typing import Any

from tinyhtml5 import inputstream  # type: ignore[import-untyped]
from weasyprint import svg
from weasyprint.layout import inline, page
from weasyprint.text import line_break

from report.paper.patches import patched


@contextmanager
def cached_layout() -> Iterator[None]:
    """Within it each text is broken into lines once for each style and width; the PDF stays the same byte for byte."""
    with (
        patched(
            inline, split_first_line=_cache_line_breaks(inline.split_first_line), strut=_cache_by_style(inline.strut)
        ),
        patched(
            line_break,
            get_font_description=_cache_by_style(line_break.get_font_description),
            font_features=cache(line_break.font_features),
        ),
        patched(svg, parse_declarations=cache(svg.parse_declarations), parse_url=cache(svg.parse_url)),
        patched(page.OrientedBox, outer=property(page.OrientedBox.outer.fget, _set_outer)),
        patched(inputstream, characters_until_regex=_Patterns()),
    ):
        yield


def _cache_by_style(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Styles are not hashable: the key is the id, and the style is kept so that no other object can get this id."""
    known = dict[int, tuple[Any, Any]]()

    def cached(style: Any) -> Any:
        if id(style) not in known:
            known[id(style)] = style, function(style)
        return known[id(style)][1]

    return cached


def _cache_line_breaks(split: Callable[..., Any]) -> Callable[..., Any]:
    known = dict[Any, tuple[Any, Any]]()

    def cached(text: str, style: Any, context: Any, *rest: Any, **named: Any) -> Any:
        key = text, id(style), rest, *named.items()
        if key not in known:
            known[key] = style, split(text, style, context, *rest, **named)
        layout, *found = known[key][1]
        return copy(layout), *found  # drawing a box changes its layout

    return cached


def _set_outer(box: Any, outer: float) -> None:
    """Set the width of a running head; its minimum, which is slow to compute, is asked for only if it does not fit."""
    room, most = outer - box.sugar, box.max_content_size
    box.inner = most if room >= most else min(max(box.min_content_size, room), most)


class _Patterns(dict[tuple[frozenset[str], bool], re.Pattern[str]]):
    """Patterns of characters, by the characters and whether they or all others match.

    tinyhtml5 has this cache, but stores each pattern under another key than the one that it looks up.
    """

    def __missing__(self, key: tuple[frozenset[str], bool]) -> re.Pattern[str]:
        letters, wanted = key
        listed = "".join(f"\\x{ord(letter):02x}" for letter in letters)
        self[key] = re.compile(f"[{'' if wanted else '^'}{listed}]+")
        return self[key]
