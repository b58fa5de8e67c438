"""``dedup report``: write a run as pages for a browser."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dedup.cli.answers import counted, print_json
from dedup.cli.arguments import add_fields, add_messages, fields_of, path, place, place_of, positive
from dedup.cli.command_list import Commands
from dedup.cli.event_log import progress_for
from dedup.report.escaping import shown

if TYPE_CHECKING:
    from dedup.run.run_output import RunOutput

NOTES = """\
The pages are files in a folder: open index.html in a browser. They load nothing from
elsewhere, and need no script to be read. The texts are read again from the inputs of
the run; where those have changed, the pages are written without them, and say so.
A report replaces an earlier report in the same folder, and nothing else.
"""


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "report",
        description="Write a run as pages for a browser: what became of what came in, who copies whom, how stories "
        "travelled, and pairs of texts side by side.",
        example="dedup report out    # the folder of: dedup run news.jsonl -o out",
        notes=NOTES,
    )
    parser.set_defaults(command=command)
    parser.reads_run = True
    parser.add_argument("run", type=place, metavar="OUT", help="folder that dedup run -o has written")
    parser.add_argument(
        "-o",
        "--output",
        type=path,
        metavar="DIR",
        default=Path("report"),
        help="folder to write the pages to (default: %(default)s)",
    )
    parser.add_argument(
        "--stories",
        type=positive,
        metavar="N",
        default=500,
        help="stories that get a page of their own: the largest, widest and longest (default: %(default)s)",
    )
    parser.add_argument(
        "--pairs",
        type=positive,
        metavar="N",
        default=2_000,
        help="pairs that get a page of their own: those nearest the line, and those of these stories (default: "
        "%(default)s)",
    )
    add_fields(parser)
    add_messages(parser).add_argument("--quiet", action="store_true", help="print no progress")


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.io.sizes import shown_size
    from dedup.report.pages.report_pages import write_report
    from dedup.run.progress import Step
    from dedup.run.run_output import RunOutput

    run = RunOutput(options.run, fields_of(options))
    progress = progress_for(options, [Step("writing the report", ("titles",)), Step("writing the report", ("pages",))])
    report = write_report(run, options.output, _name_of(options.run, run), options.stories, options.pairs, progress)
    if report.texts_problem is not None:
        progress.say(f"without texts: {report.texts_problem}")
    index = report.folder / "index.html"
    if options.json:
        counts = {name: getattr(report, name) for name in ("pages", "bytes", "stories", "pairs")}
        print_json({"index": str(index), **counts, "texts_problem": report.texts_problem})
        return 0
    parts = f"{counted(report.stories, 'story', 'stories')}, {counted(report.pairs, 'pair', 'pairs')}"
    print(f"{counted(report.pages, 'page', 'pages')}, {shown_size(report.bytes)}, with {parts}: {shown(str(index))}")
    return 0


def _name_of(folder: Path | str, run: RunOutput) -> str:
    """Return what the pages call the run: its inputs, or its folder."""
    from dedup.report.in_words import input_name

    read = [input_name(Path(one["path"]).name) for one in run.summary.get("files_read", [])]
    inputs = ", ".join(read[:2]) + (f" and {len(read) - 2:,} more" if len(read) > 2 else "")
    return inputs or Path(place_of(folder)).name
