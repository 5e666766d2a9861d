"""Gradients of a batch as a CUDA graph: what a GPU is told in hundreds of launches is recorded, and then told in one.

A graph does what its batch did, with other images and other random numbers. Whatever else may change from batch to
batch the host draws in front of it (`Model.draw`), and each such draw has a graph of its own. Its first batch is
computed as usual, so that libraries set themselves up; the second one both ways, and the gradients must agree.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from models.base import Model

TOLERANCE = 0.02  # relative distance of two computations of a gradient, whose sums may run in any order
Parts = dict[str, Tensor]
Drawn = tuple[int, ...]
Compute = Callable[[Tensor, Tensor, torch.Generator, Drawn], Parts]  # of order, mirrored, draws and what the host drew


class Unrecordable(RuntimeError):
    """A batch that cannot be recorded, or whose replay differs. draws: a generator in the state before the batch."""

    def __init__(self, why: str, draws: torch.Generator) -> None:
        super().__init__(why)
        self.draws = draws


@dataclass(frozen=True)
class Graph:
    """Its replay fills `parts`, and the gradients of all weights; the next one overwrites both."""

    replay: Callable[[], None]
    parts: Parts
    gradients: list[Tensor | None]


class Recorder:
    """Computes batches of one size, whose gradients it leaves at the weights of a model."""

    def __init__(self, model: Model, batch: int) -> None:
        self.model, self.weights = model, list(model.parameters())
        self.order = torch.zeros(batch, dtype=torch.int64, device=model.mean.device)
        self.mirrored = torch.zeros(batch, dtype=torch.bool, device=model.mean.device)
        self.pool = torch.cuda.graph_pool_handle()  # one for all graphs: nothing in it is needed after a replay
        self.graphs: dict[Drawn, Graph | None] = {}

    def __call__(self, compute: Compute, order: Tensor, mirrored: Tensor, draws: torch.Generator) -> Parts:
        """What `compute` gives; parts are overwritten by the next batch.

        Raises:
            Unrecordable: see there; the batch has to be computed again.
        """
        state = draws.get_state()
        drawn = self.model.draw(draws)
        if drawn not in self.graphs:
            self.graphs[drawn] = None
            return compute(order, mirrored, draws, drawn)
        self.order.copy_(order)
        self.mirrored.copy_(mirrored)
        if (graph := self.graphs[drawn]) is None:
            return self._both(compute, draws, state, drawn)
        self._replay(graph)
        return graph.parts

    def _both(self, compute: Compute, draws: torch.Generator, state: Tensor, drawn: Drawn) -> Parts:
        """Compute a batch as usual, record it, and compute it by its graph."""
        before = [buffer.clone() for buffer in self.model.buffers()]
        compute(self.order, self.mirrored, draws, drawn)
        expected, why = self._taken(), "gradients came out otherwise"
        self._reset(before)
        draws.set_state(state)
        try:
            graph = self.graphs[drawn] = self._record(compute, draws, drawn)
            self._replay(graph)
            if _agree(graph.gradients, expected):
                return graph.parts
        except RuntimeError as error:
            why = str(error).partition("\n")[0]
        self._reset(before)
        fresh = torch.Generator(draws.device)  # a recording that failed may have left its own unusable
        fresh.set_state(state)
        raise Unrecordable(why, fresh)

    def _record(self, compute: Compute, draws: torch.Generator, drawn: Drawn) -> Graph:
        graph = torch.cuda.CUDAGraph()
        if hasattr(graph, "register_generator_state"):  # from torch 2.14 on a graph finds its generators by itself:
            with warnings.catch_warnings():  # this says so, and a later torch is to have it no more
                warnings.simplefilter("ignore")
                graph.register_generator_state(draws)
        given_back = torch.cuda.stream(torch.cuda.current_stream())  # also where the recording fails
        with given_back, torch.cuda.graph(graph, pool=self.pool):
            parts = compute(self.order, self.mirrored, draws, drawn)
        return Graph(graph.replay, parts, self._taken())

    def _taken(self) -> list[Tensor | None]:
        """Take the gradients away from the weights."""
        found = [weight.grad for weight in self.weights]
        for weight in self.weights:
            weight.grad = None
        return found

    @torch.no_grad()
    def _reset(self, before: list[Tensor]) -> None:
        """Put back the running statistics, which a batch changes."""
        for buffer, value in zip(self.model.buffers(), before, strict=True):
            buffer.copy_(value)

    def _replay(self, graph: Graph) -> None:
        graph.replay()
        for weight, gradient in zip(self.weights, graph.gradients, strict=True):
            weight.grad = gradient


def _agree(some: list[Tensor | None], others: list[Tensor | None]) -> bool:
    """Whether two computations of the same gradients came to the same; the host waits for it."""
    if [one is None for one in some] != [other is None for other in others]:
        return False
    found, expected = ([gradient for gradient in row if gradient is not None] for row in (some, others))
    apart = torch.nn.utils.get_total_norm(torch._foreach_sub(found, expected))
    return bool(apart <= TOLERANCE * torch.nn.utils.get_total_norm(expected))
