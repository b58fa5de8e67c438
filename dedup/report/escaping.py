"""What others wrote, as a terminal may show it: nothing in an id or a text clears the screen, or forges a line."""

from __future__ import annotations

import re

_TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Marks that turn the direction of writing."""

_OF_A_LINE = re.compile(f"[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029{_TURNING}\ud800-\udfff]")
_OF_A_TEXT = re.compile(f"[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f{_TURNING}\ud800-\udfff]")


def shown(text: str) -> str:
    r"""Return an id, a name or a message with escapes for what would steer the terminal or begin a line.

    Examples
    --------
    >>> shown("a\x1b[2Jb\nc")
    'a\\x1b[2Jb\\nc'
    """
    return _OF_A_LINE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def harmless(text: str) -> str:
    """Return a text with a dot for each character that would steer the terminal, as long as it was.

    Line ends stay, tabs are blanks.
    """
    return _OF_A_TEXT.sub("·", text.replace("\r\n", " \n").replace("\t", " "))
