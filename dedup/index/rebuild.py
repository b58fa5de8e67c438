"""Rebuild an index of an earlier format, or a damaged one, from the texts of its documents.

An index holds no texts. The rest of each document (id, source, date, url, data, and the order in which they came) is in
the same columns in every format, so that it can be read without opening the index.
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
from dedup.index.folder.create import REPLACED, is_index
from dedup.index.folder.database import DATABASE
from dedup.index.folder.failures import no_index, storage_errors
from dedup.index.folder.lock import LOCK, WriterLock
from dedup.index.index import Index
from dedup.index.place import folder_of, is_url
from dedup.index.redis.url import Address
from dedup.params import Params
from dedup.store.durable import sync_folder
from dedup.store.meter import NO_METER, Meter

BEING_MADE = ".rebuilding"
"""Suffix of the folder in which the new index is made."""

AT_A_TIME = 1_000  # documents
SHOWN = 5  # ids in a message


class StoredDocument(NamedTuple):
    """A document as an index of any format stores it, without its words."""

    number: int
    id: str
    source: str | None
    published: int | None
    url: str | None
    data: str | None
    copy_of: int | None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The outcome of a rebuild.

    Parameters
    ----------
    documents : int
        In the new index.
    missing : list of str
        Ids of documents that were left out, because their texts were not given.
    changed : int
        Documents that were kept and are copies now, or the reverse.
    passed_over : int
        Texts of documents that are not in the index.
    before : Path
        Folder of the old index.
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
    wait: float = 0.0,
    meter: Meter = NO_METER,
) -> Rebuilt:
    """Rebuild an index in the current format, from its own list of documents and their texts.

    Parameters
    ----------
    path : path
        Its folder. It is moved aside when the new one is complete, and never changed.
    texts : iterable of mapping
        With ``id`` and ``text``. Those of no document of the index are passed over; of several of one id the last
        counts.
    drop_missing : bool
        Leave out documents whose texts are not given, instead of refusing.
    agencies : path, optional
    wait : float
        As for `dedup.Index`.
    meter : Meter

    Raises
    ------
    InputError
        When texts are missing: nothing is changed then.
    StorageError
        When there is no index, it cannot be read at all, somebody writes to it, or the disk fails.
    """
    if is_url(path):
        hint = "add the texts to an index of another name on the server, then remove this one"
        raise ParamsError(f"rebuild of {Address.of(str(path)).place}", "the folder of an index", hint)
    folder = folder_of(path)
    if not is_index(folder):
        raise no_index(folder)
    with (
        storage_errors(folder),
        closing(WriterLock(folder / LOCK, wait)),
    ):  # what is added meanwhile would be left behind
        return _rebuilt(folder, texts, drop_missing, agencies, meter)


def _rebuilt(
    folder: Path,
    texts: Iterable[Mapping[str, Any]],
    drop_missing: bool,
    agencies: str | os.PathLike[str] | None,
    meter: Meter,
) -> Rebuilt:
    params, documents = _read(folder)
    made, before = (folder.with_name(folder.name + suffix) for suffix in (BEING_MADE, REPLACED))
    for other in (made, before):
        if other.exists():
            raise StorageError(
                f"{other} exists", "no file of that name", "an earlier rebuild has left it: delete it, or move it away"
            )
    made.mkdir(mode=0o700)  # texts lie in it
    try:
        with closing(TextStore(made / "texts.sqlite", documents)) as held:
            held.take(texts)
            missing = held.missing()
            if missing and not drop_missing:
                raise _missing(folder, missing)
            with meter.bar("add", len(documents) - len(missing), "documents"):
                changed, count = _added(made / "index", params, held, agencies, meter)
        _put_in_place(folder, made / "index", before)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Rebuilt(count, missing, changed, held.passed_over, before)


def _put_in_place(folder: Path, new: Path, before: Path) -> None:
    """Move the old index aside and the new one into its place.

    If the power fails between the two, nobody makes an empty index there: `dedup.index.folder.create.created` sees the
    old one.
    """
    folder.rename(before)
    try:
        new.rename(folder)
    except BaseException:
        before.rename(folder)
        raise
    sync_folder(folder.absolute().parent)


def _read(folder: Path) -> tuple[Params, list[StoredDocument]]:
    """Return the parameters and documents of an index of any format."""
    connection = sqlite3.connect(f"{(folder / DATABASE).absolute().as_uri()}?mode=ro", uri=True)
    with closing(connection):
        about = dict(connection.execute("SELECT name, value FROM about"))
        columns = ", ".join(StoredDocument._fields)
        rows = connection.execute(f"SELECT {columns} FROM documents ORDER BY number").fetchall()
    ours = {field.name for field in fields(Params)}
    stored = orjson.loads(about["params"])
    return Params(**{name: value for name, value in stored.items() if name in ours}), [
        StoredDocument(*row) for row in rows
    ]


class TextStore:
    """Texts on disk by the number of their document, because they do not arrive in the order of the index."""

    def __init__(self, path: Path, documents: list[StoredDocument]) -> None:
        self.documents = documents
        self.passed_over = 0
        self._numbers = {document.id: document.number for document in documents}
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT NOT NULL)")

    def take(self, texts: Iterable[Mapping[str, Any]]) -> None:
        """Store the texts of documents of the index."""
        self._connection.execute("BEGIN")
        for record in texts:
            number = self._numbers.get(record["id"])
            self.passed_over += number is None
            if number is not None:
                text = record["text"].encode("utf-8", "surrogatepass")
                self._connection.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)", (number, text))
        self._connection.execute("COMMIT")

    def missing(self) -> list[str]:
        """Return the ids of documents without a text."""
        there = {row[0] for row in self._connection.execute("SELECT number FROM texts")}
        return [document.id for document in self.documents if document.number not in there]

    def blocks(self) -> Iterator[list[tuple[StoredDocument, str]]]:
        """Yield documents and their texts, in the order of the index."""
        for first in range(0, len(self.documents), AT_A_TIME):
            block = self.documents[first : first + AT_A_TIME]
            among = block[0].number, block[-1].number
            found = dict(self._connection.execute("SELECT * FROM texts WHERE number BETWEEN ? AND ?", among))
            yield [
                (document, found[document.number].decode("utf-8", "surrogatepass"))
                for document in block
                if document.number in found
            ]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _added(
    place: Path, params: Params, texts: TextStore, agencies: str | os.PathLike[str] | None, meter: Meter
) -> tuple[int, int]:
    """Add all documents to a new index; return how many decisions differ from before, and how many were added."""
    changed = 0
    with Index(place, params, agencies=agencies) as index:
        for block in texts.blocks():
            answers = index.add_many(_record(document, text) for document, text in block)
            kept = zip(block, answers, strict=True)
            changed += sum(answer.kept != (document.copy_of is None) for (document, _), answer in kept)
            meter.advance(len(block))
        return changed, len(index)


def _record(document: StoredDocument, text: str) -> dict[str, Any]:
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
