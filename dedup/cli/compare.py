"""``dedup compare``: judge two texts and show what they share."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dedup.cli.answers import in_color, print_json
from dedup.cli.arguments import add_agencies, add_encoding, add_messages, add_params, chosen, nonempty, positive
from dedup.cli.command_list import Commands
from dedup.io.format_registry import COMPRESSED_SUFFIXES
from dedup.judge.passage import MIN_WORDS
from dedup.params import Params
from dedup.report.escaping import shown

if TYPE_CHECKING:
    from dedup.comparison import Comparison


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
        help=f"text file, also {', '.join(COMPRESSED_SUFFIXES)}, or - for standard input",
    )
    parser.add_argument("b", type=nonempty, metavar="B", help="the text to compare it with")
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="mark shared passages in red, or else with [[ ]] (default: red on a terminal)",
    )
    parser.add_argument(
        "--min-words",
        type=positive,
        default=MIN_WORDS,
        metavar="N",
        help="words that a passage has in common, at least, to be one word for word (default: %(default)s)",
    )
    answer = parser.add_argument_group("the answer as an exit code")
    answer.add_argument(
        "--exit-code",
        action="store_true",
        help="exit as cmp and grep do: with 0 if one text is a copy of the other, 1 if not, 2 if something failed",
    )
    add_params(answer, "level")
    texts = parser.add_argument_group("what the texts are")
    add_encoding(texts)
    add_params(texts, "html", "mojibake")
    add_agencies(parser.add_argument_group("credits"))
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    params = Params(**chosen(options))  # refused before anything is read
    from dedup.comparison import compare
    from dedup.io import read_text
    from dedup.text.markup import compared_text
    from dedup.text.tokens import encode

    (a, notes_a), (b, notes_b) = read_text(options.a, options.encoding), read_text(options.b, options.encoding)
    for note in (*notes_a, *notes_b):
        print(f"dedup: {shown(note)}", file=sys.stderr)
    plain_a, plain_b = (compared_text(encode(text), params) for text in (a, b))
    # What is compared is what is shown; markup removed a second time would be markup that a text quotes.
    keep = Params(html="keep")
    comparison = compare(plain_a, plain_b, keep, agencies=options.agencies, min_words=options.min_words)
    if options.json:
        print_json(_facts(comparison, (a, b)))
    else:
        _print_verdict(comparison, options)
        if comparison.measures:
            _print_passages(comparison, (options.a, options.b), in_color(options.color))
    return 1 if options.exit_code and not _is_copy(comparison, params) else 0


def _is_copy(comparison: Comparison, params: Params) -> bool:
    """Return whether one text is a copy of the other, at the level that was asked for."""
    from dedup.judge.relation import LAST_COPY
    from dedup.schema import RELATIONS

    return comparison.relation is not None and RELATIONS.index(comparison.relation) <= LAST_COPY[params.level]


def _facts(comparison: Comparison, given: Sequence[str]) -> dict[str, Any]:
    """Return a comparison for JSON: texts only where passages count characters in others than those of the files."""
    facts = dataclasses.asdict(comparison)
    del facts["min_words"]
    for name, text in zip(("text_a", "text_b"), given, strict=True):
        if facts[name] == text:
            facts[name] = None
    return {**facts, "passages": [dataclasses.asdict(one) for one in comparison.passages]}


def _print_verdict(comparison: Comparison, options: argparse.Namespace) -> None:
    print(f"{comparison.relation or 'no relation'}, score {comparison.score:.2f}: {comparison.reason}")
    for name, credit in ((options.a, comparison.credit_a), (options.b, comparison.credit_b)):
        if credit:
            print(f"{shown(name)} credits {credit}")
    if comparison.derived:
        print(f"derived: {shown(options.a if comparison.derived == 'a' else options.b)}")
    print()
    for name, value in comparison.measures.items():
        print(f"  {name.replace('_', ' '):<25}{value:>6.3f}")


def _print_passages(comparison: Comparison, names: Sequence[str], color: bool) -> None:
    """Print both texts with the passages that they share, numbered, and what changed in each."""
    from dedup.report.marked_text import marked

    numbered = list(enumerate(comparison.passages, 1))
    sides = (
        [(one.left_begin, one.left_end, f"{number}: ") for number, one in numbered],
        sorted((one.right_begin, one.right_end, f"{number}: ") for number, one in numbered),
    )
    for name, text, side in zip(names, (comparison.text_a, comparison.text_b), sides, strict=True):
        places = [(begin, end) for begin, end, _ in side]
        print(f"\n--- {shown(name)}\n{marked(text, places, color, [label for _, _, label in side])}")
    if numbered:
        print("\n--- passages")
    for number, one in numbered:
        changes = {"contradicted": one.contradicted, "added": one.added, "lost": one.lost}
        named = [
            f"{name}: {' | '.join(' '.join(word.split()) for word in words)}"
            for name, words in changes.items()
            if words
        ]
        print(f"{number:>3} {one.kind:<9} {shown('; '.join(named))}".rstrip())
