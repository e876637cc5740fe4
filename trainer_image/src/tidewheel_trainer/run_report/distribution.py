"""Say how the target is spread in all labelled rows and in those that tested; pure."""

import numpy as np

from tidewheel_trainer.pages.markup import number, share, short_number

__all__ = ["class_lines", "number_lines"]

_FIGURES = ("mean", "standard deviation", "lowest", "median", "highest")

Lines = tuple[tuple[str, str, str], ...]


def class_lines(classes: tuple[str, ...], labelled: np.ndarray, tested: np.ndarray | None) -> Lines:
    """Return rows and their share for each class, the commonest first.

    Args:
        classes: names of the classes.
        labelled: places of classes, of all labelled rows, shape (n_rows,).
        tested: the same of the test rows; None where nothing was tested.
    """
    counts = np.bincount(labelled, minlength=len(classes))
    parts = None if tested is None else np.bincount(tested, minlength=len(classes))
    order = np.argsort(-counts, kind="stable")
    return tuple((classes[place], _count(counts, place), _count(parts, place)) for place in order)


def number_lines(labelled: np.ndarray, tested: np.ndarray | None) -> Lines:
    """Return figures of a number's distribution; arrays of finite numbers, shape (n_rows,)."""
    parts = [""] * len(_FIGURES) if tested is None else _figures(tested)
    return tuple(zip(_FIGURES, _figures(labelled), parts, strict=True))


def _figures(values: np.ndarray) -> list[str]:
    found = (values.mean(), values.std(), values.min(), np.median(values), values.max())
    return [short_number(float(each)) for each in found]


def _count(counts: np.ndarray | None, place: int) -> str:
    if counts is None:
        return ""
    rows = int(counts[place])
    return f"{number(rows)} ({share(rows, int(counts.sum()))})"
