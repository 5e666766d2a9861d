"""What a recording of batches leans on in torch, as far as a machine without a GPU can tell; see `tests.recording`."""

import gc
import weakref
from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.graph import get_gradient_edge

from experiments import due, train
from experiments.held_out import HeldOut
from experiments.progress import Silent
from models import build
from tests import recording
from tests.pretend import Pretend, pretended
from tests.progress import Log
from tests.toys import IMAGES, SIZES
from tests.trainings import DATA, settings

torch.set_num_threads(1)


@pytest.fixture
def gpu() -> Iterator[Pretend]:
    with pretended() as device:
        yield device


def test_a_graph_may_find_its_generators_by_itself(gpu: Pretend, monkeypatch: pytest.MonkeyPatch) -> None:
    """As from torch 2.14 on, where the method that names them is to go."""
    replays, replay, log = list[recording.Graph](), recording.Graph.replay, Log()
    monkeypatch.delattr(recording.Graph, "register_generator_state")
    monkeypatch.setattr(recording.Graph, "replay", lambda self: (replays.append(self), replay(self))[1])
    train.fit(build("ae", **SIZES).to("cuda"), DATA.to("cuda"), settings(), seed=0, epochs=1, progress=log)
    assert len(replays) == 5  # of 6 batches
    assert log.notes == []


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("name", due.LEARNING)
def test_no_node_of_a_batch_outlives_it(name: str, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that did would belong to the stream of a batch that was computed as usual, and end the recording of the next.

    A node of a weight lasts as long as a batch holds it; what is noted there is gone with it.
    """
    model, noted = build(name, **SIZES), []
    real, settled = model.loss, settings(precision=precision)

    def loss(*arguments: object) -> dict[str, Tensor]:
        noted.append(sum("batch" in get_gradient_edge(weight).node.metadata for weight in model.parameters()))
        parts = real(*arguments)
        for weight in model.parameters():
            get_gradient_edge(weight).node.metadata["batch"] = len(noted)
        return parts

    monkeypatch.setattr(model, "loss", loss)
    train.fit(
        model, DATA, settled, seed=0, epochs=3, evaluate=HeldOut(DATA.test_images) if name != "classifier" else None
    )
    assert noted == [0] * 18  # two between two points of the curves, or three


@pytest.mark.parametrize("diverges", [False, True])
def test_graphs_end_with_their_training(gpu: Pretend, monkeypatch: pytest.MonkeyPatch, diverges: bool) -> None:
    """At once, whoever still holds the training: frames of an import within it did, until Python's collector came."""
    graphs: list[weakref.ref[recording.Graph]] = []
    held: list[train._Run] = []
    model, ended, run, graph = build("ae", **SIZES).to("cuda"), "", train._Run.__init__, recording.Graph.__init__
    monkeypatch.setattr(train._Run, "__init__", lambda self, *given: (held.append(self), run(self, *given))[1])
    monkeypatch.setattr(recording.Graph, "__init__", lambda self: (graphs.append(weakref.ref(self)), graph(self))[1])

    class Spoils(Silent):
        @torch.no_grad()
        def epoch(self, *_: object) -> None:
            if diverges:
                next(model.parameters()).fill_(torch.inf)

    gc.disable()
    try:
        train.fit(model, DATA.to("cuda"), settings(), seed=0, epochs=4, progress=Spoils())
    except train.TrainingDiverged as error:
        ended = str(error)
    left = [reference() for reference in graphs]
    gc.enable()
    assert len(held) == 1
    assert ("not finite" in ended) == diverges
    assert left == [None]


def test_attention_there_takes_no_kernel_that_is_planned_for_each_length(
    gpu: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """cuDNN's is; torch would take it first."""
    seen, real = [], F.scaled_dot_product_attention

    def attention(*arguments: Tensor) -> Tensor:
        seen.append((torch.backends.cuda.cudnn_sdp_enabled(), torch.backends.cuda.flash_sdp_enabled()))
        return real(*arguments)

    monkeypatch.setattr(F, "scaled_dot_product_attention", attention)
    model = build("vit_mae", **SIZES).to("cuda")
    model(IMAGES.to("cuda"))
    assert seen == [(False, True)] * 8
    assert torch.backends.cuda.cudnn_sdp_enabled()
