"""Print the answers of commands, as lines for people or as JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from dedup.report.escaping import shown


def print_json(value: Any, stream: TextIO | None = None) -> None:
    """Print a value as a line of JSON, in ASCII unless the stream is UTF-8: any reader accepts it."""
    from dedup.io.bytes.surrogates import printable

    stream = stream or sys.stdout
    is_utf_8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    print(printable(json.dumps(value, ensure_ascii=not is_utf_8)), file=stream)


def print_json_lines(values: Iterable[Mapping[str, Any]]) -> None:
    """Print values as JSON, a line each, and flush them."""
    for value in values:
        print_json(value)
    sys.stdout.flush()


def in_color(choice: str = "auto") -> bool:
    """Return whether to print colors: always, never, or (auto) on a terminal if nobody asks for none by NO_COLOR."""
    return choice == "always" or (choice == "auto" and sys.stdout.isatty() and "NO_COLOR" not in os.environ)


def counted(count: int, one: str, more: str) -> str:
    """Return a number with its noun, such as ``1 copy`` or ``1,200 copies``."""
    return f"{count:,} {one if count == 1 else more}"


def print_values(values: Mapping[str, Any], as_json: bool) -> None:
    """Print named values, one a line, or as one JSON object."""
    if as_json:
        print_json(values)
        return
    for name, value in values.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {one}" for key, one in value.items() if one not in (None, []))
        elif isinstance(value, list):
            value = "; ".join(map(str, value)) or "none"
        text = f"{value:,}" if isinstance(value, int) else value
        print(f"{name.replace('_', ' '):<14}{'-' if text is None else shown(str(text))}")
