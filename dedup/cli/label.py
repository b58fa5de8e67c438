"""``dedup label``: show pairs of a run side by side, and store the label that the user gives each by one key."""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from dedup.cli.answers import counted, in_color, print_json
from dedup.cli.arguments import add_fields, add_messages, fields_of, path, place, place_of, positive
from dedup.cli.command_list import Commands
from dedup.io.places.urls import shown_url
from dedup.report.escaping import shown as escaped

if TYPE_CHECKING:
    from dedup.fit.labels import Label
    from dedup.fit.run_pairs import RunPairs, ShownText, UnlabelledPair

NOTES = """\
The pairs whose labels are worth most come first, each document at most once: half are
those that the run is least sure of, half are drawn at random. On a terminal, words
that both texts share are dim. Each label is written at once; repeat the command to
continue. 150 labels are a good start; dedup fit then fits the models to them.
"""

KEYS = {"c": "copy", "u": "update", "o": "other", "s": "skip"}
BACK, MORE, QUIT = "b", "m", "q"

MARGIN = 10
"""Lines of the terminal that are not text."""

ENOUGH_TO_FIT = 20

READ_AHEAD = 25
"""Pairs whose texts are read from the inputs together."""


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "label",
        description="Label pairs of a run as copy, update or other, to fit the models to your own news.",
        example="dedup label out    # the folder of: dedup run news.jsonl -o out",
        notes=NOTES,
    )
    parser.set_defaults(command=command)
    parser.reads_run = True
    parser.add_argument("output", type=place, metavar="OUT", help="folder that dedup run -o has written")
    parser.add_argument(
        "--labels",
        type=path,
        metavar="FILE",
        default=Path("labels.jsonl"),
        help="JSON lines file that the labels are appended to (default: %(default)s)",
    )
    parser.add_argument(
        "--count", type=positive, default=150, metavar="N", help="stop at this many labels (default: %(default)s)"
    )
    where = parser.add_argument_group("labelling in a browser")
    where.add_argument(
        "--page",
        type=path,
        metavar="FILE",
        help="write the pairs to this HTML file instead, which is one page without network: label them in any "
        "browser, and download the labels",
    )
    where.add_argument(
        "--add",
        type=path,
        metavar="FILE",
        help="add labels that were downloaded from a page to the file of labels",
    )
    add_fields(parser)
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.errors import OutputError
    from dedup.fit.labels import SKIP, read_labels
    from dedup.fit.run_pairs import RunPairs
    from dedup.run.run_output import RunOutput

    run = RunPairs(RunOutput(options.output, fields_of(options)))
    labels = read_labels(options.labels) if options.labels.exists() else []
    if not options.labels.parent.is_dir():
        raise OutputError(f"{options.labels.parent}: no such folder", "an existing folder for the labels")
    before = len(labels)
    shown = sys.stderr if options.json else sys.stdout
    if options.page is not None:
        return _write_page(run, labels, options)
    if options.add is not None:
        _add(labels, options)
    else:
        try:
            _ask(run, labels, options, shown)
        except (EOFError, KeyboardInterrupt):
            print(file=shown)
    counts = Counter(label.label for label in labels)
    if options.json:
        print_json({"labels": str(options.labels), "new": len(labels) - before, **counts})
        return 0
    parts = ", ".join(f"{counts[name]} {name}" for name in KEYS.values() if counts[name])
    print(f"labels in {escaped(str(options.labels))}: {parts}" if labels else "no labels yet")
    if len(labels) - counts[SKIP] >= ENOUGH_TO_FIT:
        print(f"to fit the models to them: dedup fit {escaped(str(options.labels))} -o house.json")
    return 0


def _write_page(run: RunPairs, labels: list[Label], options: argparse.Namespace) -> int:
    """Write the pairs that have no label yet to a page."""
    from dedup.errors import OutputError
    from dedup.fit.labels import SKIP
    from dedup.fit.run_pairs import labelled
    from dedup.report.label_page import PairToLabel, label_page

    wanted = max(0, options.count - sum(label.label != SKIP for label in labels))
    pairs = [
        PairToLabel(labelled(pair, SKIP, (left.text, right.text)), left, right)
        for pair, left, right in itertools.islice(_pairs(run, labels, wanted), wanted)
    ]
    if pairs:
        folder = place_of(options.output)
        page = label_page(pairs, Path(folder).name, f"dedup labels of {folder}")
        try:
            options.page.write_bytes(page.encode("utf-8"))
        except OSError as error:
            raise OutputError(f"{options.page}: {error.strerror}", "a file that can be written") from error
    if options.json:
        print_json({"page": str(options.page) if pairs else None, "pairs": len(pairs)})
    elif pairs:
        print(f"{counted(len(pairs), 'pair', 'pairs')} written to {escaped(str(options.page))}")
        print(f"when they are labelled: dedup label {escaped(shown_url(str(options.output)))} --add DOWNLOADED")
    else:
        print("there are no more pairs to label")
    return 0


def _add(labels: list[Label], options: argparse.Namespace) -> None:
    """Add the labels of another file, but for those that the file of labels has already."""
    from dedup.fit.labels import append_label, read_labels

    known = {(label.left, label.right): label.label for label in labels}
    for label in read_labels(options.add):
        pair = label.left, label.right
        if known.get(pair) != label.label:
            append_label(options.labels, label)
            labels[:] = [one for one in labels if (one.left, one.right) != pair]
            labels.append(label)


def _ask(run: RunPairs, labels: list[Label], options: argparse.Namespace, file: TextIO) -> None:
    """Show one pair after another, and store the label of each."""
    from dedup.fit.labels import SKIP, append_label
    from dedup.fit.run_pairs import labelled

    shown: list[tuple[UnlabelledPair, ShownText, ShownText]] = []
    coming = _pairs(run, labels)
    at = 0
    while (done := sum(label.label != SKIP for label in labels)) < options.count:
        if at == len(shown):
            following = next(coming, None)
            if following is None:
                print("there are no more pairs to label", file=file)
                return
            shown.append(following)
        pair, left, right = shown[at]
        print(_page(left, right, f"pair {done + 1} of {options.count}", whole=False), file=file)
        key = _key()
        while key not in KEYS and key not in (QUIT, BACK):
            if key == MORE:
                print(_page(left, right, "", whole=True), file=file)
            else:
                print(f"{escaped(key) or 'an empty line'} is not a key; expected c, u, o, s, b, m or q", file=file)
            key = _key()
        if key == QUIT:
            return
        if key == BACK:
            at = max(0, at - 1)
            labels[:] = [one for one in labels if (one.left, one.right) != (shown[at][0].left, shown[at][0].right)]
        else:
            label = labelled(pair, KEYS[key], (left.text, right.text))
            append_label(options.labels, label)
            labels.append(label)
            at += 1
    print(f"{options.count} pairs are labelled; raise --count to label more", file=file)


def _pairs(
    run: RunPairs, labels: list[Label], ahead: int = READ_AHEAD
) -> Iterator[tuple[UnlabelledPair, ShownText, ShownText]]:
    """Yield the pairs without a label, with their texts; those of so many pairs are read together."""
    coming = run.unlabelled([(label.left, label.right) for label in labels])
    while waiting := list(itertools.islice(coming, ahead)):
        texts = run.documents(name for pair in waiting for name in (pair.left, pair.right))
        for pair in waiting:
            yield pair, texts[pair.left], texts[pair.right]


def _page(left: ShownText, right: ShownText, title: str, whole: bool) -> str:
    """Return the screen for a pair: both texts side by side, and the keys."""
    from dedup.report.side_by_side import beside

    columns, lines = shutil.get_terminal_size((120, 40))
    limit = None if whole or not sys.stdout.isatty() else max(10, lines - MARGIN)
    heads = [" ".join(part for part in (one.source, one.date, one.id) if part) for one in (left, right)]
    body = beside((left.text, right.text), heads, columns, limit, in_color())
    keys = "[c]opy, the same news   [u]pdate, with news of its own   [o]ther article   [s]kip   [b]ack   [q]uit"
    return f"\n{title}\n{body}\n{keys if whole else keys + '   [m]ore'}"


def _key() -> str:
    """Return the next key; without a terminal, the first letter of the next line."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.strip()[:1].lower()
    key = _pressed()
    if key in ("\x03", "\x04"):
        raise KeyboardInterrupt
    return key.lower()


def _pressed() -> str:
    try:
        import termios
        import tty
    except ModuleNotFoundError:
        import msvcrt

        return str(getattr(msvcrt, "getwch")())  # noqa: B009  not there for a type checker elsewhere
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        return os.read(descriptor, 1).decode("ascii", "replace")
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
