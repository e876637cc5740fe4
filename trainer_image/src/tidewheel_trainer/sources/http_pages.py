"""Where the next page of an answer is: by a link, by counting rows, or by a token."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidewheel_contracts.api.v1alpha1.source_http import HttpPages, LinkPages, TokenPages
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.http_rows import field_of
from tidewheel_trainer.sources.http_urls import joined, with_parameters

__all__ = ["NextOf", "first_page", "next_page"]

_LINK = re.compile(r"<([^>]*)>((?:[^,\"]|\"[^\"]*\")*)")
_NEXT = re.compile(r";\s*rel\s*=\s*(?:\"(?:[^\"]*\s)?next(?:\s[^\"]*)?\"|next\s*(?:;|$))", re.I)


@dataclass(frozen=True, slots=True)
class NextOf:
    """A page that was answered: what the next one can be found by."""

    # URL of the first page, and this one's after redirects, which links are relative to.
    start: str
    url: str
    headers: Mapping[str, str]
    # The JSON answer; None in other formats.
    document: Any
    # For messages.
    name: str


def first_page(url: str, pages: HttpPages | None) -> str:
    """Return the URL of the first page."""
    if pages is None or pages.offset is None:
        return url
    offset = pages.offset
    return with_parameters(
        url, {offset.offset_parameter: "0", offset.limit_parameter: str(offset.limit)}
    )


def next_page(
    page: NextOf, pages: HttpPages | None, *, rows_of_page: int, rows_so_far: int
) -> str | None:
    """Return the URL of the page after one, None at the end.

    Raises:
        TrainerError: SourceUnreadable, when the answer names the next page in an unusable way.
    """
    if pages is None:
        return None
    if pages.link is not None:
        return _linked(pages.link, page)
    if pages.token is not None:
        return _by_token(pages.token, page)
    assert pages.offset is not None  # noqa: S101 - the schema asks for one of the three
    if rows_of_page == 0:
        return None
    return with_parameters(page.start, {pages.offset.offset_parameter: str(rows_so_far)})


def _linked(link: LinkPages, page: NextOf) -> str | None:
    if link.field is None:
        for target, parameters in _LINK.findall(page.headers.get("Link", "")):
            if _NEXT.search(parameters):
                return joined(page.url, target)
        return None
    found = field_of(page.document, link.field)
    if found is None or found is False or found == "":
        return None
    if not isinstance(found, str):
        raise _unusable(page.name, link.field, "is not the text of a URL", "pages.link.field")
    return joined(page.url, found)


def _by_token(token: TokenPages, page: NextOf) -> str | None:
    found = field_of(page.document, token.field)
    if found is None or found is False or found == "":
        return None
    if not isinstance(found, str | int):
        raise _unusable(
            page.name, token.field, "is not a text or a whole number", "pages.token.field"
        )
    return with_parameters(page.start, {token.parameter: str(found)})


def _unusable(name: str, path: str, why: str, setting: str) -> TrainerError:
    return TrainerError(
        FailureReason.SOURCE_UNREADABLE,
        f"the field '{path}' of {name} {why}, so the next page is not known; correct `{setting}` "
        "of the source",
    )
