"""Asks a server by KServe's InferenceRESTClient, V1 and V2; prints what it answered as JSON.

Arguments: the URL, the model. Input: {"columns": {name: [datatype, values]}}.
"""

import asyncio
import json
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig


def request_of(model, columns, *, binary):
    inputs = []
    for name, (datatype, values) in columns.items():
        tensor = InferInput(name, [len(values)], datatype)
        dtype = object if datatype == "BYTES" else {"BOOL": bool, "FP64": np.float64}[datatype]
        tensor.set_data_from_numpy(np.array(values, dtype), binary_data=binary)
        inputs.append(tensor)
    return InferRequest(model, inputs, request_id="7", parameters={"binary_data_output": binary})


def outputs_of(response, headers):
    return {
        # The client forgets the version that the body tells.
        "version": headers["tidewheel-model-version"],
        "id": response.id,
        "outputs": {output.name: output.as_numpy().tolist() for output in response.outputs},
    }


async def main():
    url, model = sys.argv[1:]
    columns = json.load(sys.stdin)["columns"]
    names, values = list(columns), [column[1] for column in columns.values()]
    rows = [list(row) for row in zip(*values)]
    objects = [dict(zip(names, row)) for row in rows]
    v1 = InferenceRESTClient(RESTConfig(protocol="v1"))
    v2 = InferenceRESTClient(RESTConfig(protocol="v2"))
    answers = {
        "live": await v2.is_server_live(url),
        "ready": await v2.is_server_ready(url) and await v2.is_model_ready(url, model),
        "v1 live": await v1.is_server_live(url),
        "v1 ready": await v1.is_model_ready(url, model),
        "v1 rows": await v1.infer(url, {"instances": rows}, model_name=model),
        "v1 objects": await v1.infer(url, {"instances": objects}, model_name=model),
    }
    for name, binary in (("json", False), ("binary", True)):
        request = request_of(model, columns, binary=binary)
        headers = {}
        response = await v2.infer(url, request, model_name=model, response_headers=headers)
        answers[name] = outputs_of(response, headers)
    try:
        await v1.explain(url, model, {"instances": rows})
    except httpx.HTTPStatusError as error:
        answers["explain"] = [error.response.status_code, error.response.json()]
    print(json.dumps(answers))


asyncio.run(main())
