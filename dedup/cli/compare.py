"""``dedup compare``: judge two texts."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from dedup.cli.arguments import add_agencies, add_common, add_encoding, add_html
from dedup.io.format_registry import COMPRESSED_SUFFIXES
from dedup.report.escaping import harmless, shown

DESCRIPTION = """\
Judge two texts: what kind of copy one is of the other, by which measures, and which passages they share.

  dedup compare a.txt b.txt
"""

RED_ON, OFF = "\033[1;31m", "\033[0m"


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "compare",
        help="judge two texts",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=command)
    parser.add_argument("a", metavar="A", help=f"text file, plain, {' or '.join(COMPRESSED_SUFFIXES)}")
    parser.add_argument("b", metavar="B", help="the other")
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="mark shared passages by colour, else by [[ ]] (default: colour on a terminal)",
    )
    add_encoding(parser)
    add_html(parser, "auto", "the default")
    add_agencies(parser)
    add_common(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.cli.compiling import announce_compilation

    with announce_compilation(options.json):
        from dedup.comparison import compare, shared_passages
        from dedup.io import read_text
        from dedup.params import Params
        from dedup.text.markup import plain_text
        from dedup.text.tokens import encode

        Params(html=options.html)  # refused before anything is read
        (a, of_a), (b, of_b) = read_text(options.a, options.encoding), read_text(options.b, options.encoding)
        for note in (*of_a, *of_b):
            print(f"dedup: {shown(note)}", file=sys.stderr)
        a, b = (plain_text(encode(text), options.html) for text in (a, b))
        # What is shown and compared is one thing; taken off twice, markup that a text quotes would go, too.
        comparison = compare(a, b, Params(html="keep"), agencies=options.agencies)
    if options.json:
        print(json.dumps(dataclasses.asdict(comparison)))
        return 0
    print(f"{comparison.relation or 'no relation'}, score {comparison.score:.2f}: {comparison.reason}")
    for name, credit in ((options.a, comparison.credit_a), (options.b, comparison.credit_b)):
        if credit:
            print(f"{shown(name)} credits {credit}")
    if comparison.derived:
        print(f"derived: {shown(options.a if comparison.derived == 'a' else options.b)}")
    print()
    for name, value in comparison.measures.items():
        print(f"  {name.replace('_', ' '):<25}{value:>6.3f}")
    color = options.color == "always" or (
        options.color == "auto" and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    )
    if not comparison.measures:
        return 0
    for name, text, passages in zip((options.a, options.b), (a, b), shared_passages(a, b), strict=True):
        print(f"\n--- {shown(name)}\n{marked(harmless(text), passages, (RED_ON, OFF) if color else ('[[', ']]'))}")
    return 0


def marked(text: str, passages: Sequence[tuple[int, int]], marks: tuple[str, str]) -> str:
    """Return the text with marks around the passages."""
    pieces = []
    at = 0
    for start, stop in passages:
        pieces += [text[at:start], marks[0], text[start:stop], marks[1]]
        at = stop
    return "".join([*pieces, text[at:]]).rstrip("\n")
