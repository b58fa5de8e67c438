"""Escape texts for a terminal, so that no id or text from outside can clear the screen or forge a line.

This is for the eye only. What is written to files and tables has to be valid UTF-8 and otherwise unchanged:
`dedup.io.bytes.surrogates.printable` sees to that, and leaves control characters as they are.
"""

from __future__ import annotations

import re

_TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Marks that turn the direction of writing."""

_OF_A_LINE = re.compile(f"[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029{_TURNING}\ud800-\udfff]")
_OF_A_TEXT = re.compile(f"[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f{_TURNING}\ud800-\udfff]")


def shown(text: str) -> str:
    r"""Escape characters of an id, a name or a message that would control the terminal or begin another line.

    Examples
    --------
    >>> shown("a\x1b[2Jb\nc")
    'a\\x1b[2Jb\\nc'
    """
    return _OF_A_LINE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def harmless(text: str) -> str:
    """Replace characters of a text that would control the terminal by dots; positions stay the same.

    Line ends stay, and tabs become spaces.
    """
    return _OF_A_TEXT.sub("·", text.replace("\r\n", " \n").replace("\t", " "))
