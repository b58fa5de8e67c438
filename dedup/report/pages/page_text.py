"""Make texts from outside fit for a page, so that they cannot do harm.

An article may hold anything. Markup is escaped by the templates (`page_writer`); here characters are replaced that no
page may hold or that would turn the text around them, and only web addresses become links.
"""

from __future__ import annotations

import re

_NOT_FOR_PAGES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]")
"""Control characters, and marks that turn the direction of writing beyond their own place."""

_SURROGATES = re.compile("[\ud800-\udfff]")

_WEB_ADDRESS = re.compile(r"https?://[^\s/?#\\@]+([/?#][^\s\\]*)?", re.IGNORECASE)

LONGEST_ADDRESS = 600
"""Characters; longer ones do not become links."""


def clean(text: str) -> str:
    r"""Replace characters that no page may hold; the others stay, and so do positions.

    Examples
    --------
    >>> clean("a\x00b\u202ec\ud800d")
    'a·b·c\ufffdd'
    """
    return _SURROGATES.sub("\ufffd", _NOT_FOR_PAGES.sub("·", text.replace("\r\n", " \n").replace("\r", "\n")))


def web_address(url: str | None) -> str | None:
    """Return an address that may become a link, None for every other: no script, no file, no user names.

    Examples
    --------
    >>> web_address("https://example.org/a"), web_address("javascript:alert(1)")
    ('https://example.org/a', None)
    """
    stripped = (url or "").strip()
    is_one = len(stripped) <= LONGEST_ADDRESS and clean(stripped) == stripped and _WEB_ADDRESS.fullmatch(stripped)
    return stripped if is_one else None
