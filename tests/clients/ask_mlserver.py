"""Asks a server with requests of MLServer's codecs, and reads its answers with them.

Arguments: the URL of the model. Input: {"columns": {name: [datatype, values]}}.
"""

import json
import sys
import urllib.request

import numpy as np
import pandas as pd
from mlserver.codecs import NumpyCodec, PandasCodec
from mlserver.types import InferenceRequest, InferenceResponse


def ask(url, request):
    body = request.model_dump_json(exclude_none=True).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/infer", body)) as answer:
        return InferenceResponse.model_validate_json(answer.read())


def main():
    url = sys.argv[1]
    columns = json.load(sys.stdin)["columns"]
    frame = pd.DataFrame(
        {
            # The codec does not know the text type of pandas 3.
            name: pd.Series(values, dtype=object if datatype == "BYTES" else None)
            for name, (datatype, values) in columns.items()
        }
    )
    by_frame = ask(url, PandasCodec.encode_request(frame))
    by_array = ask(
        url,
        InferenceRequest(
            inputs=[
                PandasCodec.encode_request(frame[[name]]).inputs[0]
                if datatype == "BYTES"
                else NumpyCodec.encode_input(name, np.array(values).reshape(-1, 1))
                for name, (datatype, values) in columns.items()
            ]
        ),
    )
    print(
        json.dumps(
            {
                name: {
                    "version": response.model_version,
                    "predict": response.outputs[0].data.root,
                    "probability": NumpyCodec.decode_output(response.outputs[1]).tolist(),
                }
                for name, response in (("frame", by_frame), ("array", by_array))
            }
        )
    )


main()
