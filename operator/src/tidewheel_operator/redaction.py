"""What no log may show: credentials, wherever a library writes them. Pure.

It errs on the side of silence: a harmless word too much is hidden rather than a token shown.
"""

import re

__all__ = ["redacted"]

_HIDDEN = "***"
# Each hides all but its first group. Lengths are bounded, so that no text takes more than linear
# time; words need no boundary, because the "\\n" of printed bytes would be none.
_SECRETS = (
    # A header whose value is quoted, as in dictionaries and pairs of bytes.
    re.compile(r"""(authorization["']?\s{0,3}[:=,]\s{0,3}b?(["'])).*?(?=\2)""", re.IGNORECASE),
    # A header as HTTP has it, to the end of its line.
    re.compile(r"(authorization\s{0,3}[:=]\s{0,3})[^\r\n\\]+", re.IGNORECASE),
    # A token after its scheme; the words "bearer token" are shorter than any token.
    re.compile(r"((?:bearer|basic)\s{1,3})[\w.~+/=-]{16,}", re.IGNORECASE),
    # A JSON web token, as service accounts have it, without any scheme.
    re.compile(r"()eyJ[\w-]{8,500}\.[\w-]{8,8000}\.[\w-]*"),
    # User and password of a URL.
    re.compile(r"""([a-z][a-z0-9+.-]{0,20}://)[^\s/?#"'<>]+(?=@)""", re.IGNORECASE),
    # A query parameter that opens something, as presigned URLs have it.
    re.compile(
        r"([?&][\w-]{0,40}(?:token|signature|credential|password|secret|key)[\w-]{0,20}=)"
        r"""[^&\s"'<>\\]+""",
        re.IGNORECASE,
    ),
)


def redacted(text: str) -> str:
    """Return the text with every credential hidden."""
    for pattern in _SECRETS:
        text = pattern.sub(rf"\g<1>{_HIDDEN}", text)
    return text
