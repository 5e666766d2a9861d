"""The progress of a run: what is reported, also from other processes. Imports no torch."""

from collections.abc import Callable
from queue import Queue
from typing import Any, Protocol


class TaskProgress(Protocol):
    """Receives what a task, a model with a seed, reports."""

    def epoch(
        self, model: str, seed: int, epoch: float, epochs: float, loss: float, images_per_second: float, eta: float
    ) -> None:
        """Training has come to `epoch` of `epochs`; `eta` in seconds."""

    def step(self, model: str, seed: int, what: str) -> None:
        """A measurement begins."""

    def note(self, text: str) -> None:
        """A line for the reader, or the traceback of an error that nobody expected."""


class Progress(TaskProgress, Protocol):
    """Receives what the run reports, too."""

    def done(self, model: str, seed: int, how: str) -> None:
        """The task is over: "done, 12 s", or "failed, " and why."""

    def expect(self, tasks: int) -> None:
        """So many tasks are to come."""


class Silent:
    """Ignores it all."""

    def epoch(self, *_: Any) -> None: ...

    def step(self, *_: Any) -> None: ...

    def done(self, *_: Any) -> None: ...

    def note(self, text: str) -> None: ...

    def expect(self, tasks: int) -> None: ...


class Sink(Protocol):
    """Where a relay puts reports: a queue, or a topic of a cluster."""

    def put(self, item: tuple[str, tuple[Any, ...]], /) -> None:
        """Take one."""


class Relay:
    """Puts what a task reports into a queue; `listen` at the other end passes it on."""

    def __init__(self, queue: Sink) -> None:
        self.queue = queue

    def epoch(self, *values: Any) -> None:
        self.queue.put(("epoch", values))

    def step(self, *values: Any) -> None:
        self.queue.put(("step", values))

    def note(self, text: str) -> None:
        self.queue.put(("note", (text,)))


def listen(queue: "Queue[Any]", progress: TaskProgress) -> None:
    """Pass on what relays put into the queue, until None comes out of it."""
    while (heard := queue.get()) is not None:
        tell(progress, *heard)


def tell(progress: TaskProgress, name: str, values: tuple[Any, ...]) -> None:
    """Pass on one report: the name of a method, and its arguments."""
    method: Callable[..., None] = getattr(progress, name)
    method(*values)
