"""Measure the inputs that a model learned and the answers it gave; pure."""

import numpy as np
import pandas as pd

from tidewheel_contracts.artifact.model import ModelInput
from tidewheel_contracts.artifact.profile import (
    CategoryShare,
    FeatureProfile,
    PredictionProfile,
    Profile,
)
from tidewheel_fitted.dates import moments

__all__ = ["profile_of"]

_BINS = 10
_LEAST_CATEGORY_SHARE = 0.01


def profile_of(
    frame: pd.DataFrame,
    inputs: tuple[ModelInput, ...],
    answers: np.ndarray,
    classes: tuple[str, ...],
) -> Profile:
    """Return the profile.

    Args:
        frame: the rows that the published fit learned.
        inputs: the model's inputs.
        answers: what the tested fit gave on the test rows: probabilities of shape (n_test_rows,
            n_classes), or predicted numbers of shape (n_test_rows,). The fit saw none of these
            rows; on rows that it learned a model is surer than it will ever be again.
        classes: the target's; of a number none.
    """
    return Profile(
        rows=len(frame),
        features=tuple(_feature(frame[column.name], column) for column in inputs),
        prediction=_prediction(answers, classes),
    )


def _prediction(answers: np.ndarray, classes: tuple[str, ...]) -> PredictionProfile:
    if len(classes) > 2:
        counts = np.bincount(answers.argmax(axis=1), minlength=len(classes))
        shares = (counts / len(answers)).tolist()
        return PredictionProfile(
            rows=len(answers),
            classes=tuple(
                CategoryShare(value=text, share=share)
                for text, share in zip(classes, shares, strict=True)
            ),
        )
    numbers = answers[:, 1] if classes else answers
    edges = _edges(numbers)
    return PredictionProfile(
        rows=len(numbers),
        mean=float(np.mean(numbers)),
        edges=tuple(edges.tolist()),
        shares=_bin_shares(numbers, edges, len(numbers)),
    )


def _feature(values: pd.Series, column: ModelInput) -> FeatureProfile:
    present = values.dropna()
    missing = 1 - len(present) / len(values)
    if column.kind == "Text":
        return FeatureProfile(name=column.name, kind="Text", missing_share=missing)
    if column.kind == "Categorical":
        return _categorical(column.name, present, missing, len(values))
    if column.kind == "Date":
        return _numeric(column, _days(present), missing, len(values))
    return _numeric(column, present.to_numpy(dtype=np.float64), missing, len(values))


def _days(present: pd.Series) -> np.ndarray:
    """Return dates as numbers of whole days since 1970."""
    return moments(present).astype("datetime64[D]").astype(np.int64).astype(np.float64)


def _numeric(column: ModelInput, present: np.ndarray, missing: float, rows: int) -> FeatureProfile:
    present = present[np.isfinite(present)]
    if not len(present):
        return FeatureProfile(name=column.name, kind=column.kind, missing_share=missing)
    distinct, counts = np.unique(present, return_counts=True)
    if len(distinct) <= _BINS:
        edges, values = np.empty(0), distinct
        shares = tuple((counts / rows).tolist())
    else:
        edges, values = _edges(present), np.empty(0)
        shares = _bin_shares(present, edges, rows)
    return FeatureProfile(
        name=column.name,
        kind=column.kind,
        missing_share=missing,
        edges=tuple(edges.tolist()),
        values=tuple(values.tolist()),
        shares=shares,
        minimum=float(distinct[0]),
        maximum=float(distinct[-1]),
    )


def _categorical(name: str, present: pd.Series, missing: float, rows: int) -> FeatureProfile:
    counts = present.astype(str).value_counts()
    # Equal counts in order of the text, or the file would depend on the order of rows.
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    common = [
        (text, count / rows) for text, count in ordered if count / rows >= _LEAST_CATEGORY_SHARE
    ]
    return FeatureProfile(
        name=name,
        kind="Categorical",
        missing_share=missing,
        categories=tuple(CategoryShare(value=text, share=share) for text, share in common),
        other_share=max(0.0, 1 - missing - sum(share for _, share in common)),
    )


def _edges(values: np.ndarray) -> np.ndarray:
    """Return the ends of at most ten quantile bins, each edge once."""
    return np.unique(np.quantile(values, np.linspace(0, 1, _BINS + 1)))


def _bin_shares(values: np.ndarray, edges: np.ndarray, rows: int) -> tuple[float, ...]:
    if len(edges) == 1:
        return (len(values) / rows,)
    counts, _ = np.histogram(values, bins=edges)
    return tuple((counts / rows).tolist())
