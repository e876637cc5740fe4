"""Count which class was predicted for rows of which class; pure numpy."""

from dataclasses import dataclass

import numpy as np

__all__ = ["ClassFigures", "class_figures", "confusion", "predicted_classes", "shortened"]

OTHERS = "all others"


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How one class was found: its rows, and shares; None where there is nothing to divide by."""

    name: str
    rows: int
    predicted: int
    recall: float | None
    precision: float | None


def predicted_classes(probabilities: np.ndarray) -> np.ndarray:
    """Return the place of the likeliest class, of equals the first, shape (n_rows,).

    Of two classes that is the second one where its probability is above one half.
    """
    return np.asarray(np.argmax(probabilities, axis=1))


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return the rows of each true (line) and predicted (column) class, shape (classes, classes).

    Args:
        truth: places of classes, shape (n_rows,).
        predicted: places of classes, shape (n_rows,).
        classes: how many there are.
    """
    counts = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return np.asarray(counts.reshape(classes, classes))


def class_figures(counts: np.ndarray, names: tuple[str, ...]) -> tuple[ClassFigures, ...]:
    """Return recall and precision of each class of a confusion matrix."""
    true, predicted, right = counts.sum(axis=1), counts.sum(axis=0), np.diag(counts)
    return tuple(
        ClassFigures(
            name=name,
            rows=int(true[place]),
            predicted=int(predicted[place]),
            recall=float(right[place] / true[place]) if true[place] else None,
            precision=float(right[place] / predicted[place]) if predicted[place] else None,
        )
        for place, name in enumerate(names)
    )


def shortened(
    counts: np.ndarray, names: tuple[str, ...], most: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return a matrix of the commonest true classes, with all others as one.

    Args:
        counts: a confusion matrix.
        names: of its classes.
        most: how many classes stay by themselves.
    """
    if len(names) <= most:
        return counts, names
    common = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[:most])
    groups = np.full(len(names), most)
    groups[common] = np.arange(most)
    small = np.zeros((most + 1, most + 1), dtype=counts.dtype)
    np.add.at(small, (groups[:, None], groups[None, :]), counts)
    return small, (*(names[place] for place in common), OTHERS)
