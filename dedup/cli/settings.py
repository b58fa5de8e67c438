"""Read the settings of a project and of the environment: defaults of options, which the command line replaces.

A setting is named after the option that it sets: ``text-field`` or ``text_field`` in a file, ``DEDUP_TEXT_FIELD`` in
the environment. What a call is for, and what it reads and writes, is said in the call: a file that lies in a folder of
somebody else, and is found by itself, must not lead a command elsewhere.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dedup.cli.arguments import OF_A_MADE_RUN, names, path, place
from dedup.cli.parser import Parser
from dedup.errors import ParamsError, nearest

FILE, PROJECT_FILE, TABLE = "dedup.toml", "pyproject.toml", ("tool", "dedup")
PROJECT = ".git"
"""What the folder of a project holds: files are looked for up to there, and no further."""

PREFIX = "DEDUP_"

OF_A_CALL = frozenset(
    {"help", "version", "json", "traceback", "exit_code", "resume", "dry_run", "sample", "limit", "write", "all", "by"}
    | {"count", "rows", "before", "missing"}
)
"""What belongs to a single call, by the attributes of the options."""

WRITTEN = frozenset({"output", "index", "labels", "page", "add"})
"""What a call reads and writes."""

BESIDE = frozenset({"model", "agencies"})
"""Files that a setting in a file may name, if they lie in its folder."""

SURE = 0.8
"""Similarity, as of `difflib`, from which a variable of the environment is taken for a misspelled one of ours."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as it was written.

    Parameters
    ----------
    name : str
        Of the option, without dashes in front.
    value : Any
    place : str
        Where it is, for people.
    folder : Path or None
        That of the file; None in the environment.
    """

    name: str
    value: Any
    place: str
    folder: Path | None


def apply_settings(top: Parser, everything: Callable[[], Parser]) -> None:
    """Make the settings that there are the defaults of the command that is called.

    Parameters
    ----------
    top : Parser
        Of the whole command line, with the command that the arguments call.
    everything : callable
        Returns a parser with all commands loaded, for names that the command does not know.

    Raises
    ------
    ParamsError
        When a file, a name or a value cannot be used.
    """
    called = top
    while called.called is not None:
        called = called.called
    if not any(is_settable(action, None) for action in called.options.values()):
        return
    settings = Settings.found()
    if not (settings.tables or settings.environment):
        return
    for name, found in settings.of(top, called, everything).items():
        action = called.options[name]
        called.set_defaults(**{action.dest: value_of(found[-1], action)})
        called.settings[action.dest] = found[-1].place


def settings_of(words: Sequence[str], everything: Callable[[Sequence[str] | None], Parser]) -> dict[str, Any]:
    """Return what the settings say about a command that is not the one called, by the attributes of its options.

    Parameters
    ----------
    words : sequence of str
        The command.
    everything : callable
        As for `apply_settings`; of arguments it loads their command alone.

    Raises
    ------
    ParamsError
        When a file, a name or a value cannot be used.
    """
    settings = Settings.found()
    if not (settings.tables or settings.environment):
        return {}
    top = called = everything(words)
    while called.called is not None:
        called = called.called
    found = settings.of(top, called, lambda: everything(None))
    return {called.options[name].dest: value_of(each[-1], called.options[name]) for name, each in found.items()}


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings that there are.

    Parameters
    ----------
    file : Path or None
        The file that was found.
    tables : mapping
        What it holds: values by names, and tables by commands.
    environment : mapping
        Variables that begin with ``DEDUP_`` and are not empty.
    """

    file: Path | None
    tables: Mapping[str, Any]
    environment: Mapping[str, str]

    @classmethod
    def found(cls) -> Settings:
        """Read the file of the current folder or of its project, if there is one, and the environment.

        Raises
        ------
        ParamsError
            When the file cannot be read.
        """
        file, tables = _file_and_tables()
        variables = {name: value for name, value in os.environ.items() if name.startswith(PREFIX) and value}
        return cls(file, tables, variables)

    def of(self, top: Parser, command: Parser, everything: Callable[[], Parser]) -> dict[str, list[Setting]]:
        """Return the settings of a command by the names of its options, the one that counts last.

        Parameters
        ----------
        top, command : Parser
            Of the whole command line, and of the command.
        everything : callable
            As for `apply_settings`.

        Raises
        ------
        ParamsError
            When a name cannot be used.
        """
        found: dict[str, list[Setting]] = {}
        in_file = self._in_file(top, command, everything)
        for setting, is_common in (*in_file, *self._in_environment(command, everything)):
            action = command.options[setting.name]
            if not (is_common and command.reads_run and action.dest in OF_A_MADE_RUN):
                found.setdefault(setting.name, []).append(setting)
        return found

    def _in_file(
        self, top: Parser, command: Parser, everything: Callable[[], Parser]
    ) -> Iterator[tuple[Setting, bool]]:
        """Yield the settings of a command in the file, those of all commands first, and whether they are of all."""
        if self.file is None:
            return
        table, words, at = self.tables, command.prog.split()[1:], top
        for depth in range(len(words) + 1):
            within = f"[{'.'.join(words[:depth])}] " if depth else ""
            for key, value in table.items():
                name, place = key.replace("_", "-"), f"{self.file.name}, {within}{key}"
                if isinstance(value, dict):
                    _require_command(at, [*words[:depth], key], self.file)
                elif name in command.options:
                    _require_settable(command.options[name], name, place)
                    yield Setting(name, value, place, self.file.parent), depth == 0
                else:
                    _require_option(command if at is command else everything(), words[:depth], name, place)
            if at is command or not isinstance(table.get(words[depth]), dict):
                return
            table, at = table[words[depth]], at.below[words[depth]]

    def _in_environment(self, command: Parser, everything: Callable[[], Parser]) -> Iterator[tuple[Setting, bool]]:
        """Yield the settings of a command in the environment; variables of other names are none of ours."""
        for variable, value in self.environment.items():
            name = option_of(variable)
            if name in command.options:
                if is_settable(command.options[name], None):
                    yield Setting(name, value, variable, None), True
                continue
            meant = nearest(name, command.options, SURE)
            if meant is not None and name not in all_options(everything()):
                hint = f"did you mean {PREFIX}{meant.upper().replace('-', '_')}?"
                raise ParamsError(f"{variable} in the environment, which sets no option", "the name of one", hint)


def _file_and_tables() -> tuple[Path | None, Mapping[str, Any]]:
    """Return the nearest file with settings, and what it holds.

    It is looked for in the current folder and, within a project, in those above it up to that of the project.
    """
    try:
        start = Path.cwd()
    except OSError:  # the folder is gone
        return None, {}
    found: tuple[Path | None, Mapping[str, Any]] = None, {}
    for folder in (start, *start.parents):
        if found[0] is None:
            found = _in_folder(folder)
            if folder == start and found[0] is not None:
                return found
        if (folder / PROJECT).exists():
            return found
    return None, {}


def _in_folder(folder: Path) -> tuple[Path | None, Mapping[str, Any]]:
    """Return the file of a folder that has settings, and what it holds."""
    file = folder / FILE
    if file.is_file():
        return file, _read(file)
    file = folder / PROJECT_FILE
    if file.is_file():
        tables: Any = _read(file, TABLE[-1])
        for name in TABLE:
            tables = tables.get(name, {}) if isinstance(tables, dict) else {}
        if isinstance(tables, dict) and tables:
            return file, tables
    return None, {}


def _read(file: Path, needed: str = "") -> dict[str, Any]:
    """Return what a file holds; nothing if it does not contain the word that is needed, which spares the parser.

    Raises
    ------
    ParamsError
        When it cannot be read, or is not TOML.
    """
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise ParamsError(f"{file}: {(error.strerror or str(error)).lower()}", "a file that can be read") from error
    except UnicodeDecodeError as error:
        raise ParamsError(f"{file} is not UTF-8", "TOML") from error
    if needed not in text:
        return {}
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParamsError(f"{file}: {error}", "TOML") from error


def is_settable(action: argparse.Action, folder: Path | None) -> bool:
    """Return whether a setting may set an option: in the file of a folder, or else in the environment."""
    if action.dest in OF_A_CALL or action.dest in WRITTEN:
        return False
    return folder is None or action.type not in (path, place) or action.dest in BESIDE


def _require_settable(action: argparse.Action, name: str, place: str) -> None:
    if not is_settable(action, Path()):
        hint = f"give --{name} in the call" + (f", or {PREFIX}{name.upper()}" if is_settable(action, None) else "")
        what = "belongs to a single call" if action.dest in OF_A_CALL else "names what a call reads or writes"
        raise ParamsError(f"{place}, which {what}", "an option that no file is named by", hint)


def _require_command(within: Parser, words: Sequence[str], file: Path) -> None:
    """Refuse a table that is named after no command."""
    if words[-1] not in within.below:
        found = f"{file.name}, [{'.'.join(words)}]"
        meant = nearest(words[-1], within.below)
        hint = f"did you mean [{'.'.join([*words[:-1], meant])}]?" if meant else f"there are {', '.join(within.below)}"
        raise ParamsError(found, "a table named after a command", hint if within.below else "")


def _require_option(top: Parser, words: Sequence[str], name: str, place: str) -> None:
    """Refuse a name that no command has: of those below the one that words name, where there are any."""
    for word in words if top.below else ():
        top = top.below[word]
    options = all_options(top)
    if name not in options:
        meant = nearest(name, options)
        hint = f"did you mean {meant}?" if meant else f"see {top.prog} --help"
        raise ParamsError(f"{place}: there is no option --{name}", f"the name of an option of {top.prog}", hint)


def all_options(top: Parser) -> dict[str, argparse.Action]:
    """Return the options of a command and of all below it, by their names."""
    options = dict(top.options)
    for command in top.below.values():
        options |= all_options(command)
    return options


def option_of(variable: str) -> str:
    """Return the name of the option that a variable of the environment would set."""
    return variable.removeprefix(PREFIX).lower().replace("_", "-")


_FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def value_of(setting: Setting, action: argparse.Action) -> Any:
    """Return the value of an option, read and checked as on the command line.

    Raises
    ------
    ParamsError
        It names the place of the setting.
    """
    value = setting.value
    if action.nargs == 0:
        flag = value if isinstance(value, bool) else _FLAGS.get(str(value).lower()) if setting.folder is None else None
        if flag is None:
            raise ParamsError(f"{setting.place}: {value!r}", "true or false")
        return flag
    if isinstance(value, list) and action.type is names and all(isinstance(one, str) for one in value):
        return tuple(value)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ParamsError(f"{setting.place}: {value!r}", "a string or a number")
    text = str(value)
    if setting.folder is not None and action.dest in BESIDE:
        text = _beside(setting.folder, text, setting.place)
    if action.choices is not None and text not in action.choices:
        meant = nearest(text, action.choices)
        expected = f"one of {', '.join(action.choices)}"
        raise ParamsError(f"{setting.place}: {text!r}", expected, f"did you mean {meant!r}?" if meant else "")
    try:
        return action.type(text) if callable(action.type) else text
    except argparse.ArgumentTypeError as error:
        raise ParamsError(f"{setting.place}: {error}") from error


def _beside(folder: Path, text: str, place: str) -> str:
    """Return the path of a file that lies in the folder of the settings or below it.

    Raises
    ------
    ParamsError
    """
    file = (folder / text).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise ParamsError(f"{place}: {text!r}", f"a file in {folder} or below it", "name others in the call")
    return str(file)


def named_settings(message: str, settings: Mapping[str, str]) -> str:
    """Return where the options come from that a message names, or nothing: for what a setting has made wrong."""
    named = [place for name, place in settings.items() if re.search(rf"\b{re.sub('_', '[-_]', name)}\b", message)]
    return f" (set by {'; '.join(named)})" if named else ""
