"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup.params import HTML

if TYPE_CHECKING:
    from dedup.io import Fields

_UNITS = {"": 1, "B": 1, "K": 10**3, "KB": 10**3, "M": 10**6, "MB": 10**6, "G": 10**9, "GB": 10**9, "T": 10**12}


def size(text: str) -> int:
    """Read a size such as ``4GB`` or ``500M``, in bytes."""
    match = re.fullmatch(r"([0-9.]+)\s*([a-zA-Z]*)", text.strip())
    try:
        value = int(float(match[1]) * _UNITS[match[2].upper()]) if match else 0
    except (KeyError, ValueError):
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a size such as 4GB or 500MB")
    return value


def hours(text: str) -> float:
    """Read a time such as ``72h`` or ``3d``, in hours."""
    match = re.fullmatch(r"([0-9.]+)\s*([hd]?)", text.strip().lower())
    try:
        value = float(match[1]) * (24 if match[2] == "d" else 1) if match else 0.0
    except ValueError:
        value = 0.0
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a time such as 72h or 3d")
    return value


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number of at least 1")
    return int(text)


def names(text: str) -> tuple[str, ...]:
    """Read names with commas between them."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what every command has."""
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.add_argument("--traceback", action="store_true", help="on an error, show where in the program it arose")


def add_agencies(parser: Any) -> None:
    """Add what every command that looks for credits has."""
    parser.add_argument(
        "--agencies",
        type=Path,
        metavar="FILE",
        help="news agencies to find as credits besides the shipped ones; JSON, as dedup/attribution/agencies.json",
    )


def add_longest(parser: Any) -> None:
    """Add --longest, for commands that read records to compare them."""
    parser.add_argument(
        "--longest",
        type=size,
        metavar="SIZE",
        help="records that are longer are rejected (default: 64MB, at most 2GB)",
    )


def add_html(parser: Any, default: str | None, told: str) -> None:
    """Add what every command that compares texts has."""
    parser.add_argument(
        "--html",
        choices=HTML,
        default=default,
        help=f"markup in texts: auto ({told}) takes it off those that are HTML, and decodes entities; strip takes all "
        "for HTML; keep compares it as words; main is auto, but of whole pages only the article (needs dedup[html])",
    )


GUESSES = {
    "id": "id, url, guid, link",
    "text": "text, content, body, article",
    "date": "published, date",
    "source": "source, publisher",
}
"""Names of fields that are tried first where none is given; the others stand in docs/fields.md."""


def add_encoding(parser: Any) -> None:
    """Add what every command that reads text has."""
    parser.add_argument(
        "--encoding",
        metavar="NAME",
        help="what files are in that are not UTF-8, such as windows-1251 (default: recognised, and told)",
    )


def add_fields(parser: Any) -> None:
    """Add what every command that reads records has."""
    more = {"text": "; several are joined, as title,text", "date": "", "id": "", "source": ""}
    for name, guesses in GUESSES.items():
        parser.add_argument(
            f"--{name}-field",
            metavar="NAME",
            help=f"guessed for each record: {guesses}, and the names of common feeds, APIs and crawlers; a name with "
            f"dots is a path into objects{more[name]}",
        )
    parser.add_argument(
        "--date-format",
        metavar="FORM",
        help="how dates are written, as %%d/%%m/%%Y, where they are in no form that is known",
    )
    add_encoding(parser)


def fields_of(options: argparse.Namespace) -> Fields:
    """Return the fields that were asked for.

    Raises
    ------
    ParamsError
        When the form of dates is none, or Python does not know the encoding.
    """
    from dedup.io import Fields

    named = options.id_field, options.text_field, options.date_field, options.source_field
    return Fields(*named, options.date_format, options.encoding)
