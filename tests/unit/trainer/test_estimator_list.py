"""The list of estimators, in the code and in the documentation."""

import re

from tidewheel_dev import paths
from tidewheel_trainer.train.estimator_list import ALLOWED, Allowed, Reading

_NUMBERS = {
    Reading.AS_THEY_ARE: "as they are",
    Reading.FILLED: "filled",
    Reading.SCALED: "filled, scaled",
}


def row(name: str, allowed: Allowed) -> str:
    """Return the line that a reader needs; what nobody can change is told in a sentence."""
    categories = "one column each" if allowed.reading is Reading.SCALED else "as codes"
    defaults = ", ".join(
        f"`{key}: {str(value).lower() if isinstance(value, bool) else value}`"
        for key, value in allowed.defaults.items()
        if key not in allowed.ours
    )
    return f"| `{name}` | {_NUMBERS[allowed.reading]} | {categories} | {defaults}".rstrip() + " |"


def test_documentation_lists_every_estimator_as_it_is_treated() -> None:
    text = (paths.REPOSITORY / "docs" / "training.md").read_text()
    rows = re.findall(r"^\| `(?:sklearn|xgboost|lightgbm)\..*$", text, re.MULTILINE)
    assert rows == [row(name, allowed) for name, allowed in ALLOWED.items()]
