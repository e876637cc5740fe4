"""Asks a server by tritonclient over HTTP, default settings; prints what it answered as JSON.

Arguments: host:port, the model. Input: {"columns": {name: [datatype, values]}}.
"""

import json
import sys

import numpy as np
import tritonclient.http as triton
from triton_errors import error_of
from tritonclient.utils import triton_to_np_dtype


def inputs_of(columns, **options):
    tensors = []
    for name, (datatype, values) in columns.items():
        array = np.array(values, object if datatype == "BYTES" else triton_to_np_dtype(datatype))
        tensor = triton.InferInput(name, list(array.shape), datatype)
        tensor.set_data_from_numpy(array, **options)
        tensors.append(tensor)
    return tensors


def outputs_of(result):
    response = result.get_response()
    return {
        "version": response["model_version"],
        "id": response.get("id"),
        "outputs": {
            output["name"]: result.as_numpy(output["name"]).tolist()
            for output in response["outputs"]
        },
    }


def main():
    address, model = sys.argv[1:]
    columns = json.load(sys.stdin)["columns"]
    with triton.InferenceServerClient(address) as client:
        binary = inputs_of(columns)
        probability = triton.InferRequestedOutput("probability", binary_data=True)
        as_json = triton.InferRequestedOutput("probability", binary_data=False)
        statistics = client.get_inference_statistics(model)["model_stats"][0]
        answers = {
            "live": client.is_server_live(),
            "ready": client.is_server_ready() and client.is_model_ready(model, "2"),
            "not ready": client.is_model_ready(model, "3"),
            "server": client.get_server_metadata(),
            "inputs": client.get_model_metadata(model)["inputs"],
            "index": client.get_model_repository_index(),
            "statistics": sorted(statistics),
            "load": error_of(lambda: client.load_model(model)),
            "default": outputs_of(client.infer(model, binary)),
            "version": outputs_of(client.infer(model, binary, model_version="2", request_id="7")),
            "outputs": outputs_of(client.infer(model, binary, outputs=[probability])),
            "json": outputs_of(
                client.infer(model, inputs_of(columns, binary_data=False), outputs=[as_json])
            ),
            "mixed": outputs_of(
                client.infer(
                    model,
                    [*binary[:2], *inputs_of(columns, binary_data=False)[2:]],
                    outputs=[probability, triton.InferRequestedOutput("predict", False)],
                )
            ),
            "no model": error_of(lambda: client.infer("x", binary)),
            "no version": error_of(lambda: client.infer(model, binary, model_version="3")),
            "no input": error_of(lambda: client.infer(model, binary[:1])),
            "classes": error_of(
                lambda: client.infer(
                    model, binary, outputs=[triton.InferRequestedOutput("predict", class_count=1)]
                )
            ),
        }
        for coding in ("gzip", "deflate"):
            answers[coding] = outputs_of(
                client.infer(
                    model,
                    binary,
                    request_compression_algorithm=coding,
                    response_compression_algorithm=coding,
                )
            )
    print(json.dumps(answers))


main()
