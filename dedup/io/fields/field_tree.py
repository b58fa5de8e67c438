"""Choose the fields of each record that hold text, id, date, source and so on: those asked for, or those guessed.

All names to look for are in one tree, whose branches are nested objects. A record is walked along it once, and the
usable value with the best rank is chosen for each role. The kernel for JSON lines does the same with the tree as arrays
(`dedup.kernels.json_fields`), tables do it column by column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dedup.errors import ColumnError, nearest
from dedup.io.fields.producers import GUESSES, is_abstract
from dedup.io.fields.roles import ROLES, TEXT, Kind, Role, is_missing, is_usable, named_by
from dedup.io.read_options import Fields
from dedup.io.wording import MANY, listed, shortened

MISSING_RANK = 255
"""Rank of a role for which a record has no usable value; all others are lower."""

MOST_KEYS = 6
"""Most parts of a name for which every grouping is tried as a path; for more parts, only one key, and all separate."""

Path = tuple[str, ...]

RankedValues = list[list[tuple[int, Any]]]
"""For each role the ranks and values of the fields that a record has for it, the best first."""


@dataclass
class Node:
    """A name in the tree.

    Parameters
    ----------
    key : str
    children : dict of str to int
        Numbers of the nodes below, by their keys.
    folded : dict of str to int
        The same by keys in lower case, for names that were guessed.
    uses : list of (int, int, int)
        Role, rank, and rank in other case: negative where it does not count, as of a name that was asked for.
    """

    key: str
    children: dict[str, int] = field(default_factory=dict)
    folded: dict[str, int] = field(default_factory=dict)
    uses: list[tuple[int, int, int]] = field(default_factory=list)

    def ranks(self, in_other_case: bool) -> Iterator[tuple[int, int]]:
        """Yield the roles that the node can serve, with its rank for each."""
        for role, rank, other_rank in self.uses:
            if not in_other_case:
                yield role, rank
            elif other_rank >= 0:
                yield role, other_rank


class FieldValue(NamedTuple):
    """The value of a record for a role, and the field that it comes from.

    Parameters
    ----------
    value : object
        None where there is nothing. Of a text, or an id, it may be one that cannot be used, to be refused.
    rank : int
        `MISSING_RANK` where nothing can be used.
    name : str
        The field that the value is from.
    """

    value: Any
    rank: int
    name: str


class FieldTree:
    """The names to look for, and the roles that each can serve.

    Parameters
    ----------
    fields : Fields
        What the caller asked for; the rest is guessed.
    """

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.parts = joined_names(fields.text)
        """The fields that are joined to a text; none where a single field is the text."""
        wanted = [getattr(fields, role.name) for role in ROLES] + list(self.parts)
        self.roles: tuple[Role, ...] = (*ROLES, *(ROLES[TEXT] for _ in self.parts))
        """The roles of the table, followed by one for each part of a joined text."""
        self.names: list[list[str]] = []
        """By role and rank the name of the field."""
        self.first_abstract = MISSING_RANK
        """Texts from this rank on are `producers.ABSTRACTS`."""
        self.nodes = [Node("")]
        for role, asked in enumerate(wanted):
            if asked is None:
                self._guess(role, GUESSES[self.roles[role].name])
            else:
                self._ask(role, asked)

    @property
    def is_plain(self) -> bool:
        """Whether each field can serve at most two roles, as a title that is a part of the text, or a URL as the id."""
        return all(len(node.uses) <= 2 for node in self.nodes)

    def match(self, record: Mapping[Any, Any]) -> RankedValues:
        """Return the values of a record for each role."""
        found: RankedValues = [[] for _ in self.roles]
        self._walk(record, self.nodes[0], False, found)
        for one in found:
            if len(one) > 1:
                one.sort(key=_rank)
        return found

    def has_text(self, record: Mapping[Any, Any]) -> bool:
        """Return whether a record has a text field, even an empty one."""
        return any(
            values for values, role in zip(self.match(record), self.roles, strict=True) if role.kind is Kind.TEXT
        )

    def choose(self, role: int, found: Sequence[tuple[int, Any]]) -> FieldValue:
        """Choose the first usable value of a role.

        Where there is none: the first that is there at all.
        """
        other = FieldValue(None, MISSING_RANK, "")
        has_text = role == TEXT and bool(found) and found[0][0] < self.first_abstract
        for rank, value in found:
            if has_text and rank >= self.first_abstract:
                break
            if is_usable(self.roles[role], value):
                return FieldValue(value, rank, self.names[role][rank])
            if other.value is None and not is_missing(value):
                other = FieldValue(value, MISSING_RANK, self.names[role][rank])
        return other

    def child(self, node: Node, key: Any) -> tuple[Node, bool] | None:
        """Return the node of a key below another node, and whether only its case differs."""
        number = node.children.get(key)
        if number is not None:
            return self.nodes[number], False
        if node.folded and isinstance(key, str) and key.isascii():
            number = node.folded.get(key.lower())
            if number is not None:
                return self.nodes[number], True
        return None

    def missing(self, where: str, names: Sequence[str], role: str = "text", name: str | None = None) -> ColumnError:
        """Return the error for an input that lacks a field.

        Parameters
        ----------
        where : str
            The input, for messages.
        names : sequence of str
            Fields it has.
        role : str
        name : str, optional
            Of the field, where it is one of several; by default what was asked for.
        """
        asked = name or getattr(self.fields, role)
        hint = f"name the right one with {named_by(role)}"
        if asked is not None:
            meant = nearest(asked, names)
            hint = f"did you mean {meant!r}? Otherwise {hint}" if meant else hint
            return ColumnError(f"{where} has no field {asked!r}", f"one of its fields: {_shown(names)}", hint)
        guesses = [name for name in GUESSES[role] if "." not in name and name[0] not in "@_"]
        expected = f"a {role} field named {', '.join(guesses[:-1])} or {guesses[-1]}"
        return ColumnError(f"{where} has the fields {_shown(names)}", expected, hint)

    def _walk(self, record: Mapping[Any, Any], node: Node, is_other: bool, found: RankedValues) -> None:
        for key, value in record.items():
            met = self.child(node, key)
            if met is None:
                continue
            child, in_other_case = met[0], met[1] or is_other
            for role, rank in child.ranks(in_other_case):
                found[role].append((rank, value))
            if child.children:
                self.walk_value(value, child, in_other_case, found)

    def walk_value(self, value: Any, node: Node, is_other: bool, found: RankedValues) -> None:
        """Collect the values below a node, in an object or in the objects of a list."""
        if isinstance(value, Mapping):
            self._walk(value, node, is_other, found)
        elif isinstance(value, (list, tuple)):
            self._walk(dict(zip(map(str, range(len(value))), value, strict=True)), node, is_other, found)
            for element in value:
                if isinstance(element, Mapping):
                    self._walk(element, node, is_other, found)

    def _guess(self, role: int, guesses: Sequence[str]) -> None:
        """Add these names to the tree, then each again for other cases; abstracts come last."""
        places = [(path, name) for name in guesses for path in dict.fromkeys(((name,), tuple(name.split("."))))]
        full = [place for place in places if not (role == TEXT and is_abstract(place[1]))]
        abstracts = [place for place in places if place not in full]
        if abstracts:
            self.first_abstract = 2 * len(full)
        names: list[str] = []
        for group in (full, abstracts):
            for number, (path, _) in enumerate(group):
                rank = len(names) + number
                self._add(path, role, rank, rank + len(group), fold=True)
            names += 2 * [name for _, name in group]
        self.names.append(names)

    def _ask(self, role: int, name: str) -> None:
        """Add a field of this name to the tree, then one at this path."""
        is_joined = role == TEXT and bool(self.parts)
        paths = [(name,)] if is_joined else paths_of(name)
        if self.roles[role].kind is Kind.LABEL:  # of an object, as a publisher may be, the name counts
            paths += [(*path, "name") for path in paths]
        for rank, path in enumerate(paths):
            self._add(path, role, rank, -1, fold=False)
        self.names.append([name] * len(paths))

    def _add(self, path: Path, role: int, rank: int, other_rank: int, fold: bool) -> None:
        place = 0
        for key in path:
            node = self.nodes[place]
            if key not in node.children:
                node.children[key] = len(self.nodes)
                self.nodes.append(Node(key))
            place = node.children[key]
            if fold:
                node.folded.setdefault(key.lower(), place)
        self.nodes[place].uses.append((role, rank, other_rank))


def _rank(one: tuple[int, Any]) -> int:
    return one[0]


def joined_names(asked: str | None) -> tuple[str, ...]:
    """Return the fields whose texts are joined, none if there is only one field.

    Examples
    --------
    >>> joined_names("title, text"), joined_names("text"), joined_names("a,,b")
    (('title', 'text'), (), ())
    """
    names = tuple(name.strip() for name in (asked or "").split(","))
    return names if len(names) > 1 and all(names) else ()


def paths_of(name: str) -> list[Path]:
    """Return the possible meanings of a name: the name itself, then paths, those with fewer and longer keys first.

    Examples
    --------
    >>> paths_of("a.b.c")
    [('a.b.c',), ('a', 'b.c'), ('a.b', 'c'), ('a', 'b', 'c')]
    >>> paths_of("a..b")
    [('a..b',)]
    """
    keys = name.split(".")
    if not all(keys):
        return [(name,)]
    if len(keys) > MOST_KEYS:
        return [(name,), tuple(keys)]
    return sorted(_groupings(keys), key=len)


def _groupings(keys: list[str]) -> Iterator[Path]:
    for end in range(1, len(keys) + 1):
        first = ".".join(keys[:end])
        if end == len(keys):
            yield (first,)
        for rest in _groupings(keys[end:]):
            yield (first, *rest)


def _shown(names: Sequence[str]) -> str:
    return listed(map(shortened, names), MANY) or "(none)"
