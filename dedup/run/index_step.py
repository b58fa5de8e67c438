"""Run against an index: drop copies of its documents first, and add the kept documents last.

The index is opened, and locked, before anything is read. The documents of the run are compared with it before they are
compared with each other. Kept documents are added last, when the output is in place: in one transaction, so that all of
them are there or none, and if none are the same command decides the same again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.attribution.agencies import Agencies
from dedup.attribution.credits import credits_at_ends
from dedup.errors import InputError, Interrupted, ParamsError, PostingsError, StorageError
from dedup.index import Index
from dedup.index.bulk import BulkIndex, NewDocuments
from dedup.index.features import Features
from dedup.index.folder.create import is_index, remove_empty
from dedup.index.place import folder_of, is_url
from dedup.io import Batch
from dedup.io.fields.roles import named_by
from dedup.judge.match_table import Matches
from dedup.judge.relation import LAST_COPY
from dedup.params import Params, require_for_index
from dedup.run.checkpoint import Arrays, Checkpoint
from dedup.run.exact import DistinctTexts
from dedup.run.index_ids import check_ids
from dedup.run.index_matches import IndexMatches, best_matches
from dedup.run.options import RunTuning
from dedup.run.progress import Progress
from dedup.run.records import Records
from dedup.store.corpus import Corpus
from dedup.store.meter import NO_METER, Meter
from dedup.store.scratch import release
from dedup.text.tokens import Tokens

OF_THE_RUN = ("keep", "prefer")
"""Parameters that may be others in each run; the rest must be those of the index."""

Places = npt.NDArray[np.int64]


@contextmanager
def opened(index: Index | str | os.PathLike[str], chosen: Mapping[str, Any], tuning: RunTuning) -> Iterator[IndexStep]:
    """Open and lock the index of a run, or create it; a created one is removed again if the run fails.

    Parameters
    ----------
    index : Index, path or URL
        An index that is open for writing stays open.
    chosen : mapping
        The parameters that the caller gave, by name; the others are those of the index.
    tuning : RunTuning

    Raises
    ------
    ParamsError, StorageError
    """
    asked = Params(**chosen)  # refused before anything is made
    require_for_index(asked)
    if isinstance(index, Index):
        yield IndexStep(index, chosen, tuning)
        return
    folder = None if is_url(index) else _folder(index)
    there, is_made = folder is not None and folder.is_dir(), not _is_index(index)
    ours = Index(index, replace(asked, keep=None, prefer=()) if is_made else None)
    try:
        yield IndexStep(ours, chosen, tuning, closes=True)
    except BaseException:
        is_empty = False
        with suppress(StorageError):  # the first failure is the one that is reported
            is_empty = is_made and len(ours) == 0
        with suppress(StorageError):
            ours.close()
        if is_empty and folder is not None:
            remove_empty(folder, there)
        raise
    ours.close()


def _folder(path: str | os.PathLike[str]) -> Path:
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise ParamsError(f"an index of type {type(path).__name__}", "a path, a URL, or an open dedup.Index")
    return folder_of(path)


def _is_index(place: str | os.PathLike[str]) -> bool:
    """Return whether an index exists; any damage is reported when it is opened for writing."""
    if not is_url(place):
        return is_index(_folder(place))
    with suppress(StorageError):
        Index(place, mode="r").close()
        return True
    return False


class IndexStep:
    """The index of a run: documents are compared with it first, and added to it last.

    Parameters
    ----------
    index : Index
        Open for writing.
    chosen : mapping
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
    added : int64 array
        Records that are to be added.
    is_done : bool
        Whether all that is to be added is committed.

    Raises
    ------
    ParamsError, StorageError
    """

    def __init__(self, index: Index, chosen: Mapping[str, Any], tuning: RunTuning, closes: bool = False) -> None:
        self._index = BulkIndex(index)
        self._tuning = tuning
        self._closes = closes
        stored = self._index.params
        self.identity = self._index.identity()
        self.place = str(self.identity["place"])
        _refuse_others(self.place, stored, Params(**chosen), [name for name in chosen if name not in OF_THE_RUN])
        self.key = self._index.key
        self.params = replace(stored, **{name: chosen.get(name, getattr(Params(), name)) for name in OF_THE_RUN})
        self.is_done = False
        self.added: Places = np.empty(0, np.int64)
        self._links: dict[int, list[str]] = {}

    def check(self, batch: Batch) -> None:
        """Refuse records without an id of their own, because ids made up for them would occur again in the next run.

        Raises
        ------
        InputError
        """
        check_ids(batch)

    def find(
        self, records: Records, texts: DistinctTexts, checkpoint: Checkpoint, meter: Meter = NO_METER
    ) -> IndexMatches:
        """Compare the documents of a run with those of the index."""
        n = len(texts.corpus)
        if len(self._index) == 0:
            return IndexMatches.none(n)
        parts, size = [Matches.none()], self._tuning.index_step
        with self._index.held(), meter.bar("documents", n, "documents"):
            for first in range(0, n, size):
                step, stop = f"index {first // size}", min(first + size, n)
                columns = checkpoint.load(step)
                if columns is None:
                    columns = checkpoint.save(step, self._matched(records, texts, first, stop, meter))
                else:
                    meter.advance(stop - first)
                parts.append(Matches(*columns))
            matches = Matches.concatenate(parts)
            held = self._index.columns(np.unique(matches.left))
        # On a server another writer may have removed some meanwhile.
        matches = matches.take(np.flatnonzero(np.isin(matches.left, held.numbers)))
        matches = replace(matches, left=np.searchsorted(held.numbers, matches.left))
        joins = best_matches(matches, held.original, LAST_COPY[self.params.level], n)
        return IndexMatches(held.ids, held.sources, held.credits, held.published, held.drawn_on, matches, joins)

    def _matched(self, records: Records, texts: DistinctTexts, first: int, stop: int, meter: Meter) -> Arrays:
        parts = [Matches.none()]
        for block in self._blocks(texts.record[first:stop], records):
            found = self._index.matches(self._features(records, block))
            parts.append(replace(found, right=found.right + first))
            first += len(block)
            release(records.tokens)
            meter.advance(len(block))
        found = Matches.concatenate(parts)
        return tuple(getattr(found, field.name) for field in fields(found))

    def settle(
        self, records: Records, is_kept: npt.NDArray[np.bool_], copies: int, again: int, summary: dict[str, Any]
    ) -> None:
        """Determine which records will be added, and report on the index in the summary.

        Kept records without words are not added: nothing could ever match them.

        Raises
        ------
        InputError
            When two of them have one id.
        """
        (self.added,) = np.nonzero(is_kept & (records.lengths > 0))
        ids = records.ids.take(pa.array(self.added))
        if pc.count_distinct(ids).as_py() < len(ids):
            raise _twice(records, self.added, ids)
        size = self._tuning.index_documents
        parts = (ids[first : first + size].to_pylist() for first in range(0, len(ids), size))
        replaced = self._index.count_known(parts)
        before = len(self._index)
        summary["index"] = {
            "path": self.place,
            "copies": copies,
            "added": len(ids),
            "replaced": replaced,
            "documents": before + len(ids) - replaced,
        }
        if again:
            words = "records dropped because an earlier run had added them to the index"
            summary["notes"].append(f"{words}: {again:,}")
        if replaced:
            words = "documents of the index replaced by kept records of the same id, which are not copies of them"
            summary["notes"].append(f"{words}: {replaced:,}")

    def link(self, links: dict[int, list[str]]) -> None:
        """Note the documents to whose stories records that will be added belong, by record."""
        self._links = links

    def add(
        self,
        records: Records,
        agencies: Agencies,
        output: Path | str | None,
        summary: dict[str, Any],
        progress: Progress,
    ) -> None:
        """Add the kept documents; to be called when the output is in place.

        Raises
        ------
        StorageError
            The index is as it was; or all is there, but for its postings, which can be made again.
        """
        try:
            if len(self.added):
                self._add_all(records, agencies, progress)
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
                hint = "run the same command again: it makes the same decisions, and adds the records"
            if is_added is None:
                found = f"it is not known whether anything was added to the index{though}"
                hint = "run again with another -o: if nothing is kept then, all was added, and this output is right"
            if isinstance(error, StorageError):
                raise StorageError(f"{found}: {error.found}", error.expected, hint) from error
            left = f"{found}; {hint}" if hint else found
            if isinstance(error, KeyboardInterrupt):
                raise Interrupted(f"interrupted{progress.when}; {left}") from error
            progress.say(left)
            raise
        with suppress(OSError):  # all is done: the run has not failed where this cannot be found out
            size = self._index.file_bytes()
            summary["index"].update({} if size is None else {"bytes": size})

    def _add_all(self, records: Records, agencies: Agencies, meter: Meter) -> None:
        with self._index.writing():
            for attempt in self._index.attempts():
                with attempt, meter.bar("documents", len(self.added), "documents"):
                    for block in self._blocks(self.added, records):
                        self._index.add(self._documents(records, block, agencies), agencies)
                        release(records.tokens)
                        meter.advance(len(block))

    def _documents(self, records: Records, block: Places, agencies: Agencies) -> NewDocuments:
        credit, drawn_on = credits_at_ends(records.text_ends, records.sizes, block, agencies)
        features = replace(self._features(records, block), credit=credit, drawn_on=drawn_on)
        columns = (records.ids, records.sources, records.urls)
        ids, sources, urls = (column.take(pa.array(block)).to_pylist() for column in columns)
        links = [self._links.get(record, []) for record in block.tolist()]
        return NewDocuments(features, ids, sources, urls, records.published[block].tolist(), links)

    def _features(self, records: Records, block: Places) -> Features:
        corpus = Corpus(records.tokens, records.starts, records.ends, records.fingerprints).part(block)
        offsets = np.concatenate([[0], corpus.ends])
        tokens = Tokens(corpus.tokens, offsets, corpus.fingerprints, records.digests[block])
        return self._index.features(tokens, records.sizes[block], records.published[block])

    def _blocks(self, which: Places, records: Records) -> Iterator[Places]:
        """Cut records into blocks that are compared or added at a time."""
        ends = np.cumsum(records.lengths[which])
        first = 0
        while first < len(which):
            before = ends[first - 1] if first else 0
            stop = int(np.searchsorted(ends, before + self._tuning.index_tokens, "right"))
            stop = min(max(stop, first + 1), first + self._tuning.index_documents)
            yield which[first:stop]
            first = stop

    def _is_added(self, records: Records) -> bool | None:
        """Return whether the documents were added, by the last of them; None if the index cannot be read."""
        with suppress(StorageError):
            last = self.added[-1:]
            return any(self._index.holds(records.ids[record].as_py(), records.digests[record]) for record in last)
        return None


def _refuse_others(place: str, stored: Params, asked: Params, names: list[str]) -> None:
    others = [name for name in names if getattr(asked, name) != getattr(stored, name)]
    if others:
        here, there = asked.as_dict(), stored.as_dict()
        raise ParamsError(
            f"{', '.join(f'{name} {here[name]!r}' for name in others)} with {place}",
            f"{', '.join(f'{name} {there[name]!r}' for name in others)}, with which it was made",
            "omit that parameter, or make another index",
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
        "ids that name one text each, as an index needs",
        f"name another field with {named_by('id')}; nothing was written",
    )
