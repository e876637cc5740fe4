"""A Ray Serve deployment of one replica that reads the Open Inference Protocol."""

import signal
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import ray
from ray import serve
from starlette.requests import Request

folder, name, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])


@serve.deployment(num_replicas=1, max_ongoing_requests=64)
class Sklearn:
    """One fitted model."""

    def __init__(self) -> None:
        self.model = joblib.load(folder / f"{name}.joblib")

    async def __call__(self, request: Request) -> dict[str, Any]:
        """Answer a request with one matrix, or with one tensor a column."""
        inputs = (await request.json())["inputs"]
        if len(inputs) == 1:
            rows = np.array(inputs[0]["data"], dtype=float).reshape(inputs[0]["shape"])
        else:
            rows = pd.DataFrame({tensor["name"]: tensor["data"] for tensor in inputs})
        answer = self.model.predict(rows)
        return {
            "outputs": [
                {
                    "name": "predict",
                    "shape": [len(answer)],
                    "datatype": "INT64",
                    "data": answer.tolist(),
                }
            ]
        }


ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
serve.start(http_options={"host": "127.0.0.1", "port": port})
serve.run(Sklearn.bind())
signal.pause()
