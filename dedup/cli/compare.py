"""``dedup compare``: judge two texts."""

from __future__ import annotations

import argparse
from typing import Any

from dedup.cli.options import add_common


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser("compare", help="judge two texts")
    parser.set_defaults(command=command)
    parser.add_argument("a", metavar="A")
    parser.add_argument("b", metavar="B")
    add_common(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    raise NotImplementedError
