"""KServe's scikit-learn server, which is on no index: the same calls on `kserve.Model`."""

import sys
from pathlib import Path

import joblib
from kserve import Model, ModelServer
from kserve.utils.utils import get_predict_input, get_predict_response

folder, name, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])


class Sklearn(Model):
    """One fitted model."""

    def load(self) -> bool:
        """Open the model file."""
        self.model = joblib.load(folder / f"{name}.joblib")
        self.ready = True
        return True

    def predict(self, payload: object, headers: object = None) -> object:
        """Answer as sklearnserver does."""
        result = self.model.predict(get_predict_input(payload))
        return get_predict_response(payload, result, self.name)


model = Sklearn("model")
model.load()
ModelServer(http_port=port, workers=1, enable_grpc=False).start([model])
