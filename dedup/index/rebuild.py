"""An index made anew from the texts at hand: of an earlier format, or damaged, it still knows whose texts they are.

An index holds no texts. What it holds of each document besides (id, source, date, url, data, and the order in which
they came) has stood in the same columns in every format, so that it can be read without opening the index.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson

from dedup.errors import InputError, ParamsError, StorageError
from dedup.index.folder.create import REPLACED, folder_of, no_index, told
from dedup.index.folder.lock import WriterLock
from dedup.index.folder.state import DATABASE, LOCK
from dedup.index.index import Index
from dedup.index.redis.url import Address
from dedup.params import Params
from dedup.store.durable import sync_folder

BEING_MADE = ".rebuilding"
"""Suffix of the folder in which the new index is made."""

AT_A_TIME = 1_000  # documents
SHOWN = 5  # ids in a message


class _Known(NamedTuple):
    """What an index knows of a document, but for what its words were."""

    number: int
    id: str
    source: str | None
    published: int | None
    url: str | None
    data: str | None
    copy_of: int | None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of an index.

    Parameters
    ----------
    documents : int
        In the new index.
    missing : list of str
        Ids whose texts were not there; they are not in it.
    changed : int
        Documents that were kept and are copies now, or the other way round.
    passed_over : int
        Texts of documents that the index has not.
    before : Path
        Where the old index is now.
    """

    documents: int
    missing: list[str]
    changed: int
    passed_over: int
    before: Path


def rebuild(
    path: str | os.PathLike[str],
    texts: Iterable[Mapping[str, Any]],
    drop_missing: bool = False,
    agencies: str | os.PathLike[str] | None = None,
) -> Rebuilt:
    """Make an index anew, of the format of today, from its own list of documents and their texts.

    Parameters
    ----------
    path : path
        Its folder. It is moved aside when the new one is complete, and never changed.
    texts : iterable of mapping
        With ``id`` and ``text``; others than those of the index are passed over, of several of one id the last counts.
    drop_missing : bool
        Leave documents out whose texts are not there, instead of refusing.
    agencies : path, optional
        As for `Index.open`.

    Raises
    ------
    InputError
        When texts are missing: nothing is changed then.
    StorageError
        When there is no index, it cannot be read at all, somebody writes to it, or the disk fails.
    """
    if Address.is_one(path):
        hint = "add the texts to an index of another name on the server, then remove this one"
        raise ParamsError(f"rebuild of {Address.of(str(path)).place}", "the folder of an index", hint)
    folder = folder_of(path)
    if not (folder / DATABASE).is_file():
        raise no_index(folder)
    with told(folder), closing(WriterLock(folder / LOCK)):  # what is added meanwhile would be left behind
        return _rebuilt(folder, texts, drop_missing, agencies)


def _rebuilt(
    folder: Path, texts: Iterable[Mapping[str, Any]], drop_missing: bool, agencies: str | os.PathLike[str] | None
) -> Rebuilt:
    params, documents = _read(folder)
    made, before = (folder.with_name(folder.name + suffix) for suffix in (BEING_MADE, REPLACED))
    for other in (made, before):
        if other.exists():
            raise StorageError(f"{other} is there", "that name free", "a rebuild has left it: remove it, or move it")
    made.mkdir(mode=0o700)  # texts lie in it
    try:
        with closing(_Texts(made / "texts.sqlite", documents)) as held:
            held.take(texts)
            missing = held.missing()
            if missing and not drop_missing:
                raise _missing(folder, missing)
            changed, count = _added(made / "index", params, held, agencies)
        _put_in_place(folder, made / "index", before)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Rebuilt(count, missing, changed, held.passed_over, before)


def _put_in_place(folder: Path, new: Path, before: Path) -> None:
    """Move the old index aside and the new one to its place.

    If the power fails between the two, nobody makes an empty index there: `dedup.index.folder.create.made` sees the old
    one.
    """
    folder.rename(before)
    try:
        new.rename(folder)
    except BaseException:
        before.rename(folder)
        raise
    sync_folder(folder.absolute().parent)


def _read(folder: Path) -> tuple[Params, list[_Known]]:
    """Return the parameters and documents of an index of any format."""
    connection = sqlite3.connect(f"{(folder / DATABASE).absolute().as_uri()}?mode=ro", uri=True)
    with closing(connection):
        about = dict(connection.execute("SELECT name, value FROM about"))
        columns = ", ".join(_Known._fields)
        rows = connection.execute(f"SELECT {columns} FROM documents ORDER BY number").fetchall()
    ours = {field.name for field in fields(Params)}
    stored = orjson.loads(about["params"])
    return Params(**{name: value for name, value in stored.items() if name in ours}), [_Known(*row) for row in rows]


class _Texts:
    """Texts by the number of their document, on disk: the order in which they come is not that of the index."""

    def __init__(self, path: Path, documents: list[_Known]) -> None:
        self.documents = documents
        self.passed_over = 0
        self._numbers = {document.id: document.number for document in documents}
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT NOT NULL)")

    def take(self, texts: Iterable[Mapping[str, Any]]) -> None:
        """Keep the texts of documents of the index."""
        self._connection.execute("BEGIN")
        for one in texts:
            number = self._numbers.get(one["id"])
            self.passed_over += number is None
            if number is not None:
                text = one["text"].encode("utf-8", "surrogatepass")
                self._connection.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)", (number, text))
        self._connection.execute("COMMIT")

    def missing(self) -> list[str]:
        """Return the ids of documents whose texts are not there."""
        there = {row[0] for row in self._connection.execute("SELECT number FROM texts")}
        return [document.id for document in self.documents if document.number not in there]

    def blocks(self) -> Iterator[list[tuple[_Known, str]]]:
        """Yield documents and their texts, in the order of the index."""
        for first in range(0, len(self.documents), AT_A_TIME):
            some = self.documents[first : first + AT_A_TIME]
            among = some[0].number, some[-1].number
            found = dict(self._connection.execute("SELECT * FROM texts WHERE number BETWEEN ? AND ?", among))
            yield [
                (document, found[document.number].decode("utf-8", "surrogatepass"))
                for document in some
                if document.number in found
            ]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _added(place: Path, params: Params, texts: _Texts, agencies: str | os.PathLike[str] | None) -> tuple[int, int]:
    """Add all documents to a new index; return how many have another fate than before, and how many there are."""
    changed = 0
    with Index.open(place, params, agencies=agencies) as index:
        for block in texts.blocks():
            answers = index.add_many(_record(document, text) for document, text in block)
            kept = zip(block, answers, strict=True)
            changed += sum(answer.kept != (document.copy_of is None) for (document, _), answer in kept)
        return changed, len(index)


def _record(document: _Known, text: str) -> dict[str, Any]:
    return {
        "id": document.id,
        "text": text,
        "source": document.source,
        "published": None if document.published is None else np.datetime64(document.published, "us"),
        "url": document.url,
        "data": None if document.data is None else orjson.loads(document.data),
    }


def _missing(folder: Path, ids: list[str]) -> InputError:
    shown = ", ".join(map(repr, ids[:SHOWN])) + (", …" if len(ids) > SHOWN else "")
    found = f"no text for {len(ids):,} documents of {folder}: {shown}"
    hint = "name all exports that they are in, or leave them out with --missing drop (drop_missing=True)"
    return InputError(found, "the text of every document in it", hint)
