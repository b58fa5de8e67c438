"""Read the table of news agencies: their names, initials and sites, and the phrases that turn a name into a credit.

The shipped agencies are in ``agencies.json``; a file of the same form adds to them. In which places of a text a name is
a credit is defined in `dedup.attribution.credits`.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

from dedup.errors import InputError

SHIPPED = Path(__file__).with_name("agencies.json")

WORD = re.compile(r"\w+")

UNKNOWN = -1
"""Code of a source that is missing or no agency, and of a text without a credit."""

_LISTS_OF_AGENCY = ("names", "initials", "sites")
_LISTS_OF_FILE = ("before", "between", "after")
_FORM = 'an object such as {"agencies": [{"name": "Reuters", "names": ["Рейтер"], "sites": ["reuters.com"]}]}'


class Form(NamedTuple):
    """A spelling of an agency's name.

    Parameters
    ----------
    text : str
    agency : int
        Its place in ``Agencies.names``.
    initials : bool
        Other words look like it (PA, STA, MENA): no credit within a sentence, only in a place of its own.
    """

    text: str
    agency: int
    initials: bool


class Agencies:
    """A table of news agencies, for looking up names and sources.

    Parameters
    ----------
    names : tuple of str
        Canonical names; an agency's code is its place here.
    forms : dict of str to Form
        By the text of the form.
    sites : dict of str to int
        Codes by domain.
    before, between, after : tuple of str
        Phrases that make a credit of the name that follows; words that may stand between the two; phrases that make
        one of the name they follow. In lower case.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        forms: dict[str, Form],
        sites: dict[str, int],
        before: tuple[str, ...],
        between: tuple[str, ...],
        after: tuple[str, ...],
    ) -> None:
        self.names = names
        self.forms = forms
        self.sites = sites
        self.before = before
        self.between = between
        self.after = after

    @staticmethod
    def read(path: str | os.PathLike[str] | None = None) -> Agencies:
        """Return the shipped agencies, with those of a file of the same form added.

        Parameters
        ----------
        path : path, optional
            It takes precedence over what is shipped: an agency that is listed in both has the names of both, and a name
            of a shipped agency can be given to another one.

        Raises
        ------
        InputError
            When the file cannot be read or has another form.
        """
        if path is not None and not isinstance(path, (str, os.PathLike)):
            raise InputError(f"agencies of type {type(path).__name__}", "the path of a JSON file")
        return _shipped() if path is None else _table([_read(SHIPPED), _checked(Path(path))])

    @functools.cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that are equal for equal tables."""
        forms = sorted((form.text, form.agency, form.initials) for form in self.forms.values())
        everything = self.names, forms, sorted(self.sites.items()), self.before, self.between, self.after
        return hashlib.blake2b(repr(everything).encode(), digest_size=8).hexdigest()

    @functools.cached_property
    def by_first_word(self) -> dict[str, list[Form]]:
        """Spellings by their first word, the longest first, without those in scripts without spaces."""
        by_word: dict[str, list[Form]] = {}
        for form in sorted(self.forms.values(), key=lambda form: -len(form.text)):
            if not _is_unspaced(form.text):
                by_word.setdefault(WORD.findall(form.text)[0], []).append(form)
        return by_word

    @functools.cached_property
    def first_words(self) -> frozenset[str]:
        """The first words of all spellings: the keys of ``by_first_word``."""
        return frozenset(self.by_first_word)

    @functools.cached_property
    def unspaced(self) -> list[Form]:
        """Spellings in scripts without spaces, the longest first."""
        forms = [form for form in self.forms.values() if _is_unspaced(form.text)]
        return sorted(forms, key=lambda form: -len(form.text))

    @functools.cached_property
    def mentioned(self) -> str:
        """A regular expression for RE2 that finds every spelling in bytes, and sometimes other text."""
        bounded = "|".join(re.escape(text) for text in self.forms if text.isascii())
        others = "|".join(re.escape(text) for text in self.forms if not text.isascii())
        return f"\\b(?:{bounded})\\b|{others}" if others else f"\\b(?:{bounded})\\b"

    @functools.cached_property
    def _by_name(self) -> dict[str, int]:
        named = {_folded(form.text): form.agency for form in self.forms.values()}
        return named | {_folded(name): code for code, name in enumerate(self.names)}

    def code(self, source: str | None) -> int:
        """Return the code of the agency that a ``source`` field names, or UNKNOWN for other sources."""
        if not source:
            return UNKNOWN
        code = self._by_name.get(_folded(source))
        if code is not None:
            return code
        host = source.strip().casefold().split("://")[-1].split("/")[0].split(":")[0]
        while "." in host:
            if host in self.sites:
                return self.sites[host]
            host = host.split(".", 1)[1]
        return UNKNOWN


def _is_unspaced(text: str) -> bool:
    """Return whether a name may be inside a longer word: its script has no spaces, or adds endings (Korean)."""
    return not text.isascii() and bool(_unspaced_script().search(text))


@functools.cache  # a large set of characters takes its time to compile
def _unspaced_script() -> re.Pattern[str]:
    return re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def _folded(name: str) -> str:
    return name.strip().casefold().removeprefix("the ")


@functools.cache
def _shipped() -> Agencies:
    return _table([_read(SHIPPED)])


def _table(files: list[dict[str, Any]]) -> Agencies:
    """Return the table of checked files; a later file overrides an earlier one."""
    codes: dict[str, int] = {}
    forms: dict[str, Form] = {}
    sites: dict[str, int] = {}
    for file in files:
        for agency in file.get("agencies", []):
            code = codes.setdefault(agency["name"], len(codes))
            initials = agency.get("initials", [])
            names = agency.get("names", [])
            if agency["name"] not in initials:
                names = [agency["name"], *names]
            # In capitals too, as datelines and headlines have it.
            forms.update({name.upper(): Form(name.upper(), code, False) for name in names})
            forms.update({name: Form(name, code, False) for name in names})
            forms.update({short: Form(short, code, True) for short in initials})
            sites.update({site.casefold(): code for site in agency.get("sites", [])})
    phrases = (
        tuple(dict.fromkeys(phrase.lower() for file in files for phrase in file.get(name, [])))
        for name in _LISTS_OF_FILE
    )
    return Agencies(tuple(codes), forms, sites, *phrases)


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8-sig"))


def _checked(path: Path) -> dict[str, Any]:
    """Read and check a file; an error says what is wrong, and where in the file."""
    try:
        read = _read(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}", "a file of agencies") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text", _FORM) from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error})", _FORM) from error
    if not isinstance(read, dict):
        raise InputError(f"{path} holds {_kind(read)}", _FORM)
    _no_others(read, ("agencies", *_LISTS_OF_FILE), str(path))
    for name in _LISTS_OF_FILE:
        _strings(read.get(name, []), f"{path}: {name}", 1)
    agencies = read.get("agencies", [])
    if not isinstance(agencies, list):
        raise InputError(f"{path}: agencies is {_kind(agencies)}", "a list of objects", f"as in {_FORM}")
    for number, agency in enumerate(agencies, 1):
        place = f"{path}: agency {number}"
        if not isinstance(agency, dict):
            raise InputError(f"{place} is {_kind(agency)}", 'an object with a "name"', f"as in {_FORM}")
        _no_others(agency, ("name", *_LISTS_OF_AGENCY), place)
        if "name" not in agency:
            raise InputError(f"{place} has no name", 'a "name"', f"as in {_FORM}")
        _strings([agency["name"]], f"{place}: name", 2, True)
        for name in _LISTS_OF_AGENCY:
            is_form = name != "sites"
            _strings(agency.get(name, []), f"{place} ({agency['name']}): {name}", 2 if is_form else 4, is_form)
    return read


def _no_others(entry: dict[str, Any], allowed: tuple[str, ...], place: str) -> None:
    others = [repr(name) for name in entry if name not in allowed]
    if others:
        raise InputError(f"{place} has {', '.join(others)}", f"no other names than {', '.join(allowed)}")


def _strings(values: Any, place: str, shortest: int, is_form: bool = False) -> None:
    """Raise an error unless these are strings of at least the shortest length; spellings must be words as well."""
    if not isinstance(values, list):
        raise InputError(f"{place} is {_kind(values)}", "a list of strings")
    for value in values:
        if not isinstance(value, str):
            raise InputError(f"{place} has {_kind(value)}", "strings only")
        if len(value) < shortest and not _is_unspaced(value):
            raise InputError(
                f"{place} has {value!r}",
                f"at least {shortest} characters",
                "shorter ones occur in every text by chance",
            )
        if value != value.strip():
            raise InputError(f"{place} has {value!r}", "no space before or after it")
        if is_form and not (value[0].isalnum() and (value[-1].isalnum() or not value[-1].isascii())):
            raise InputError(f"{place} has {value!r}", "a name that begins and ends with a letter or a digit")


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a truth value", type(None): "null"}
    return kinds.get(type(value), "a number")
