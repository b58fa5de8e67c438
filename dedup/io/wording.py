"""Format lists of names for messages: the first few, and the number of the others."""

from __future__ import annotations

from collections.abc import Iterable

FEW = 5
"""Names that a note shows."""

MANY = 30
"""Names that an error shows where the right one may be among them."""


def listed(names: Iterable[str], most: int = FEW, joint: str = ", ", noun: str = "") -> str:
    """Return names in one line, only the first if they are many.

    Parameters
    ----------
    names : iterable of str
    most : int
        How many are shown.
    joint : str
        The separator.
    noun : str
        What the rest is called, where its number does not say.

    Examples
    --------
    >>> listed(["a", "b"]), listed("abc", most=2), listed({".xml": 3, ".doc": 1}, most=1, noun="kinds")
    ('a, b', 'a, b and 1 more', '.xml and 1 more kinds')
    """
    every = list(names)
    rest = len(every) - most
    conjunction = "; and" if ";" in joint else " and"
    return joint.join(every[:most]) + (f"{conjunction} {rest:,} more {noun}".rstrip() if rest > 0 else "")
