"""Figures of the bench."""

from tests.bench.figures import per_object, percentile


def test_percentile_is_the_smallest_value_that_so_many_do_not_exceed() -> None:
    values = [float(number) for number in range(200, 0, -1)]

    assert [percentile(values, share) for share in (0.0, 0.005, 0.5, 0.95, 0.99, 1.0)] == [
        1.0,
        1.0,
        100.0,
        190.0,
        198.0,
        200.0,
    ]


def test_percentile_of_a_product_that_is_not_exact_takes_no_value_too_many() -> None:
    values = [float(number) for number in range(1, 101)]

    assert percentile(values, 0.07) == 7.0


def test_growth_per_object_counts_what_was_not_there_before() -> None:
    assert per_object({"GET": 10}, {"GET": 1010, "POST": 2500}, 1000) == {"GET": 1.0, "POST": 2.5}
