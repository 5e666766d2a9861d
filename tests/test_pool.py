"""Processes for tasks: one that dies takes only its own task along, and none outlives its parent."""

import multiprocessing
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor
from itertools import product
from pathlib import Path
from pickle import PicklingError

import pytest

from experiments import pool
from experiments.progress import Silent, TaskProgress
from experiments.signals import no_interrupt
from tests.progress import Log
from tests.waiting import members, until

ROOT = Path(__file__).parent.parent


def greet(progress: TaskProgress, name: str) -> int:
    progress.note(f"hello {name}")
    return os.getpid()


def die() -> None:
    os._exit(9)


def large() -> bytes:
    return bytes(2**20)


def fail() -> None:
    raise KeyError("nothing")


def test_a_result_that_the_disk_does_not_take_names_its_file() -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, limits[1]))
    try:
        with pool.process_pool(1) as workers, pytest.raises(OSError, match=r"File too large: '.*\.result'"):
            workers.submit(large).result()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_this_process_runs_a_task_at_once() -> None:
    log = Log()
    with pool.here(log) as place:
        assert place.slots() == 1
        assert place.executor.submit(greet, place.progress, "here").result() == os.getpid()
    assert log.notes == ["hello here"]


class Shared:
    """Counts how often it was packed."""

    def __init__(self) -> None:
        self.packed = 0

    def __getstate__(self) -> dict[str, int]:
        self.packed += 1
        return {"packed": self.packed}


def same_object(parts: list[Shared]) -> tuple[int, int]:
    return os.getpid(), id(parts[0]) if parts[0] is parts[1] else 0


def test_what_is_shared_is_sent_to_a_process_once() -> None:
    shared = Shared()
    with pool.processes(1, shared, Silent()) as place:
        found = {place.executor.submit(same_object, [shared, shared]).result() for _ in range(3)}
        with pytest.raises(BrokenExecutor):
            place.executor.submit(die).result()
        found |= {place.executor.submit(same_object, [shared, shared]).result() for _ in range(3)}
    assert len(found) == 2  # two processes, in each of them one object
    assert all(identity for _, identity in found)
    assert shared.packed == 1


@pytest.mark.parametrize("own", ["", "glibc.malloc.perturb=0"])
def test_processes_ask_for_huge_pages_unless_told_otherwise(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIBC_TUNABLES", own)  # which also puts back what is there
    if not own:
        del os.environ["GLIBC_TUNABLES"]
    with pool.processes(1, None, Silent()) as place:
        assert place.executor.submit(os.getenv, "GLIBC_TUNABLES").result() == (own or pool.HUGE_PAGES["GLIBC_TUNABLES"])


def test_a_task_that_cannot_be_packed_fails_alone() -> None:
    with pool.process_pool(1) as workers:
        with pytest.raises((AttributeError, TypeError, PicklingError), match=r"pickle|local object"):
            workers.submit(max, lambda: 0).result()
        assert workers.submit(max, 1, 2).result() == 2


def test_a_process_that_dies_takes_only_its_own_task_along() -> None:
    log = Log()
    with pool.processes(2, None, log) as place:
        dead, alive = place.executor.submit(die), place.executor.submit(greet, place.progress, "a")
        with pytest.raises(BrokenExecutor):
            dead.result()
        first = alive.result()
        others = [place.executor.submit(greet, place.progress, name) for name in "bcd"]
        pids = {future.result() for future in others} | {first}
        with pytest.raises(KeyError, match="nothing"):
            place.executor.submit(fail).result()
        assert len(place.executor.submit(large).result()) == 2**20
    assert sorted(log.notes) == ["hello a", "hello b", "hello c", "hello d"]
    assert os.getpid() not in pids
    assert len(pids) == 2
    assert not any(map(runs, pids))


def test_a_process_that_dies_while_it_has_nothing_to_do_is_replaced() -> None:
    with pool.process_pool(1) as workers:
        pid = workers.submit(os.getpid).result()
        os.kill(pid, signal.SIGKILL)
        until(lambda: workers._pools[0]._broken)  # type: ignore[attr-defined]
        assert workers.submit(os.getpid).result() not in (pid, os.getpid())


def test_what_ends_this_process_does_not_end_its_own() -> None:
    log, before = Log(), set(multiprocessing.active_children())
    with pool.processes(1, None, log) as place:
        pid = place.executor.submit(greet, place.progress, "before").result()
        own = {child.pid for child in set(multiprocessing.active_children()) - before}
        assert pid in own
        assert len(own) == 2  # one listens to what tasks tell
        for number, child in product((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), own):
            assert child
            os.kill(child, number)
        assert place.executor.submit(greet, place.progress, "after").result() == pid
    assert log.notes == ["hello before", "hello after"]


EARLY = """
from experiments.pool import process_pool

if __name__ == "__main__":
    with process_pool(1) as workers:
        workers.submit(len, bytes(2**24))
"""


def test_a_process_that_is_killed_before_it_has_read_its_task_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe takes 64 KiB; what is larger would be written for ever."""
    (tmp_path / "script.py").write_text(EARLY)
    words = [sys.executable, tmp_path / "script.py"]
    done = subprocess.run(words, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=300, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


SCRIPT = """
import signal, sys, time
from experiments import pool
from experiments.progress import Silent

if __name__ == "__main__":
    try:
        with pool.processes(2, None, Silent()) as place:
            running = [place.executor.submit(time.sleep, 60) for _ in range(2)]
            print("ready", flush=True)
            while True:
                time.sleep(0.05)  # pause() or Condition.wait may miss a Ctrl-C that comes as they begin
    except KeyboardInterrupt:
        sys.exit("interrupted")
"""


def runs(pid: int) -> bool:
    """Whether a process is there and no mere entry of a dead one."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize(
    ("number", "to_all", "status"),
    [
        (signal.SIGKILL, False, -9),
        (signal.SIGTERM, False, -15),
        (signal.SIGINT, True, 1),  # as a terminal's Ctrl-C does
        (signal.SIGINT, False, 1),
    ],
)
@pytest.mark.parametrize("wait", [0, 0.6])
def test_no_process_outlives_its_parent(tmp_path: Path, number: int, to_all: bool, status: int, wait: float) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    child = subprocess.Popen(
        [sys.executable, tmp_path / "script.py"], env=os.environ | {"PYTHONPATH": str(ROOT)}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    time.sleep(wait)  # 0: its processes are still starting
    (os.killpg if to_all else os.kill)(child.pid, number)
    until(lambda: not members(child.pid))
    _, errors = child.communicate(timeout=300)
    assert child.returncode == status
    if number == signal.SIGINT:
        assert errors == "interrupted\n"
    assert "Traceback" not in errors


def test_ctrl_c_that_comes_to_another_thread_waits_too() -> None:
    before, over, reached = signal.signal(signal.SIGINT, signal.default_int_handler), threading.Event(), list[str]()
    came, told = socket.socketpair()
    told.setblocking(False)
    awake = signal.set_wakeup_fd(told.fileno())
    other = threading.Thread(target=over.wait)
    other.start()

    def interrupted() -> None:
        with no_interrupt():
            assert other.ident
            signal.pthread_kill(other.ident, signal.SIGINT)
            assert came.recv(1) == bytes([signal.SIGINT])  # Python knows of it
            reached.append("the end")

    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
    finally:
        over.set()
        other.join()
        signal.set_wakeup_fd(awake)
        signal.signal(signal.SIGINT, before)
        came.close()
        told.close()
    assert reached == ["the end"]
