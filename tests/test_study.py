"""The study: real training of every model on a few images, one failing model that takes no other along, and what is
measured again after a change, an interruption or a crash at any of its writes."""

import errno
import json
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from experiments import bundle as bundle_module
from experiments import demo, due, machine, plan, pool, task
from experiments.bundle import Bundle, Result
from experiments.data import Data, load
from experiments.files import write_atomic
from experiments.metrics import metric_of
from experiments.progress import Progress, Silent
from experiments.schedule import Schedule
from experiments.settings import Settings, preset
from experiments.study import OnlyError, Study
from experiments.task import Task
from experiments.train import TrainingDiverged
from tests.planned import coloured

SETTINGS = preset(
    "smoke",
    [
        "seeds=2",
        "epochs=0.2",
        "judge_epochs=0.2",
        "mask_images=20",
        "influence_images=2",
        "paths=4",
        "test_images=50",
        "map_images=20",
        "probe_images=100",
        "corruption_images=20",
        "gradient_images=2",
        "anomaly_epochs=0.3",
        "efficiency_epochs=0.2",
        "few_labels=[2,5]",
    ],
)


ALL_TASKS = due.tasks


def few(*models: str) -> Callable[[Settings], list[tuple[str, int]]]:
    """A run's tasks of these models only, in the place of `due.tasks`."""
    return lambda settings: [(model, seed) for model, seed in ALL_TASKS(settings) if model in models]


@pytest.fixture(scope="module")
def data() -> Data:
    torch.set_num_threads(1)
    return load("demo", Path(), print).head(200, 50)


@pytest.mark.long
def test_what_is_measured_is_planned_and_kept(data: Data, tmp_path: Path) -> None:
    bundle = Study(SETTINGS, data, tmp_path).run()
    assert not set(bundle.reasons) & set(plan.ALL)
    assert set(bundle.values) <= set(plan.keys(SETTINGS))
    assert bundle.provenance.data == demo.NAME
    loaded = Bundle.load(tmp_path / "bundle")
    assert loaded.to_json() == bundle.to_json()
    for key in ("mcae/error_map[mask=0.1]", "vae/interpolation", "data/heat_examples"):
        assert loaded.array(key).shape == plan.arrays(SETTINGS)[key].shape


def test_a_model_that_diverges_leaves_the_others_standing(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = task.fit

    def diverging(model, *args, seed, **keywords):  # type: ignore[no-untyped-def]
        if model.name == "vae" and seed == 0:
            raise TrainingDiverged("the loss is not finite at step 3")
        return real(model, *args, seed=seed, **keywords)

    monkeypatch.setattr(task, "fit", diverging)
    monkeypatch.setattr(due, "tasks", few("ae", "vae", "classifier"))
    bundle = Study(SETTINGS, data, tmp_path).run()
    assert bundle.reasons.pop("vae") == "seed 0: the loss is not finite at step 3"
    it_takes = "it takes vae, which is missing: seed 0: the loss is not finite at step 3"
    assert bundle.reasons == {"ae/transfer[band=high,at=equal_mse]": it_takes}
    assert bundle.values["vae/roughness"][0] is None
    assert bundle.values["vae/roughness"][1] is not None
    assert None not in bundle.values["ae/roughness"]


@pytest.mark.parametrize("part", ["fit", "MEASUREMENTS"])
def test_a_full_disk_stops_the_study(data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """Every other training would come to it as well."""
    real, full = task.fit, OSError(errno.ENOSPC, "No space left on device")

    def filling(model: Any, *_: Any, **keywords: Any) -> Any:
        if model.name == "ae":
            raise full
        return real(model, *_, **keywords)

    monkeypatch.setattr(task, part, filling if part == "fit" else [(filling, ("ae", "dae"))])
    monkeypatch.setattr(due, "tasks", few("ae", "dae", "pca"))
    with pytest.raises(OSError, match="No space left"):
        Study(SETTINGS, data, tmp_path).run()
    assert "dae-0" not in Bundle.load(tmp_path / "bundle").tasks  # which would come next


def told(text: str) -> dict[str, Any]:
    """The content of a bundle.json without what depends on the clock."""
    content: dict[str, Any] = json.loads(text)
    del content["sha256"], content["files"], content["provenance"]["measured"], content["provenance"]["commit"]
    for facts in content["tasks"].values():
        del facts["measured"]
    for key in [key for key in content["values"] if metric_of(key).timed]:
        del content["values"][key]
    for key in [key for key in content["curves"] if key.endswith("/seconds")]:
        del content["curves"][key]
    return content


def test_fp32_is_fp32_on_a_gpu_too(data: Data, tmp_path: Path) -> None:
    """A GPU may keep ten bits of each factor, and by itself does so in convolutions."""
    backends = torch.backends.cudnn, torch.backends.cuda.matmul
    for backend in backends:
        backend.allow_tf32 = True
    Task("pixels", 0, ONE_SEED, data, None, tmp_path, Silent()).run()
    assert not any(backend.allow_tf32 for backend in backends)


def test_a_speed_counts_the_images_that_were_trained_on(data: Data, reference: Bundle) -> None:
    """Whole batches, a few more or less than all images."""
    assert {name for name, facts in reference.tasks.items() if "trained_on" in facts} == {"dae-0", "classifier-0"}
    assert reference.tasks["dae-0"]["trained_on"] == machine.processor()
    speed, seconds = (reference.values[f"dae/{name}"][0] for name in ("images_per_second", "train_seconds"))
    updates = Schedule(len(data.train_images), ONE_SEED.batch_size, ONE_SEED.epochs).updates
    assert speed * seconds == pytest.approx(updates * ONE_SEED.batch_size)


@pytest.mark.parametrize("again", ["here", "processes"])
def test_the_same_seed_gives_the_same_result(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: str, reference: Bundle
) -> None:
    monkeypatch.setattr(due, "tasks", few(*FEW))
    places = pool.here if again == "here" else partial(pool.processes, 2, data)
    other = Study(ONE_SEED, data, tmp_path, places=places).run()
    assert not set(other.reasons) & set(plan.ALL)
    assert told(other.to_json()) == told(reference.to_json())
    for model in FEW:
        mine, theirs = (b._open(f"arrays/{model}-0.npz") for b in (other, reference))
        assert mine.keys() == theirs.keys()
        assert all((mine[name] == theirs[name]).all() for name in mine)


FEW = ("dae", "classifier", "pca")
ONE_SEED = preset("smoke", ["seeds=1"]).model_copy(
    update=SETTINGS.model_dump(exclude={"seeds", "preset"}) | {"bits": (4,), "pca_dims": (8,), "anomaly_classes": 1}
)


@pytest.fixture(scope="module")
def reference(data: Data, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(due, "tasks", few(*FEW))
        return Study(ONE_SEED, data, tmp_path_factory.mktemp("reference")).run()


# From here on nothing is trained: a task gives numbers that say what they were made of.

QUICK = preset("smoke", ["seeds=2"])
SHORT = ("ae", "dae", "pca", "classifier")


def stub(self: Task) -> tuple[Result, Any]:
    number = 10 * SHORT.index(self.model) + self.seed + self.settings.epochs / 100 + self.settings.noise_variance
    result = Result(self.model, self.seed)
    result.add("judge_accuracy" if self.model == "classifier" else "psnr", np.array([number, number + 1]))
    if self.model != "classifier":
        result.add("examples", np.full((10, 32, 32, 3), int(number), np.uint8))
    return result, self.model == "classifier" or None


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that ran."""
    ran: list[str] = []

    def run(self: Task) -> tuple[Result, Any]:
        ran.append(f"{self.model}-{self.seed}")
        return stub(self)

    monkeypatch.setattr(Task, "run", run)
    monkeypatch.setattr(due, "tasks", few(*SHORT))
    monkeypatch.setattr(machine, "commit", lambda: "")
    return ran


def study(folder: Path, settings: Settings = QUICK, only: tuple[str, ...] = (), **more: Any) -> Study:
    before = Bundle.load(folder / "bundle") if (folder / "bundle" / "bundle.json").exists() else None
    return Study(settings, coloured(), folder, before=before, only=only, **more)


def test_nothing_is_measured_twice(tmp_path: Path, stubbed: list[str]) -> None:
    study(tmp_path).run()
    assert stubbed == ["classifier-0", "classifier-1", "ae-0", "ae-1", "dae-0", "dae-1", "pca-0"]
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    del stubbed[:]
    assert study(tmp_path).due == {}
    study(tmp_path).run()
    assert stubbed == []
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_more_seeds_add_only_the_new_ones(tmp_path: Path, stubbed: list[str]) -> None:
    first = study(tmp_path).run()
    del stubbed[:]
    second = study(tmp_path, QUICK.model_copy(update={"seeds": 3, "title": "Another"})).run()
    assert stubbed == ["classifier-2", "ae-2", "dae-2"]
    for key in ("ae/psnr", "dae/psnr", "classifier/judge_accuracy"):
        assert second.values[key][:2] == first.values[key]
        assert second.values[key][2] is not None
    assert second.values["pca/psnr"] == first.values["pca/psnr"]
    assert {name: second.tasks[name] for name in first.tasks} == first.tasks
    third = study(tmp_path, QUICK.model_copy(update={"seeds": 1})).run()
    assert third.values["ae/psnr"] == first.values["ae/psnr"][:1]
    assert list(third.tasks) == ["ae-0", "dae-0", "pca-0", "classifier-0"]


def test_a_changed_setting_measures_what_depends_on_it(tmp_path: Path, stubbed: list[str]) -> None:
    first = study(tmp_path).run()
    del stubbed[:]
    changed = study(tmp_path, QUICK.model_copy(update={"noise_variance": 0.2}))
    assert changed.due == dict.fromkeys([("dae", 0), ("dae", 1)], "its settings changed")
    second = changed.run()
    assert stubbed == ["dae-0", "dae-1"]
    assert second.values["ae/psnr"] == first.values["ae/psnr"]
    assert second.values["dae/psnr"] == pytest.approx([(v or 0) + 0.1 for v in first.values["dae/psnr"]])


def test_a_judge_is_trained_again_for_those_it_judges(tmp_path: Path, stubbed: list[str]) -> None:
    study(tmp_path).run()
    del stubbed[:]
    assert study(tmp_path, only=("ae",)).due == {
        ("classifier", 0): "it judges images of models that are due", ("ae", 0): "it was asked for",
        ("classifier", 1): "it judges images of models that are due", ("ae", 1): "it was asked for",
    }  # fmt: skip
    study(tmp_path, only=("ae",)).run()
    assert stubbed == ["classifier-0", "classifier-1", "ae-0", "ae-1"]


def test_only_measures_one_model(tmp_path: Path, stubbed: list[str]) -> None:
    with pytest.raises(OnlyError, match=r"--only dae: ae with seed 0 is due as well \(not measured yet\); leave out"):
        study(tmp_path, only=("dae",)).run()
    study(tmp_path).run()
    del stubbed[:]
    study(tmp_path, QUICK.model_copy(update={"noise_variance": 0.2}), ("dae",)).run()
    assert stubbed == ["dae-0", "dae-1"]
    with pytest.raises(OnlyError, match=r"--only dae: ae with seed 0 is due as well \(its settings changed; the judge"):
        study(tmp_path, QUICK.model_copy(update={"epochs": 3.0}), ("dae",)).run()


def test_only_leaves_no_images_that_another_judge_saw(tmp_path: Path, stubbed: list[str]) -> None:
    study(tmp_path).run()
    other = QUICK.model_copy(update={"judge_epochs": 4.0})
    for only, what in ((("classifier",), "--only ae --only vae$"), (("vae",), "--only ae$")):
        with pytest.raises(OnlyError, match=rf"ae with seed 0 is due as well \(the judge of .* changed\); add {what}"):
            study(tmp_path, other, only).run()
    del stubbed[:]
    study(tmp_path, only=("classifier",)).run()  # the same judge again
    assert stubbed == ["classifier-0", "classifier-1"]
    study(tmp_path, other, ("classifier", "ae")).run()
    assert not study(tmp_path, other).due


def test_a_failed_model_stays_failed_until_it_is_measured(
    tmp_path: Path, stubbed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: Task) -> tuple[Result, Any]:
        if (self.model, self.seed) == ("ae", 1):
            return Result("ae", 1, failed="no luck"), None
        return stub(self)

    with monkeypatch.context() as patch:
        patch.setattr(Task, "run", failing)
        bundle = study(tmp_path).run()
    assert bundle.reasons["ae"] == "seed 1: no luck"
    assert bundle.reasons["dae/psnr[at=equal_time]"] == "it takes ae, which is missing: seed 1: no luck"
    assert study(tmp_path, only=("dae",)).run().reasons["ae"] == "seed 1: no luck"
    judge = "it judges images of models that are due"
    assert study(tmp_path).due == {("classifier", 1): judge, ("ae", 1): "it failed: no luck"}
    del stubbed[:]
    assert not set(study(tmp_path).run().reasons) & set(SHORT)
    assert stubbed == ["classifier-1", "ae-1"]


class Losing(pool.Here):
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

    class Told(Silent):
        def done(self, model: str, seed: int, what: str) -> None:
            told.append((model, seed, what))

    told = list[tuple[str, int, str]]()
    bundle = study(tmp_path, places=losing, progress=Told()).run()
    assert bundle.reasons["classifier"] == lost
    assert bundle.reasons["ae"] == "None"
    failed = "None"
    expected = {"classifier": lost, "ae": failed, "dae": failed, "pca": failed}  # pca: of the first seed alone
    assert sorted(told) == sorted((model, seed, expected[model]) for model, seed in due.tasks(QUICK))


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
        study(tmp_path, places=ending).run()
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
    bundle = study(tmp_path, QUICK.model_copy(update={"seeds": 1}), places=joining).run()
    assert sorted(bundle.tasks) == ["ae-0", "classifier-0", "dae-0", "pca-0"]


def test_notes_are_kept_and_replaced(tmp_path: Path, stubbed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def noting(text: str) -> Any:
        def run(self: Task) -> tuple[Result, Any]:
            result, judge = stub(self)
            result.notes += [text, text] if self.model == "dae" else []
            return result, judge

        return run

    with monkeypatch.context() as patch:
        patch.setattr(Task, "run", noting("in 2 pieces"))
        study(tmp_path).run()
        assert study(tmp_path).run().provenance.notes == ["dae, seed 0: in 2 pieces", "dae, seed 1: in 2 pieces"]
        patch.setattr(Task, "run", noting("in 4 pieces"))
        again = study(tmp_path, only=("dae",)).run()
    assert again.provenance.notes == ["dae, seed 0: in 4 pieces", "dae, seed 1: in 4 pieces"]
    fewer = QUICK.model_copy(update={"seeds": 1})
    assert study(tmp_path, fewer).run().provenance.notes == ["dae, seed 0: in 4 pieces"]


def test_images_that_were_seen_in_training_are_said(tmp_path: Path, stubbed: list[str]) -> None:
    leaky = study(tmp_path)
    leaky.data = replace(leaky.data, test_images=torch.cat([leaky.data.test_images[1:], leaky.data.train_images[:1]]))
    note = f"data: 1 of {len(leaky.data.test_images)} test images are training images, too"
    assert leaky.run().provenance.notes == [note]
    assert study(tmp_path).run().provenance.notes == []


def test_a_class_that_most_images_have_is_said(tmp_path: Path, stubbed: list[str]) -> None:
    uneven = study(tmp_path)
    labels = torch.zeros_like(uneven.data.test_labels)
    labels[:2] = torch.tensor([1, 2])
    uneven.data = replace(uneven.data, test_labels=labels)
    (note,) = uneven.run().provenance.notes
    count = len(labels)
    assert note.startswith(
        f"data: {count - 2} of {count} test images are of the class {uneven.data.classes[0]}; to answer"
    )


def test_only_does_not_mix_two_arithmetics(tmp_path: Path, stubbed: list[str]) -> None:
    study(tmp_path, arithmetic="bf16").run()
    with pytest.raises(OnlyError, match=r"trained in another arithmetic \(bf16, now fp32\)\); leave out --only"):
        study(tmp_path, arithmetic="fp32", only=("dae",)).run()
    assert not study(tmp_path, arithmetic="").due


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
