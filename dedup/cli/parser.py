"""Parse the arguments of a command, and report misuse in one line that says what to do."""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Sequence
from typing import Any, NoReturn

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
        sentence = textwrap.fill(description, WIDTH)
        super().__init__(description=f"{sentence}\n\n{lines}", epilog=notes or None, **others)
        self.example = re.split(r"\n|  ", example)[0]
        self.elsewhere: dict[str, str] = {}
        """What to do about options that another command has, by their names."""
        self.set_defaults(parser=self)  # of nested commands the innermost, for `refuse`

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Exit; a help text that could not be printed completely is an error."""
        if status == 0:
            sys.stdout.flush()
        super().exit(status, message)

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and how to correct it, and exit with code 2."""
        lacking = "required" in message or "argument COMMAND" in message
        hint = f"for example: {self.example}; " if lacking and self.example else ""
        self.exit(2, shown(f"{self.prog}: {message} ({hint}see {self.prog} --help)") + "\n")

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Report arguments that the command does not have, and suggest the option that was probably meant."""
        import difflib

        name = unknown[0].split("=")[0]
        if name in self.elsewhere:
            self.error(f"{name} {self.elsewhere[name]}")
        options = re.findall(r"--[a-z][a-z-]*", self.format_usage())
        near = difflib.get_close_matches(name, options, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        if not near and re.fullmatch("-[^-].*", name) and self._get_positional_actions():
            hint = f"; what begins with - and is no option comes last, after --: -- {name}"
        self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
