"""``dedup completion``: print the script by which a shell completes commands, options and their choices.

The script is static: a shell starts nothing when it completes, while argcomplete, which would know names of the moment,
starts Python with every key (0.1 s for a command of ours), and of fish only by a wrapper.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dedup.cli.arguments import nonempty, path, place, without_messages
from dedup.cli.command_list import Commands

if TYPE_CHECKING:
    from dedup.cli.parser import Parser

SHELLS = ("bash", "zsh", "fish")

NOTES = """\
Where the script belongs: for bash in ~/.local/share/bash-completion/completions/dedup,
for zsh in the file _dedup in a folder of $fpath, for fish in
~/.config/fish/completions/dedup.fish. Shells that are started later use it. Write it
again after an update of dedup.
"""


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "completion",
        description="Print the script by which a shell completes commands, options and their choices.",
        example="dedup completion bash > ~/.local/share/bash-completion/completions/dedup",
        notes=NOTES,
    )
    parser.set_defaults(command=command)
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    without_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    import shtab

    from dedup.cli.main import parser

    top = parser()
    _prepare(top, shtab.FILE, shtab.DIRECTORY)
    print(shtab.complete(top, options.shell))
    return 0


def _prepare(parser: Parser, files: object, folders: object) -> None:
    """Have the names of files completed where an argument takes one, and commands described by their sentence."""
    parser.description = " ".join((parser.description or "").split("\n\n")[0].split())
    for action in parser.all_actions:
        if action.type in (path, place, nonempty) and action.choices is None:
            action.complete = folders if action.metavar == "DIR" else files  # type: ignore[attr-defined]
    for command in parser.below.values():
        _prepare(command, files, folders)
