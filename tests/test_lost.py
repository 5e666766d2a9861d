"""What a study loses with a task, with a cluster, or with a crash at any of its writes: never what was finished."""

from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from experiments import bundle as bundle_module
from experiments import due, pool
from experiments.bundle import Bundle, Result
from experiments.files import write_atomic
from experiments.progress import Progress
from experiments.task import Task
from tests.progress import Log
from tests.studies import QUICK, study, told


class Losing(pool.SerialExecutor):
    """Loses every task of a judge."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def submit(self, function: Any, /, *args: Any, **keywords: Any) -> Future[Any]:
        future: Future[Any] = Future()
        task: Task = args[0]
        if task.model == "classifier":
            future.set_exception(self.error)
        else:
            future.set_result((Result(task.model, task.seed, failed=repr(task.judge)), None))
        return future


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (BrokenExecutor("gone"), "its process was killed (out of memory?)"),
        (pool.Lost("w is gone"), "w is gone"),
        (MemoryError(), "MemoryError"),  # of what sends tasks and results
        (TypeError("no pickle\nof it"), "TypeError: no pickle"),
    ],
)
def test_a_lost_judge_leaves_its_models_without_one(
    tmp_path: Path, stubbed: list[str], error: Exception, lost: str
) -> None:
    @contextmanager
    def losing(progress: Progress) -> Any:
        yield pool.Place(Losing(error), lambda: 2, progress)

    log = Log()
    bundle = study(tmp_path, progress=log).run(losing)
    assert bundle.reasons["classifier"] == lost
    assert bundle.reasons["ae"] == "None"
    failed = "None"
    expected = {"classifier": lost, "ae": failed, "dae": failed, "pca": failed}  # pca: of the first seed alone
    assert sorted(log.over) == sorted((model, seed, f"failed, {expected[model]}") for model, seed in due.tasks(QUICK))


def test_what_ended_with_the_cluster_is_kept(tmp_path: Path, stubbed: list[str]) -> None:
    class Ending(Executor):
        """Every task is done before it is asked for, but one."""

        def submit(self, function: Any, /, *args: Any, **keywords: Any) -> Future[Any]:
            future: Future[Any] = Future()
            if args[0].model == "dae":
                future.set_exception(ConnectionError("the cluster is gone"))
            else:
                future.set_result(function(*args))
            return future

    @contextmanager
    def ending(progress: Progress) -> Any:
        yield pool.Place(Ending(), lambda: 8, progress)

    with pytest.raises(ConnectionError):
        study(tmp_path).run(ending)
    assert sorted(Bundle.load(tmp_path / "bundle").tasks) == ["classifier-0", "classifier-1", "pca-0"]


def test_tasks_go_to_workers_that_join_while_others_compute(tmp_path: Path, stubbed: list[str]) -> None:
    class Joining(Executor):
        """No task ends before three have begun: those that wait for no judge."""

        def submit(self, function: Any, /, *args: Any, **keywords: Any) -> Future[Any]:
            future: Future[Any] = Future()
            began.append((future, args[0]))
            for waiting, held in began if len(began) >= 3 else []:
                if not waiting.done():
                    waiting.set_result(function(held))
            return future

    @contextmanager
    def joining(progress: Progress) -> Any:
        yield pool.Place(Joining(), lambda: min(len(began) + 1, 4), progress)

    began = list[tuple[Future[Any], Task]]()
    bundle = study(tmp_path, QUICK.model_copy(update={"seeds": 1})).run(joining)
    assert sorted(bundle.tasks) == ["ae-0", "classifier-0", "dae-0", "pca-0"]


def test_no_more_compute_at_once_than_there_are_places_and_the_last_are_waited_for(
    tmp_path: Path, stubbed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    most, now, run = [0], set[str](), Task.run

    def slow(self: Task) -> Any:
        now.add(name := f"{self.model}-{self.seed}")
        most[0] = max(most[0], len(now))
        sleep(0.02 + 0.1 * self.seed)
        now.remove(name)
        return run(self)

    @contextmanager
    def threads(progress: Progress) -> Any:
        with ThreadPoolExecutor(8) as executor:
            yield pool.Place(executor, lambda: 2, progress)

    monkeypatch.setattr(Task, "run", slow)
    bundle = study(tmp_path).run(threads)
    assert most == [2]
    assert set(bundle.tasks) == set(stubbed) == {f"{model}-{seed}" for model, seed in due.tasks(QUICK)}


class Crash(BaseException):
    """The power is cut."""


def crashing(at: int, after: bool) -> Any:
    """A write_atomic with which the power is cut at one of its calls, before it or right after."""
    calls = iter(range(1_000_000))

    def write(path: Path, data: bytes) -> None:
        cut = next(calls) == at
        if not cut or after:
            write_atomic(path, data)
        if cut:
            raise Crash

    return write


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_write_loses_nothing_that_was_finished(
    tmp_path: Path, stubbed: list[str], monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    changed = QUICK.model_copy(update={"epochs": 3.0})
    study(tmp_path / "undisturbed").run()
    whole = told(study(tmp_path / "undisturbed", changed).run().to_json())
    crashes, at, settings = 0, 0, QUICK
    folder = tmp_path / "run"
    while True:
        monkeypatch.setattr(bundle_module, "write_atomic", crashing(at, after))
        del stubbed[:]
        try:
            bundle = study(folder, settings).run()
        except Crash:
            crashes, at = crashes + 1, (at + 1) % 9
            if (folder / "bundle" / "bundle.json").exists():
                finished = Bundle.load(folder / "bundle").tasks
                assert len(finished) >= len(stubbed) - 1 or settings is QUICK
            continue
        if settings is changed:
            break
        settings, at = changed, 0
    assert crashes >= 8
    assert told(bundle.to_json()) == whole
    assert told(Bundle.load(folder / "bundle").to_json()) == whole
