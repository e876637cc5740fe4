"""The servers that Tidewheel is compared with: how each is installed, started and asked."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from tests.bench.serving.cases import (
    Body,
    Case,
    binary_matrix,
    json_columns,
    json_document,
    json_matrix,
)

__all__ = ["PEERS", "Launch", "Peer"]

_APPS = Path(__file__).parent / "peer_apps"
# The models are of the version that Tidewheel serves, so that servers alone are compared.
_MODEL = ("scikit-learn==1.9.1", "pandas<3", "joblib")
_V2 = "/v2/models/model/infer"
# One core serves, so one thread computes; Tidewheel's image sets the same.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Launch:
    """How a server is started: a program to run before, arguments, environment."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Peer:
    """One server: `launch` takes Python, the folder of the models, a model's name and a port."""

    name: str
    packages: tuple[str, ...]
    launch: Callable[[Path, Path, str, int], Launch]
    path: Callable[[Case], str]
    encode: Callable[[Case, pd.DataFrame], Body | None]


def _mlserver(python: Path, folder: Path, model: str, port: int) -> Launch:
    home = folder / f"mlserver-{model}"
    home.mkdir(exist_ok=True)
    settings = {
        "name": "model",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": str(folder / f"{model}.joblib")},
    }
    # Without its pool of processes it is faster, so it is measured so.
    server = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": port + 1,
        "metrics_port": port + 2,
        "parallel_workers": 0,
        "debug": False,
    }
    (home / "model-settings.json").write_text(json.dumps(settings))
    (home / "settings.json").write_text(json.dumps(server))
    return Launch((str(python.parent / "mlserver"), "start", str(home)), _ONE_THREAD)


def _kserve(python: Path, folder: Path, model: str, port: int) -> Launch:
    arguments = (str(python), str(_APPS / "kserve_app.py"), str(folder), model, str(port))
    return Launch(arguments, _ONE_THREAD)


def _bentoml(python: Path, folder: Path, model: str, port: int) -> Launch:
    own = {"BENCH_MODEL": model, "BENCH_FOLDER": str(folder), "BENTOML_DO_NOT_TRACK": "True"}
    program = (str(python.parent / "bentoml"), "serve", "bentoml_app:Service")
    place = ("--host", "127.0.0.1", "--port", str(port), "--working-dir", str(_APPS))
    return Launch((*program, *place), {**_ONE_THREAD, **own})


def _mlflow(python: Path, folder: Path, model: str, port: int) -> Launch:
    saved = folder / f"mlflow-{model}"
    before = (str(python), str(_APPS / "mlflow_app.py"), str(folder), model, str(saved))
    program = (str(python.parent / "mlflow"), "models", "serve", "--model-uri", str(saved))
    place = ("--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--env-manager", "local")
    path = {"PATH": f"{python.parent}:/usr/bin:/bin"}
    return Launch((*program, *place), {**_ONE_THREAD, **path}, () if saved.exists() else before)


def _ray(python: Path, folder: Path, model: str, port: int) -> Launch:
    arguments = (str(python), str(_APPS / "ray_app.py"), str(folder), model, str(port))
    return Launch(arguments, {**_ONE_THREAD, "RAY_USAGE_STATS_ENABLED": "0"})


def _open_inference(case: Case, frame: pd.DataFrame) -> Body | None:
    if case.dialect == "binary":
        return binary_matrix(frame, "input-0")
    if case.dialect == "columns":
        return json_columns(frame, content_type="pd")
    return json_matrix(frame, "input-0")


def _open_inference_json(case: Case, frame: pd.DataFrame) -> Body | None:
    return None if case.dialect == "binary" else _open_inference(case, frame)


def _numbers_only(case: Case, frame: pd.DataFrame) -> Body | None:
    """Ask matrices in JSON: neither binary tensors nor missing values in JSON are taken."""
    return json_matrix(frame, "input-0") if case.dialect == "json" else None


def _bentoml_body(case: Case, frame: pd.DataFrame) -> Body | None:
    columns = list(frame)
    if case.dialect == "columns":
        return json_document(
            frame,
            lambda rows: {"records": [dict(zip(columns, row, strict=True)) for row in rows]},
        )
    return json_document(frame, lambda rows: {"input_data": rows}) if _is_json(case) else None


def _mlflow_body(case: Case, frame: pd.DataFrame) -> Body | None:
    columns = list(frame)
    if case.dialect == "columns":
        return json_document(
            frame, lambda rows: {"dataframe_split": {"columns": columns, "data": rows}}
        )
    return json_document(frame, lambda rows: {"inputs": rows}) if _is_json(case) else None


def _is_json(case: Case) -> bool:
    return case.dialect == "json"


PEERS = (
    # Its own range admits a uvloop with which its processes do not start.
    Peer(
        "mlserver",
        ("mlserver==1.7.1", "mlserver-sklearn==1.7.1", "uvloop==0.21.0", *_MODEL),
        _mlserver,
        lambda case: _V2,
        _numbers_only,
    ),
    Peer("kserve", ("kserve==0.21.0", *_MODEL), _kserve, lambda case: _V2, _open_inference),
    Peer(
        "bentoml",
        ("bentoml==1.4.39", *_MODEL),
        _bentoml,
        lambda case: "/predict_records" if case.dialect == "columns" else "/predict",
        _bentoml_body,
    ),
    Peer("mlflow", ("mlflow==3.17.2", *_MODEL), _mlflow, lambda case: "/invocations", _mlflow_body),
    Peer("ray", ("ray[serve]==2.60.0", *_MODEL), _ray, lambda case: "/", _open_inference_json),
)
