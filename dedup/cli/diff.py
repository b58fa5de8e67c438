"""``dedup diff``: show which records one run keeps and another does not, and why."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dedup.cli.answers import counted, print_json
from dedup.cli.arguments import add_messages, place, positive
from dedup.cli.command_list import Commands
from dedup.report.escaping import shown

if TYPE_CHECKING:
    from dedup.report.run_differences import Difference, Fate, RunDifferences

SHOWN = 20
"""Records that are shown if nobody says how many."""

NOTES = """\
A record is the same in both runs if it stands in the same row of the same file, be
it renamed meanwhile; where a file has changed, by its id.
"""


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "diff",
        description="Show which records one run keeps and another does not, and why.",
        example="dedup diff out out2",
        notes=NOTES,
    )
    parser.set_defaults(command=command)
    parser.reads_run = True
    parser.add_argument("first", type=place, metavar="OUT", help="folder that dedup run -o has written")
    parser.add_argument("second", type=place, metavar="OUT2", help="that of another run on the same records")
    parser.add_argument(
        "--rows",
        type=positive,
        metavar="N",
        help=f"show only the first N records that differ (default: {SHOWN}; with --json all)",
    )
    parser.add_argument(
        "--exit-code", action="store_true", help="exit with 1 if the runs differ, with 2 if something failed"
    )
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.report.run_differences import RunDifferences
    from dedup.run.run_output import RunOutput

    found = RunDifferences(RunOutput(options.first), RunOutput(options.second))
    names = str(options.first), str(options.second)
    if options.json:
        print_json(_as_json(found, options.rows))
    else:
        for line in _lines(found, names, SHOWN if options.rows is None else options.rows):
            print(line)
    return 1 if options.exit_code and (len(found) or any(found.only)) else 0


def _lines(found: RunDifferences, names: tuple[str, str], most: int) -> Iterator[str]:
    """Yield the lines for a person."""
    first, second = map(shown, names)
    yield f"{counted(len(found.same[0]), 'record is', 'records are')} in both runs"
    for name, other, count in zip((first, second), (second, first), found.only, strict=True):
        if count:
            yield f"{counted(count, 'record', 'records')} of {name} not found in {other}"
    for name, values in found.params().items():
        ours, theirs = ("not set" if value is None else shown(str(value)) for value in values)
        yield f"{name} is {ours} in {first}, {theirs} in {second}"
    if not len(found):
        yield "both keep the same of these records"
    for name, other, counts in zip(
        (first, second), (second, first), found.counts() if len(found) else (), strict=False
    ):
        relations = ", ".join(f"{relation.replace('_', ' ')} {count:,}" for relation, count in counts.items())
        yield f"kept only in {name}: {sum(counts.values()):,}" + (f" (in {other}: {relations})" if counts else "")
    if others := found.other_reasons():
        yield f"dropped in both, but for another record or by another relation: {others:,}"
    width = max(map(len, (first, second)))
    for one in found.rows(most):
        yield ""
        yield f"{shown(one.id)}  ({shown(one.file)}, row {one.row:,})"
        for name, fate in zip((first, second), one.fates, strict=True):
            yield f"  {name:<{width}}  {_of_fate(fate)}"
    if len(found) > most:
        yield ""
        yield f"{len(found) - most:,} more: --rows {len(found)} shows all"


def _of_fate(fate: Fate) -> str:
    from dedup.report.run_table import AS_COPY

    if fate.relation is None or fate.duplicate_of is None:
        return f"kept      {shown(fate.reason)}" if fate.outcome == "kept" else shown(fate.reason)
    return f"dropped   {AS_COPY[fate.relation]} {shown(fate.duplicate_of)}: {shown(fate.reason)}"


def _as_json(found: RunDifferences, most: int | None) -> Mapping[str, Any]:
    """Return the answer for a program."""
    kept_first, kept_second = found.counts()
    return {
        "records": len(found.same[0]),
        "only_first": found.only[0],
        "only_second": found.only[1],
        "params": {name: list(values) for name, values in found.params().items()},
        "kept_first": kept_first,
        "kept_second": kept_second,
        "other_reasons": found.other_reasons(),
        "differences": [_row(one) for one in found.rows(most)],
    }


def _row(one: Difference) -> Mapping[str, Any]:
    first, second = map(asdict, one.fates)
    return {"id": one.id, "file": one.file, "row": one.row, "first": first, "second": second}
