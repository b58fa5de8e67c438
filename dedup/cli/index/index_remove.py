"""``dedup index remove``: remove documents from an index by their ids."""

from __future__ import annotations

import argparse
import codecs
import json
import sys
from collections.abc import Iterable
from typing import Any

from dedup.cli.answers import print_values
from dedup.cli.arguments import add_messages
from dedup.cli.command_list import Commands
from dedup.cli.index.index_place import add_place, add_wait, open_index

IDS = (
    "id of a document, or - for ids on standard input, one a line. A line that begins with a quote or a brace is JSON: "
    "a string, or an object with id, such as an answer of add; only so can an id contain a line break"
)


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "remove",
        description="Remove documents from an index by their ids.",
        example="dedup index remove news.index a-1 a-2",
    )
    parser.set_defaults(command=command)
    add_place(parser)
    parser.add_argument("id", nargs="+", metavar="ID", help=IDS)
    add_wait(parser)
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.index.record import checked_id

    ids = _read_ids(sys.stdin.buffer) if options.id == ["-"] else [checked_id(id) for id in options.id]
    with open_index(options) as index:
        removed = sum(index.remove(id) for id in ids)
        index.flush()  # what is reported is stored
    print_values({"removed": removed, "not there": len(ids) - removed}, options.json)
    return 0


def _read_ids(lines: Iterable[bytes]) -> list[str]:
    """Return the ids on these lines, bare or as JSON; empty lines are skipped.

    Raises
    ------
    InputError
        With the number of the line.
    """
    from dedup.errors import InputError
    from dedup.index.record import checked_id

    ids = []
    for number, line in enumerate(lines, 1):
        line = line.removeprefix(codecs.BOM_UTF8 if number == 1 else b"").removesuffix(b"\n").removesuffix(b"\r")
        try:
            if line:
                ids.append(checked_id(_read_id(line)))
        except InputError as error:
            raise InputError(f"-, line {number}: {error.found}", error.expected, error.hint) from None
    return ids


def _read_id(line: bytes) -> Any:
    """Return the id on a line."""
    from dedup.errors import InputError

    if not line.startswith((b'"', b"{")):
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise InputError("bytes that are not UTF-8", "an id") from None
    hint = "write an id that itself begins with a quote or a brace as a JSON string"
    try:
        value = json.loads(line)
    except ValueError as error:
        raise InputError(f"not JSON ({error})", "a string, or an object with id", hint) from None
    if isinstance(value, dict):
        if "id" not in value:
            raise InputError("an object without id", 'one such as {"id": "a"}')
        value = value["id"]
    # Numbers are read as ids where records are read, too.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
