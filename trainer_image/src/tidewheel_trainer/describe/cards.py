"""Draw the card of one column: what it holds, how it is spread, and its numbers."""

from tidewheel_contracts.artifact.snapshot_profile import ColumnGroup, ColumnProfile
from tidewheel_trainer.describe.plots import histogram, value_bars, value_columns
from tidewheel_trainer.pages.markup import MINUS, element, number, share, short_number, text

__all__ = ["column_card", "distinct_text", "exact_number", "moment_text"]

# Digits that fit into a quarter of a card.
_LONGEST_IN_CARD = 9


def column_card(column: ColumnProfile, rows: int, key: str, role: str | None) -> str:
    """Return the card; `role` says what the column is for, where it is no plain one."""
    tag = element("span", role, class_="tag") if role else ""
    heading = element("h3", f"<bdi>{text(column.name)}</bdi>{tag}")
    about = element("div", text(column.type, 80), class_="of")
    drawn = _drawn(column, rows) or element("p", _nothing(column, rows), class_="quiet")
    return element(
        "article", element("div", heading + about) + drawn + _numbers(column, rows), id=key
    )


def _drawn(column: ColumnProfile, rows: int) -> str:
    if column.histogram is not None:
        return histogram(column)
    if column.group is ColumnGroup.NUMBER and len(column.values) > 1:
        return value_columns(column)
    return value_bars(column, rows) if column.values else ""


def _nothing(column: ColumnProfile, rows: int) -> str:
    if column.nulls == rows:
        return "No row has a value."
    return "" if column.group is ColumnGroup.TIME else "Values of this type are not looked into."


def distinct_text(column: ColumnProfile) -> str:
    """Return how many values a column has."""
    if column.distinct is None:
        return ""
    mark = "≈ " if column.distinct_is_estimate else ""
    return f"{mark}{number(column.distinct)}"


def _numbers(column: ColumnProfile, rows: int) -> str:
    shown = [("missing", share(column.nulls + column.nan, rows), "")]
    if column.distinct is not None:
        shown.append(("distinct", distinct_text(column), ""))
    if column.quantiles and column.mean is not None:
        shown.append(("mean", short_number(column.mean), ""))
        if column.deviation is not None:
            shown.append(("std", short_number(column.deviation), ""))
        shown += [
            ("min", _bound(column.minimum or "", column.quantiles[0]), ""),
            ("25 %", short_number(column.quantiles[3]), ""),
            ("75 %", short_number(column.quantiles[5]), ""),
            ("max", _bound(column.maximum or "", column.quantiles[-1]), ""),
        ]
    elif column.group is ColumnGroup.TIME and column.minimum and column.maximum:
        shown += [
            ("from", moment_text(column.minimum), "left2"),
            ("to", moment_text(column.maximum), "span2"),
        ]
    if column.infinite:
        shown.append(("infinite", number(column.infinite), ""))
    items = "".join(
        element("div", f"<dt>{name}</dt><dd>{text(value)}</dd>", class_=kind)
        for name, value, kind in shown
    )
    return element("dl", items, class_="numbers")


def _bound(exact: str, value: float) -> str:
    return exact_number(exact) if len(exact) <= _LONGEST_IN_CARD else short_number(value)


def moment_text(value: str) -> str:
    """Return a moment without fractions of a second."""
    return value.split(".")[0].removesuffix("Z").replace("T", " ")


def exact_number(value: str) -> str:
    """Return a whole number with all its digits, any other with four that matter."""
    is_whole = value.removeprefix("-").isdecimal()
    return f"{int(value):,}".replace("-", MINUS) if is_whole else short_number(float(value))
