"""Define the options for how kept records are written, which ``dedup run`` and ``dedup decide`` share."""

from __future__ import annotations

import argparse
from typing import Any

from dedup.errors import ParamsError
from dedup.io.kept_form import COMPRESSED, LAYOUTS, OPTIONS, KeptForm


def add_kept_form(group: Any) -> None:
    """Add the options for the form of kept records; each is a field of `dedup.RunOptions`."""
    group.add_argument(
        "--compress",
        choices=COMPRESSED,
        help="compress the kept records; of Parquet and Arrow files it is the compression within, of which there are "
        "fewer (default: none, and for tables that of the input)",
    )
    group.add_argument(
        "--shards",
        type=_shards,
        metavar="N|SIZE",
        help="write the kept records to N files, kept-00000-of-00016 and so on, or to files of at most SIZE, such as "
        "500MB, before compression; in their order (default: one file for each format)",
    )
    group.add_argument(
        "--layout",
        choices=LAYOUTS,
        default=LAYOUTS[0],
        help="same: write a file for each input file, in a folder kept, with its name, format and compression "
        "(default: %(default)s, one file for each format)",
    )


def add_no_kept(group: Any) -> None:
    """Add ``--no-kept``."""
    group.add_argument(
        "--no-kept",
        dest="kept",
        action="store_false",
        help="do not write the kept records, only decisions, matches and the other files",
    )


def kept_form_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options for the form of kept records, as keywords of `dedup.RunOptions`."""
    return {name: getattr(options, name) for name in OPTIONS}


def _shards(text: str) -> str:
    """Read a number of files, or a size."""
    try:
        KeptForm(shards=text)
    except ParamsError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: expected {error.expected}") from None
    return text
