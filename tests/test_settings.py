"""Settings: presets, overrides, and complaints that list what is valid."""

import pytest
from pydantic import ValidationError

import models.base
from experiments.presets import PRESETS, preset
from experiments.schedule import Schedule
from experiments.settings import CELLS, Settings, hidden_cells
from tests.builds import call


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_valid_and_knows_its_name(name: str) -> None:
    assert preset(name).preset == name


def test_overrides_are_numbers_lists_or_text() -> None:
    settings = preset("smoke", ["seeds=5", "noise_levels=[0, 0.1]", "title=A, B"])
    assert (settings.seeds, settings.noise_levels, settings.title) == (5, (0.0, 0.1), "A, B")


def test_set_help_explains_every_setting() -> None:
    status, said = call("build", "--set", "help")
    assert status == 0
    assert "\nseeds: number of seeds; they are 0, 1, …\n    smoke 2  quick 2  full 6\n" in said
    assert "\n    smoke 5,20  quick 10,100  full 10,100,1000\n" in said
    lines = [line.strip() for line in said.splitlines()]
    named = [line.partition(":")[0] for line in lines[::2]]
    assert named == [name for name in Settings.model_fields if name != "preset"]
    for name, shown in zip(named, lines[1::2], strict=True):
        value = shown.rpartition("full ")[2].replace("(empty)", "")
        assert preset("full", [f"{name}={value}"]) == preset("full")  # as it is shown, it can be given


@pytest.mark.parametrize("title", ["2026", "null", "true", "[1]", '"quoted"', "1e3"])
def test_text_is_taken_as_it_is(title: str) -> None:
    assert preset("smoke", [f"title={title}"]).title == title


@pytest.mark.parametrize("classes", ["dog,cat,bird", "[dog, cat, bird]", '["dog", "cat", "bird"]', "(dog,cat,bird)"])
def test_a_list_is_written_with_commas(classes: str) -> None:
    assert preset("smoke", [f"triplet={classes}"]).triplet == ("dog", "cat", "bird")
    assert preset("smoke", ["few_labels=7"]).few_labels == (7,)
    assert preset("smoke", ["triplet=1,2,3"]).triplet == ("1", "2", "3")  # classes may be called so
    assert preset("smoke", ['triplet=["a, b", "1", "c"]']).triplet == ("a, b", "1", "c")


def test_lists_rise_in_whatever_order_they_were_given() -> None:
    settings = preset("smoke", ["mask_ratios=[0.5, 0.3, 0.1, 0]", "bits=[4, 2]"])
    assert (settings.mask_ratios, settings.bits) == ((0.0, 0.1, 0.3, 0.5), (2, 4))


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("speed=1", r"unknown setting 'speed' \(did you mean 'seeds'\?\): expected one of .*width"),
        ("preset=full", "--set 'preset=full': a preset is an option of its own, --preset"),
        ("seeds", "write KEY=VALUE, with a KEY out of .*precision, probe_images"),
        ("seeds=many", "seeds: .*integer.*got 'many'"),
        ("title=", "title: String should have at least 1 character"),
        ("title= ", "title: String should have at least 1 character"),
        ("seeds=1.5", "^seeds: must be a valid integer, got 1.5$"),
        ("seeds=true", "seeds: .*integer.*got 'true'"),
        ("epochs=false", "epochs: .*number.*got 'false'"),
        ("seeds=0", "seeds: .*greater than or equal to 1"),
        ("learning_rate=NaN", "learning_rate"),
        ("mask_low=0.9", "mask_low .* must not exceed mask_high"),
        ("noise_levels=[0.2]", "must hold 0.0 and 0.1"),
        ("mask_ratios=[0.1]", "must hold 0.5"),
    ],
)
def test_a_bad_override_gets_one_line(override: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        preset("smoke", [override])
    assert "\n" not in str(caught.value)


def test_an_unknown_preset_lists_the_presets() -> None:
    with pytest.raises(ValueError, match="expected one of smoke, quick, full"):
        preset("large")


def test_cells_are_those_of_the_models() -> None:
    assert models.base.CELLS == CELLS
    ratios = [n / 1000 for n in range(1000)]
    assert list(map(hidden_cells, ratios)) == list(map(models.base.hidden_cells, ratios))


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().seeds = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (["mask_ratios=[0,0.5,0.1]"], "three above 0"),
        (["shown_mask_ratios=[0.5]"], "at least 3 items"),
        (["shown_mask_ratios=[0.1,0.3,0.7]"], "shown_mask_ratios must hold 0.5"),
        (["shown_mask_ratios=[0,0.3,0.5]"], "shown_mask_ratios must hold 0.5 and not 0"),
        (["shown_mask_ratios=[0.3,0.5,0.5]"], "shown_mask_ratios holds a value twice"),
        (["noise_levels=[0,0.1,0.1000000001]"], "noise_levels holds a value twice"),
        (["bits=[3,3]"], "bits holds a value twice"),
        (["bits="], "bits: .*at least 1 item"),
        (
            ["mask_ratios=[0,0.005,0.3,0.5]", "shown_mask_ratios=[0.005,0.3,0.5]"],
            "must each hide another number of the",
        ),
        (["mask_ratios=[0,0.1,0.3,0.5,0.999]"], "must each hide another number of the 64 cells"),
        (["mask_ratios=[0,0.095,0.1,0.3,0.5]"], "must each hide another number of the 64 cells"),
        (["mask_high=0.995"], "and mask_high leave one"),
        (["probe_images=40"], "probe_images must be 50 at least, or 0 for all"),
        (["map_images=3"], "map_images: .*greater than or equal to 20"),
    ],
)
def test_settings_that_no_document_can_show_are_refused(overrides: list[str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        preset("smoke", overrides)


def test_fitted_settings_ask_for_no_more_than_there_is() -> None:
    settings = preset("full", ["few_labels=[2,10,100]", "batch_size=512"])
    fitted = settings.fitted(300, 80, 20, 4)
    changed = {name: value for name, value in fitted if value != getattr(settings, name)}
    assert changed == {
        "curve_images": 80, "map_images": 80, "mask_images": 80, "corruption_images": 80, "influence_images": 80,
        "gradient_images": 80, "batch_size": 300, "anomaly_classes": 4, "probe_images": 300, "few_labels": (2, 10),
    }  # fmt: skip
    assert fitted.fitted(300, 80, 20, 4) == fitted


def test_fitted_settings_leave_what_fits() -> None:
    settings = preset("smoke")
    assert settings.fitted(50_000, 10_000, 5000, 10) == settings


def test_fitted_settings_go_by_the_images_that_the_run_takes() -> None:
    settings = preset("full", ["train_images=100", "test_images=60", "probe_images=60", "few_labels=[10]"])
    fitted = settings.fitted(50_000, 10_000, 5000, 10)
    assert (fitted.curve_images, fitted.probe_images, fitted.batch_size) == (60, 60, 100)
    assert fitted.few_labels == (6,)  # 60 images to probe with in ten classes


@pytest.mark.parametrize(("images", "epochs"), [(50, 0.64), (600, 0.053), (50_000, 0.00064)])
def test_fitted_settings_tell_of_an_update_that_is_always_done(images: int, epochs: float) -> None:
    trained = ("epochs", "efficiency_epochs", "judge_epochs")
    fitted = preset("smoke", ["train_images=0", *(f"{name}=0.0001" for name in trained)]).fitted(images, 60, 5, 10)
    assert [getattr(fitted, name) for name in trained] == [epochs] * 3
    assert Schedule(images, fitted.batch_size, 0.0001).updates == Schedule(images, fitted.batch_size, epochs).updates
    assert fitted.fitted(images, 60, 5, 10) == fitted


@pytest.mark.parametrize("sizes", [(49, 50, 5, 2), (50, 49, 5, 2), (50, 50, 50, 1)])
def test_too_few_images_are_refused(sizes: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="a run needs 50 of each at least, and two classes"):
        preset("full").fitted(*sizes)
