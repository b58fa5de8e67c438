"""List the commands of a parser, and load only the one that is called: the help of all takes no module of theirs."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any


class Commands:
    """The commands below a parser.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The parser that they are added to.
    modules : mapping
        Name of each command to its module, which has a function ``add_parser(commands)``, and to its help in a line.
    arguments : sequence of str or None
        Those that follow the name of the parser. They choose the command that is loaded; None loads all.

    Attributes
    ----------
    rest : sequence of str or None
        The arguments that follow the name of the chosen command, for commands below it.
    """

    def __init__(
        self,
        parser: argparse.ArgumentParser,
        modules: Mapping[str, tuple[str, str]],
        arguments: Sequence[str] | None,
    ) -> None:
        self._subparsers: Any = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
        self._modules = modules
        self.rest: Sequence[str] | None = None
        chosen = None
        if arguments is not None:
            at = next((at for at, argument in enumerate(arguments) if not argument.startswith("-")), len(arguments))
            chosen, self.rest = "".join(arguments[at : at + 1]), arguments[at + 1 :]
        for name, (module, sentence) in modules.items():
            if chosen is None or name == chosen:
                import_module(module).add_parser(self)
            else:
                self._subparsers.add_parser(name, help=sentence)

    def add_parser(self, name: str, **more: Any) -> Any:
        """Add the parser of a command, and return it.

        Parameters
        ----------
        name : str
            One of those that are listed.
        **more
            Arguments of `dedup.cli.parser.Parser`.
        """
        return self._subparsers.add_parser(name, help=self._modules[name][1], **more)
