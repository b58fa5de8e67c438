"""Parse the arguments of a command, and report misuse in one line that says what to do."""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Sequence
from typing import Any, NoReturn

from dedup.errors import nearest
from dedup.report.escaping import shown

WIDTH = 80
"""Columns of a sentence in the help."""


class Parser(argparse.ArgumentParser):
    """A parser for one command, whose help begins with a sentence and an example.

    Parameters
    ----------
    description : str
        What the command does, in a sentence.
    example : str
        Calls of it, a line each; two blanks separate a remark. Errors show the first to those who leave something out.
    notes : str
        Further notes, at the end of the help.
    """

    def __init__(self, *, description: str = "", example: str = "", notes: str = "", **others: Any) -> None:
        lines = "\n".join(f"  {line}" for line in example.splitlines())
        others.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        others.setdefault("allow_abbrev", False)  # --thr, which a later option may begin with, too
        sentence = textwrap.fill(description, WIDTH)
        super().__init__(description=f"{sentence}\n\n{lines}", epilog=notes or None, **others)
        self.example = re.split(r"\n|  ", example)[0]
        self.elsewhere: dict[str, str] = {}
        """What to do about options and commands that are found elsewhere, by their names."""
        self.below: dict[str, Parser] = {}
        """The parsers of the commands below, by their names; those that are not called have no options."""
        self.reads_run = False
        """Whether the command reads a run that is there, whose parameters and fields are its defaults."""
        self.called: Parser | None = None
        """The parser of the command that the arguments call, where there are commands below."""
        self.settings: dict[str, str] = {}
        """Where the defaults come from that a file or the environment sets, by the names of the options."""
        self.set_defaults(parser=self)  # of nested commands the innermost, for `refuse`

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Exit; a help text that could not be printed completely is an error."""
        if status == 0:
            sys.stdout.flush()
        super().exit(status, message)

    @property
    def all_actions(self) -> Sequence[argparse.Action]:
        """Its arguments; argparse has no public list of them."""
        return self._actions

    @property
    def options(self) -> dict[str, argparse.Action]:
        """The options by their long names without dashes in front, such as ``text-field``."""
        return {
            name.removeprefix("--"): action
            for action in self.all_actions
            for name in action.option_strings
            if name.startswith("--")
        }

    @property
    def call(self) -> str:
        """How it is called, in short: ``dedup compare [OPTIONS] A B``."""
        forms = {"+": "{0} ...", "?": "[{0}]", "*": "[{0} ...]", argparse.PARSER: "{0} ..."}
        words = [
            forms.get(str(action.nargs), "{0}").format(action.metavar)
            for action in self.all_actions
            if not action.option_strings
        ]
        return " ".join([self.prog, "[OPTIONS]", *words])

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and how to correct it, and exit with code 2; without any command, print the help."""
        if message.endswith("required: COMMAND"):
            self.print_help(sys.stderr)
            self.exit(2)
        choice = re.search(r"invalid choice: '?(.*?)'? \(choose from (.*)\)", message)
        near = nearest(choice[1], re.findall(r"[\w.-]+", choice[2])) if choice else None
        meant = f"; did you mean {near}?" if near else ""
        usage = f"for example: {self.example}" if "required" in message and self.example else f"usage: {self.call}"
        self.exit(2, shown(f"{self.prog}: {message}{meant} ({usage}; see {self.prog} --help)") + "\n")

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Report arguments that the command does not have, and suggest the option that was probably meant."""
        name = unknown[0].split("=")[0]
        if name in self.elsewhere:
            self.error(f"{name} {self.elsewhere[name]}")
        near = nearest(name, (f"--{option}" for option in self.options)) if name.startswith("--") else None
        hint = f"; did you mean {near}?" if near else ""
        if not near and re.fullmatch("-[^-].*", name) and self._get_positional_actions():
            hint = f"; what begins with - and is no option comes last, after --: -- {name}"
        self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
