"""A contract that every model of MODELS keeps."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from experiments import plan
from experiments.presets import preset
from models import MODELS, build
from models.base import Autoencoder, Model, pixel_mask, random_masks
from tests.toys import IMAGES, LABELS, SIZES, TRAIN, autoencoder, generator, ready

TRAINED = [name for name, model in MODELS.items() if model.trained]
AUTOENCODERS = [name for name, model in MODELS.items() if issubclass(model, Autoencoder)]

torch.set_num_threads(1)


def test_the_list_is_that_of_the_plan() -> None:
    assert set(MODELS) == set(plan.ALL) - {"data"}
    assert {name for name in TRAINED if name != "classifier"} == set(plan.TRAINED)
    assert set(plan.ENCODING) | {"gaussian"} == set(AUTOENCODERS)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_depends_on_its_seed_or_is_measured_once(name: str) -> None:
    first, second = (MODELS[name].seeded(seed, **SIZES).state_dict() for seed in (0, 1))
    assert all(torch.equal(first[key], second[key]) for key in first) == (name in plan.DETERMINISTIC)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_in_its_own_file_with_its_source(name: str) -> None:
    model = MODELS[name]
    assert model.name == name
    assert model.__module__ == f"models.{name}"
    assert (Path(__file__).parent.parent / "models" / f"{name}.py").read_text().startswith('"""')
    assert model.__doc__


@pytest.mark.parametrize("name", AUTOENCODERS)
def test_shapes(name: str) -> None:
    model, mask = autoencoder(name), random_masks(5, 32, generator())
    for given in (None, mask):
        reconstruction, latent = model(IMAGES, given), model.encode(IMAGES, given)
        assert reconstruction.shape == IMAGES.shape
        assert latent.shape == (5, model.latent_dim)
        assert reconstruction.dtype == latent.dtype == torch.float32
        if type(model).decode is not Autoencoder.decode:  # a latent alone gives an image
            torch.testing.assert_close(reconstruction, model.decode(latent))


@pytest.mark.parametrize("name", TRAINED)
def test_what_was_trained_in_bf16_is_measured_in_bf16_but_for_gradients(name: str) -> None:
    model = ready(name).eval()

    def found() -> list[torch.Tensor]:
        return [model(IMAGES), *([model.encode(IMAGES)] if isinstance(model, Autoencoder) else [])]

    with torch.no_grad():
        exact = found()
        model.bf16 = True
        rounded = found()
    for before, after in zip(exact, rounded, strict=True):
        assert after.dtype == torch.float32
        assert not torch.equal(before, after)
        torch.testing.assert_close(before, after, atol=0.02 * float(before.abs().max()), rtol=0)
    assert all(map(torch.equal, found(), exact))
    with torch.autocast("cpu", torch.bfloat16):  # as in training
        assert not any(map(torch.equal, found(), exact))


@pytest.mark.parametrize("name", sorted(plan.MASKED))
def test_feature_maps(name: str) -> None:
    model = autoencoder(name)
    maps = model.feature_maps(IMAGES)
    if name == "vit_mae":
        assert [tuple(m.shape) for m in maps] == [(5, model.latent_dim, 8, 8)] * 6
    else:
        assert [tuple(m.shape) for m in maps] == [(5, 8, 16, 16), (5, 16, 8, 8), (5, 32, 4, 4)]
    inputs = IMAGES.clone().requires_grad_()
    model.feature_maps(inputs)[0].sum().backward()
    assert inputs.grad is not None
    assert inputs.grad.any()


@pytest.mark.parametrize("name", AUTOENCODERS)
def test_an_image_does_not_depend_on_its_batch(name: str) -> None:
    model, mask = autoencoder(name), random_masks(5, 19, generator())
    alone = torch.cat([model(x, m) for x, m in zip(IMAGES.split(1), mask.split(1), strict=True)])
    torch.testing.assert_close(model(IMAGES, mask), alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", AUTOENCODERS)
def test_hidden_pixels_are_not_seen(name: str) -> None:
    model, mask = autoencoder(name), random_masks(5, 32, generator())
    changed = torch.where(pixel_mask(mask), torch.rand(IMAGES.shape, generator=generator(3)), IMAGES)
    torch.testing.assert_close(model(changed, mask), model(IMAGES, mask))
    assert not torch.allclose(model(changed), model(IMAGES))


@pytest.mark.parametrize("name", TRAINED)
def test_loss_has_the_planned_parts_and_reaches_every_weight(name: str) -> None:
    model = ready(name).train()
    parts = model.loss(IMAGES, LABELS[:5], generator())
    held_out = {"test_mse", "test_psnr", "test_detail", "seconds"}
    assert set(parts) == (set(plan.curves(name)) - held_out or {"loss"})
    assert all(part.ndim == 0 and part.isfinite() for part in parts.values())
    parts["loss"].backward()
    missing = [key for key, weight in model.named_parameters() if weight.grad is None]
    assert missing in ([], ["token"])  # no cell of the 4×4 map need be wholly hidden


@pytest.mark.parametrize("name", sorted(plan.MASKED))
def test_masked_models_are_trained_on_what_a_mask_leaves(name: str) -> None:
    model = autoencoder(name).train()
    mask = random_masks(5, *model.draw(generator(8)), generator(8))
    loss = model.loss(IMAGES, LABELS[:5], generator(8))["loss"].item()
    masked, unmasked = (F.mse_loss(model(IMAGES, given), IMAGES).item() for given in (mask, None))
    assert loss == pytest.approx(masked, rel=1e-5)
    assert loss != pytest.approx(unmasked, rel=1e-5)


@pytest.mark.parametrize("name", TRAINED)
def test_the_loss_follows_its_generator_and_falls(name: str) -> None:
    model = ready(name).train()
    assert model.loss(IMAGES, LABELS[:5], generator(1))["loss"] == model.loss(IMAGES, LABELS[:5], generator(1))["loss"]
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    losses = []
    for _ in range(30):
        loss = model.loss(IMAGES, LABELS[:5], generator(1))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.2 * abs(losses[0])


@pytest.mark.parametrize("name", [name for name in MODELS if name not in TRAINED])
def test_untrained_models_have_no_loss(name: str) -> None:
    with pytest.raises(NotImplementedError, match=name):
        Model.loss(build(name, **SIZES), IMAGES, LABELS[:5], generator())


@pytest.mark.parametrize("name", MODELS)
def test_the_mean_image_is_exact(name: str) -> None:
    expected = TRAIN.double().mean(0) / 255
    if name in ("pca", "gaussian"):  # to which mirror images count as much
        expected = (expected + expected.flip(2)) / 2
    torch.testing.assert_close(ready(name).mean.double(), expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", [name for name in TRAINED if name not in ("vit_mae", "classifier")])
def test_the_zero_code_of_an_untrained_decoder_is_the_mean_image(name: str) -> None:
    model = autoencoder(name)
    torch.testing.assert_close(model.decode(torch.zeros(1, 6))[0], model.mean)


def test_seeds_decide_the_weights() -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    one, same, other = (build("ae", seed, **SIZES) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(one.encoder.linear.weight, same.encoder.linear.weight)
    assert not torch.equal(one.encoder.linear.weight, other.encoder.linear.weight)


@pytest.mark.parametrize("name", ["dae", "mcae_sparse", "random_encoder"])
def test_models_of_a_seed_start_alike(name: str) -> None:
    ae, other = build("ae", 3, **SIZES).state_dict(), build(name, 3, **SIZES).state_dict()
    assert all(torch.equal(other[key], value) for key, value in ae.items())


def test_build_names_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"unknown model 'aee': there are ae, dae, .*classifier"):
        build("aee")


def test_build_takes_a_run_s_settings() -> None:
    settings = preset("smoke", ["noise_variance=0.07"])
    assert build("dae", **settings.model_dump()).noise_variance == 0.07
    assert build("vae", **settings.model_dump()).latent_dim == settings.latent_dim


def test_training_images_are_bytes() -> None:
    with pytest.raises(ValueError, match="uint8"):
        build("ae", **SIZES).set_mean(IMAGES)


def test_random_encoder_is_the_ae_before_training() -> None:
    assert torch.equal(autoencoder("random_encoder").encode(IMAGES), autoencoder("ae").encode(IMAGES))


def test_pixels_are_the_image() -> None:
    model = autoencoder("pixels")
    assert torch.equal(model.encode(IMAGES), IMAGES.flatten(1))
    assert torch.equal(model(IMAGES), IMAGES)
