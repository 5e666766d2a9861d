"""What a relay hears at one end of a queue comes out at the other, in order."""

from queue import Queue
from typing import Any

from experiments.progress import Relay, listen


class Recorder:
    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *values: self.heard.append((name, *values))


def test_a_relay_and_a_listener_pass_everything_on() -> None:
    queue: Queue[Any] = Queue()
    relay, recorder = Relay(queue), Recorder()
    relay.epoch("ae", 0, 0.5, 2.0, 0.25, 100.0, 3.0)
    relay.step("ae", 0, "probe")
    relay.note("a line")
    queue.put(None)
    queue.put(("note", ("after the end",)))
    listen(queue, recorder)
    assert recorder.heard == [
        ("epoch", "ae", 0, 0.5, 2.0, 0.25, 100.0, 3.0), ("step", "ae", 0, "probe"), ("note", "a line"),
    ]  # fmt: skip
