"""Read a page as a browser does, and texts that would be markup if they were not escaped."""

from html.parser import HTMLParser

ATTACK = "<script>alert('x')</script>"
QUOTES = "\"><img src=x onerror=alert(1)> &amp; ' \u202e"
_VOID = {"meta", "img", "link", "br", "hr", "input", "base"}
_KNOWN = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "nav"),
    *("section", "article", "div", "span", "p", "h1", "h2", "h3", "ul", "ol", "li", "dl"),
    *("dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "a", "b", "i"),
    *("bdi", "details", "summary", "svg", "rect", "line", "path", "circle", "text"),
}


class Page(HTMLParser):
    """What a browser makes of a page: elements, attributes, texts, and what was never closed."""

    def __init__(self, page: str) -> None:
        """Read the page."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of one kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def assert_harmless(html: str) -> None:
    """Assert that a page is whole and has no element or attribute that could do anything."""
    page = Page(html)
    assert page.open == []
    assert {tag for tag, _ in page.elements} <= _KNOWN
    names = {name for _, attributes in page.elements for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in ("src", "srcset")]
    assert "\u202e" not in html
