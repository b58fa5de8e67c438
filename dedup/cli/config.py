"""``dedup config``: show which settings commands have, and where each comes from."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dedup.cli.answers import print_json
from dedup.cli.arguments import add_messages
from dedup.cli.command_list import Commands
from dedup.report.escaping import shown

if TYPE_CHECKING:
    from dedup.cli.parser import Parser
    from dedup.cli.settings import Settings

NOTES = """\
Settings are read from dedup.toml, or else [tool.dedup] in pyproject.toml, of the
current folder or, within a project (.git), of the nearest folder above that has one;
then from variables of the environment such as DEDUP_LEVEL. Options replace them.
"""


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "config",
        description="Show which settings of a file and of the environment a command has, and check all of them.",
        example="dedup config run",
        notes=NOTES,
    )
    parser.set_defaults(command=command)
    parser.add_argument("topic", nargs="*", metavar="COMMAND", help="a command, such as index add (default: all)")
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.cli.main import parser
    from dedup.cli.settings import Settings

    top = parser()
    settings = Settings.found()
    asked = " ".join(["dedup", *options.topic])
    parser([*options.topic])  # refused if there is no such command
    rows = [row for row in _rows(settings, top) if f"{row['command']} ".startswith(f"{asked} ")]
    unread = _unread(settings, top)
    if options.json:
        print_json({"file": settings.file and str(settings.file), "settings": rows, "not_read": unread})
        return 0
    print(f"settings from {shown(str(settings.file))}" if settings.file else "no file with settings")
    _print_table(rows)
    for variable, why in unread.items():
        print(shown(f"{variable} is not read: {why}"))
    return 0


def _print_table(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["value"] = ",".join(row["value"]) if isinstance(row["value"], list) else str(row["value"])
    columns = "command", "option", "value"
    widths = [max((len(shown(row[name])) for row in rows), default=0) for name in columns]
    for row in rows:
        cells = [shown(row[name]).ljust(width) for name, width in zip(columns, widths, strict=True)]
        replaced = f" (instead of {'; '.join(row['replaces'])})" if row["replaces"] else ""
        print("  ".join([*cells, shown(row["from"] + replaced)]))


def _rows(settings: Settings, top: Parser) -> Iterator[dict[str, Any]]:
    """Yield a row for each setting of each command; every value is checked."""
    from dedup.cli.settings import value_of

    commands = [one for command in top.below.values() for one in (command, *command.below.values())]
    for command in commands:
        for name, found in settings.of(top, command, lambda: top).items():
            for setting in found:
                value_of(setting, command.options[name])
            yield {
                "command": command.prog,
                "option": f"--{name}",
                "value": found[-1].value,
                "from": found[-1].place,
                "replaces": [f"{one.value} of {one.place}" for one in found[:-1]],
            }


def _unread(settings: Settings, top: Parser) -> dict[str, str]:
    """Return the variables that set nothing, and why."""
    from dedup.cli.settings import all_options, is_settable, option_of

    options = all_options(top)
    unread = {}
    for variable in settings.environment:
        name = option_of(variable)
        if name not in options:
            unread[variable] = "no option has this name"
        elif not is_settable(options[name], None):
            unread[variable] = f"give --{name} in the call"
    return unread
