"""``dedup run``: drop the copies in a corpus of files."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from dedup.cli.answers import print_json
from dedup.cli.arguments import (
    FINE_TUNING,
    HOW_IT_IS_FOUND,
    OF_A_RUN,
    WHAT_IS_A_COPY,
    WHICH_IS_KEPT,
    add_agencies,
    add_fields,
    add_guard,
    add_input,
    add_longest,
    add_messages,
    add_params,
    chosen,
    fields_of,
    nonempty,
    path,
    place,
    positive,
    share,
    size,
)
from dedup.cli.command_list import Commands
from dedup.cli.event_log import progress_for
from dedup.cli.output_options import add_kept_form, add_no_kept
from dedup.errors import OutputError, ParamsError
from dedup.io.format_registry import TABLE_FORMS
from dedup.io.output_names import shown_names
from dedup.params import Params
from dedup.report.escaping import shown

if TYPE_CHECKING:
    from dedup.attribution.agencies import Agencies
    from dedup.run.options import RunOptions
    from dedup.run.result import Result

EXAMPLE = "dedup run news.jsonl -o out"

NOTES = """\
Without -o only the summary is printed, and nothing is written. With -o - the kept
records go to standard output and the summary to standard error. With --index, the
defaults of what counts as a copy are the parameters of the index.
"""


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "run",
        description="Find the copies in a corpus, decide which to keep, and write the decisions and the kept records.",
        example=EXAMPLE,
        notes=NOTES,
    )
    parser.set_defaults(command=command)
    add_input(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=place,
        metavar="DIR",
        help="folder to write: kept records, decisions.parquet, matches.parquet, rejected.jsonl, summary.json, and "
        "what dedup decide needs; - writes the kept records to standard output, and nothing else",
    )
    parser.add_argument(
        "--decisions",
        choices=TABLE_FORMS,
        default="parquet",
        help="form of the file of decisions (default: %(default)s)",
    )
    add_kept_form(parser)
    add_no_kept(parser)
    parser.add_argument(
        "--passages",
        action="store_true",
        help="also write passages.parquet: which passages the records of each match share; takes a millisecond a match",
    )
    parser.add_argument(
        "--index",
        type=nonempty,
        metavar="INDEX",
        help="an index of earlier documents, a folder or a redis:// URL: also drop the copies of its documents, "
        "whatever --keep says, and add what is kept; created if it does not exist",
    )
    add_params(parser.add_argument_group("what counts as a copy"), *WHAT_IS_A_COPY, *OF_A_RUN)
    add_params(parser.add_argument_group("which copy is kept"), *WHICH_IS_KEPT)
    add_guard(parser)
    add_fields(parser, of_decisions=True)
    add_agencies(parser.add_argument_group("credits"))
    _add_run_options(parser.add_argument_group("how it runs"))
    add_params(parser.add_argument_group(*FINE_TUNING), *HOW_IT_IS_FOUND)
    add_messages(parser).add_argument(
        "--quiet", action="store_true", help="print no progress and no notices, and with -o no summary"
    )


def _add_run_options(group: Any) -> None:
    group.add_argument(
        "--threads", type=positive, metavar="N", help="threads (default: one for each processor the process may use)"
    )
    group.add_argument(
        "--memory",
        type=size,
        metavar="SIZE",
        help="memory that the run may use; the rest goes to temporary files (default: a quarter of the machine's)",
    )
    group.add_argument(
        "--scratch",
        type=path,
        metavar="DIR",
        help="folder for temporary files, up to 1.7 times the size of the input (default: beside the output, or the "
        "system's)",
    )
    group.add_argument(
        "--resume", action="store_true", help="resume an interrupted run; the other arguments must be the same"
    )
    group.add_argument(
        "--strict", action="store_true", help="stop at the first malformed record instead of rejecting it"
    )
    add_longest(group)
    group.add_argument(
        "--limit", type=positive, metavar="N", help="read only the first N records of the input (default: all)"
    )
    group.add_argument(
        "--dry-run",
        action="store_true",
        help="run only the beginning of the input, write nothing, and estimate time, memory and disk space of the run",
    )
    group.add_argument(
        "--sample",
        type=share,
        metavar="SHARE",
        help="2%% or 0.02: decide only on the stories of this share of the texts, and estimate how many records would "
        "be dropped of all",
    )
    group.add_argument(
        "--fail-on-empty", action="store_true", help="fail if the input has no records (default: write an empty output)"
    )


def command(options: argparse.Namespace) -> int:
    """Run it."""
    params = chosen(options)
    Params(**params)  # refused before anything is loaded
    from dedup.attribution.agencies import Agencies
    from dedup.io import open_files
    from dedup.run.deduplication import open_index
    from dedup.run.options import RunOptions, read_options
    from dedup.run.pipeline import run

    agencies = Agencies.read(options.agencies)
    chosen_options = {field.name for field in dataclasses.fields(RunOptions)} & vars(options).keys()
    run_options = RunOptions(**{name: getattr(options, name) for name in chosen_options})
    to_stdout = options.output == Path("-")
    folder = None if to_stdout else options.output
    if options.dry_run:
        return _dry_run(options, params, run_options, agencies)
    source = open_files(options.input, read_options(run_options, fields_of(options)))
    progress = progress_for(options)
    with open_index(options.index, params, run_options.tuning) as (run_params, index):
        if index is not None and not options.output:
            progress.say("without -o the kept records are not written anywhere; they are only added to the index")
        stream = sys.stdout.fileno() if to_stdout else None
        result = run(source, folder, run_params, run_options, agencies, index, progress, stream)
    try:
        _print(result, options, sys.stderr if to_stdout else sys.stdout)
    except OSError as error:
        if options.index is None or isinstance(error, BrokenPipeError):
            raise
        # Repeated, the run would drop everything it has kept, as copies of what the index now holds.
        found = f"{(error.strerror or str(error)).lower()} on standard output; the run is complete, do not repeat it"
        raise OutputError(found) from error
    return 0


def _dry_run(options: argparse.Namespace, params: dict[str, Any], run_options: RunOptions, agencies: Agencies) -> int:
    """Estimate what the run would take.

    Raises
    ------
    ParamsError
        With an index, whose documents would be compared, too.
    """
    from dedup.io import open_files
    from dedup.report.estimate_table import estimate_table
    from dedup.run.estimate import as_dict, estimate_run
    from dedup.run.options import read_options

    if options.index is not None:
        raise ParamsError("--dry-run with --index", "a run without an index")
    how = read_options(run_options, fields_of(options))
    estimate = estimate_run(
        lambda limit: open_files(options.input, dataclasses.replace(how, limit=limit)),
        Params(**params),
        run_options,
        agencies,
        None if options.output == Path("-") else options.output,
    )
    if options.json:
        print_json(as_dict(estimate))
    else:
        print(estimate_table(estimate))
    sys.stdout.flush()
    return 0


def _print(result: Result, options: argparse.Namespace, stream: TextIO) -> None:
    """Print the summary where the kept records are not."""
    if options.json:
        print_json(result.summary, stream)
    elif not (options.quiet and options.output):
        print(result, file=stream)
        if files := result.summary.get("files"):
            print(f"written to {shown(str(result.output))}: {shown_names(files)}", file=stream)
    stream.flush()
