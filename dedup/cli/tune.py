"""``dedup tune``: see what other thresholds and scores would drop, before choosing one."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup.cli.answers import print_json
from dedup.cli.arguments import (
    OF_A_RUN,
    WHAT_IS_A_COPY,
    WHICH_IS_KEPT,
    add_agencies,
    add_fields,
    add_messages,
    add_params,
    as_called,
    chosen,
    fields_of,
    nonempty,
    path,
    place,
    positive,
    share,
    whole,
)
from dedup.cli.event_log import progress_for
from dedup.errors import ParamsError
from dedup.io.places.urls import shown_url
from dedup.params import Params
from dedup.report.escaping import shown

if TYPE_CHECKING:
    from dedup.cli.command_list import Commands
    from dedup.fit.calibration import Calibration
    from dedup.run.run_view import RunView

NOTES = """\
Of an input, --floor is 0.5 by default, so that lower thresholds can be seen.
Each row is a setting, with what it would drop: "in" and "out" are the records that it
drops and the stricter row above it does not, and the reverse. The column "copies" is
how many of them are expected to be copies, from pairs that people have labelled; with
--labels, from your own. Then come pairs at each line: read them, and choose.
"""

FLOOR = 0.5
"""Least threshold that can be tried by default: it costs little more than a run at 0.7."""


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "tune",
        description="Show what other thresholds and scores would drop, how many of these are expected to be copies, "
        "and pairs around each line.",
        example="dedup tune news.jsonl --sample 5%    # or, of a run that is there: dedup tune out",
        notes=NOTES,
    )
    parser.set_defaults(command=command)
    parser.add_argument(
        "input", nargs="+", type=nonempty, metavar="INPUT", help="the folder of a run, or what dedup run takes"
    )
    parser.add_argument("-o", "--output", type=place, metavar="DIR", help="of an input: keep the run in this folder")
    parser.add_argument("--labels", type=path, metavar="FILE", help="expect what these labels of dedup label say")
    parser.add_argument(
        "--examples", type=whole, default=5, metavar="N", help="pairs to show at each line (default: %(default)s)"
    )
    parser.add_argument("--sample", type=share, metavar="SHARE", help="of an input: as for dedup run")
    parser.add_argument("--limit", type=positive, metavar="N", help="of an input: as for dedup run")
    add_params(parser.add_argument_group("what counts as a copy"), *WHAT_IS_A_COPY, *OF_A_RUN)
    add_params(parser.add_argument_group("which copy is kept"), *WHICH_IS_KEPT)
    add_fields(parser)
    add_agencies(parser.add_argument_group("credits"))
    add_messages(parser).add_argument("--quiet", action="store_true", help="print no progress and no notices")


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.report.threshold_table import tuning_table
    from dedup.report.thresholds import Tuning

    if options.examples < 0:
        raise ParamsError(f"{options.examples} examples", "0 or more")
    run = _run(options)
    tuning = Tuning.of(run, _calibration(options.labels, run.params), examples=options.examples)
    if options.json:
        print_json(tuning.as_dict())
        return 0
    print(tuning_table(tuning, shutil.get_terminal_size((120, 40)).columns))
    if options.output is not None:
        folder = shown(shown_url(str(options.output)))
        print(f"\nthe run is in {folder}: dedup decide {folder} -o OUT decides by the setting that you choose")
    sys.stdout.flush()
    return 0


def _calibration(labels: Path | None, params: Params) -> Calibration | None:
    """Return what a user's labels say, if there are any."""
    if labels is None:
        return None
    from dedup.fit.calibration import Calibration
    from dedup.fit.labels import read_labels

    return Calibration.of_labels(read_labels(labels), params)


def _run(options: argparse.Namespace) -> RunView:
    """Return the run of a folder, or make one of an input.

    Raises
    ------
    ParamsError
        When a run that is there is to have other parameters.
    """
    from dedup.index.folder.create import is_index
    from dedup.io.bytes.paths import STDIN
    from dedup.io.output_names import SUMMARY
    from dedup.run.run_output import RunOutput

    params = chosen(options)
    folder = Path(options.input[0])
    if is_index(folder):
        found = f"{options.input[0]} is an index, which does not keep what tune needs"
        raise ParamsError(found, "the folder of a run, or what dedup run takes")
    if len(options.input) > 1 or not (folder / SUMMARY).is_file():
        return _made(options, params)
    called = as_called(options)
    params = chosen(called)
    given = [name for name in ("output", "sample", "limit") if getattr(options, name) is not None]
    if given or params:
        names = ", ".join("--" + name.replace("_", "-") for name in [*given, *params])
        raise ParamsError(f"{names} with the folder of a run", "an input, to run it so, or the folder alone")
    run = RunOutput(folder, fields_of(called))
    if options.examples and any(one["path"] == STDIN for one in run.summary["files_read"]):
        lost = "a run on standard input, which cannot be read again to show examples"
        raise ParamsError(lost, "--examples 0, or a run on files")
    return run


def _made(options: argparse.Namespace, params: dict[str, Any]) -> RunView:
    """Run the input, with a floor below the threshold."""
    from dedup.attribution.agencies import Agencies
    from dedup.io import open_files
    from dedup.run.options import RunOptions, read_options
    from dedup.run.pipeline import run

    settled = Params(**{"floor": min(FLOOR, params.get("threshold", Params().threshold)), **params})
    run_options = RunOptions(limit=options.limit, sample=options.sample)
    source = open_files(options.input, read_options(run_options, fields_of(options)))
    progress = progress_for(options)
    agencies = Agencies.read(options.agencies)
    return run(source, options.output, settled, run_options, agencies, None, progress)
