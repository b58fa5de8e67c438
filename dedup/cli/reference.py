"""Write the reference of the command line from its parsers: ``python -m dedup.cli.reference > docs/cli.md``."""

from __future__ import annotations

import argparse
import sys

from dedup.cli.main import parser
from dedup.cli.parser import Parser


def reference() -> str:
    """Return the reference as Markdown."""
    top = parser()
    lines = ["# Command line", "", "Made from the parser by `python -m dedup.cli.reference`.", ""]
    for command in _commands(top):
        lines += [f"## {command.prog}", "", "```", (command.description or "").strip(), "```", ""]
        for group in command._action_groups:
            left_out = argparse._HelpAction, argparse._SubParsersAction
            actions = [action for action in group._group_actions if not isinstance(action, left_out)]
            if not actions:
                continue
            lines += [f"**{(group.title or '').capitalize()}**", ""]
            if group.description:
                lines += [" ".join(group.description.split()), ""]
            lines += ["| option | meaning |", "| --- | --- |"]
            lines += [f"| {_name(action)} | {_meaning(action)} |" for action in actions]
            lines.append("")
        if command.epilog:
            lines += [" ".join(command.epilog.split()), ""]
    return "\n".join(lines)


def _commands(top: Parser) -> list[Parser]:
    """Return the parsers of the commands, and those of their subcommands."""
    return [one for command in top.below.values() for one in (command, *_commands(command))]


def _name(action: argparse.Action) -> str:
    value = action.metavar or "\\|".join(action.choices or ())
    names = ", ".join(action.option_strings) or str(value)
    if not action.option_strings or action.nargs == 0:
        return f"`{names}`"
    return f"`{names}` {value}".rstrip()


def _meaning(action: argparse.Action) -> str:
    text = (action.help or "").replace("%(default)s", str(action.default))
    return text.replace("%%", "%").replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(reference())
