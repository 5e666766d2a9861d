"""Latents: against scikit-learn, closed forms, and toys whose classes are known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from experiments import latent, plan
from experiments.latent import Latents
from experiments.metrics import METRICS
from models.vae import Vae
from tests.decoders import Colours
from tests.planned import checked, coloured, planned, settings

torch.set_num_threads(1)
SETTINGS, DATA = settings(), coloured()


def cloud(spread: float, train: int = 400, test: int = 200) -> Latents:
    """Five classes as Gaussian clouds in eight dimensions, far from zero."""
    classes, draws = 5, torch.Generator().manual_seed(0)
    labels = torch.arange(train + test) % classes
    centres = torch.randn(classes, 8, generator=draws)
    points = 20 + centres[labels] + spread * torch.randn(train + test, 8, generator=draws)
    return Latents(points[:train], labels[:train], points[train:], labels[train:], classes)


def measured(latents: Latents) -> dict[str, float | np.ndarray]:
    return checked("ae", latent.classes(Colours(), DATA, SETTINGS, 0, latents=latents), SETTINGS)


def test_latents_are_of_the_probes_training_images_and_all_test_images() -> None:
    found = Latents.of(Colours(), DATA, settings(probe_images=50))
    np.testing.assert_allclose(found.train, DATA.train_images[:50].float().mean((2, 3)) / 255, rtol=1e-5)
    assert (found.train.shape, found.test.shape) == ((50, 3), (60, 3))
    assert torch.equal(found.train_labels, DATA.train_labels[:50])


def test_separate_classes_are_found_by_all() -> None:
    found = measured(cloud(0.01))
    assert set(found) == {
        name
        for name in planned(
            "ae", SETTINGS, "probe_accuracy", "knn_accuracy", "precision_at_10", "ari", "nmi", "silhouette"
        )
        if "[" not in name
    }
    for name in ("probe_accuracy", "knn_accuracy", "precision_at_10", "ari", "nmi"):
        assert np.mean(found[name]) == pytest.approx(1), name
    assert found["silhouette"] > 0.95


def test_labels_without_relation_are_found_by_none() -> None:
    latents = cloud(1.0, 2000, 1500)
    draws = torch.Generator().manual_seed(5)
    order = torch.randperm(1500, generator=draws)
    found = measured(replace(latents, test_labels=latents.test_labels[order]))
    for name in ("probe_accuracy", "knn_accuracy", "precision_at_10"):
        assert np.mean(found[name]) == pytest.approx(0.2, abs=0.03), name
    assert abs(found["ari"]) < 0.01
    assert found["nmi"] < 0.02


def test_probe_knn_and_precision_are_scikit_learns() -> None:
    latents = cloud(1.5)
    found = measured(latents)
    scaler = StandardScaler().fit(latents.train.numpy())
    reference = LogisticRegression(C=1 / 8, tol=1e-6, max_iter=1000)
    reference.fit(scaler.transform(latents.train.numpy()), latents.train_labels.numpy())
    right = reference.predict(scaler.transform(latents.test.numpy())) == latents.test_labels.numpy()
    assert np.mean(found["probe_accuracy"] == right) > 0.995
    centre = latents.train.mean(0)
    knn = KNeighborsClassifier(latent.NEIGHBOURS, metric="cosine", algorithm="brute")
    knn.fit((latents.train - centre).numpy(), latents.train_labels.numpy())
    right = knn.predict((latents.test - centre).numpy()) == latents.test_labels.numpy()
    np.testing.assert_array_equal(found["knn_accuracy"], right)
    neighbours = NearestNeighbors(n_neighbors=10).fit(latents.test.numpy()).kneighbors(return_distance=False)
    same = latents.test_labels.numpy()[neighbours] == latents.test_labels.numpy()[:, None]
    np.testing.assert_allclose(found["precision_at_10"], same.mean(1), rtol=1e-6)


def test_of_a_small_class_as_many_neighbours_count_as_it_has() -> None:
    latents = cloud(0.1)
    few = replace(latents, test=latents.test[:22], test_labels=torch.tensor([0] * 3 + [1] + [2] * 18))
    points = few.test.clone()
    points[:3], points[3], points[4:] = points[:1], points[:1] + 100, points[:1] - 100
    found = latent.precision(replace(few, test=points + 1e-3 * torch.arange(22)[:, None]))
    assert found.tolist() == [1] * 3 + [0] + [1] * 18
    points[2] = points[0] - 150  # beyond the images of another class
    found = latent.precision(replace(few, test=points + 1e-3 * torch.arange(22)[:, None]))
    assert found[:3].tolist() == [0.5, 0.5, 0]


def test_no_clusters_where_every_image_has_a_class_of_its_own() -> None:
    latents = cloud(1.0)
    few = replace(latents, test=latents.test[:40], test_labels=torch.arange(40), classes=40)
    found = dict(latent.classes(Colours(), DATA, SETTINGS, 0, latents=few))
    assert np.isnan([found["ari"], found["nmi"], found["silhouette"]]).all()
    assert not found["precision_at_10"].any()


def test_spacing_is_the_median_distance_of_neighbours() -> None:
    latents = cloud(1.0)
    expected = np.median(NearestNeighbors(n_neighbors=1).fit(latents.test.numpy()).kneighbors()[0])
    assert latents.spacing == pytest.approx(expected, rel=1e-4)


def test_few_labels_use_so_many_of_each_class() -> None:
    latents = cloud(1.5)
    found = checked("ae", latent.few_labels(Colours(), DATA, SETTINGS, 0, latents=latents), SETTINGS)
    assert set(found) == {"probe_accuracy[labels=2]", "probe_accuracy[labels=5]"}
    order = torch.randperm(len(latents.train), generator=torch.Generator().manual_seed(0))
    labels = latents.train_labels[order]
    chosen = torch.cat([order[labels == label][:5] for label in range(latents.classes)])
    few = replace(latents, train=latents.train[chosen], train_labels=latents.train_labels[chosen])
    expected = few.probe.correct(latents.test, latents.test_labels)
    assert np.mean(found["probe_accuracy[labels=5]"] == expected.numpy()) > 0.99
    assert found["probe_accuracy[labels=5]"].mean() < np.mean(measured(latents)["probe_accuracy"])
    other = dict(latent.few_labels(Colours(), DATA, SETTINGS, 1, latents=latents))
    assert (found["probe_accuracy[labels=5]"] != other["probe_accuracy[labels=5]"]).any()  # its seed draws others


def test_hidden_cells_hide_what_they_hide() -> None:
    latents = Latents.of(Colours(), DATA, SETTINGS)
    found = checked("mcae", latent.masked_probe(Colours(), DATA, SETTINGS, 0, latents=latents), SETTINGS)
    assert set(found) == {name for name in planned("mcae", SETTINGS, "probe_accuracy") if "mask" in name}
    assert found["probe_accuracy[mask=0.9]"].mean() > 0.95  # a few cells tell the colour
    blind = latent.masked_probe(Filled(), DATA, SETTINGS, 0, latents=Latents.of(Filled(), DATA, SETTINGS))
    values = [np.mean(value) for _, value in blind]
    assert values[0] > 0.9
    assert values[-1] < 0.8


class Filled(Colours):
    """The mean colour of an image whose hidden cells are black."""

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        shares = 1.0 if mask is None else (~mask).float().mean((1, 2))[:, None]
        return super().encode(images, mask) * shares


class Known(Vae):
    """A posterior that is known: means are mean colours and a constant, variances 1 and 4."""

    def posterior(self, images: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        mean = torch.cat([10 * images.mean((2, 3)), torch.full((len(images), 1), 3.0)], 1)
        return mean, torch.tensor([1.0, 1, 1, 4]).log().expand(len(images), 4)

    def decode(self, latent: Tensor) -> Tensor:
        return latent[:, 3, None, None, None].expand(-1, 3, 32, 32)


def test_posterior_in_closed_form() -> None:
    four = settings(latent_dim=4)
    found = checked("vae", latent.posterior(Known(8, 8), DATA, four, 0), four)
    wanted = ("kl", "active_units", "sigma", "kl_per_dim", "mean_variance")
    assert set(found) == planned("vae", four, *wanted)
    means = 10 * DATA.test_images.double().mean((2, 3)).numpy() / 255
    constant = (9 + 4 - 1 - np.log(4)) / 2
    np.testing.assert_allclose(found["kl"], (means**2).sum(1) / 2 + constant, rtol=1e-5)
    np.testing.assert_allclose(found["kl_per_dim"], [*(means**2).mean(0) / 2, constant], rtol=1e-5)
    np.testing.assert_allclose(found["mean_variance"], [*means.var(0, ddof=1), 0], rtol=1e-4, atol=1e-9)
    assert found["active_units"] == 3
    pixels = DATA.train_images.double().numpy() / 255
    drawn = 3 + 2 * torch.randn(120, 4, generator=torch.Generator().manual_seed(0)).numpy()[:, 3, None, None, None]
    assert found["sigma"] ** 2 == pytest.approx(((pixels - drawn) ** 2).mean())


class Black(Known):
    def decode(self, latent: Tensor) -> Tensor:
        return torch.zeros(len(latent), 3, 32, 32)


def test_sigma_is_of_the_probes_training_images() -> None:
    three = settings(latent_dim=4, probe_images=3)
    found = dict(latent.posterior(Black(8, 8), DATA, three, 0))["sigma"]
    pixels = DATA.train_images[:3].double().numpy() / 255
    assert found == pytest.approx(np.sqrt((pixels**2).mean()))


def test_definitions_state_the_constants() -> None:
    assert f"the {latent.NEIGHBOURS} nearest" in METRICS["knn_accuracy"].how
    assert f"variance above {plan.ACTIVE} " in METRICS["active_units"].how
    assert (plan.STEPS, "path of nine images" in METRICS["roughness"].how) == (9, True)
    assert latent.STARTS == 10
    for name in ("ari", "nmi", "silhouette"):
        assert f"the first {latent.CLUSTERED:,} at most".replace(",", "\u202f") in METRICS[name].how
        assert name == "silhouette" or "the best of ten starts" in METRICS[name].how
