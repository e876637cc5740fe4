"""Put sections into one page: a file by itself that runs nothing and fetches nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tidewheel_trainer.pages.markup import element, number, text
from tidewheel_trainer.pages.style import STYLE

__all__ = ["Section", "facts", "notice", "page", "tiles"]

# Even a page that somebody changed may neither run a script nor fetch anything.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_MOST_SENTENCES = 200


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: the name of its place, its heading, and HTML; empty, it is left out."""

    key: str
    title: str
    content: str


def page(title: str, header: str, notices: str, sections: Iterable[Section], footer: str) -> str:
    """Return a whole page.

    Args:
        title: plain text.
        header: HTML below the title.
        notices: HTML above the sections.
        sections: in their order.
        footer: HTML.
    """
    there = [section for section in sections if section.content]
    links = "".join(element("li", element("a", each.title, href=f"#{each.key}")) for each in there)
    body = "".join(
        element(
            "section",
            element("h2", each.title, id=f"{each.key}-title") + each.content,
            id=each.key,
            aria_labelledby=f"{each.key}-title",
        )
        for each in there
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{text(_POLICY)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head><body>"
        f"<header><h1>{text(title)}</h1>{header}"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav></header>'
        f"<main>{notices}{body}</main><footer>{footer}</footer></body></html>\n"
    )


def facts(items: Iterable[tuple[str, str]]) -> str:
    """Return names and what they are, line by line."""
    lines = "".join(
        f"<dt>{text(name)}</dt><dd><bdi>{text(value, 1000)}</bdi></dd>" for name, value in items
    )
    return element("dl", lines, class_="facts") if lines else ""


def tiles(items: Iterable[tuple[str, str]]) -> str:
    """Return names and short values, each in a box."""
    return element(
        "dl",
        "".join(
            f"<div><dt>{text(name)}</dt>"
            + element("dd", text(value), class_="long" if len(value) > 14 else "short")
            + "</div>"
            for name, value in items
        ),
        class_="tiles",
    )


def notice(title: str, sentences: Sequence[str], kind: str, rest_in: str) -> str:
    """Return sentences that a reader must not miss; of very many the first.

    Args:
        title: what they are.
        sentences: plain text.
        kind: class of the box.
        rest_in: where those are that are not shown.
    """
    if not sentences:
        return ""
    items = "".join(f"<li>{text(each, 1000)}</li>" for each in sentences[:_MOST_SENTENCES])
    more = len(sentences) - _MOST_SENTENCES
    rest = f"<p>{number(more)} more are in {text(rest_in)}.</p>" if more > 0 else ""
    heading = element("h2", f"{text(title)} ({number(len(sentences))})")
    return element("section", f"{heading}<ul>{items}</ul>{rest}", class_=kind)
