"""What a relay hears at one end of a queue comes out at the other, in order."""

import errno
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


def test_a_full_disk_does_not_end_a_listener() -> None:
    """It went with a traceback, and of all tasks nothing more was heard."""

    class Full(Recorder):
        def note(self, text: str) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    queue: Queue[Any] = Queue()
    relay, recorder = Relay(queue), Full()
    relay.note("a line of build.log")
    relay.step("ae", 0, "probe")
    queue.put(None)
    listen(queue, recorder)
    assert recorder.heard == [("step", "ae", 0, "probe")]
