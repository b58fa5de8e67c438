"""Format names and numbers for messages: the first few names, the beginning of a long one, a noun with its number."""

from __future__ import annotations

from collections.abc import Iterable

FEW = 5
"""Names that a note shows."""

MANY = 30
"""Names that an error shows where the right one may be among them."""


LONG = 40
"""Characters of a name that are shown: in a table without a header the name of a column can be a whole article."""


def shortened(name: str) -> str:
    """Return a name, or the beginning of a long one.

    Examples
    --------
    >>> shortened("text"), shortened("A storm took the roof off the market hall of Arvelo.")
    ('text', 'A storm took the roof off the market ha…')
    """
    return name if len(name) <= LONG else f"{name[: LONG - 1]}…"


def counted(count: int, noun: str) -> str:
    """Return a number of things, with the noun in the singular or the plural.

    Examples
    --------
    >>> counted(1, "line"), counted(2_000, "line")
    ('1 line', '2,000 lines')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


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
