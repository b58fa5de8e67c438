"""``dedup run``: a deduplication pass over files."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup.cli.arguments import (
    add_agencies,
    add_common,
    add_fields,
    add_html,
    add_longest,
    fields_of,
    hours,
    names,
    positive,
    size,
)
from dedup.errors import OutputError
from dedup.io.format_registry import READABLE
from dedup.params import KEEP_POLICIES, UPDATES, Level, Params
from dedup.report.escaping import shown

if TYPE_CHECKING:
    from dedup.run.result import Result

DESCRIPTION = """\
Find the copies in a corpus, decide what to keep, and write the decisions and the kept records.

  dedup run news.jsonl.zst -o out
  dedup run 'feeds/*.jsonl' archive.parquet -o out --level syndicated --keep source --prefer Reuters,AP
  dedup run today.jsonl -o out --index news.index

Without -o no files are written and the summary is printed. With --index what copies a document of the index is dropped,
and what is kept is added to it.
"""


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "run",
        help="drop the copies of a corpus",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=command)
    parser.add_argument(
        "input",
        nargs="+",
        metavar="INPUT",
        help=f"file, folder, glob, or - for JSON lines on standard input; {READABLE}",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="folder for kept.*, decisions.parquet, matches.parquet, rejected.jsonl, summary.json",
    )
    parser.add_argument(
        "--index",
        metavar="INDEX",
        help="folder of an index of what came before, or a redis:// URL; made if it is not there: copies of what it "
        "holds are dropped, whatever --keep says, and what is kept is added",
    )
    defaults = Params()
    what = parser.add_argument_group("what counts as a copy")
    what.add_argument(
        "--level",
        choices=list(Level.__members__),
        help=f"each includes those before it (default: {defaults.level.name}, or that of the index)",
    )
    what.add_argument(
        "--threshold",
        type=float,
        metavar="SHARE",
        help=f"resemblance from which a pair is a near duplicate (default: {defaults.threshold}, or that of the index)",
    )
    what.add_argument(
        "--updates",
        choices=UPDATES,
        help="where one text carries another on with news: keep both (default), the latest if all of the earlier "
        "stands in it, or drop one as a copy",
    )
    what.add_argument(
        "--certainty",
        type=float,
        metavar="SHARE",
        help="how probable it must be that there is no news, for a copy; the higher, the fewer are dropped "
        f"(default: {defaults.certainty}, or that of the index)",
    )
    what.add_argument(
        "--model",
        metavar="FILE",
        help="made by dedup fit from your own labels (default: the shipped one, or the index's)",
    )
    add_html(what, None, "the default, or that of the index")
    what.add_argument(
        "--window",
        type=hours,
        metavar="TIME",
        help="72h or 3d: texts dated further apart are not compared, unless they are identical (default: no limit)",
    )
    what.add_argument(
        "--keep",
        choices=KEEP_POLICIES,
        help="which of several copies is kept (default: earliest where there are dates, else first)",
    )
    what.add_argument("--prefer", type=names, metavar="A,B", help="sources, or agencies, to prefer, with --keep source")
    what.add_argument(
        "--related",
        action="store_true",
        default=None,
        help="report pairs that tell the same story, written independently, too; they are never dropped",
    )
    add_fields(parser.add_argument_group("fields"))
    add_agencies(parser.add_argument_group("credits"))
    way = parser.add_argument_group("ways of running")
    way.add_argument("--threads", type=positive, metavar="N", help="default: all processors that the process may use")
    way.add_argument(
        "--memory",
        type=size,
        metavar="SIZE",
        help="how much the run may take; what is larger lies in temporary files (default: a quarter of the machine's)",
    )
    way.add_argument(
        "--scratch",
        type=Path,
        metavar="DIR",
        help="folder for temporary files, up to 1.7 times the input (default: beside the output, else the system's)",
    )
    way.add_argument("--resume", action="store_true", help="go on where a run with the same arguments was killed")
    way.add_argument("--strict", action="store_true", help="stop at the first malformed record instead of rejecting it")
    add_longest(way)
    way.add_argument(
        "--fail-on-empty", action="store_true", help="an input without records is an error (default: an empty output)"
    )
    way.add_argument("--quiet", action="store_true", help="no progress, no notices; with -o no summary either")
    add_common(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    chosen = ("level", "threshold", "updates", "certainty", "window", "model", "html", "keep", "prefer", "related")
    given = {name: getattr(options, name) for name in chosen if getattr(options, name) is not None}
    Params(**given)  # refused before anything is loaded
    from dedup.cli.compiling import announce_compilation

    with announce_compilation(options.quiet):
        from dedup.attribution.agencies import Agencies
        from dedup.io import ReadOptions, checked_longest, open_files
        from dedup.run.pipeline import Way, run, settled
        from dedup.run.progress import Progress

        agencies = Agencies.read(options.agencies)
        longest = checked_longest(options.longest)
        how = ReadOptions(fields_of(options), options.strict, longest, options.fail_on_empty, options.scratch)
        source = open_files(options.input, how)
        show = not options.quiet and sys.stderr.isatty()
        progress = Progress(show, tell=not options.quiet)
        way = Way.of(options.threads, options.memory, options.scratch, progress, options.resume)
        with settled(given, options.index) as (params, against):
            if against is not None and not options.output:
                progress.say("without -o what is kept is written nowhere, but the index will know it")
            result = run(source, options.output, params, way, agencies, against)
    try:
        _tell(result, options)
    except OSError as error:
        if options.index is None or isinstance(error, BrokenPipeError):
            raise
        # Once more it would drop all that it has kept, as what the index knows.
        found = f"{(error.strerror or str(error)).lower()} on standard output; the run is complete, do not repeat it"
        raise OutputError(found) from error
    return 0


def _tell(result: Result, options: argparse.Namespace) -> None:
    from dedup.io.bytes.surrogates import printable

    if options.json:
        print(printable(json.dumps(result.summary, ensure_ascii=False)))
    elif not (options.quiet and options.output):
        print(result)
        if options.output:
            print(f"written to {shown(str(options.output))}: {', '.join(result.summary['files'])}")
    sys.stdout.flush()
