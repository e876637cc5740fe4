"""The tests of the gate: pure functions from numbers to verdicts, in the order of `order`."""
