"""List the commands of a parser, and load only the one that is called: the help of all takes no module of theirs."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

from dedup.cli.parser import Parser
from dedup.errors import nearest


class Commands:
    """The commands below a parser.

    Parameters
    ----------
    parser : Parser
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
        parser: Parser,
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
            if chosen and chosen not in modules and at == 0:  # after an option it may be the value of that
                self._refuse(parser, chosen)
            unknown = [one for one in arguments[:at] if one != "-h" and one.removeprefix("--") not in parser.options]
            if unknown and not chosen:
                parser.refuse(unknown)
        for name, (module, sentence) in modules.items():
            if chosen is None or name == chosen:
                import_module(module).add_parser(self)
            else:
                self._subparsers.add_parser(name, help=sentence)
        parser.below = dict(self._subparsers.choices)
        parser.called = None if chosen is None else parser.below.get(chosen)

    def _refuse(self, parser: Parser, name: str) -> NoReturn:
        """Report a command that does not exist, and suggest what was probably meant."""
        found = f"there is no command {name!r}"
        if name in parser.elsewhere:
            parser.error(f"{found}; {parser.elsewhere[name]}")
        if "run" in self._modules and (re.search(r"[./\\*]", name) or os.path.exists(name)):
            parser.error(f"{found}; to drop the copies in a file: {parser.prog} run {name}")
        meant = nearest(name, self._modules)
        parser.error(f"{found}; " + (f"did you mean {meant}?" if meant else f"there are {', '.join(self._modules)}"))

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
