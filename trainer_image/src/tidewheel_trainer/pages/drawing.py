"""Draw shapes as SVG inside a page; every picture says in words what it shows."""

from collections.abc import Iterable

from tidewheel_trainer.pages.markup import element, text

__all__ = ["bar", "baseline", "key", "label", "meter", "svg", "swatch"]


def svg(width: float, height: float, words: str, content: str, kind: str) -> str:
    """Return a picture of so many units, which scales with the page.

    Args:
        width: units from left to right.
        height: units from top to bottom.
        words: what the picture shows.
        content: shapes inside it.
        kind: its class.
    """
    shown = text(words, 300)
    return (
        f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{shown}">'
        f"{content}</svg>"
    )


def bar(x: float, y: float, width: float, height: float, words: str, kind: str = "bar") -> str:
    """Return a rectangle that says what it stands for where a pointer rests on it."""
    inner = element("title", text(words, 200))
    return element("rect", inner, class_=kind, x=x, y=y, width=width, height=height)


def baseline(width: float, y: float) -> str:
    """Return the line that bars stand on."""
    return element("line", class_="base", x1=0.0, x2=width, y1=y, y2=y)


def label(x: float, y: float, words: str, anchor: str) -> str:
    """Return a text; `anchor` is start, middle or end."""
    return element("text", text(words), x=x, y=y, text_anchor=anchor)


def meter(filled: float) -> str:
    """Return the inner part of a track that is filled up to this share."""
    return element("i", style=f"width:{max(0.0, min(1.0, filled)) * 100:.2f}%")


def swatch(kind: str) -> str:
    """Return a little square that explains a colour."""
    return (
        '<svg viewBox="0 0 10 10" aria-hidden="true">'
        f'<rect class="{kind}" width="10" height="10" rx="2"></rect></svg>'
    )


def key(meanings: Iterable[tuple[str, str]]) -> str:
    """Return what the colours of a picture mean: classes of shapes, and names."""
    items = "".join(
        element("li", f"{swatch(kind)}<bdi>{text(name, 60)}</bdi>") for kind, name in meanings
    )
    return element("ul", items, class_="key")
