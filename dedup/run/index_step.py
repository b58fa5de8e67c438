"""A run against an index: what it knows is dropped, what is kept is added to it.

The index is opened, and locked, before anything is read. The documents of the run are compared with it before they are
compared with each other. It is written last, when the output is in place: in one transaction, so that it is there as a
whole or not at all, and the same command decides the same once more if it is not.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.attribution.agencies import Agencies
from dedup.attribution.credits import credits_at_ends
from dedup.errors import InputError, ParamsError, PostingsError, StorageError
from dedup.index import Index, bulk
from dedup.index.features import Prepared
from dedup.index.folder.create import folder_of
from dedup.index.folder.state import DATABASE, LOCK, RUNS
from dedup.index.redis.url import Address
from dedup.io import Batch
from dedup.judge.match_table import Matches
from dedup.judge.relation import LAST_COPY
from dedup.params import Params
from dedup.run.checkpoint import Arrays, Checkpoint
from dedup.run.exact import DistinctTexts
from dedup.run.index_ids import check_ids
from dedup.run.index_matches import IndexMatches, best_matches
from dedup.run.options import RunTuning
from dedup.run.progress import Progress
from dedup.run.records import Records
from dedup.store.corpus import Corpus
from dedup.store.scratch import release
from dedup.text.tokens import Tokens

OF_THE_RUN = ("keep", "prefer")
"""Parameters that may be others in each run; the rest must be those of the index."""

Places = npt.NDArray[np.int64]


@contextmanager
def opened(index: Index | str | os.PathLike[str], given: Mapping[str, Any], tuning: RunTuning) -> Iterator[IndexStep]:
    """Open the index of a run, or make one, and lock it; one that was made is removed again if the run fails.

    Parameters
    ----------
    index : Index, path or URL
        An index that is open for writing stays open.
    given : mapping
        The parameters that the caller gave, by name; the others are those of the index.
    tuning : RunTuning

    Raises
    ------
    ParamsError, StorageError
    """
    asked = Params(**given)  # refused before anything is made
    if isinstance(index, Index):
        yield IndexStep(index, given, tuning)
        return
    folder = None if Address.is_one(index) else _folder(index)
    there, is_made = folder is not None and folder.is_dir(), not _is_index(index)
    ours = Index.open(index, replace(asked, keep=None, prefer=()) if is_made else None)
    try:
        yield IndexStep(ours, given, tuning, closes=True)
    except BaseException:
        is_empty = False
        with suppress(StorageError):  # what went wrong first is what is told
            is_empty = is_made and len(ours) == 0
        with suppress(StorageError):
            ours.close()
        if is_empty and folder is not None:
            _remove(folder, there)
        raise
    ours.close()


def _folder(path: str | os.PathLike[str]) -> Path:
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise ParamsError(f"an index of type {type(path).__name__}", "a path, a URL, or an open dedup.Index")
    return folder_of(path)


def _is_index(place: str | os.PathLike[str]) -> bool:
    """Whether there is an index already; of what is wrong with it whoever opens it for writing is told."""
    if not Address.is_one(place):
        return (_folder(place) / DATABASE).is_file()
    with suppress(StorageError):
        Index.open(place, mode="r").close()
        return True
    return False


def _remove(folder: Path, keep: bool) -> None:
    """Remove an empty index."""
    shutil.rmtree(folder / RUNS, ignore_errors=True)
    with suppress(OSError):
        for path in (*folder.glob(f"{DATABASE}*"), folder / LOCK):
            path.unlink()
        if not keep:
            folder.rmdir()


class IndexStep:
    """An index in the hands of a run.

    Parameters
    ----------
    index : Index
        Open for writing.
    given : mapping
        Parameters that must be those of the index, but for `OF_THE_RUN`.
    tuning : RunTuning
    closes : bool
        Close the index when all is added, as a part of the run.

    Attributes
    ----------
    params : Params
        Of the run.
    key : uint64 array
        Of the index, under which the words of a run are hashed, too.
    identity : dict
        Of the index in its present state, as JSON can hold it.
    is_done : bool
        Whether all that is to be added is committed.

    Raises
    ------
    ParamsError, StorageError
    """

    def __init__(self, index: Index, given: Mapping[str, Any], tuning: RunTuning, closes: bool = False) -> None:
        self._index = index
        self._tuning = tuning
        self._closes = closes
        stored = bulk.params_of(index)
        self.identity = bulk.state(index)
        self.place = str(self.identity["place"])
        _refuse_others(self.place, stored, Params(**given), [name for name in given if name not in OF_THE_RUN])
        self.key = bulk.key_of(index)
        self.params = replace(stored, **{name: given.get(name, getattr(Params(), name)) for name in OF_THE_RUN})
        self.is_done = False
        self._add: Places = np.empty(0, np.int64)

    def check(self, batch: Batch) -> None:
        """Refuse records without an id of their own: those made up for them would name others in the next run.

        Raises
        ------
        InputError
        """
        check_ids(batch)

    def find(self, records: Records, collapsed: DistinctTexts, checkpoint: Checkpoint) -> IndexMatches:
        """Compare the documents of a run with those of the index."""
        n = len(collapsed.corpus)
        if len(self._index) == 0:
            return IndexMatches.none(n)
        parts, size = [Matches.none()], self._tuning.index_step
        with bulk.held(self._index):
            for first in range(0, n, size):
                step = f"index {first // size}"
                columns = checkpoint.load(step)
                if columns is None:
                    columns = checkpoint.save(step, self._matched(records, collapsed, first, min(first + size, n)))
                parts.append(Matches(*columns))
            matches = Matches.concatenate(parts)
            held = bulk.named(self._index, np.unique(matches.left))
        # On a server another writer may have removed some meanwhile.
        matches = matches.take(np.flatnonzero(np.isin(matches.left, held.numbers)))
        matches = replace(matches, left=np.searchsorted(held.numbers, matches.left))
        joins = best_matches(matches, held.original, LAST_COPY[self.params.level], n)
        return IndexMatches(held.ids, held.sources, held.credits, held.published, held.drawn_on, matches, joins)

    def _matched(self, records: Records, collapsed: DistinctTexts, first: int, stop: int) -> Arrays:
        parts = [Matches.none()]
        for some in self._blocks(collapsed.record[first:stop], records):
            found = bulk.compared(self._index, self._prepared(records, some))
            parts.append(replace(found, right=found.right + first))
            first += len(some)
            release(records.tokens)
        found = Matches.concatenate(parts)
        return tuple(getattr(found, field.name) for field in fields(found))

    def settle(
        self, records: Records, is_kept: npt.NDArray[np.bool_], copies: int, again: int, summary: dict[str, Any]
    ) -> None:
        """Note which records are to be added, and tell in the summary of them and of the copies of what was there.

        Kept records without words are not added: nothing could ever match them.

        Raises
        ------
        InputError
            When two of them have one id.
        """
        (self._add,) = np.nonzero(is_kept & (records.lengths > 0))
        ids = records.ids.take(pa.array(self._add))
        if pc.count_distinct(ids).as_py() < len(ids):
            raise _twice(records, self._add, ids)
        size = self._tuning.index_documents
        parts = (ids[first : first + size].to_pylist() for first in range(0, len(ids), size))
        replaced = bulk.count_known(self._index, parts)
        before = len(self._index)
        summary["index"] = {
            "path": self.place,
            "copies": copies,
            "added": len(ids),
            "replaced": replaced,
            "documents": before + len(ids) - replaced,
        }
        if again:
            told = "of the dropped are in the index under their own id: they were added before this run"
            summary["notes"].append(f"{again:,} {told}")
        if replaced:
            told = "of the kept records take the place of a document in the index: the same id, and no copy of it"
            summary["notes"].append(f"{replaced:,} {told}")

    def add(
        self, records: Records, agencies: Agencies, output: Path | None, summary: dict[str, Any], progress: Progress
    ) -> None:
        """Add what is kept; to be called when the output is in place.

        Raises
        ------
        StorageError
            The index is as it was; or all is there, but for its postings, which can be made again.
        """
        try:
            if len(self._add):
                bulk.add(self._index, partial(self._parts, records, agencies), agencies)
            self.is_done = True
            if self._closes:
                self._index.close()
        except BaseException as error:
            is_added = True if self.is_done or isinstance(error, PostingsError) else self._is_added(records)
            self.is_done = bool(is_added)
            found = "the run is complete, do not repeat it"
            hint = error.hint if isinstance(error, StorageError) else ""
            though = "" if output is None else f", though {output} is complete"
            if is_added is False:
                found = f"nothing was added to the index{though}"
                hint = "run the same command again: it decides the same, and adds"
            if is_added is None:
                found = f"whether anything was added to the index cannot be found out{though}"
                hint = "run again with another -o: if that keeps nothing all was added before, and this output stands"
            if isinstance(error, StorageError):
                raise StorageError(f"{found}: {error.found}", error.expected, hint) from error
            progress.say(f"{found}; {hint}" if hint else found)
            raise
        with suppress(OSError):  # all is done: the run has not failed where this cannot be found out
            size = bulk.file_bytes(self._index)
            summary["index"].update({} if size is None else {"bytes": size})

    def _parts(self, records: Records, agencies: Agencies) -> Iterator[bulk.Added]:
        for some in self._blocks(self._add, records):
            credit, drawn_on = credits_at_ends(records.text_ends, records.sizes, some, agencies)
            texts = replace(self._prepared(records, some), credit=credit, drawn_on=drawn_on)
            ids, sources = (column.take(pa.array(some)).to_pylist() for column in (records.ids, records.sources))
            yield bulk.Added(texts, ids, sources, records.published[some].tolist())
            release(records.tokens)

    def _prepared(self, records: Records, some: Places) -> Prepared:
        corpus = Corpus(records.tokens, records.starts, records.ends, records.fingerprints).part(some)
        offsets = np.concatenate([[0], corpus.ends])
        tokens = Tokens(corpus.tokens, offsets, corpus.fingerprints, records.digests[some])
        return bulk.prepared(self._index, tokens, records.sizes[some], records.published[some])

    def _blocks(self, which: Places, records: Records) -> Iterator[Places]:
        """Cut records into blocks that are worked on at a time."""
        ends = np.cumsum(records.lengths[which])
        first = 0
        while first < len(which):
            before = ends[first - 1] if first else 0
            stop = int(np.searchsorted(ends, before + self._tuning.index_tokens, "right"))
            stop = min(max(stop, first + 1), first + self._tuning.index_documents)
            yield which[first:stop]
            first = stop

    def _is_added(self, records: Records) -> bool | None:
        """Whether the index has what was to be added, as the last of it tells; None where it cannot be asked."""
        with suppress(StorageError):
            last = self._add[-1:]
            return any(bulk.holds(self._index, records.ids[record].as_py(), records.digests[record]) for record in last)
        return None


def _refuse_others(place: str, stored: Params, asked: Params, names: list[str]) -> None:
    others = [name for name in names if getattr(asked, name) != getattr(stored, name)]
    if others:
        here, there = asked.as_dict(), stored.as_dict()
        raise ParamsError(
            f"{', '.join(f'{name} {here[name]!r}' for name in others)} with {place}",
            f"{', '.join(f'{name} {there[name]!r}' for name in others)}, as it was made with",
            "leave that out, or make another index",
        )


def _twice(records: Records, added: Places, ids: pa.LargeStringArray) -> InputError:
    codes = np.asarray(ids.dictionary_encode().indices)
    order = np.argsort(codes, kind="stable")
    at = int(np.flatnonzero(np.diff(codes[order]) == 0)[0])
    places = [
        f"{records.files[records.file[record]]}, row {records.row[record]}" for record in added[order[at : at + 2]]
    ]
    return InputError(
        f"id {ids[int(order[at])].as_py()!r} of two kept records ({' and '.join(places)})",
        "ids that name one text each, for the index",
        "name another field with --id-field (id_field=); nothing was written",
    )
