"""Draw plots as SVG inside the page: no script, and every one says in words what it shows."""

from collections.abc import Sequence

from tidewheel_contracts.artifact.snapshot_profile import (
    ColumnProfile,
    PeriodRows,
    ValueRows,
)
from tidewheel_trainer.pages.drawing import bar, baseline, label, meter, svg
from tidewheel_trainer.pages.markup import element, number, share, short_number, text

__all__ = ["histogram", "over_time", "proportions", "share_bar", "value_bars", "value_columns"]

_WIDTH, _HEIGHT = 320.0, 96.0
_WIDE, _HIGH = 960.0, 180.0
_AXIS = 18.0
# Places of QUANTILES: 1 %, the median and 99 %.
_LOW, _MEDIAN, _HIGHEST = 1, 4, 7
_SHOWN_VALUES = 6
_LABEL_LENGTH = 22


def histogram(column: ColumnProfile) -> str:
    """Return a histogram by density: a bin's area is its share of rows.

    The outermost hundredths may reach far: bins are cut where the axis ends.
    """
    drawn = column.histogram
    if drawn is None or len(drawn.edges) < 2:
        return ""
    low, high = column.quantiles[_LOW], column.quantiles[_HIGHEST]
    if not low < high:
        low, high = drawn.edges[0], drawn.edges[-1]
    margin = (high - low) * 0.04
    left, right = max(low - margin, drawn.edges[0]), min(high + margin, drawn.edges[-1])
    bins = list(zip(drawn.edges[:-1], drawn.edges[1:], drawn.rows, strict=True))
    densities = [rows / (end / _WIDTH - begin / _WIDTH) for begin, end, rows in bins]
    # One value that many rows share makes a needle that would leave the others flat.
    top = min(max(densities), 3 * sorted(densities)[-min(3, len(densities))]) or 1.0
    bars = []
    for (begin, end, rows), density in zip(bins, densities, strict=True):
        from_, to = _placed(max(begin, left), left, right), _placed(min(end, right), left, right)
        if to > from_ and rows:
            tall = max(1.0, min(1.0, density / top) * (_HEIGHT - 4))
            words = f"{short_number(begin)} to {short_number(end)}: {number(rows)} rows"
            bars.append(bar(from_, _HEIGHT - tall, max(0.5, to - from_ - 0.7), tall, words))
    median = _placed(min(max(column.quantiles[_MEDIAN], left), right), left, right)
    marks = element("line", class_="median", x1=median, x2=median, y1=0.0, y2=_HEIGHT) + baseline(
        _WIDTH, _HEIGHT
    )
    labels = (
        label(0.0, _HEIGHT + 13, short_number(left), "start")
        + label(_WIDTH, _HEIGHT + 13, short_number(right), "end")
        + (
            label(median, _HEIGHT + 13, short_number(column.quantiles[_MEDIAN]), "middle")
            if 60 < median < _WIDTH - 60
            else ""
        )
    )
    words = (
        f"Histogram of {column.name}: the middle is {short_number(column.quantiles[_MEDIAN])}, "
        f"98 % of the rows lie from {short_number(low)} to {short_number(high)}"
    )
    return svg(_WIDTH, _HEIGHT + _AXIS, words, "".join(bars) + marks + labels, "plot")


def value_columns(column: ColumnProfile) -> str:
    """Return a column for each value of a number that takes few, in their order."""
    ordered = sorted(column.values, key=lambda each: float(each.value))
    most = max(each.rows for each in ordered) or 1
    width = _WIDTH / max(len(ordered), 6)
    step = 1 if len(ordered) <= 10 else 2
    drawn = ""
    for place, each in enumerate(ordered):
        tall = each.rows / most * (_HEIGHT - 4)
        words = f"{each.value}: {number(each.rows)} rows"
        drawn += bar(place * width + 1, _HEIGHT - tall, width - 2, tall, words)
        if place % step == 0:
            middle = (place + 0.5) * width
            drawn += label(middle, _HEIGHT + 13, short_number(float(each.value)), "middle")
    words = f"Rows of each of the {len(ordered)} values of {column.name}"
    return svg(_WIDTH, _HEIGHT + _AXIS, words, drawn + baseline(_WIDTH, _HEIGHT), "plot")


def value_bars(column: ColumnProfile, rows: int) -> str:
    """Return bars of the commonest values, and one for all others."""
    shown = list(column.values[:_SHOWN_VALUES])
    present = rows - column.nulls - column.nan - column.infinite
    rest = present - sum(each.rows for each in shown)
    listed = [(text(each.value, _LABEL_LENGTH) or "<i>empty text</i>", each.rows) for each in shown]
    if rest > 0:
        listed.append(("<i>all others</i>", rest))
    longest = max((count for _, count in listed), default=1) or 1
    lines = "".join(
        element(
            "li",
            element("span", f"<bdi>{label}</bdi>", class_="value")
            + element("span", meter(count / longest), class_="track")
            + element("span", share(count, rows), class_="figure"),
        )
        for label, count in listed
    )
    return element("ol", lines, class_="bars", aria_label=f"Commonest values of {column.name}")


def share_bar(part: int, whole: int) -> str:
    """Return a bar that is filled as far as the share goes."""
    return meter(part / whole if whole else 0.0)


def proportions(values: Sequence[ValueRows], missing: int, name: str) -> str:
    """Return one band, divided by the rows of each value and those without any."""
    parts = [(each.value, each.rows) for each in values] + [("no value", missing)]
    whole = sum(rows for _, rows in parts) or 1
    place = 0.0
    bands = []
    for index, (value, rows) in enumerate(parts):
        width = _WIDE * rows / whole
        if rows:
            kind = "none" if index == len(values) else f"class{index % 6}"
            words = f"{value}: {number(rows)} rows, {share(rows, whole)}"
            bands.append(bar(place, 0.0, max(0.5, width - 1.5), 34.0, words, kind))
        place += width
    told = ", ".join(f"{value} {share(rows, whole)}" for value, rows in parts[:8])
    return svg(_WIDE, 34.0, f"Shares of {name}: {told}", "".join(bands), "band")


def over_time(periods: Sequence[PeriodRows], period: str) -> str:
    """Return bars of rows by period; the part with a target is drawn darker."""
    if not periods:
        return ""
    most = max(each.rows for each in periods)
    width = _WIDE / max(len(periods), 12)
    bars = []
    for place, each in enumerate(periods):
        words = (
            f"{each.begins}: {number(each.rows)} rows, {number(each.labelled_rows)} with a target"
        )
        left, inner = place * width, max(0.6, width - min(1.5, width * 0.2))
        for rows, kind in ((each.rows, "pale"), (each.labelled_rows, "bar")):
            tall = rows / most * (_HIGH - 20)
            if rows:
                bars.append(bar(left, _HIGH - tall, inner, tall, words, kind))
    grid = element("line", class_="grid", x1=0.0, x2=_WIDE, y1=20.0, y2=20.0)
    labels = label(0.0, 14.0, f"{number(most)} rows", "start")
    step = max(1, -(-len(periods) // 8))
    for place in range(0, len(periods), step):
        x = place * width
        if x < _WIDE - 70:
            labels += label(x, _HIGH + 14, periods[place].begins, "start")
    words = (
        f"Rows by {period.lower()}, from {periods[0].begins} to {periods[-1].begins}; the most are "
        f"{number(most)}"
    )
    inner_svg = grid + "".join(bars) + baseline(_WIDE, _HIGH) + labels
    return svg(_WIDE, _HIGH + _AXIS, words, inner_svg, "time")


def _placed(value: float, left: float, right: float) -> float:
    # Halved, because the distance of two large numbers may be no number any more.
    span = right / 2 - left / 2
    return (value / 2 - left / 2) / span * _WIDTH if span else 0.0
