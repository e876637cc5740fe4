"""Write HTML in which no text of a user can be anything but text."""

import html
import re
from collections.abc import Iterable, Sequence

__all__ = ["MINUS", "element", "number", "plain", "share", "short_number", "table", "text"]

# Characters that no page may hold, and those that would turn the direction of what follows.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
_LONE_HALVES = re.compile("[\ud800-\udfff]")
# A sign as wide as a digit, so that numbers stay aligned.
MINUS = "\u2212"
_MOST_EXACT = 10_000_000


def plain(value: str, most: int | None = None) -> str:
    """Return a text without characters that no page may hold, cut to so many characters."""
    shown = value if most is None or len(value) <= most else value[: most - 1] + "…"
    return _LONE_HALVES.sub("\ufffd", _UNFIT.sub("\ufffd", shown))


def text(value: str, most: int | None = None) -> str:
    """Return a text as HTML, cut to so many characters."""
    return html.escape(plain(value, most), quote=True)


def element(tag: str, content: str = "", **attributes: str | float) -> str:
    """Return an element around HTML; an underscore in an attribute's name is a hyphen.

    Attributes are escaped, the content is taken as it is.
    """
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{text(_written(value))}"'
        for name, value in attributes.items()
    )
    return f"<{tag}{given}>{content}</{tag}>"


def table(caption: str, heads: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells of HTML; the first of each row is its heading.

    Args:
        caption: what the table shows.
        heads: name and class of each column.
        rows: the cells.
    """
    head = "".join(element("th", text(name), scope="col", class_=kind) for name, kind in heads)
    body = "".join(
        "<tr>"
        + element("th", row[0], scope="row", class_=heads[0][1])
        + "".join(
            element("td", cell, class_=kind)
            for cell, (_, kind) in zip(row[1:], heads[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    inner = f"<caption>{text(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    # A wide table scrolls by itself, also by the keyboard, and not the page.
    return element(
        "div", element("table", inner), class_="wide", tabindex=0, role="region", aria_label=caption
    )


def number(value: int) -> str:
    """Return a whole number with its thousands apart."""
    return f"{value:,}"


def share(part: int, whole: int) -> str:
    """Return a share in per cent; only nothing is 0 % and only everything 100 %."""
    if not whole or not part:
        return "0 %"
    percent = 100 * part / whole
    if part < whole and percent > 99.9:
        return "> 99.9 %"
    if percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %".replace(".0 %", " %")


def short_number(value: float) -> str:
    """Return a number with four digits that matter."""
    rounded = float(f"{value:.4g}")
    if value == 0 or (abs(rounded) >= 1e-4 and abs(value) < _MOST_EXACT):
        shown = f"{value:,.0f}" if abs(rounded) >= 1000 else f"{rounded:.10g}"
    else:
        shown = f"{value:.3g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    return shown.replace("-", MINUS)


def _written(value: str | float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
