"""``dedup index add``: add records to an index, and print what each copies."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from dedup.cli.answers import counted, print_json_lines
from dedup.cli.arguments import add_messages
from dedup.cli.command_list import Commands
from dedup.cli.event_log import print_summary, progress_for
from dedup.cli.index.index_place import add_place, add_wait, open_or_make_index
from dedup.cli.index.index_records import add_record_options, answer_of, read_records
from dedup.errors import DedupError, Interrupted
from dedup.store.meter import NO_METER

if TYPE_CHECKING:
    from dedup.index import Index

KNOWN_HINT = "--known skip leaves such records as they are, --known update replaces their texts"

OUTCOMES = {"new": "new", "copy": "copies", "updated": "updated", "known": "known", "rejected": "rejected"}
"""What becomes of a record, and the plural; of those that the index had, other texts are updated, the rest known."""


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "add",
        description="Add records to an index, creating it if it does not exist, and print what each copies.",
        example="dedup index add news.index today.jsonl > answers.jsonl",
    )
    parser.set_defaults(command=command)
    add_place(parser)
    parser.add_argument(
        "--known",
        choices=("refuse", "skip", "update"),
        default="refuse",
        help="what to do with a record whose id the index has: refuse the input; skip the record, and print the "
        "earlier decision; or update the text. An answer about such a record has known, or updated if its text or date "
        "was another, and lists under released the documents that were copies of the old text and are not copies of "
        "the new one (default: %(default)s)",
    )
    add_record_options(parser)
    add_wait(parser)
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.errors import InputError
    from dedup.index.record import UPDATE_HINT
    from dedup.run.progress import Step

    counts: Counter[str] = Counter()
    released = 0
    progress = progress_for(options, [Step("adding", ("add",))])
    with open_or_make_index(options) as index, _interrupted(index, counts):
        for records in read_records(options, True, progress if not sys.stdout.isatty() else NO_METER, "add"):
            try:
                answers = add_records(index, records, options.known)
            except InputError as error:
                if error.hint != UPDATE_HINT:
                    raise
                raise InputError(error.found, error.expected, KNOWN_HINT) from error
            index.flush()
            print_json_lines(answers)  # what is printed is stored
            counts.update(map(_outcome, answers))
            released += sum(len(answer.get("released", ())) for answer in answers)
        if not options.json:
            for line in _summary(counts, released, len(index)):
                print_summary(line, options)
    return 0


@contextmanager
def _interrupted(index: Index, counts: Counter[str]) -> Iterator[None]:
    """Report, when the block is interrupted, what is in the index, and of which records the answers were printed.

    Raises
    ------
    Interrupted
    """
    try:
        yield
    except KeyboardInterrupt as error:
        held = ""
        with suppress(DedupError):
            held = f"; {counted(len(index), 'document is', 'documents are')} in the index"
        answered = f"answers were printed for the first {counted(counts.total(), 'record', 'records')}"
        how = "run the same command with --known skip to add the rest"
        raise Interrupted(f"interrupted while adding{held}, and {answered}: {how}") from error


def _outcome(answer: dict[str, Any]) -> str:
    if "rejected" in answer:
        return "rejected"
    for outcome in ("known", "updated"):
        if outcome in answer:
            return outcome
    return "new" if answer["kept"] else "copy"


def _summary(counts: Counter[str], released: int, documents: int) -> list[str]:
    always = ("new", "copy", "rejected")
    parts = [counted(counts[one], one, more) for one, more in OUTCOMES.items() if counts[one] or one in always]
    lines = [f"{counted(counts.total(), 'record', 'records')}: {', '.join(parts)}; {documents:,} in the index"]
    if released:
        documents_released = counted(released, "document", "documents")
        lines.append(f"{documents_released} released: copies of a text that was replaced, kept from now on")
    return lines


def add_records(index: Index, records: list[dict[str, Any]], known: str) -> list[dict[str, Any]]:
    """Add records in order, as many new ones at a time as possible; return an answer for each, in order.

    Parameters
    ----------
    index : Index
    records : list of dict
        As `read_records` yields them.
    known : str
        What to do with an id that the index has: ``refuse``, ``skip`` or ``update``.

    Raises
    ------
    InputError
        With ``refuse``, when the index has an id.
    """
    answers: list[dict[str, Any]] = [{}] * len(records)
    new: dict[str, tuple[int, dict[str, Any]]] = {}
    skipped: list[tuple[int, str]] = []

    def add() -> None:
        decisions = index.add_many(record for _, record in new.values())
        for (place, record), decision in zip(new.values(), decisions, strict=True):
            answers[place] = answer_of(record["id"], decision)
        new.clear()

    for place, record in enumerate(records):
        if "rejected" in record:
            answers[place] = record
        elif known == "refuse" or not (record["id"] in new or record["id"] in index):
            if record["id"] in new:
                add()  # so that the refusal names it
            new[record["id"]] = place, record
        elif known == "skip":
            skipped.append((place, record["id"]))
        else:
            add()
            decision = index.update(**record)
            answers[place] = {
                **answer_of(record["id"], decision),
                ("updated" if decision.replaced else "known"): True,
            }
    add()
    for place, id in skipped:  # a caller that was killed before it had the answers gets the decisions this way
        document = index.get(id)
        original, story = (None, None) if document is None else (document.copy_of, document.story)
        answers[place] = {
            "id": id,
            "known": True,
            "kept": original is None,
            "duplicate_of": original,
            "story": story,
        }
    return answers
