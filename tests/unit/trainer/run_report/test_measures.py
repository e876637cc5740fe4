"""Measures of candidate and champion, side by side."""

from tidewheel_contracts.api.v1alpha1.common import Metric
from tidewheel_trainer.run_report.measures import Measure, measures_of


def _metric(name: str, value: str, fit: str = "Candidate") -> Metric:
    return Metric(name=name, value=value, fit=fit)


def test_a_difference_has_an_interval_where_its_error_is_known() -> None:
    metrics = [
        _metric("roc_auc", "0.75"),
        _metric("log_loss", "0.5"),
        _metric("brier", "0.25"),
        _metric("f1", "0.5"),
        _metric("base_rate", "0.3"),
        _metric("roc_auc_difference", "0.25"),
        _metric("roc_auc_standard_error", "0.5"),
        _metric("roc_auc", "0.5", "Champion"),
        _metric("log_loss", "0.75", "Champion"),
        _metric("brier", "0.25", "Champion"),
        _metric("f1", "0.75", "Champion"),
    ]
    errors = {"roc_auc": 9.0, "log_loss": 0.25, "brier": float("inf")}
    assert measures_of(metrics, errors) == (
        Measure("roc_auc", 0.75, 0.5, 0.25, -0.73, 1.23),
        Measure("log_loss", 0.5, 0.75, -0.25, -0.74, 0.24),
        Measure("brier", 0.25, 0.25, 0.0),
        Measure("f1", 0.5, 0.75, -0.25),
    )


def test_without_a_champion_there_is_nothing_to_compare() -> None:
    assert measures_of([_metric("roc_auc", "0.75")], {}) == (Measure("roc_auc", 0.75),)
    assert measures_of([], {}) == ()
