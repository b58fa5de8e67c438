"""``dedup warmup``: compile all kernels, so that no later command has to."""

from __future__ import annotations

import argparse
import time

from dedup.cli.answers import print_json
from dedup.cli.arguments import add_messages
from dedup.cli.command_list import Commands
from dedup.report.escaping import shown

NOTES = """\
Machine code is kept in the folder that NUMBA_CACHE_DIR names; else beside the package, if that can be written to; else
in the user's cache folder. It is for one type of processor, and one version of Python and of Numba: for another one,
kernels are compiled again. NUMBA_CPU_NAME=generic compiles for every processor of this kind.
"""


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "warmup",
        description="Compile what dedup compiles when it is first used on a machine, for the build of an image.",
        example="dedup warmup",
        notes=NOTES,
    )
    parser.set_defaults(command=command)
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    start = time.perf_counter()
    from dedup.kernels.cold_start.first_use import compile_known, kept_in, processor
    from dedup.kernels.cold_start.known_kernels import all_kernels

    compiled = compile_known()
    seconds = time.perf_counter() - start
    if options.json:
        print_json(
            {
                "kernels": len(all_kernels()),
                "compiled": compiled,
                "seconds": round(seconds, 1),
                "processor": processor(),
                "folder": kept_in(),
            }
        )
    else:
        done = f"{compiled} of {len(all_kernels())} kernels compiled in {seconds:.1f} s"
        print(f"{done if compiled else f'all {len(all_kernels())} kernels are compiled'}, for {processor()}")
        print(f"kept in {shown(kept_in())}")
    return 0
