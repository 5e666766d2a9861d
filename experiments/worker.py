"""On a worker of a cluster: the images that it was sent, checked once, and tasks that compute with them."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from distributed import Worker, WorkerPlugin, get_worker

from experiments import due, machine, plan
from experiments.data import Data
from experiments.files import sha256
from experiments.images import Images
from experiments.legible import line
from experiments.progress import Relay
from experiments.task import Task
from experiments.train import uses_bf16
from models.base import Model

CODE = sha256("".join(due.code(model, "experiments/worker.py") for model in plan.ALL).encode())  # as it was loaded


class Refused(OSError):
    """A worker that must not compute. One line: which, why, and what to do."""


class Unwanted(BaseException):
    """Nobody waits any more for what this thread computes."""


@dataclass(frozen=True)
class Facts:
    """What decides a process's numbers, and how two of them understand each other.

    Attributes:
        code: SHA-256 of the modules that train and measure.
        cpu, gpu: their names; empty where there is no GPU.
        instructions: of the CPU, as far as torch knows kernels for them: "AVX2".
        bf16: by kind of device, whether it trains in bf16 where it may choose.
    """

    versions: Mapping[str, str]
    code: str
    cpu: str
    gpu: str
    instructions: str
    bf16: Mapping[str, bool]

    def refuses(self, other: "Facts", device: str) -> str:
        """Why another process must not compute for this one, with the remedy; empty where it may."""
        for name, wanted in self.versions.items():
            if (found := other.versions.get(name)) != wanted:
                return f"has {name} {found}, not {wanted}: install the same packages there (constraints.txt)"
        if self.code != other.code:
            return "runs other code of aereport: install the same there"
        if device == "cuda" and not other.gpu:
            return "has no GPU: give it one, or take --device cpu"
        return ""


def facts() -> Facts:
    """The facts of this process."""
    python = ".".join(platform.python_version_tuple()[:2])
    versions = {"Python": python, **{name: version(name) for name in (*machine.PACKAGES, "distributed")}}
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    bf16 = {kind: uses_bf16("auto", torch.device(kind)) for kind in (("cpu", "cuda") if gpu else ("cpu",))}
    return Facts(versions, CODE, machine.cpu(), gpu, torch.backends.cpu.get_cpu_capability(), bf16)


def crowded(threads: int) -> str:
    """Why a worker with so many threads must not compute: tasks in one process would share its clock, and its settings
    of torch."""
    many = f"has {threads} threads, and a task needs a process: use --nthreads 1 --nworkers {threads}"
    return many if threads > 1 else ""


class Equipment(WorkerPlugin):
    """What each worker is sent once, also one that joins later: images, and what is asked of it.

    Attributes:
        data: the images on the worker's device; None before they are checked.
        refused: why this worker must not compute.
    """

    def __init__(self, name: str, data: Data, device: str, asked: Facts) -> None:
        self.name, self.device, self.asked = name, device, asked
        self.data: Data | None = None
        self.refused = ""
        self.images = Images(
            data.classes, data.train_images.numpy(), data.train_labels.numpy(), data.test_images.numpy(),
            data.test_labels.numpy(),
        )  # fmt: skip
        self.fingerprint = self.images.fingerprint  # of these images; that of the data counts those left out as well
        self.light = light(data)
        vars(self.images).pop("fingerprint")  # it is not sent along: the worker finds its own

    def setup(self, worker: Worker) -> None:
        """Check this worker and the images that it received.

        Raises:
            Refused: see there.
        """
        if why := crowded(worker.state.nthreads) or self.asked.refuses(facts(), self.device) or self._hold():
            self.refused = f"worker {worker.address} {why}, and start the worker again"
            raise Refused(self.refused)

    def _hold(self) -> str:
        """Take the images to the device; why that cannot be, empty where it can."""
        if self.images.fingerprint != self.fingerprint:
            return "received other images than were sent: look at its memory and network"
        try:
            whole = Data.of(self.light.name, self.images).to(self.device)
        except RuntimeError as error:  # of a GPU: its memory is full, or it cannot be used
            return f"cannot hold the images ({line(str(error), 200)}): see nvidia-smi there, or take --device cpu"
        self.data = replace(whole, fingerprint=self.light.fingerprint)
        return ""


def light(data: Data) -> Data:
    """The same without its images, to be sent with each task."""
    none, labels = torch.empty(0, 3, 32, 32, dtype=torch.uint8), torch.empty(0, dtype=torch.int64)
    return replace(data, train_images=none, train_labels=labels, test_images=none, test_labels=labels)


@dataclass(frozen=True)
class Topic:
    """A sink: what is put here goes to who subscribed to the topic. Ends a task that nobody waits for."""

    name: str

    def put(self, item: tuple[str, tuple[Any, ...]]) -> None:
        """Send one.

        Raises:
            Unwanted: see there.
        """
        worker = get_worker()
        if worker.state.tasks[worker.get_current_task()].state == "cancelled":
            raise Unwanted
        worker.log_event(self.name, item)


def call(name: str, function: Callable[[Task], tuple[Any, Model | None]], task: Task) -> tuple[Any, Model | None]:
    """Call the function on the task with this worker's images, the topic `name` for its progress, and a folder here.

    Raises:
        Refused: see there.
        OSError: its disk is full.
    """
    worker = get_worker()
    equipment = worker.plugins[name]
    assert isinstance(equipment, Equipment)
    if equipment.data is None:
        raise Refused(equipment.refused)
    # as it was trained: Dask sends tensors row by row, and another order in memory rounds otherwise
    judge = task.judge and task.judge.to(equipment.device).to(memory_format=torch.channels_last)
    try:
        with TemporaryDirectory(dir=worker.local_directory) as folder:
            own = replace(task, data=equipment.data, judge=judge, folder=Path(folder), progress=Relay(Topic(name)))
            result, model = function(own)
    except OSError as error:  # a path says nothing to who is elsewhere
        error.filename = f"worker {worker.address}: {error.filename or worker.local_directory}"
        raise
    return result, model and model.cpu()
