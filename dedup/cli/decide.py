"""``dedup decide``: decide again what a run has found, without comparing anything again."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from dedup.cli.answers import print_json
from dedup.cli.arguments import (
    HOW_IT_IS_FOUND,
    WHAT_IS_A_COPY,
    add_agencies,
    add_guard,
    add_messages,
    add_params,
    chosen,
    place,
)
from dedup.cli.command_list import Commands
from dedup.cli.event_log import progress_for
from dedup.cli.output_options import add_kept_form, kept_form_of
from dedup.io.kept_form import KeptForm
from dedup.io.output_names import shown_names
from dedup.report.escaping import shown

NOTES = """\
What is not given is as in the run. The decisions, matches and summary are those that
a run with these parameters would write, as far as the run has searched: up to its
level, and down to its floor (dedup run --floor).
"""

FIELDS = ("level", "threshold", "score", "updates", "certainty"), ("keep", "prefer", "protect", "within")


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "decide",
        description="Decide again which copies of a run to drop, by other parameters; no text is compared again.",
        example="dedup decide out -o stricter --threshold 0.8 --level syndicated",
        notes=NOTES,
    )
    parser.set_defaults(command=command)
    parser.reads_run = True
    parser.add_argument("run", type=place, metavar="OUT", help="the folder that dedup run -o has written")
    parser.add_argument(
        "-o",
        "--output",
        type=place,
        metavar="DIR",
        help="folder to write: decisions, matches, rejected.jsonl, summary.json (default: only print the summary)",
    )
    parser.add_argument(
        "--write", action="store_true", help="also write the kept records, for which the inputs are read again"
    )
    add_kept_form(parser)
    for title, fields in zip(("what counts as a copy", "which copy is kept"), FIELDS, strict=True):
        add_params(parser.add_argument_group(title), *fields, defaults=False)
    found = {*WHAT_IS_A_COPY, *HOW_IT_IS_FOUND, "floor"}.difference(*FIELDS)
    parser.elsewhere = {
        f"--{name.replace('_', '-')}": "is part of the search: dedup run again with it" for name in found
    }
    add_guard(parser)
    add_agencies(parser.add_argument_group("credits"))
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    started = time.perf_counter()
    if options.write and options.output is None:
        options.parser.error("--write needs a folder to write to: add -o DIR")
    form = kept_form_of(options)
    if not options.write and (asked := KeptForm(**form).asked):
        options.parser.error(f"--{asked[0]} is for kept records, which are not written: add --write")
    from dedup.attribution.agencies import Agencies
    from dedup.io import open_output
    from dedup.io.places.urls import is_url
    from dedup.run.events import log_output
    from dedup.run.interruption import Interruption
    from dedup.run.options import RunOptions
    from dedup.run.progress import Step
    from dedup.run.redecide import asked_params, redecide
    from dedup.run.run_output import RunOutput

    steps = ("deciding", ("decide",)), ("writing", ("write",))
    progress = progress_for(options, [Step(*step) for step in steps[: 1 if options.output is None else 2]])
    run = RunOutput(options.run)
    run_options = RunOptions(
        **form,
        guard=options.guard,
        guard_share=options.guard_share,
        guard_cluster=options.guard_cluster,
    )
    with Interruption(progress) as interruption:
        params = asked_params(run.params, chosen(options))
        with progress.stage("decide", run.summary["records"], "records"):
            result = redecide(run, params, Agencies.read(options.agencies), run_options)
        if options.output is not None:
            names = [one["absolute"] or one["path"] for one in run.summary["files_read"]]
            inputs = [options.run, *(name if is_url(name) else Path(name) for name in names)]
            with open_output(options.output, inputs) as output:
                interruption.output = output
                with progress.stage("write"):
                    result.write(output, kept=options.write, kept_form=run_options.kept_form, meter=progress)
                result.summary["seconds"] = {"total": round(time.perf_counter() - started, 3)}
                result.write_summary(output)
                output.commit()
                log_output(result)
    if options.json:
        print_json(result.summary)
    else:
        print(result)
        if options.output is not None:
            print(f"written to {shown(str(result.output))}: {shown_names(result.summary['files'])}")
    sys.stdout.flush()
    return 0
