"""Recognise a file that is a JSON document rather than JSON lines, and rewrite it as JSON lines while it is read.

A document is a list of records, one record or several printed over many lines, or an object with the list of records in
it. It is read a chunk at a time, however large it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dedup.errors import InputError
from dedup.io.bytes.lines import Part, line_blocks
from dedup.io.bytes.paths import InputFile
from dedup.io.bytes.streams import DamagedError
from dedup.io.bytes.surrogates import printable
from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.roles import Kind
from dedup.io.formats.json_block import parse
from dedup.io.read_options import LONGEST
from dedup.io.source import Rejection
from dedup.kernels import document_lines as kernel

if TYPE_CHECKING:
    import numpy.typing as npt

DOCUMENT_BYTES = 1 << 20
"""Bytes at the beginning of a file in which the list of records must begin."""

_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"(\s*:)?|[][{}]', re.DOTALL)
"""A string, which is a key if a colon follows, or a bracket."""

_NEAR_BYTES = 4 << 10
"""Bytes of a line in which the list mostly begins."""

_OPENING, _CLOSING = (b"[", b"{"), (b"]", b"}")


@dataclass(frozen=True, slots=True)
class JsonDocument:
    """Where the records of a JSON document are.

    Parameters
    ----------
    path : tuple of str
        The keys that lead to their list; empty if it is not in an object.
    start : int
        The byte after the bracket that opens that list, 0 without a path.
    is_repeated : bool
        Whether each line is an object with such a list, as where the pages of an API were appended.
    """

    path: tuple[str, ...] = ()
    start: int = 0
    is_repeated: bool = False

    @property
    def shown(self) -> str:
        """The path with dots, for messages."""
        return ".".join(map(printable, self.path))

    def before(self, chunks: Iterable[bytes]) -> bytes:
        """Return what stands before the first record: up to the bracket of the list, nothing if there is no list.

        Parameters
        ----------
        chunks : iterable of bytes
            As for ``lines``.
        """
        held = b""
        for chunk in chunks:
            held += chunk
            if len(held) >= self.start and held.strip():
                break
        return held[: self.start] if self.path else b"[" if held.lstrip().startswith(b"[") else b""

    def after(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield what stands after the last record of a list, from its bracket on, to the end of the object around it.

        Parameters
        ----------
        chunks : iterable of bytes
            As for ``lines``.
        """
        if not self.path:
            yield b"]\n"
            return
        state = self._state()
        left = self.start
        for chunk in chunks:
            data, left = chunk[left:], max(0, left - len(chunk))
            first = 0 if state[kernel.MODE] == kernel.REST else len(data)
            state[kernel.CLOSED] = state[kernel.OVER] = len(data)
            _lines(data, state)
            yield data[min(first, int(state[kernel.CLOSED])) : int(state[kernel.OVER])]
            if state[kernel.OVER] < len(data) or state[kernel.MODE] == kernel.SEQUENCE:
                break
        yield b"\n"

    def _state(self) -> npt.NDArray[np.int64]:
        """Return the state of the scan at the first record."""
        state = np.zeros(kernel.STATE, np.int64)
        state[kernel.MODE], state[kernel.ABOVE] = kernel.LIST if self.path else kernel.SEQUENCE, len(self.path)
        return state

    def lines(self, file: InputFile, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the records as JSON lines: their bytes, without the line feeds and the indentation.

        Parameters
        ----------
        file : InputFile
            For messages.
        chunks : iterable of bytes
            The whole document, in UTF-8 or what else extends ASCII.

        Raises
        ------
        DamagedError
            When the list is not closed, after a whole record. Half a record is yielded as it is.
        """
        if self.is_repeated:
            yield from self._lines_of_each(chunks)
            return
        state = self._state()
        left = self.start
        for chunk in chunks:
            data, left = chunk[left:], max(0, left - len(chunk))
            if lines := _lines(data, state):
                yield lines
        if state[kernel.MODE] != kernel.SEQUENCE and not state[kernel.DEPTH] and not state[kernel.IN_STRING]:
            hint = "is the download complete? If so, and it was never closed, append ]"
            raise DamagedError(file.name, "ends within its list of records", hint)

    def _lines_of_each(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for block in line_blocks(chunks, LONGEST):
            if isinstance(block, Part):  # of a line that is too long, and is going to be rejected
                yield block
            else:
                yield b"".join(self._lines_of(line + b"\n") for line in block.removesuffix(b"\n").split(b"\n"))

    def _lines_of(self, line: bytes) -> bytes:
        """Return the records of the list in one line; a line without that list is one record itself."""
        for size in (_NEAR_BYTES, len(line)):
            start = next((one.start for one in _outline(line[:size])[1] if one.path == self.path), 0)
            if start:
                lines = _lines(line[start:], self._state())
                return lines if lines.endswith(b"\n") else lines + b"\n"
        value: Any = parse(line)
        for key in self.path:
            value = value.get(key) if isinstance(value, dict) else None
        return b"" if value == [] or not line.strip() else line


def beginning_of(chunks: Iterator[bytes]) -> tuple[list[bytes], bool]:
    """Read chunks until `document_in` can decide.

    Returns
    -------
    held : list of bytes
    is_whole : bool
        Whether that is all there is.
    """
    held: list[bytes] = []
    size = 0
    try:
        for chunk in chunks:
            held.append(chunk)
            size += len(chunk)
            whole = b"".join(held) if len(held) > 1 else chunk
            if size >= DOCUMENT_BYTES or whole.lstrip().partition(b"\n")[2].strip():
                return held, False
    except DamagedError:  # met again, and reported, when the records are read
        return held, False
    return held, True


def document_in(file: InputFile, beginning: bytes, is_whole: bool, tree: FieldTree) -> JsonDocument | None:
    """Return where the records of a document are, or None if the file is JSON lines.

    Parameters
    ----------
    file : InputFile
    beginning : bytes
        As `beginning_of` has it.
    is_whole : bool
        Whether that is the whole file.
    tree : FieldTree
        By whose texts the list of records is told from others.

    Raises
    ------
    InputError
        When there are several such lists.
    """
    first, feed, rest = beginning.lstrip().partition(b"\n")
    rest = rest.lstrip()
    record = parse(first) if feed or is_whole else None
    is_broken = isinstance(record, Rejection) and record.reason.startswith("not JSON")
    if first.startswith(b"["):
        named_json = ".json" in file.suffixes[-2:]
        return JsonDocument() if named_json or is_broken or record is None or not rest else None
    if not first.startswith(b"{"):
        return None
    if isinstance(record, dict) and rest:
        return _repeated(first, rest.partition(b"\n")[0], tree)
    if is_broken and rest and rest[:1] not in (b'"', b"}", b"]"):  # the next line is another record
        return None
    outline, lists = _outline(beginning)
    if not _has_text(tree, outline, whole_texts=True):
        found = [one for one in lists if _has_text(tree, _first_record(beginning[one.start :]))]
        if len(found) > 1:
            paths = [one.shown for one in found]
            hint = f"take one out: jq -c '.{paths[0]}[]'"
            raise InputError(f"{file.name} has several lists of records: {', '.join(paths)}", "one", hint)
        if found:
            return found[0]
    return JsonDocument() if is_broken and rest else None


def pandas_form(record: Mapping[str, Any]) -> str:
    """Return how pandas calls the form of a table that is one object, and no list of records; else an empty string.

    Examples
    --------
    >>> pandas_form({"text": {"0": "One", "1": "Two"}}), pandas_form({"text": "One"})
    ('columns', '')
    """
    if {"columns", "data"} <= record.keys() and isinstance(record["data"], list):
        return "split"
    if not record or not all(isinstance(value, dict) and value for value in record.values()):
        return ""
    if all(map(str.isdecimal, record)):
        return "index"
    return "columns" if all(map(str.isdecimal, next(iter(record.values())))) else ""


def _repeated(first: bytes, second: bytes, tree: FieldTree) -> JsonDocument | None:
    """Return the list of records that the first two lines have both, if these have no text themselves."""
    (outline, lists), (next_outline, next_lists) = _outline(first), _outline(second)
    if _has_text(tree, outline) or _has_text(tree, next_outline):
        return None
    paths = {one.path for one in next_lists}
    found = [one for one in lists if one.path in paths and _has_text(tree, _first_record(first[one.start :]))]
    return replace(found[0], is_repeated=True) if len(found) == 1 else None


def _outline(beginning: bytes) -> tuple[dict[str, Any], list[JsonDocument]]:
    """Return the keys of the first object with those within it, values left out, and the lists of objects in it."""
    outline: dict[str, Any] = {}
    objects: list[dict[str, Any]] = []
    keys: list[str] = []
    lists: list[JsonDocument] = []
    depth, start = 0, -1  # brackets that are open from an outermost list on, and where that list begins
    name = ""
    for token in _TOKEN.finditer(beginning):
        what = token[0]
        if start >= 0 and what == b"{" and not beginning[start : token.start()].strip():
            lists.append(JsonDocument((*keys[1:], name), start))
        start = -1
        if depth:
            depth += (what in _OPENING) - (what in _CLOSING)
        elif token[2]:
            name = token[1].decode("utf-8", "surrogateescape")
            objects[-1][name] = ""
        elif what == b"[":
            depth, start = 1, token.end()
        elif what == b"{":
            inner: dict[str, Any] = {} if objects else outline
            if objects:
                objects[-1][name] = inner
            objects.append(inner)
            keys.append(name)
        elif what == b"}":
            objects.pop()
            keys.pop()
            if not objects:
                break
    return outline, lists


def _first_record(beginning: bytes) -> Mapping[str, Any]:
    """Return the first record of a list, as far as it can be read."""
    state = np.zeros(kernel.STATE, np.int64)
    state[kernel.MODE] = kernel.LIST
    line, feed, _ = _lines(beginning, state).partition(b"\n")
    record = parse(line) if feed else _outline(line)[0] if line.startswith(b"{") else {}
    return record if isinstance(record, dict) else {}


def _lines(data: bytes, state: npt.NDArray[np.int64]) -> bytes:
    out = np.empty(2 * len(data), np.uint8)
    return out[: kernel.document_lines(np.frombuffer(data, np.uint8), state, out)].tobytes()


def _has_text(tree: FieldTree, record: Mapping[str, Any], whole_texts: bool = False) -> bool:
    """Return whether a record has a text; ``whole_texts``: not only a description or a summary."""
    texts = (found for found, role in zip(tree.match(record), tree.roles, strict=True) if role.kind is Kind.TEXT)
    return any(rank < tree.first_abstract or not whole_texts for values in texts for rank, _ in values)
