"""Where tasks run: on the workers of a Dask cluster, which share nothing with this machine but the network.

Each worker is asked for its versions and its code, and is sent the images once; tasks and results are sent by Dask.
"""

import asyncio
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from distributed import Client, Security
from distributed.comm.core import connect

from experiments import machine, worker
from experiments.dask_executor import DaskExecutor, workers
from experiments.data import Data
from experiments.legible import line
from experiments.machine import GB, Lacks
from experiments.pool import Place
from experiments.progress import Progress, Relay, tell
from experiments.train import precision_of

PATIENCE = 10.0  # seconds for an address to answer
OWN = "aereport-"  # begins the name of what workers are equipped with; the rest is its client's
FULL = 0.8  # share of its memory from which Dask gives a worker no more tasks


@dataclass(frozen=True)
class Cluster:
    """A cluster that was looked at, and what computes there."""

    address: str
    device: machine.Device
    bf16: frozenset[bool]  # whether its workers would train in bf16

    def precision(self, setting: str) -> str:
        """What its workers train in, "bf16" or "fp32"; empty where they differ."""
        if setting != "auto":
            return setting
        return precision_of(True in self.bf16) if len(self.bf16) == 1 else ""

    @contextmanager
    def places(self, data: Data, memory: float, progress: Progress) -> Iterator[Place]:
        """Its workers, equipped with the images; each may use so many GB of memory at least.

        Raises:
            Lacks: also later, by the future of a task, where the scheduler or every worker is gone.
        """
        with _client(self.address) as client:
            found, name = _facts(client, self.device.kind), f"{OWN}{client.id}"
            _forget(client)
            _check_memory(client, memory)
            for text in _lines(client, found, self.device):
                progress.note(text)
            client.subscribe_topic(name, lambda event: tell(progress, *event[1]))
            executor = DaskExecutor(client, name, self.address)
            try:
                _equip(client, worker.Equipment(name, data, self.device.kind, worker.facts()))
                with executor.watched(progress):
                    yield Place(executor, executor.slots, Relay(worker.Topic(name)))
            finally:
                with suppress(Exception):  # of a scheduler that is gone
                    executor.shutdown()
                    _unequip(client, name)


def look(address: str, device: str) -> Cluster:
    """The cluster at an address, if every worker there can compute for this process.

    Args:
        address: of the scheduler, "tcp://host:8786" or "host:8786".
        device: "auto" takes CUDA where every worker has it.

    Raises:
        ValueError: that is no address.
        Lacks: nothing answers there, or the scheduler or a worker lacks something.
    """
    with _client(address) as client:
        found = list(_facts(client, device).values())
        _check_scheduler(client)
    cuda = device != "cpu" and all(facts.gpu for facts in found)
    names = sorted({facts.gpu if cuda else facts.cpu for facts in found})
    kind = machine.Device("cuda" if cuda else "cpu", line(f"{len(found)} × {', '.join(names)}", 200))
    return Cluster(address, kind, frozenset(facts.bf16[kind.kind] for facts in found))


@contextmanager
def _client(address: str) -> Iterator[Client]:
    """A client of the scheduler at an address, connected; Dask logs nothing meanwhile."""
    with _silence():
        _check_address(address)
        with warnings.catch_warnings(action="ignore"):  # of versions, which are asked for
            client = Client(address, timeout=PATIENCE, set_as_default=False)
        try:
            yield client
        finally:
            with suppress(Exception):  # of a scheduler that is gone
                client.close(timeout=PATIENCE)


@contextmanager
def _silence() -> Iterator[None]:
    """Dask logs nothing meanwhile: what happens is said in one line."""
    logs = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)


def _check_address(address: str) -> None:
    async def kind() -> str:
        comm = await connect(address, timeout=PATIENCE, **Security().get_connection_args("client"))
        try:
            await comm.write({"op": "identity", "reply": True})
            return str((await comm.read())["type"])
        finally:
            comm.abort()

    try:
        found = asyncio.run(asyncio.wait_for(kind(), PATIENCE))
    except ValueError as error:
        raise ValueError(f"--cluster {address}: {error}; an address reads like tcp://host:8786") from None
    except Exception:
        raise Lacks(
            f"--cluster {address}: no Dask scheduler answers there within {PATIENCE:.0f} s;"
            " start one with: dask scheduler"
        ) from None
    if found != "Scheduler":
        raise Lacks(f"--cluster {address}: a Dask {found.lower()} answers there; give its scheduler's address")


def _facts(client: Client, device: str) -> dict[str, worker.Facts]:
    """Of each worker, by address; each may compute for this process."""
    own = worker.facts()
    answers, there = client.run(worker.facts, on_error="return"), workers(client)
    found = {address: answers[address] for address in answers if address in there}  # the others left meanwhile
    if not found:
        raise Lacks("the cluster has no workers; start some with: dask worker ADDRESS --nthreads 1")
    for address, theirs in found.items():  # one that joined just now is looked at when it is equipped
        if isinstance(theirs, Exception):
            why = f"cannot load aereport ({line(str(theirs), 200)}): install '.[train,cluster]' there, see README"
        else:
            why = worker.crowded(there[address]["nthreads"]) or own.refuses(theirs, device)
        if why:
            raise Lacks(f"worker {address} {why}, and start the worker again")
    return found


def _check_scheduler(client: Client) -> None:
    """It unpacks tasks before it sends them to workers."""
    try:
        client.run_on_scheduler(worker.facts)
    except (ImportError, AttributeError) as error:
        why = f"cannot load aereport ({line(str(error), 200)}): install '.[train,cluster]' there as well, see README"
        raise Lacks(f"the scheduler {why}, and start it again") from None


def _check_memory(client: Client, memory: float) -> None:
    need = memory / FULL
    for address, info in workers(client).items():
        if 0 < (info["memory_limit"] or 0) < need * GB:
            raise Lacks(
                f"worker {address} may use {info['memory_limit'] / GB:.1f} GB of memory, and a task may need"
                f" {need:.1f}: start it with a higher --memory-limit, or take fewer images or channels with --set"
            )


def _equip(client: Client, equipment: worker.Equipment) -> None:
    try:
        client.register_plugin(equipment, name=equipment.name)
    except worker.Refused:
        raise
    except Exception as error:
        raise Lacks(f"the images could not be sent to every worker: {line(str(error), 300)}; try again") from None


def _unequip(client: Client, name: str) -> None:
    """Take the images from every worker. A scheduler that hangs is not waited for."""
    assert client.scheduler is not None
    client.sync(client.scheduler.unregister_worker_plugin, name=name, callback_timeout=PATIENCE)


def _forget(client: Client) -> None:
    """Take away the images of builds that were killed: who is no client of the scheduler any more."""
    left = client.run_on_scheduler(
        lambda dask_scheduler, own=OWN: [
            name
            for name in dask_scheduler.worker_plugins
            if name.startswith(own) and name.removeprefix(own) not in dask_scheduler.clients
        ]
    )
    for name in left:
        with suppress(Exception):  # of another build that does the same
            _unequip(client, name)


def _lines(client: Client, found: Mapping[str, worker.Facts], device: machine.Device) -> Iterator[str]:
    allowed = client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.allowed_failures)
    again = f"runs again, {allowed} times at most" if allowed else "does not run again: its allowed-failures is 0"
    yield f"           on {device.name}; a task whose worker is lost {again}"
    if len({facts.bf16[device.kind] for facts in found.values()}) > 1:
        yield "           some of them train in bf16, others in fp32: --set precision=fp32 has all do the same"
    kinds = {facts.instructions for facts in found.values()} | {worker.facts().instructions}
    if device.kind == "cpu" and len(kinds) > 1:
        yield f"           their CPUs compute with {', '.join(sorted(kinds))}: last digits depend on which took a task"
