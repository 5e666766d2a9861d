"""How tests try a property on inputs of every kind: trees with changes, bytes with changes, texts that mean trouble."""

import copy
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st


def tried(
    few: int, many: int, *strategies: Any, shrink: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a test of a property: few inputs by default, many in the long tests.

    Args:
        shrink: look for the smallest input that fails; not where an input takes seconds.
    """
    phases = (Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else []))

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @pytest.mark.parametrize("examples", [*([few] if few else []), pytest.param(many, marks=pytest.mark.long)])
        def test(examples: int, tmp_path_factory: pytest.TempPathFactory) -> None:
            folder = tmp_path_factory.mktemp("fuzz")

            @settings(
                max_examples=examples, deadline=None, database=None, derandomize=examples == few,
                suppress_health_check=list(HealthCheck), phases=phases,
            )  # fmt: skip
            @given(st.tuples(*strategies))
            def property(values: tuple[Any, ...]) -> None:
                place = folder / "x"
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                function(place, *values)

            property()

        test.__doc__, test.__name__ = function.__doc__, function.__name__
        return test

    return decorate


@contextmanager
def one_line(*kinds: type[Exception]) -> Iterator[None]:
    """Errors of these kinds may come, in one legible line."""
    try:
        yield
    except kinds as error:
        message = str(error)
    else:
        return
    assert message
    assert message.isprintable()
    assert len(message) < 2000


SPICE = st.sampled_from(
    [
        "",
        "\0",
        "\x1b[31m",
        "\u202e",
        "\ud800",
        "../..",
        "/etc",
        "<script>",
        "=1+1",
        "$x$",
        "{{ x }}",
        "__proto__",
        "%s",
        "ae",
        "x" * 3000,
    ]
)
TEXTS = SPICE | st.text(max_size=20)
NUMBERS = (
    st.integers() | st.floats() | st.sampled_from([0, -1, 2**31, 2**63, 10**30, 10**400, 1e30, 1e-300, -0.0, True])
)
JSON = st.recursive(
    st.none() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
# where (a place in the tree), what to do there, and with what
MUTATIONS = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from(["put", "drop", "add", "swap", "nest", "nudge"]), JSON),
    min_size=1, max_size=3,
)  # fmt: skip


def mutated(content: Any, mutations: list[tuple[int, str, Any]]) -> Any:
    content = copy.deepcopy(content)
    for place, what, value in mutations:
        spots = list(places(content))
        holder, key = spots[place % len(spots)]
        if what == "put":
            holder[key] = copy.deepcopy(value)
        elif what == "drop":
            del holder[key]
        elif what == "add" and isinstance(holder, dict):
            holder[str(value)[:50]] = holder[key]
        elif what == "add":
            holder.append(copy.deepcopy(value))
        elif what == "swap":
            other, name = spots[(place // len(spots)) % len(spots)]
            holder[key], other[name] = copy.deepcopy(other[name]), copy.deepcopy(holder[key])
        elif what == "nest":
            holder[key] = [holder[key], copy.deepcopy(value)]
        elif isinstance(holder[key], int | float):
            holder[key] = holder[key] * 10 + 1
    return content


def places(content: Any) -> Iterator[tuple[Any, Any]]:
    """Every (holder, key) of a tree."""
    for key in list(content) if isinstance(content, dict) else range(len(content)):
        yield content, key
        if isinstance(content[key], dict | list):
            yield from places(content[key])


EDITS = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from(["flip", "cut", "put", "twice", "zero"]), st.binary(max_size=40)),
    min_size=1, max_size=4,
)  # fmt: skip


def edited(data: bytes, edits: list[tuple[int, str, bytes]]) -> bytes:
    for place, what, value in edits:
        at = place % (len(data) + 1)
        if what == "flip" and data[at:]:
            data = data[:at] + bytes([data[at] ^ (1 << (place // 7) % 8)]) + data[at + 1 :]
        elif what == "cut":
            data = data[:at] + data[at + 1 + len(value) :]
        elif what == "put":
            data = data[:at] + value + data[at:]
        elif what == "twice":
            data = data + data[at:]
        elif what == "zero":
            data = data[:at] + bytes(len(value)) + data[at + len(value) :]
    return data
