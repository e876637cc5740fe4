"""Findings of runs of every task, as a training would gather them."""

from typing import Any

import numpy as np

from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_trainer.run_report.distribution import class_lines, number_lines
from tidewheel_trainer.run_report.findings import (
    Answers,
    Attempt,
    Data,
    Findings,
    GateStep,
    Outcome,
)
from tidewheel_trainer.run_report.importance import ColumnImportance, Importance, Plan
from tidewheel_trainer.run_report.measures import Measure

ROWS = 600


def binary_answers(rows: int = ROWS, *, champion: bool = True) -> Answers:
    """Return answers whose probabilities come true."""
    random = np.random.default_rng(1)
    positive = random.beta(2, 4, rows)
    truth = (random.random(rows) < positive).astype(np.int64)
    rival = np.clip(positive + random.normal(0, 0.1, rows), 0, 1)
    both = np.column_stack([1 - positive, positive])
    others = np.column_stack([1 - rival, rival]) if champion else None
    return Answers(("no", "yes"), truth, both, others)


def class_answers(classes: int, rows: int = ROWS, *, champion: bool = True) -> Answers:
    """Return answers for many classes, right more often than not."""
    random = np.random.default_rng(2)
    truth = random.integers(0, classes, rows)
    chances = random.random((rows, classes))
    chances[np.arange(rows), truth] += 0.5
    chances /= chances.sum(axis=1, keepdims=True)
    names = tuple(f"class {place}" for place in range(classes))
    return Answers(names, truth, chances, chances[:, ::-1] if champion else None)


def number_answers(rows: int = ROWS, *, champion: bool = True) -> Answers:
    """Return answers for a number."""
    random = np.random.default_rng(3)
    truth = random.gamma(2, 10, rows)
    predicted = truth + random.normal(0, 3, rows)
    return Answers((), truth, predicted, predicted + 1 if champion else None)


def distribution_of(answers: Answers) -> tuple[tuple[str, str, str], ...]:
    """Return how the target is spread, with as many rows learned as tested."""
    twice = np.concatenate([answers.truth, answers.truth])
    if answers.classes:
        return class_lines(answers.classes, twice, answers.truth)
    return number_lines(twice, answers.truth)


def attempt(number: int = 1, **given: Any) -> Attempt:
    """Return a trial of boosting."""
    values: dict[str, Any] = {
        "number": number,
        "candidate": "boosting",
        "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
        "parameters": {"early_stopping": False, "learning_rate": number / 10},
        "score": None,
        "is_chosen": number == 1,
    }
    return Attempt(**{**values, **given})


def data_of(answers: Answers, **given: Any) -> Data:
    """Return the rows of a run that tested these."""
    rows = len(answers.truth)
    values: dict[str, Any] = {
        "dataset": "flights",
        "snapshot_digest": f"sha256:{'a' * 64}",
        "target": "late",
        "time": "day",
        "split": "the newest whole days test",
        "labelled_rows": 2 * rows,
        "learned_rows": rows,
        "tested_rows": rows,
        "published_rows": 2 * rows,
        "tested_from": "2013-01-21T01:00:00Z",
        "tested_through": "2013-02-01T01:00:00Z",
        "left_out_rows": 7,
        "distribution": distribution_of(answers) if rows else (),
    }
    return Data(**{**values, **given})


def outcome(verdict: Verdict = Verdict.PASSED, **given: Any) -> Outcome:
    """Return the end of a run that met a champion."""
    values: dict[str, Any] = {
        "verdict": verdict,
        "reason": "NotWorse",
        "sentence": "roc_auc 0.811 on 600 rows of the test window; champion 0.790",
        "candidate": "boosting",
        "compared_with": ComparedWith.MODEL,
        "champion": "delays-v1",
    }
    return Outcome(**{**values, **given})


def findings(answers: Answers | None = None, **given: Any) -> Findings:
    """Return what a run found that tested these answers, of two classes unless others are given."""
    tested = binary_answers() if answers is None else answers
    values: dict[str, Any] = {
        "run": "delays-7",
        "model": "delays",
        "outcome": outcome(),
        "data": data_of(tested),
        "metric": "roc_auc",
        "score": "roc_auc",
        "attempts": (attempt(1, score=0.81), attempt(2, score=0.79)),
        "measures": (
            Measure("roc_auc", 0.81, 0.79, 0.02, -0.01, 0.05),
            Measure("log_loss", 0.5, 0.52, -0.02),
        ),
        "answers": tested,
        "importance": Importance(
            (ColumnImportance("wind", 0.12, 0.01), ColumnImportance("hour", -0.001, 0.002)),
            Plan(600, 5),
        ),
        "gate": (
            GateStep("Are there rows enough to judge by?", "600 test rows", "yes"),
            GateStep("Is it not worse than the champion?", "difference +0.02", "yes"),
        ),
        "lineage": (("Seed", "7"), ("Tidewheel", "abc")),
    }
    return Findings(**{**values, **given})


def untested(sentence: str) -> Findings:
    """Return what a run found whose rows were too few to test a candidate, or to date."""
    return Findings(
        run="delays-7",
        model="delays",
        outcome=outcome(
            Verdict.INCONCLUSIVE,
            reason="TooFewRows",
            sentence=sentence,
            compared_with=ComparedWith.NOTHING,
            champion=None,
        ),
        data=Data(
            dataset="flights",
            snapshot_digest=f"sha256:{'a' * 64}",
            target="late",
            time=None,
            split="a fifth of the rows tests, by a hash of the features",
            labelled_rows=900,
        ),
        metric="roc_auc",
        score="roc_auc",
        attempts=(attempt(1, is_chosen=False),),
        measures=(),
        answers=None,
        importance=None,
        gate=(GateStep("Are there rows enough to judge by?", sentence, "no"),),
        lineage=(("Seed", "7"),),
    )
