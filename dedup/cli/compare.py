"""``dedup compare``: judge two texts and show what they share."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys

from dedup.cli.answers import print_json
from dedup.cli.arguments import add_agencies, add_encoding, add_messages, add_params, chosen, nonempty
from dedup.cli.command_list import Commands
from dedup.io.format_registry import COMPRESSED_SUFFIXES
from dedup.params import Params
from dedup.report.escaping import shown


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "compare",
        description="Judge two texts: what kind of copy one is of the other, by which measures, and what they share.",
        example="dedup compare a.txt b.txt",
    )
    parser.set_defaults(command=command)
    parser.add_argument(
        "a",
        type=nonempty,
        metavar="A",
        help=f"text file, also {' or '.join(COMPRESSED_SUFFIXES)}, or - for standard input",
    )
    parser.add_argument("b", type=nonempty, metavar="B", help="the text to compare it with")
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="mark shared passages in red, or else with [[ ]] (default: red on a terminal)",
    )
    texts = parser.add_argument_group("what the texts are")
    add_encoding(texts)
    add_params(texts, "html")
    add_agencies(parser.add_argument_group("credits"))
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    params = Params(**chosen(options))  # refused before anything is read
    from dedup.comparison import compare, shared_passages
    from dedup.io import read_text
    from dedup.report.passages import marked
    from dedup.text.markup import plain_text
    from dedup.text.tokens import encode

    (a, notes_a), (b, notes_b) = read_text(options.a, options.encoding), read_text(options.b, options.encoding)
    for note in (*notes_a, *notes_b):
        print(f"dedup: {shown(note)}", file=sys.stderr)
    a, b = (plain_text(encode(text), params.html) for text in (a, b))
    # What is compared is what is shown; markup removed a second time would be markup that a text quotes.
    comparison = compare(a, b, Params(html="keep"), agencies=options.agencies)
    if options.json:
        print_json(dataclasses.asdict(comparison))
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
        print(f"\n--- {shown(name)}\n{marked(text, passages, color)}")
    return 0
