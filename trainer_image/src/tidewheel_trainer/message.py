"""Make the termination message fit: the kubelet would cut it anywhere, we cut what is least missed.

Lists go first, from their end: tests of the gate that passed, columns, changes of columns, failed
checks, other tests of the gate; then the words of the message.
"""

from tidewheel_contracts.api.v1alpha1.gate_result import GateTestResult
from tidewheel_contracts.api.v1alpha1.run_result import RunResult
from tidewheel_contracts.job import MESSAGE_LIMIT, CollectResult, Failure, Result, TrainResult

__all__ = ["Answer", "termination_message"]

Answer = Result | Failure


def termination_message(answer: Answer, limit: int = MESSAGE_LIMIT) -> str:
    """Return the answer as JSON of at most `limit` bytes of UTF-8."""
    while len(text := answer.to_json()) > limit or len(text.encode()) > limit:
        shorter = _shortened(answer, surplus=len(text.encode()) - limit)
        if shorter == answer:
            return text
        answer = shorter
    return text


def _shortened(answer: Answer, surplus: int) -> Answer:
    """Return the answer without its least important element; itself when nothing can go."""
    if isinstance(answer, CollectResult):
        lists = (answer.ignored_columns, answer.columns, answer.schema_changes, answer.notes)
        names = ("ignored_columns", "columns", "schema_changes", "notes")
        for name, texts in zip(names, lists, strict=True):
            if texts:
                return answer.model_copy(update={name: texts[:-1]})
        return answer
    if isinstance(answer, TrainResult):
        change = _less_of(answer.result, surplus)
        return answer.model_copy(update={"result": answer.result.model_copy(update=change)})
    if isinstance(answer, Failure):
        # The first failed check is in the message too.
        if len(answer.failures) > 1:
            return answer.model_copy(update={"failures": answer.failures[:-1]})
        return answer.model_copy(update={"message": _cut(answer.message, surplus)})
    return answer


def _less_of(result: RunResult, surplus: int) -> dict[str, object]:
    """Return the field of a run's result that is least missed, shortened."""
    passed = [n for n, test in enumerate(result.gate) if test.result is GateTestResult.PASSED]
    if passed:
        return {"gate": result.gate[: passed[-1]] + result.gate[passed[-1] + 1 :]}
    if result.input_columns:
        return {"input_columns": result.input_columns[:-1]}
    if result.gate:
        return {"gate": result.gate[:-1]}
    return {"message": _cut(result.message, surplus)}


def _cut(text: str, surplus: int) -> str:
    """Return the text without about `surplus` bytes at its end, marked with an ellipsis."""
    # A character takes at most six bytes of JSON, so several rounds may be needed, never too few.
    kept = max(0, len(text) - max(1, surplus // 6) - 1)
    return text[:kept].rstrip("…") + "…" if kept else ""
