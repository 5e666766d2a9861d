"""Ctrl-C and the like go to the process that its user started; those that it starts ignore them, and end with it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from types import FrameType
from typing import Any

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def no_interrupt() -> Iterator[None]:
    """Ctrl-C and the like wait meanwhile, and never come to a process that is started here: they are left to this one.

    Terminals send them to all processes of a group, and so do schedulers of jobs. Blocked in this thread they may still
    come to another, and Python would raise them in the main one.
    """
    came, handlers = list[tuple[int, FrameType | None]](), dict[int, Callable[[int, FrameType | None], Any]]()
    if threading.current_thread() is threading.main_thread():
        for kind in ENDING:
            if callable(handler := signal.getsignal(kind)):
                handlers[kind] = handler
                signal.signal(kind, lambda number, frame: came.append((number, frame)))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if came:
            handlers[came[0][0]](*came[0])


def end_with_parent() -> None:
    """In a process that was started here: end when this one does, and not before."""
    for kind in ENDING:
        signal.signal(kind, signal.SIG_IGN)  # the first one is started without the mask: it starts a helper
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
