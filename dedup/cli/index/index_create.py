"""``dedup index create``: create an empty index with chosen parameters."""

from __future__ import annotations

import argparse

from dedup.cli.answers import print_values
from dedup.cli.arguments import FINE_TUNING, HOW_IT_IS_FOUND, WHAT_IS_A_COPY, add_messages, add_params, chosen
from dedup.cli.command_list import Commands
from dedup.cli.index.index_place import add_place, add_wait, open_or_make_index
from dedup.params import Params


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "create",
        description="Create an empty index with chosen parameters, which cannot be changed later; add creates one with "
        "the defaults, or with the settings of this command.",
        example="dedup index create news.index --level near",
    )
    parser.set_defaults(command=command)
    add_place(parser)
    add_params(parser.add_argument_group("what counts as a copy"), *WHAT_IS_A_COPY)
    add_params(parser.add_argument_group(*FINE_TUNING), *HOW_IT_IS_FOUND)
    add_wait(parser)
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    params = Params(**chosen(options))
    with open_or_make_index(options, params) as index:
        print_values({"documents": len(index), "fingerprint": params.fingerprint}, options.json)
    return 0
