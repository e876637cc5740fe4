"""Each way in which an import cannot be believed, judged or served has its sentence."""

import hashlib
import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.unit.trainer.imports import KEY, THEIRS, THROUGH, Put, frame_of, model_of
from tests.unit.trainer.trainings import BOOSTING, Train, columns_of, files_of

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

LOGISTIC = "sklearn.linear_model.LogisticRegression"
NO_SKOPS = b"not a zip archive"
NUMBERS = HistGradientBoostingClassifier(max_iter=3)


@pytest.fixture
def data(snapshot: Any) -> Any:
    return snapshot(columns_of(0, 40))


def failure_of(trained: Train, *arguments: Any, **given: Any) -> tuple[FailureReason, str]:
    """Return why a run came to nothing."""
    with pytest.raises(TrainerError) as raised:
        trained(*arguments, **({"candidates": THEIRS} | given))
    return raised.value.reason, raised.value.message


def test_a_file_that_is_not_there_is_named(trained: Train, data: Any, store: Any) -> None:
    declared = _declared("0" * 64)

    assert failure_of(trained, data, imported=declared) == (
        FailureReason.IMPORT_REFUSED,
        f"the imported model {KEY!r} is not in the bucket; put it there, and apply a new run",
    )
    assert files_of(store, "uid-1") == []


def test_a_file_of_another_digest_is_not_opened(
    trained: Train, data: Any, store: Any, put: Put
) -> None:
    declared = put(model_of(columns_of(0, 20)))
    store.objects[KEY] = NO_SKOPS
    found = hashlib.sha256(NO_SKOPS).hexdigest()

    assert failure_of(trained, data, imported=declared) == (
        FailureReason.IMPORT_REFUSED,
        f"the imported model {KEY!r} has the digest sha256:{found}, and `imported.digest` says "
        f"{declared['digest']}",
    )


def test_a_file_that_is_no_skops_file_is_refused(trained: Train, data: Any, store: Any) -> None:
    store.objects[KEY] = NO_SKOPS
    declared = _declared(hashlib.sha256(NO_SKOPS).hexdigest())

    assert failure_of(trained, data, imported=declared) == (
        FailureReason.IMPORT_REFUSED,
        f"{KEY!r} is not a skops file; restore it",
    )


def test_a_type_that_is_not_listed_is_never_constructed(
    trained: Train, data: Any, put: Put
) -> None:
    columns = columns_of(0, 20)
    frame, late = frame_of(columns, "hour"), columns["late"]
    declared = put(make_pipeline(SelectKBest(k=1), NUMBERS).fit(frame, late))

    reason, message = failure_of(trained, data, imported=declared)
    assert reason is FailureReason.IMPORT_REFUSED
    assert "which is not on the list of trusted types; nothing else is loaded" in message


def test_a_file_of_another_release_of_scikit_learn_is_refused(
    trained: Train, data: Any, store: Any, put: Put
) -> None:
    put(model_of(columns_of(0, 20)))
    store.objects[KEY] = _written_by(store.objects[KEY], "1.2.0")
    declared = _declared(hashlib.sha256(store.objects[KEY]).hexdigest())

    reason, message = failure_of(trained, data, imported=declared)
    assert reason is FailureReason.IMPORT_REFUSED
    assert "was written by scikit-learn 1.2.0, and this image has" in message


@pytest.mark.parametrize(
    ("model", "words"),
    [
        pytest.param(
            NUMBERS,
            "is a HistGradientBoostingClassifier; wrap it by `sklearn.pipeline.make_pipeline`",
            id="no pipeline",
        ),
        pytest.param(
            make_pipeline(StandardScaler(), LogisticRegression()),
            f"has a LogisticRegression as its last step, and the candidate 'theirs' names "
            f"{BOOSTING!r}; name {LOGISTIC!r}",
            id="another estimator",
        ),
    ],
)
def test_a_model_of_another_form_is_told_what_it_is(
    trained: Train, data: Any, put: Put, model: Any, words: str
) -> None:
    columns = columns_of(0, 20)
    declared = put(model.fit(frame_of(columns, "hour"), columns["late"]))

    reason, message = failure_of(trained, data, imported=declared)
    assert reason is FailureReason.IMPORT_REFUSED
    assert words in message


def test_a_model_that_was_fitted_on_bare_arrays_is_refused(
    trained: Train, data: Any, put: Put
) -> None:
    columns = columns_of(0, 20)
    hours = frame_of(columns, "hour").to_numpy()
    declared = put(make_pipeline(NUMBERS).fit(hours, columns["late"]))

    assert failure_of(trained, data, imported=declared) == (
        FailureReason.IMPORT_REFUSED,
        f"the imported model {KEY!r} does not know its columns by name; fit it on a pandas "
        "DataFrame with the columns of the Dataset",
    )


def test_parameters_that_are_not_the_files_are_refused(trained: Train, data: Any, put: Put) -> None:
    declared = put(model_of(columns_of(0, 20), rounds=7))
    theirs = ({"name": "theirs", "estimator": BOOSTING, "parameters": {"max_iter": 8}},)

    assert failure_of(trained, data, imported=declared, candidates=theirs) == (
        FailureReason.IMPORT_REFUSED,
        f"the imported model {KEY!r} has 'max_iter' 7, and the candidate 'theirs' says 8; leave "
        "the parameters out, the file has them",
    )


def test_columns_that_the_dataset_lacks_are_named(trained: Train, data: Any, put: Put) -> None:
    columns = columns_of(0, 20)
    frame = frame_of(columns, "hour").rename(columns={"hour": "minute"})
    declared = put(make_pipeline(NUMBERS).fit(frame, columns["late"]))

    assert failure_of(trained, data, imported=declared) == (
        FailureReason.COLUMN_MISSING,
        f"the imported model {KEY!r} asks for 'minute', which is no feature of the Dataset "
        "'flights'; it has wind, hour, carrier",
    )


def test_classes_of_another_type_are_refused(trained: Train, data: Any, put: Put) -> None:
    columns = columns_of(0, 20)
    late = columns["late"].astype(np.int64)
    declared = put(make_pipeline(NUMBERS).fit(frame_of(columns, "hour"), late))

    assert failure_of(trained, data, imported=declared) == (
        FailureReason.IMPORT_REFUSED,
        f"the imported model {KEY!r} answers 0, 1 (int64), and the target has False, True (bool); "
        "fit it on the target as the Dataset has it",
    )


def test_a_model_that_takes_no_missing_values_is_told_how_rows_are_served(
    trained: Train, data: Any, put: Put
) -> None:
    columns = columns_of(0, 20)
    frame = frame_of(columns, "wind").fillna(0.0)
    scaling = ColumnTransformer([("scaled", StandardScaler(), ["wind"])])
    declared = put(make_pipeline(scaling, LogisticRegression()).fit(frame, columns["late"]))
    theirs = ({"name": "theirs", "estimator": LOGISTIC},)

    reason, message = failure_of(trained, data, imported=declared, candidates=theirs)
    assert reason is FailureReason.IMPORT_REFUSED
    assert "does not answer rows as they are served: numbers as float64 with NaN" in message
    assert "Input X contains NaN" in message


def test_without_times_there_are_no_later_rows(trained: Train, snapshot: Any, put: Put) -> None:
    declared = put(model_of(columns_of(0, 20)))
    data = snapshot(columns_of(0, 40), time=None)

    assert failure_of(trained, data, time=None, imported=declared) == (
        FailureReason.PARAMETER_INVALID,
        "an imported model is tested on rows that are later than `imported.trainedThrough`; the "
        "Dataset 'flights' needs `time`, and no `split` by hash or column",
    )


def _written_by(data: bytes, version: str) -> bytes:
    """Return a skops file whose estimators say that another scikit-learn wrote them."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "schema.json":
                content = _with_version(json.loads(content), version)
            new.writestr(name, content)
    return changed.getvalue()


def _with_version(schema: Any, version: str) -> bytes:
    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            name: (each | {"content": json.dumps(version)})
            if name == "_sklearn_version"
            else changed(each)
            for name, each in value.items()
        }

    return json.dumps(changed(schema)).encode()


def _declared(digest: str) -> dict[str, str]:
    """Return the declaration of a file of a digest in hexadecimal digits."""
    return {
        "file": "theirs.skops",
        "digest": f"sha256:{digest}",
        "trainedThrough": THROUGH,
        "requester": "jane",
    }
