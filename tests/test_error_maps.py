"""Error maps: zero where images agree, one scale for all of a figure, nothing where nothing is there."""

import numpy as np
import pytest

from report.error_maps import beside, error, top, under
from report.grids import Row
from report.paint import colours

ORIGINALS = np.full((6, 32, 32, 3), 100, dtype=np.uint8)
NEAR, FAR = ORIGINALS + np.uint8(10), ORIGINALS + np.uint8(51)


def test_the_error_is_the_mean_distance_of_the_colours() -> None:
    assert np.allclose(error(FAR, ORIGINALS), 0.2)
    assert error(FAR, ORIGINALS).shape == (6, 32, 32)


def test_all_maps_under_images_share_the_scale_of_the_largest_error() -> None:
    rows, bar = under([Row("AE", NEAR), Row("VAE", None), Row("DAE", FAR)], ORIGINALS)
    assert [row.label for row in rows] == ["error of\nAE", "error of\nDAE"]
    first, second = (row.images for row in rows)
    assert first is not None
    assert second is not None
    assert np.all(second == colours()[-1])
    assert np.all(first == colours()[50])
    assert bar is not None
    assert bar.high == "0.200 or more"


def test_single_pixels_do_not_set_the_scale() -> None:
    errors = np.full(1000, 0.1)
    errors[:4] = 1
    assert top([errors]) == pytest.approx(0.1)
    errors[:10] = 1
    assert top([errors, np.zeros(1000)]) == 1


def test_images_without_any_error_have_a_scale() -> None:
    rows, bar = under([Row("AE", ORIGINALS)], ORIGINALS)
    assert rows[0].images is not None
    assert np.all(rows[0].images == colours()[0])
    assert bar is not None
    assert bar.high == "1.00 or more"


def test_maps_stand_beside_the_rows_that_have_numbers() -> None:
    rows, bar = beside([Row("seen", NEAR), Row("AE", FAR, ["1"] * 6), Row("VAE", None)], ORIGINALS, 4)
    assert [0 if row.images is None else len(row.images) for row in rows] == [4, 8, 0]
    assert list(rows[1].under) == ["1"] * 4
    assert bar


def test_without_originals_there_are_images_only() -> None:
    assert under([Row("AE", NEAR)], None) == ([], None)
    rows, bar = beside([Row("AE", FAR, ["1"] * 6)], None, 4)
    assert rows[0].images is not None
    assert len(rows[0].images) == 4
    assert bar is None
