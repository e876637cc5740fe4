"""Axes with round numbers, whatever they tell."""

import numpy as np
import pytest

from tidewheel_trainer.run_report.plane import Axis, Plane, bars, cells, dots, line, picture, ticks

UNIT = Plane(Axis("x"), Axis("y"))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        (-3.0, 12.0, (0, 5, 10)),
        (0.0, 1e6, (0, 2e5, 4e5, 6e5, 8e5, 1e6)),
        (0.8123, 0.8151, (0.813, 0.814, 0.815)),
        (-1e308, 1e308, (-1e308, -5e307, 0, 5e307, 1e308)),
        (1.0, 1.0 + 2**-52, (1.0, 1.0 + 2**-52)),
        (0.0, 5e-324, (0.0, 5e-324)),
    ],
)
def test_an_axis_has_a_few_round_numbers(
    low: float, high: float, expected: tuple[float, ...]
) -> None:
    assert ticks(Axis("x", low, high)) == pytest.approx(expected)


def test_a_line_goes_through_its_points_and_what_is_no_number_is_left_out() -> None:
    drawn = line(UNIT, np.array([0.0, np.nan, 1.0]), np.array([0.0, 0.5, np.inf]), "own")
    assert drawn == '<path class="line own" d="M44.0 206.0"></path>'
    assert line(UNIT, np.array([0.0, 1.0]), np.array([0.0, 1.0]), "own").count("L310.0 20.0") == 1


def test_what_lies_beyond_an_axis_is_drawn_at_its_end() -> None:
    assert dots(UNIT, np.array([2.0]), np.array([-1.0]), "s0") == (
        '<path class="dots s0" d="M310.0 206.0h0"></path>'
    )


def test_nothing_is_drawn_of_no_point() -> None:
    empty = np.empty(0)
    assert (line(UNIT, empty, empty, "own"), dots(UNIT, empty, empty, "own")) == ("", "")


def test_bars_go_up_and_down_from_zero() -> None:
    plane = Plane(Axis("x"), Axis("y", -1.0, 1.0))
    drawn = bars(plane, np.array([0.0, 0.5, 1.0]), np.array([1.0, -1.0]), ["up", "down"], "bar")
    assert drawn.count("<rect") == 2
    assert 'y="20" width="132.3" height="93"><title>up' in drawn
    assert 'y="113" width="132.3" height="93"><title>down' in drawn


def test_the_fullest_cell_is_the_darkest_and_an_empty_one_is_not_drawn() -> None:
    edges = np.array([0.0, 0.5, 1.0])
    drawn = cells(UNIT, edges, edges, np.array([[16, 0], [1, 4]]))
    assert [f'class="cell{level}"' in drawn for level in (1, 2, 3, 4)] == [True, True, False, True]
    assert drawn.count("M") == 3
    assert cells(UNIT, edges, edges, np.zeros((2, 2), dtype=int)) == ""


def test_a_picture_says_what_it_shows() -> None:
    drawn = picture(UNIT, 'all "of" it', "<b></b>")
    assert drawn.startswith('<svg class="plane" viewBox="0 0 320 240" role="img"')
    assert 'aria-label="all &quot;of&quot; it"' in drawn
    assert drawn.endswith("<b></b></svg>")
