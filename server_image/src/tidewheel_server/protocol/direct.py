"""Frames the usual inference request and response of a model, and proves an engine's call by it.

The long way stays the only source of refusals, and of everything that few clients send.
"""

import sys

import orjson

from tidewheel_server.engines.classes import class_values
from tidewheel_server.engines.direct import (
    Direct,
    DirectCall,
    DirectColumn,
    DirectFrame,
    DirectOutput,
)
from tidewheel_server.model_state import ServedModel
from tidewheel_server.protocol.datatypes import ACCEPTED_IN_JSON
from tidewheel_server.protocol.inference import infer, sample_body
from tidewheel_server.tensors import PREDICT, TensorSpec

__all__ = ["direct_call"]

_KINDS = {"FP64": "number", "INT64": "whole", "BOOL": "flag", "BYTES": "text"}


def direct_call(model: ServedModel) -> DirectCall | None:
    """Return a model's call if its engine has one that answers the sample as the long way does."""
    if not isinstance(model.engine, Direct):
        return None
    call = model.engine.direct_call(_frame(model))
    body = sample_body(model.manifest)
    answered = call(body, sys.maxsize)
    is_proved = answered is not None and answered.response == infer(model, body).response.body
    return call if is_proved else None


def _frame(model: ServedModel) -> DirectFrame:
    datatypes = [spec.datatype for spec in model.inputs.values()]
    identity = {"model_name": model.identity.model_name, "model_version": model.identity.version}
    return DirectFrame(
        columns=tuple(
            DirectColumn(
                name, _KINDS[spec.datatype], tuple(sorted(ACCEPTED_IN_JSON[spec.datatype]))
            )
            for name, spec in model.inputs.items()
        ),
        matrix_datatypes=() if "BYTES" in datatypes else _accepted("FP64"),
        opening=orjson.dumps(identity).decode().removesuffix("}"),
        outputs=tuple(_output(spec, model) for spec in model.outputs.values()),
    )


def _accepted(datatype: str) -> tuple[str, ...]:
    return tuple(sorted(ACCEPTED_IN_JSON[datatype]))


def _output(spec: TensorSpec, model: ServedModel) -> DirectOutput:
    is_label = spec.name == PREDICT and bool(model.manifest.classes)
    labels = class_values(model.manifest).tolist() if is_label else []
    return DirectOutput(
        name=spec.name,
        head=orjson.dumps({"name": spec.name}).decode().removesuffix("}") + ',"shape":[',
        tail=f'],"datatype":"{spec.datatype}","data":[',
        labels=tuple(orjson.dumps(label).decode() for label in labels),
        has_width=len(spec.shape) == 2,
    )
