"""Asks a server by tritonclient over gRPC, default settings; prints what it answered as JSON.

Arguments: host:port, the model. Input: {"columns": {name: [datatype, values]}}.
"""

import json
import sys

import numpy as np
import tritonclient.grpc as triton
from triton_errors import error_of
from tritonclient.utils import triton_to_np_dtype


def inputs_of(columns):
    tensors = []
    for name, (datatype, values) in columns.items():
        array = np.array(values, object if datatype == "BYTES" else triton_to_np_dtype(datatype))
        tensor = triton.InferInput(name, list(array.shape), datatype)
        tensor.set_data_from_numpy(array)
        tensors.append(tensor)
    return tensors


def outputs_of(result):
    response = result.get_response()
    return {
        "version": response.model_version,
        "id": response.id,
        "outputs": {
            output.name: result.as_numpy(output.name).tolist() for output in response.outputs
        },
    }


def main():
    address, model = sys.argv[1:]
    inputs = inputs_of(json.load(sys.stdin)["columns"])
    with triton.InferenceServerClient(address) as client:
        probability = triton.InferRequestedOutput("probability")
        answers = {
            "live": client.is_server_live(),
            "ready": client.is_server_ready() and client.is_model_ready(model, "2"),
            "server": client.get_server_metadata(as_json=True)["name"],
            "inputs": client.get_model_metadata(model, as_json=True)["inputs"],
            "default": outputs_of(client.infer(model, inputs)),
            "version": outputs_of(client.infer(model, inputs, model_version="2", request_id="7")),
            "outputs": outputs_of(client.infer(model, inputs, outputs=[probability])),
            "gzip": outputs_of(client.infer(model, inputs, compression_algorithm="gzip")),
            "no model": error_of(lambda: client.infer("x", inputs)),
            "no version": error_of(lambda: client.infer(model, inputs, model_version="3")),
            "no input": error_of(lambda: client.infer(model, inputs[:1])),
        }
    print(json.dumps(answers))


main()
