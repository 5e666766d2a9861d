"""CUDA graphs that are none: what is called while one is recorded is called again, on the same memory, at each replay.

As in a real one, whatever Python decided is fixed then, random numbers are drawn anew, and to record is not to compute:
what lay in memory before is left as it was, and what is new is not a number before the first replay.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], list[Tensor]]


class Graph:
    """Stands for torch.cuda.CUDAGraph."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.generators: list[torch.Generator] = []

    def register_generator_state(self, generator: torch.Generator) -> None:
        self.generators.append(generator)

    def replay(self) -> None:
        with torch.no_grad(), torch._C.DisableTorchFunction():
            for function, arguments, keywords, results in self.calls:
                for old, new in zip(results, _tensors(function(*arguments, **keywords)), strict=True):
                    if new.data_ptr() != old.data_ptr():
                        old.copy_(new)


class _Recording(TorchDispatchMode):
    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self.made: set[int] = set()  # storages
        self.before: dict[int, tuple[Tensor, Tensor]] = {}  # what lay there, by storage
        self.kept: list[Any] = []  # so that no storage comes again under the same number

    def __torch_dispatch__(
        self, function: Any, types: Any, arguments: tuple[Any, ...] = (), keywords: dict[str, Any] | None = None
    ) -> Any:
        keywords = keywords or {}
        name = function.overloadpacket.__name__
        if name in ("_local_scalar_dense", "nonzero", "masked_select"):
            raise RuntimeError(f"{name}: operation not permitted when stream is capturing")
        if keywords.get("generator") is not None and not self.graph.generators:
            raise RuntimeError(f"{name}: the generator is not registered")
        given = _tensors((arguments, keywords))
        for tensor in given:
            if _storage(tensor) not in self.made:
                self.before.setdefault(_storage(tensor), (tensor.detach(), tensor.detach().clone()))
        result = function(*arguments, **keywords)
        found = _tensors(result)
        own = {_storage(tensor) for tensor in given}
        view = found and not function._schema.is_mutable and all(_storage(tensor) in own for tensor in found)
        if not view:
            self.graph.calls.append((function, arguments, keywords, [tensor.detach() for tensor in found]))
        self.made |= {_storage(tensor) for tensor in found} - own
        self.kept.append(found)
        return result


@contextmanager
def graph(recorded: Graph, pool: object = None) -> Iterator[None]:
    """Stands for torch.cuda.graph."""
    states = [generator.get_state() for generator in recorded.generators]
    with _Recording(recorded) as recording:
        yield
    with torch.no_grad(), torch._C.DisableTorchFunction():
        for tensor, content in recording.before.values():
            if not torch.equal(tensor, content):
                tensor.copy_(content)
        for tensor in _tensors([results for *_, results in recorded.calls]):
            if tensor.is_floating_point() and _storage(tensor) in recording.made:
                tensor.fill_(torch.nan)
    for generator, state in zip(recorded.generators, states, strict=True):
        generator.set_state(state)


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata
