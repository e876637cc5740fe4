"""Measures of candidate and champion, side by side."""

from tidewheel_contracts.api.v1alpha1.common import Metric
from tidewheel_trainer.run_report.measures import Measure, measures_of


def _metric(name: str, value: str, fit: str = "Candidate") -> Metric:
    return Metric(name=name, value=value, fit=fit)


def test_the_difference_of_the_metric_has_an_interval() -> None:
    metrics = [
        _metric("roc_auc", "0.75"),
        _metric("log_loss", "0.5"),
        _metric("base_rate", "0.3"),
        _metric("roc_auc_difference", "0.25"),
        _metric("roc_auc_standard_error", "0.5"),
        _metric("roc_auc", "0.5", "Champion"),
        _metric("log_loss", "0.75", "Champion"),
    ]
    assert measures_of(metrics) == (
        Measure("roc_auc", 0.75, 0.5, 0.25, -0.73, 1.23),
        Measure("log_loss", 0.5, 0.75, -0.25),
    )


def test_without_a_champion_there_is_nothing_to_compare() -> None:
    assert measures_of([_metric("roc_auc", "0.75")]) == (Measure("roc_auc", 0.75),)
    assert measures_of([]) == ()
