"""Progress that is kept, for tests to look at."""

from typing import Any

from experiments.progress import Silent


class Log(Silent):
    """What was reported, by kind."""

    def __init__(self) -> None:
        self.epochs: list[tuple[Any, ...]] = []
        self.steps: list[tuple[str, int, str]] = []
        self.notes: list[str] = []
        self.over: list[tuple[str, int, str]] = []
        self.expected: list[int] = []

    def epoch(self, *facts: Any) -> None:
        self.epochs.append(facts)

    def step(self, *facts: Any) -> None:
        self.steps.append(facts)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def done(self, *facts: Any) -> None:
        self.over.append(facts)

    def expect(self, tasks: int) -> None:
        self.expected.append(tasks)
