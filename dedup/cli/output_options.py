"""Define the options for how kept records are written, which ``dedup run`` and ``dedup decide`` share."""

from __future__ import annotations

from typing import Any

from dedup.io.kept_form import COMPRESSED


def add_kept_form(group: Any) -> None:
    """Add the options for the form of kept records; each is a field of `dedup.RunOptions`."""
    group.add_argument(
        "--compress",
        choices=COMPRESSED,
        help="compress the kept records; of Parquet and Arrow files it is the compression within, of which there are "
        "fewer (default: none, and for tables that of the input)",
    )
