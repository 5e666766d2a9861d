"""Training and measuring on a GPU, as far as a machine without one can tell; see `tests.pretend`."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch
from torch import Tensor

from experiments import demo, due, gradients, machine, maps, measure, plan, pool
from experiments.batches import LATER
from experiments.bundle import Bundle
from experiments.cuda_graph import Recorder
from experiments.images import Images
from experiments.latent import Latents
from experiments.options import Options
from experiments.progress import Silent
from experiments.train import fit
from models import MODELS, build
from models.base import noisy, random_masks
from tests import recording
from tests.pretend import GPU, NAME, Pretend, on_gpu, pretended
from tests.progress import Log
from tests.studies import ONE_SEED, reads
from tests.toys import IMAGES, LABELS, SIZES
from tests.trainings import DATA, settings, weights

torch.set_num_threads(1)


@pytest.fixture
def gpu() -> Iterator[Pretend]:
    with pretended() as device:
        yield device


@pytest.fixture(scope="module")
def measured(
    tmp_path_factory: pytest.TempPathFactory, drawn_images: Images
) -> tuple[Bundle, Bundle, dict[str, set[str]]]:
    """A whole study there, as it was measured and as it is read again, and which settings its tasks read."""
    folder = tmp_path_factory.mktemp("run")
    with pretended(), reads() as read, pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "draw", lambda: drawn_images)
        patch.setattr(machine, "cores", lambda: 1)  # maps of a few points: threads would wait for each other
        patch.setattr(measure, "_device", lambda _: GPU)
        patch.setattr(pool, "processes", None)  # on a GPU tasks run in this process
        bundle = measure.measure(Options(ONE_SEED, "demo", "cuda"), folder, (), Silent())
    return bundle, Bundle.load(folder / "bundle"), read


def test_a_whole_study_is_measured_there(measured: tuple[Bundle, Bundle, dict[str, set[str]]]) -> None:
    """Nothing is left on the CPU, nothing goes to NumPy from there, and every number of the plan is measured."""
    bundle, loaded, _ = measured
    assert bundle.reasons == {}
    assert set(bundle.values) == set(plan.keys(ONE_SEED))
    assert np.isfinite([value for values in bundle.values.values() for value in values if value is not None]).all()
    assert {key: loaded.array(key).shape for key in plan.arrays(ONE_SEED)} == {
        key: array.shape for key, array in plan.arrays(ONE_SEED).items()
    }
    assert loaded.provenance.device == NAME
    assert {(task["device"], task["precision"]) for task in loaded.tasks.values() if "precision" in task} == {
        ("cuda", "bf16")
    }


def test_a_setting_matters_to_the_models_whose_tasks_read_it(
    measured: tuple[Bundle, Bundle, dict[str, set[str]]],
) -> None:
    """They are measured again when it changes, and no others; two settings choose the images, of all models."""
    read = measured[2]
    assert {name for name in read if not read[name]} == due.UNMEASURED | {"train_images", "test_images"}
    own = {name: models for name, models in read.items() if models and models != set(plan.ALL)}
    assert own == {name: set(models) for name, models in due.ONLY.items()}


@dataclass(frozen=True)
class Learned:
    """What a training there left behind. graphs: by what the host drew; replays: of which each batch was one."""

    name: str
    points: int
    weights: Tensor
    waits: Counter[str]
    graphs: dict[tuple[int, ...], object]
    replays: list[recording.Graph]


def learned(name: str) -> Learned:
    """24 updates, and a point of the curves after each third one; few shares are hidden, each of them often."""
    recorders, replays = list[Recorder](), list[recording.Graph]()
    made, replay = Recorder.__init__, recording.Graph.replay
    with pretended() as gpu, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recorder, "__init__", lambda self, *given: (recorders.append(self), made(self, *given))[1])
        patch.setattr(recording.Graph, "replay", lambda self: (replays.append(self), replay(self))[1])
        model, data = build(name, **SIZES | {"mask_high": 0.15}).to("cuda"), DATA.to("cuda")
        gpu.waits.clear()
        curves = fit(model, data, settings(precision="bf16"), seed=0, epochs=4)
        waits, graphs = +gpu.waits, recorders[0].graphs if recorders else {}
        return Learned(name, len(curves["loss"]), weights(model).cpu(), waits, graphs, replays)


@pytest.fixture(scope="module", params=due.LEARNING)
def replayed(request: pytest.FixtureRequest) -> Learned:
    return learned(request.param)


def test_the_host_waits_once_a_point_of_the_curves(replayed: Learned) -> None:
    """Three updates lie between two of them. It waits before the first, too, to name the images, and for each graph."""
    assert replayed.points == 8
    assert replayed.waits == {"to the CPU": 9, "__bool__": len(set(map(id, replayed.replays)))}


def test_what_is_replayed_is_what_would_be_computed(replayed: Learned, monkeypatch: pytest.MonkeyPatch) -> None:
    """All batches of a draw but its first; the weights are the same as without graphs."""
    graphs, replays = replayed.graphs, replayed.replays
    assert len(replays) == 24 - len(graphs)
    assert len(set(map(id, replays))) == sum(graph is not None for graph in graphs.values())
    assert (len(graphs) > 1) == (replayed.name in plan.MASKED)
    monkeypatch.setattr(gradients, "Recorder", lambda *_: None)
    computed = learned(replayed.name)
    assert computed.replays == []
    assert torch.equal(computed.weights, replayed.weights)


@pytest.mark.parametrize(
    ("replay", "why"),
    [
        (lambda graph: None, "gradients came out otherwise"),
        (lambda graph: torch.zeros(2) + torch.zeros(3), "The size of tensor a (2) must match the size of tensor b (3)"),
    ],
)
def test_what_cannot_be_replayed_is_told_and_computed(
    gpu: Pretend, monkeypatch: pytest.MonkeyPatch, replay: Callable[[object], None], why: str
) -> None:
    def learned(log: Log) -> Tensor:
        model = build("classifier", **SIZES).to("cuda")
        fit(model, DATA.to("cuda"), settings(), seed=0, epochs=4, progress=log)
        return weights(model).cpu()

    def under_way() -> None:
        raise RuntimeError("captures_underway.empty() INTERNAL ASSERT FAILED")

    expected, log = learned(Log()), Log()
    monkeypatch.setattr(recording.Graph, "replay", replay)
    monkeypatch.setattr(torch.cuda, "empty_cache", under_way)
    assert torch.equal(learned(log), expected)
    assert len(log.notes) == 1
    assert log.notes[0].startswith(f"classifier: the GPU records no batch ({why}")


def test_a_training_there_is_kept_and_goes_on(gpu: Pretend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of its last point is all that the same training takes; nothing is computed again."""
    models = [build("ae", **SIZES).to("cuda") for _ in range(2)]
    curves = []
    for model in models:
        curves.append(fit(model, DATA.to("cuda"), settings(), seed=0, epochs=2, checkpoint=tmp_path / "ae"))
        monkeypatch.setattr(Recorder, "__call__", None)
    assert curves[0] == curves[1]
    assert torch.equal(*(weights(model).cpu() for model in models))


def test_all_cores_draw_its_maps_while_it_measures_on(gpu: Pretend, monkeypatch: pytest.MonkeyPatch) -> None:
    """They come out the same."""
    points, seen, others_done = torch.randn(60, 6, generator=torch.Generator().manual_seed(0)), list[int](), Event()
    real = maps._tsne

    def tsne(points: np.ndarray, threads: int) -> np.ndarray:
        seen.append(threads)
        assert threads == 1 or others_done.wait(60)
        return real(points, threads)

    monkeypatch.setattr(maps, "_tsne", tsne)
    monkeypatch.setattr(maps, "with_noise", lambda *_: points.to(where))
    monkeypatch.setattr(machine, "cores", lambda: 3)
    found = []
    for where in ("cpu", "cuda"):
        latents = Latents(points.to(where), LABELS, points.to(where), LABELS, 7)
        pairs = maps.maps(MODELS["ae"](), DATA.to(where), settings(map_images=60), 0, latents=latents)
        found.append(dict(pair for pair in pairs if pair is not LATER or others_done.set()))
    assert seen == [1, 3]
    assert others_done.is_set()
    assert all(np.array_equal(found[0][name], found[1][name]) for name in found[0])


@pytest.mark.parametrize("name", due.LEARNING)
def test_a_loss_and_its_gradient_are_those_of_a_cpu(name: str) -> None:
    """Where a GPU takes another way to them, too."""

    def learned(device: str) -> list[Tensor]:
        model = build(name, **SIZES).to(device)
        images, labels = IMAGES.to(device), LABELS[: len(IMAGES)].to(device)
        loss = model.loss(images, labels, torch.Generator(device).manual_seed(0))["loss"]
        loss.backward()  # type: ignore[no-untyped-call]
        return [loss.detach().cpu(), *(weight.grad.cpu() for weight in model.parameters() if weight.grad is not None)]

    with pretended():
        there = learned("cuda")
    torch.testing.assert_close(there, learned("cpu"), rtol=1e-4, atol=1e-4)


def test_what_a_gpu_refuses(gpu: Pretend) -> None:
    there, here = torch.ones(3, device="cuda"), torch.ones(3)
    for mixed in (
        lambda: there + here,
        lambda: torch.stack([there, here]),
        lambda: here.mul_(there),
        lambda: here[there.long()],
    ):
        with pytest.raises(RuntimeError, match="on the same device"):
            mixed()
    with pytest.raises(RuntimeError, match="expected a 'cuda' generator but found 'cpu'"):
        noisy(there, 0.1, torch.Generator())
    with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
        np.asarray(there)
    with pytest.raises(RuntimeError, match="for integers"):
        there.long() @ there.long()
    assert float(there.cpu().numpy().sum()) == 3
    assert on_gpu(there * here.sum())


def test_where_things_lie(gpu: Pretend) -> None:
    there = torch.ones(3, device="cuda")
    model = torch.nn.Linear(3, 3).to("cuda")
    model(there).sum().backward()
    assert on_gpu(model.weight)
    assert model.weight.grad is not None
    assert on_gpu(model.weight.grad)
    assert on_gpu(torch.zeros(3).to(there))
    assert on_gpu(there.new_zeros(2))
    assert not on_gpu(torch.zeros(3))
    assert torch.zeros(3, device="meta").is_meta
    assert there.device == GPU
    assert there.is_cuda
    assert random_masks(2, 6, torch.Generator("cuda")).device == GPU


def test_what_is_waited_for(gpu: Pretend) -> None:
    there = torch.ones(3, device="cuda")
    assert float(there.sum()) == 3
    assert len(there[there > 0]) == 3
    assert there[torch.tensor([0, 1])].tolist() == [1, 1]
    assert +gpu.waits == {"__float__": 1, "__getitem__": 1, "index from the CPU": 1, "tolist": 1}
