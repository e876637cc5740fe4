"""How predicted numbers lie about the true ones."""

import numpy as np
import pytest

from tidewheel_trainer.run_report.numbers import density, residual_bins, spread


def test_the_outermost_rows_do_not_stretch_a_picture() -> None:
    values = np.concatenate([np.arange(1000.0), [1e9]])
    low, high = spread(values)
    assert (low, high) == (pytest.approx(5.0), pytest.approx(995.0))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0, 3.0], (2.97, 3.03)),
        ([0.0], (-1e-6, 1e-6)),
        ([], (0.0, 1.0)),
        ([float("nan"), float("inf")], (0.0, 1.0)),
        ([-1.7e308, 1.7e308], (-9.9e299, 9.9e299)),
    ],
)
def test_numbers_without_a_spread_have_room_about_them(
    values: list[float], expected: tuple[float, float]
) -> None:
    assert spread(np.array(values)) == pytest.approx(expected)


def test_every_row_is_in_a_cell_or_outside() -> None:
    x, y = np.array([0.0, 0.1, 1.0, 2.0, np.nan]), np.array([0.0, 0.0, 1.0, 0.5, 0.5])
    grid = density(x, y, (0.0, 1.0), (0.0, 1.0))
    assert grid.rows.shape == (32, 24)
    assert (grid.rows[0, 0], grid.rows[3, 0], grid.rows[31, 23]) == (1, 1, 1)
    assert (int(grid.rows.sum()), grid.outside) == (3, 2)


def test_residual_bins_lie_about_zero() -> None:
    found = residual_bins(np.array([-2.0, -0.1, 0.0, 0.1, 1.0]), bins=3)
    reach = found.edges[-1]
    assert found.edges == pytest.approx([-reach, -reach / 3, reach / 3, reach])
    assert (found.rows.tolist(), found.outside) == ([0, 3, 1], 1)
