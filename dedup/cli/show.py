"""``dedup show``: list the stories of a run, show a record with its story, or two records side by side."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup.cli.answers import in_color, print_json
from dedup.cli.arguments import add_agencies, add_fields, add_messages, fields_of, nonempty, positive

if TYPE_CHECKING:
    from dedup.report.show_pages import PairPage, RecordPage

ORDERS = ("widest", "largest", "longest")
"""As `dedup.report.listed_stories.ORDERS`, which is loaded only for a list."""

LISTED = 10
"""Stories that are listed if nobody says how many."""

NOTES = """\
Without an id, the stories of the run are listed: those of most sources (widest), of
most versions (largest), or farthest apart in time (longest).
An id that several records have is given as file:row, for example news.jsonl:17. The
texts are read from the inputs of the run again, which must not have changed. An index
keeps no texts: of it, dates, sources, relations and measures are shown.
"""


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "show",
        description="Show what was decided on a record and why, and its story in order of time; or two records "
        "side by side, with the passages that they share; or, without an id, the stories of a run.",
        example="dedup show out            # the folder of: dedup run news.jsonl -o out\n"
        "dedup show out a17        # a record and its story\n"
        "dedup show out a17 b42    # both texts side by side\n"
        "dedup show news.index a17",
        notes=NOTES,
    )
    parser.set_defaults(command=command)
    parser.reads_run = True
    parser.add_argument(
        "output", type=nonempty, metavar="OUT", help="folder that dedup run -o has written, or an index"
    )
    parser.add_argument("id", nargs="?", type=nonempty, metavar="ID", help="id of a record")
    parser.add_argument("other", nargs="?", type=nonempty, metavar="ID", help="id of a record to compare it with")
    parser.add_argument("--all", action="store_true", help="show long stories and long texts as a whole")
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="mark passages in color, or else with brackets (default: in color on a terminal)",
    )
    group = parser.add_argument_group("list of stories, without an id")
    group.add_argument("--by", choices=ORDERS, help="which come first (default: widest)")
    group.add_argument("--count", type=positive, metavar="N", help=f"stories to list (default: {LISTED})")
    add_fields(parser)
    add_agencies(parser.add_argument_group("credits in an index"))
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.index.folder.create import is_index
    from dedup.index.place import is_url

    page: RecordPage | PairPage
    of_index = is_url(options.output) or is_index(Path(options.output))
    if options.id is None:
        if of_index:
            options.parser.error("the following arguments are required: ID; an index has no list of its stories")
        return _list(options)
    if options.by is not None or options.count is not None:
        options.parser.error("--by and --count list the stories of a run: leave the id out")
    if of_index:
        from dedup.attribution.agencies import Agencies
        from dedup.index.index import Index
        from dedup.report.index_pages import index_page

        agencies = Agencies.read(options.agencies)
        with Index(options.output, mode="r") as index:
            page = index_page(index, options.id, options.other, agencies, options.all)
    else:
        from dedup.report.run_pages import run_page
        from dedup.run.run_output import RunOutput

        page = run_page(RunOutput(options.output, fields_of(options)), options.id, options.other, options.all)
    if options.json:
        print_json(page.as_dict())
        return 0
    columns = shutil.get_terminal_size((120, 40)).columns
    for line in page.lines(columns, options.all, in_color(options.color)):
        print(line)
    return 0


def _list(options: argparse.Namespace) -> int:
    """List the stories of a run."""
    from dedup.report.listed_stories import WIDEST, listed_stories
    from dedup.run.run_output import RunOutput

    run = RunOutput(options.output, fields_of(options))
    found = listed_stories(run, options.by or WIDEST, options.count or LISTED)
    if options.json:
        print_json(found.as_dict())
        return 0
    for line in found.lines(shutil.get_terminal_size((120, 40)).columns):
        print(line)
    return 0
