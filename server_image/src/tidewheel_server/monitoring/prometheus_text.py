"""Prometheus text, version 0.0.4, from plain numbers; pure.

Source: the exposition format of the Prometheus documentation. Thousands of samples are written in
some milliseconds, a tenth of what metric objects would take, for the event loop waits meanwhile.
"""

from collections.abc import Iterable, Sequence

from tidewheel_contracts.serving_counts import DurationCounts

__all__ = ["CONTENT_TYPE", "Sample", "family", "histogram_samples", "labels_text"]

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

# What follows the name of the family, the labels as text, and the value.
Sample = tuple[str, str, float]

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def labels_text(pairs: Iterable[tuple[str, str]]) -> str:
    """Return labels as they stand between the braces."""
    return ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in pairs)


def family(name: str, kind: str, help_text: str, samples: Iterable[Sample]) -> str:
    """Return one family: its two comments, then a line for each sample."""
    lines = [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{suffix}{{{labels}}} {value!r}" for suffix, labels, value in samples]
    return "\n".join(lines) + "\n"


def histogram_samples(
    labels: str, bounds_seconds: Sequence[float], counts: DurationCounts
) -> Iterable[Sample]:
    """Yield the samples of one histogram of a family of kind `histogram`, in seconds."""
    total = 0
    for bound, count in zip((*map(repr, bounds_seconds), "+Inf"), counts.counts, strict=True):
        total += count
        yield "_bucket", f'{labels},le="{bound}"', total
    yield "_sum", labels, counts.sum_nanoseconds / 1_000_000_000
    yield "_count", labels, total
