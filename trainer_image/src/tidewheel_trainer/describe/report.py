"""Write the page about a snapshot: one file, no script, nothing from elsewhere."""

from collections.abc import Mapping, Sequence

from tidewheel_contracts.artifact.snapshot import SnapshotManifest, StepCount
from tidewheel_contracts.artifact.snapshot_profile import (
    ColumnGroup,
    ColumnProfile,
    SnapshotProfile,
)
from tidewheel_trainer.describe.cards import column_card, distinct_text, exact_number, moment_text
from tidewheel_trainer.describe.plots import over_time, proportions, share_bar
from tidewheel_trainer.pages.drawing import swatch
from tidewheel_trainer.pages.frame import Section, facts, notice, page, tiles
from tidewheel_trainer.pages.markup import (
    MINUS,
    element,
    number,
    share,
    short_number,
    table,
    text,
)

__all__ = ["report_html"]

_MOST_MISSING = 30
_TITLE = "Dataset"
_REST = "the snapshot's report"


def report_html(
    manifest: SnapshotManifest,
    profile: SnapshotProfile,
    failures: Sequence[str],
    schema_changes: Sequence[str],
    known: Mapping[str, str],
) -> str:
    """Return the page.

    Args:
        manifest: of the snapshot.
        profile: of the snapshot.
        failures: checks that rows failed, as sentences.
        schema_changes: how its columns differ from those before, as sentences.
        known: what else is known by its name, such as the source; `Dataset` gives the title.
    """
    named = f"Snapshot of {known[_TITLE]}" if _TITLE in known else "Snapshot"
    sections = [
        Section("time", "Rows over time", _time(profile)),
        Section("target", "Target", _target(manifest, profile)),
        Section("steps", "Cleaning", _steps(manifest.steps)),
        Section("missing", "Missing values", _missing(profile)),
        Section("overview", "Columns at a glance", _overview(profile)),
        Section("columns", "Column by column", _cards(profile)),
    ]
    notices = notice("Failed checks", failures, "warn", _REST)
    notices += notice("Changed columns", schema_changes, "warn note", _REST)
    shown = facts((name, value) for name, value in known.items() if name != _TITLE)
    return page(named, shown + _tiles(manifest, profile), notices, sections, _footer(profile))


def _tiles(manifest: SnapshotManifest, profile: SnapshotProfile) -> str:
    shown = [
        ("rows", number(manifest.rows)),
        ("rows with a target", number(manifest.labelled_rows)),
        ("columns", number(profile.column_count)),
        ("files", number(len(manifest.parts))),
        ("size", _size(sum(part.size_bytes for part in manifest.parts))),
    ]
    if manifest.quarantined_rows:
        shown.append(("rows in quarantine", number(manifest.quarantined_rows)))
    if manifest.latest_time:
        shown.append(("newest row", manifest.latest_time.replace("T", " ").replace("Z", " UTC")))
    return tiles(shown)


def _time(profile: SnapshotProfile) -> str:
    if profile.period is None or profile.time is None:
        return ""
    period = profile.period.value.lower()
    words = (
        f"Rows by {period} of <b><bdi>{text(profile.time)}</bdi></b>, in UTC; "
        "darker where the target has a value."
    )
    plot = over_time(profile.periods, profile.period.value)
    return f'<p class="quiet">{words}</p>' + element("div", plot, class_="panel")


def _target(manifest: SnapshotManifest, profile: SnapshotProfile) -> str:
    column = next((each for each in profile.columns if each.name == manifest.target), None)
    if column is None:
        return ""
    values = column.values[:6]
    missing = column.nulls + column.nan
    words = (
        f"What a model predicts: <b><bdi>{text(column.name)}</bdi></b>, "
        f"{text(column.type)}; {share(manifest.labelled_rows, manifest.rows)} of the rows have it."
    )
    keys = [(each.value, each.rows, f"class{i}") for i, each in enumerate(values)]
    if missing:
        keys.append(("no value", missing, "none"))
    legend = "".join(
        element(
            "li",
            f"{swatch(kind)}<bdi>{text(value, 60)}</bdi> <b>{share(rows, manifest.rows)}</b> "
            f'<span class="quiet">{number(rows)} rows</span>',
        )
        for value, rows, kind in keys
    )
    if not values:
        return f'<p class="quiet">{words}</p>'
    plot = proportions(values, missing, column.name) + element("ul", legend, class_="key")
    return f'<p class="quiet">{words}</p>' + element("div", plot, class_="panel")


def _steps(steps: Sequence[StepCount]) -> str:
    if not steps:
        return ""
    heads = [
        ("step", ""),
        ("rows in", "n"),
        ("rows out", "n"),
        ("difference", "n"),
        ("kept", "n"),
        ("", "m"),
    ]
    rows = [
        (
            f"<bdi>{text(step.step, 200)}</bdi>",
            number(step.rows_in),
            number(step.rows_out),
            _difference(step.rows_out - step.rows_in),
            share(step.rows_out, step.rows_in),
            element(
                "span", share_bar(step.rows_out, step.rows_in), class_="track", style="width:100%"
            ),
        )
        for step in steps
    ]
    return table("What each step did to the rows, in this order", heads, rows)


def _missing(profile: SnapshotProfile) -> str:
    lacking = [each for each in profile.columns if each.nulls + each.nan]
    if not lacking:
        return "<p>Every profiled column has a value in every row.</p>"
    ordered = sorted(lacking, key=lambda each: -(each.nulls + each.nan))
    heads = [
        ("column", ""),
        ("no value", "n"),
        ("not a number", "n"),
        ("of all rows", "n"),
        ("", "m"),
    ]
    rows = [
        (
            f"<bdi>{text(each.name)}</bdi>",
            number(each.nulls),
            number(each.nan) if each.nan else "",
            share(each.nulls + each.nan, profile.rows),
            element(
                "span",
                share_bar(each.nulls + each.nan, profile.rows),
                class_="track",
                style="width:100%",
            ),
        )
        for each in ordered[:_MOST_MISSING]
    ]
    caption = f"{number(len(lacking))} of {number(len(profile.columns))} columns lack values"
    if len(ordered) > _MOST_MISSING:
        caption += f"; shown are the {_MOST_MISSING} that lack most"
    return table(caption, heads, rows)


def _overview(profile: SnapshotProfile) -> str:
    heads = [
        ("column", ""),
        ("type", ""),
        ("missing", "n"),
        ("distinct", "n"),
        ("lowest", "n"),
        ("median", "n"),
        ("highest", "n"),
    ]
    rows = [
        (
            f'<a href="#c{place}"><bdi>{text(each.name)}</bdi></a>',
            text(each.type, 40),
            share(each.nulls + each.nan, profile.rows),
            distinct_text(each),
            _end(each.minimum, each),
            short_number(each.quantiles[4]) if each.quantiles else "",
            _end(each.maximum, each),
        )
        for place, each in enumerate(profile.columns)
    ]
    caption = f"All {number(profile.column_count)} columns"
    if len(profile.columns) < profile.column_count:
        caption = (
            f"{number(len(profile.columns))} of {number(profile.column_count)} columns: of a very "
            "wide snapshot only the first are profiled"
        )
    return table(caption, heads, rows)


def _cards(profile: SnapshotProfile) -> str:
    roles = {profile.time: "time", profile.target: "target"}
    cards = "".join(
        column_card(each, profile.rows, f"c{place}", roles.get(each.name))
        for place, each in enumerate(profile.columns)
    )
    return element("div", cards, class_="cards")


def _footer(profile: SnapshotProfile) -> str:
    exact = "Counts are of all rows."
    if profile.sample_rows < profile.rows:
        exact += (
            f" Quantiles and the edges of bins come from {number(profile.sample_rows)} rows spread "
            "evenly over the snapshot; ≈ marks an estimate."
        )
    return (
        f"<p>{exact} A histogram shows density from the 1 % to the 99 % quantile; the line is the "
        "median. Texts are told apart by their first 200 characters.</p>"
    )


def _end(value: str | None, column: ColumnProfile) -> str:
    if value is None:
        return ""
    if column.group is ColumnGroup.TIME:
        return moment_text(value)
    return exact_number(value) if column.quantiles else f"<bdi>{text(value, 24)}</bdi>"


def _difference(rows: int) -> str:
    return f"{MINUS}{number(-rows)}" if rows < 0 else f"+{number(rows)}" if rows else "0"


def _size(size: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:,.1f} TiB"
