"""How the target is spread."""

import numpy as np

from tidewheel_trainer.run_report.distribution import class_lines, number_lines


def test_classes_are_listed_by_their_rows() -> None:
    labelled, tested = np.array([0, 2, 2, 2]), np.array([2, 2])
    assert class_lines(("a", "b", "c"), labelled, tested) == (
        ("c", "3 (75 %)", "2 (100 %)"),
        ("a", "1 (25 %)", "0 (0 %)"),
        ("b", "0 (0 %)", "0 (0 %)"),
    )


def test_where_nothing_was_tested_only_labelled_rows_are_told() -> None:
    assert class_lines(("a",), np.array([0]), None) == (("a", "1 (100 %)", ""),)
    assert number_lines(np.array([1.0, 3.0]), None)[0] == ("mean", "2", "")


def test_numbers_are_told_by_their_figures() -> None:
    assert number_lines(np.array([1.0, 3.0, 8.0]), np.array([2.0, 2.0])) == (
        ("mean", "4", "2"),
        ("standard deviation", "2.944", "0"),
        ("lowest", "1", "2"),
        ("median", "3", "2"),
        ("highest", "8", "2"),
    )
