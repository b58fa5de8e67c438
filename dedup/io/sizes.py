"""Read and write numbers of bytes: ``4GB`` as options have it, "4.0 GB" as people are shown it."""

from __future__ import annotations

import re

_UNITS = {"": 1, "B": 1, "K": 10**3, "KB": 10**3, "M": 10**6, "MB": 10**6, "G": 10**9, "GB": 10**9, "T": 10**12}


def bytes_in(text: str) -> int:
    """Return a size in bytes, 0 if it is none.

    Examples
    --------
    >>> bytes_in("4GB"), bytes_in("1.5 m"), bytes_in("much")
    (4000000000, 1500000, 0)
    """
    match = re.fullmatch(r"([0-9.]+)\s*([a-zA-Z]*)", text.strip())
    try:
        return int(float(match[1]) * _UNITS[match[2].upper()]) if match else 0
    except (KeyError, ValueError):
        return 0


def shown_size(number: int) -> str:
    """Return a number of bytes in words.

    Examples
    --------
    >>> shown_size(1_234_000), shown_size(12)
    ('1.2 MB', '12 bytes')
    """
    for power, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if number >= 1000**power:
            return f"{number / 1000**power:,.1f} {unit}"
    return f"{number} byte{'' if number == 1 else 's'}"
