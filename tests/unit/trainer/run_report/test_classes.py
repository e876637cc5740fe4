"""Which class was answered for rows of which class."""

import numpy as np

from tidewheel_trainer.run_report.classes import (
    ClassFigures,
    class_figures,
    confusion,
    predicted_classes,
    shortened,
)


def test_the_likeliest_class_is_the_answer_and_of_equals_the_first() -> None:
    chances = np.array([[0.2, 0.5, 0.3], [0.5, 0.5, 0.0], [0.1, 0.1, 0.8]])
    assert predicted_classes(chances).tolist() == [1, 0, 2]


def test_a_confusion_matrix_counts_true_lines_and_answered_columns() -> None:
    counts = confusion(np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 0, 2, 2]), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]


def test_a_class_that_is_never_there_or_never_answered_has_no_such_share() -> None:
    counts = np.array([[3, 1, 0], [0, 0, 0], [2, 0, 0]])
    assert class_figures(counts, ("a", "b", "c")) == (
        ClassFigures("a", rows=4, predicted=5, recall=0.75, precision=0.6),
        ClassFigures("b", rows=0, predicted=1, recall=None, precision=0.0),
        ClassFigures("c", rows=2, predicted=0, recall=0.0, precision=None),
    )


def test_of_many_classes_the_commonest_stay_in_their_order() -> None:
    counts = np.array([[1, 0, 2, 0], [0, 9, 0, 1], [0, 0, 1, 1], [3, 0, 0, 4]])
    small, names = shortened(counts, ("a", "b", "c", "d"), most=2)
    assert names == ("b", "d", "all others")
    assert small.tolist() == [[9, 1, 0], [0, 4, 3], [0, 1, 4]]
    assert small.sum() == counts.sum()


def test_a_few_classes_all_stay() -> None:
    counts = np.eye(2, dtype=int)
    assert shortened(counts, ("a", "b"), most=2)[1] == ("a", "b")
