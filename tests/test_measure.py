"""Step 1's first decisions: the device, what the folder holds, settings that fit the data, and how many work."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from experiments import due, machine, measure, pool
from experiments.bundle import Bundle
from experiments.data import Data
from experiments.machine import Lacks
from experiments.options import Options
from experiments.presets import preset
from experiments.task import Task
from tests.planned import coloured
from tests.progress import Log
from tests.studies import few, stub

PLAIN = (
    "seeds=1", "train_images=0", "batch_size=500", "curve_images=100", "probe_images=1000", "map_images=100",
    "mask_images=20", "corruption_images=20", "influence_images=2", "gradient_images=2", "few_labels=[5,20,100]",
    "anomaly_classes=9",
)  # fmt: skip


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch) -> Data:
    """What is loaded; tasks give numbers at once, in this process."""
    images = coloured()
    monkeypatch.setattr(measure, "load", lambda *_: images)
    monkeypatch.setattr(due, "tasks", few("dae", "classifier", "pca"))
    monkeypatch.setattr(Task, "run", stub)
    monkeypatch.setattr(machine, "cores", lambda: 1)
    monkeypatch.setattr(machine, "commit", lambda: "")
    return images


def run(
    out: Path, *overrides: str, only: tuple[str, ...] = (), device: str = "cpu", cluster: str = ""
) -> tuple[Bundle, Log]:
    log = Log()
    settings = preset("smoke", [*PLAIN, *overrides])
    return measure.measure(Options(settings, "folder", device), out, only, log, cluster), log


def test_what_is_done_and_kept_is_said(data: Data, tmp_path: Path) -> None:
    bundle, log = run(tmp_path)
    assert (bundle.settings.batch_size, bundle.settings.curve_images) == (120, 60)
    assert log.notes[:-1] == [
        "test_images is 60 instead of 200: the run has no more test images",
        "batch_size is 120 instead of 500: the run has no more training images",
        "curve_images is 60 instead of 100: the run has no more test images",
        "probe_images is 120 instead of 1000: the run has no more training images",
        "map_images is 60 instead of 100: the run has no more test images",
        "few_labels is 5, 20 instead of 5, 20, 100: some class has no more among the images of the probes",
        "anomaly_classes is 4 instead of 9: there are not more classes",
    ]
    assert log.notes[-1] == "1 measure  3 tasks, 0 kept, 3 to do"
    assert log.expected == [3]
    _, log = run(tmp_path, "noise_variance=0.2")
    assert log.notes[-2:] == ["1 measure  3 tasks, 2 kept, 1 to do", "           dae-0: its settings changed"]
    assert log.expected == [1]


def test_of_each_class_there_is_an_image(data: Data) -> None:
    many, log = replace(data, classes=tuple(f"c{n}" for n in range(55))), Log()
    few = ["probe_images=50", "train_images=52", "few_labels=5", "paths=1", "judge_epochs=0.1"]
    settings = preset("smoke", [*PLAIN, *few])
    fitted = measure.fitted(settings, many, log)
    assert (fitted.train_images, fitted.probe_images, fitted.few_labels) == (55, 55, (1,))
    assert "probe_images is 55 instead of 50: each class has one at least" in log.notes
    assert "paths is 4 instead of 1: a figure shows that many" in log.notes
    assert "judge_epochs is 1.0 instead of 0.1: that is one update" in log.notes


def test_a_class_that_the_data_has_not_is_named(data: Data, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"triplet: there is no class 'zebra'; there are {data.classes[0]}, "):
        run(tmp_path, f"triplet={data.classes[0]},zebra,{data.classes[1]}")


def test_a_class_that_is_both_added_and_taken_away_is_refused(data: Data, tmp_path: Path) -> None:
    one, other = data.classes[:2]
    for names in ((one, one, other), (other, one, one)):
        with pytest.raises(ValueError, match=f"triplet: '{one}' is both added and taken away"):
            run(tmp_path, f"triplet={','.join(names)}")


def test_what_a_run_of_fewer_seeds_leaves_out_is_said(data: Data, tmp_path: Path) -> None:
    run(tmp_path, "seeds=3")
    _, log = run(tmp_path)
    assert log.notes[-2:] == [
        "1 measure  3 tasks, 3 kept, 0 to do",
        "           no longer in this run, which has fewer seeds: classifier-1, classifier-2, dae-1, dae-2",
    ]


def test_only_cannot_mix_two_sets_of_images(data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path)
    monkeypatch.setattr(measure, "load", lambda *_: Data("other", data.classes, *images(data), "1" * 64))
    with pytest.raises(ValueError, match="measured on other data \\(toy\\); --only cannot mix the two"):
        run(tmp_path, only=("dae",))
    with pytest.raises(ValueError, match="holds a run on toy; choose another --out for other, or delete the folder"):
        run(tmp_path)
    monkeypatch.setattr(
        measure, "load", lambda *_: Data("toy", data.classes, *images(data), "1" * 64)
    )  # one picture more
    _, log = run(tmp_path)
    assert log.notes[-3:] == [f"           {name}-0: the data changed" for name in ("dae", "pca", "classifier")]


def images(data: Data) -> tuple[torch.Tensor, ...]:
    return data.train_images, data.train_labels, data.test_images, data.test_labels


def test_one_picture_over_and_over_is_refused(data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among the images that are trained on."""
    grey = torch.full_like(data.train_images, 128)
    grey[-1] = 0
    monkeypatch.setattr(measure, "load", lambda *_: replace(data, train_images=grey))
    with pytest.raises(ValueError, match="--data folder: every training image is the same picture"):
        run(tmp_path, "train_images=100")
    assert not (tmp_path / "bundle").exists()
    assert run(tmp_path)[0].tasks


def test_a_cluster_that_is_named_computes(data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, ran = list[Any](), list[str]()

    class There(pool.SerialExecutor):
        def submit(self, function: Any, /, *args: Any, **keywords: Any) -> Any:
            ran.append(args[0].model)
            return super().submit(function, *args, **keywords)

    class Cluster:
        device = machine.Device("cuda", "2 × a GPU elsewhere")

        def precision(self, setting: str) -> str:
            return f"bf16 for {setting}"

        @contextmanager
        def places(self, data: Data, memory: float, progress: Any) -> Iterator[pool.Place]:
            asked.append((data.train_images.device.type, len(data.train_images), memory))
            yield pool.Place(There(), lambda: 1, progress)

    monkeypatch.setattr(measure, "_cluster", lambda *words: asked.append(words) or Cluster())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)  # here
    bundle, _ = run(tmp_path, "precision=fp32", "train_images=100", device="cuda", cluster="tcp://there:1")
    images = 3 * 32 * 32 * (100 + len(data.test_images))
    memory = measure.memory_needed(bundle.settings.width, images, bundle.settings.probe_images)
    assert asked == [("tcp://there:1", "cuda"), ("cpu", 100, memory)]
    assert sorted(ran) == ["classifier", "dae", "pca"]
    assert bundle.provenance.device == "2 × a GPU elsewhere"
    assert {facts["device"] for facts in bundle.tasks.values()} == {"cuda"}
    assert bundle.tasks["dae-0"]["precision"] == "bf16 for fp32"


def test_a_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert measure._device("auto") == measure._device("cpu") == torch.device("cpu")
    for built, why in ((None, "this torch was built without CUDA"), ("13.0", "no GPU was found")):
        monkeypatch.setattr(torch.version, "cuda", built)
        with pytest.raises(Lacks, match=f"--device cuda: {why}; take --device cpu, or see what aereport doctor"):
            measure._device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert measure._device("auto") == measure._device("cuda") == torch.device("cuda")
    assert measure._device("cpu") == torch.device("cpu")


def test_a_gpu_that_cannot_take_the_images(data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Data, place: Any) -> Data:
        raise torch.OutOfMemoryError("CUDA out of memory.\nAnd much more")

    monkeypatch.setattr(Data, "to", full)
    with pytest.raises(Lacks, match=r"cpu: CUDA out of memory\.; take --device cpu, or see what aereport doctor"):
        run(tmp_path)


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many processes were asked for, in turn; the work is done here."""
    found: list[int] = []

    def processes(count: int, shared: Any, progress: Any) -> Any:
        found.append(count)
        return pool.here(progress)

    monkeypatch.setattr(pool, "processes", processes)
    return found


def test_as_many_work_as_there_are_cores_and_tasks(
    data: Data, tmp_path: Path, counts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for cores in (2, 8):
        monkeypatch.setattr(machine, "cores", lambda cores=cores: cores)
        run(tmp_path / str(cores))
    assert counts == [2, 3]


def test_as_many_work_as_fit_into_memory(
    data: Data, tmp_path: Path, counts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = list[str]()
    monkeypatch.setattr(machine, "cores", lambda: 3)
    for gigabytes in (7.5, 5.2, 1.0):  # at a width of 8 a task takes 2.4
        monkeypatch.setattr(machine, "memory", lambda gigabytes=gigabytes: (gigabytes, False))
        notes += run(tmp_path / str(gigabytes))[1].notes
    assert counts == [3, 2]  # one works here
    assert [note for note in notes if "at a time" in note] == [
        "2 of 3 tasks at a time: one takes up to 2.4 GB of memory, of 5.2 GB",
        "1 of 3 tasks at a time: one takes up to 2.4 GB of memory, of 1.0 GB",
    ]


@pytest.mark.parametrize(
    ("width", "images", "probed", "measured"),
    [
        (8, 5_000, 4_000, 2.39),
        (32, 5_000, 4_000, 2.59),
        (32, 22_000, 5_000, 2.98),
        (8, 60_000, 5_000, 2.65),
        (64, 60_000, 50_000, 5.11),
    ],
)
def test_a_process_has_room_for_what_was_measured(width: int, images: int, probed: int, measured: float) -> None:
    """Peaks in GB of processes that ran a task of every model with the settings of `quick`, the last of `full`."""
    assert measured < measure.memory_needed(width, images * 3072, probed) < 1.3 * measured
