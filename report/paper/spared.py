"""What WeasyPrint would work out again and again, or for nothing: a page that is made twice has most lines twice."""

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

from report.paper.patches import replaced


@contextmanager
def spared() -> Iterator[None]:
    """Within it lines are broken once for each text, style and width, and what comes out is the same."""
    with (
        replaced(inline, split_first_line=_broken_once(inline.split_first_line), strut=_once_a_style(inline.strut)),
        replaced(
            line_break,
            get_font_description=_once_a_style(line_break.get_font_description),
            font_features=cache(line_break.font_features),
        ),
        replaced(svg, parse_declarations=cache(svg.parse_declarations), parse_url=cache(svg.parse_url)),
        replaced(page.OrientedBox, outer=property(page.OrientedBox.outer.fget, _fit)),
        replaced(inputstream, characters_until_regex=_Patterns()),
    ):
        yield


def _once_a_style(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    known = dict[int, tuple[Any, Any]]()

    def remembering(style: Any) -> Any:
        """The style is kept, so that no other one gets its id."""
        if id(style) not in known:
            known[id(style)] = style, function(style)
        return known[id(style)][1]

    return remembering


def _broken_once(split: Callable[..., Any]) -> Callable[..., Any]:
    known = dict[Any, tuple[Any, Any]]()

    def splitting(text: str, style: Any, context: Any, *rest: Any, **named: Any) -> Any:
        key = text, id(style), rest, *named.items()
        if key not in known:
            known[key] = style, split(text, style, context, *rest, **named)
        layout, *found = known[key][1]
        return copy(layout), *found  # a box that is drawn changes its own

    return splitting


def _fit(box: Any, outer: float) -> None:
    """The width of a running head; how narrow it might become is asked only where it does not fit."""
    room, most = outer - box.sugar, box.max_content_size
    box.inner = most if room >= most else min(max(box.min_content_size, room), most)


class _Patterns(dict[tuple[frozenset[str], bool], re.Pattern[str]]):
    """By letters, what they are, or are not: tinyhtml5 keeps each pattern under a key that it never asks for."""

    def __missing__(self, key: tuple[frozenset[str], bool]) -> re.Pattern[str]:
        letters, wanted = key
        listed = "".join(f"\\x{ord(letter):02x}" for letter in letters)
        self[key] = re.compile(f"[{'' if wanted else '^'}{listed}]+")
        return self[key]
