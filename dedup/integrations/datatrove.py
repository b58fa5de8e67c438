"""Remove copies in a datatrove pipeline, with a filter that compares documents with an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from dedup.errors import InputError, ParamsError, extra
from dedup.index import Decision, Index
from dedup.index.aio import outcomes
from dedup.integrations.record_fields import readable_date, source_name
from dedup.io import Fields
from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.roles import DATE, SOURCE
from dedup.params import Params, with_fields
from dedup.text.markup import without_markup
from dedup.text.tokens import encode

with extra("datatrove"):
    from datatrove.data import Document
    from datatrove.pipeline.filters.base_filter import BaseFilter
    from datatrove.pipeline.writers.disk_base import DiskWriter

__all__ = ["DedupFilter"]

TAG = "dedup"
"""The key in the metadata of a removed document under which its decision is."""


class DedupFilter(BaseFilter):  # type: ignore[misc]  # datatrove has no types
    """Remove documents that are copies of earlier ones in an index, and add all documents to the index.

    The metadata of a removed document has, under ``dedup``, the document that it copies: ``duplicate_of``, ``relation``
    and ``score``; an ``exclusion_writer`` writes them. Documents without text are passed on.

    A document that an earlier run has added gets its earlier decision, so that a task that is run again after a failure
    has the same output. If an id occurs twice in one run, the second document is compared, but not added.

    An index has one writer: run the pipeline as one task, unless the index is on a server.

    Parameters
    ----------
    index : str
        Path or URL of the index, as for `dedup.Index`.
    params : Params, optional
        The parameters of a new index.
    exclusion_writer : DiskWriter, optional
    date_key, source_key : str, optional
        Names in the metadata, or paths such as ``publisher.name``; guessed by default.
    batch_size : int
        Number of documents that are processed at a time.
    **params_fields
        Fields of `dedup.Params`, which replace those of ``params``.

    Raises
    ------
    ParamsError

    Examples
    --------
    >>> import tempfile
    >>> from datatrove.data import Document
    >>> from dedup.integrations.datatrove import DedupFilter
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> documents = [Document(text=report, id="a"), Document(text=report.upper(), id="b")]
    >>> [document.id for document in DedupFilter(tempfile.mkdtemp() + "/news.index", level="near").run(documents)]
    ['a']
    """

    name = "dedup"

    def __init__(
        self,
        index: str,
        params: Params | None = None,
        exclusion_writer: DiskWriter | None = None,
        date_key: str | None = None,
        source_key: str | None = None,
        batch_size: int = 1_000,
        **params_fields: Any,
    ) -> None:
        super().__init__(exclusion_writer, batch_size)
        self.path = str(index)
        self.params = with_fields(params, params_fields) if params_fields else params
        self.fields = FieldTree(Fields(date=date_key or None, source=source_key or None))
        self._index: Index | None = None
        self._seen: set[int] = set()  # hashes of the ids of this run: little beside what the index takes

    def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Open the index and filter documents; called by datatrove.

        Parameters
        ----------
        data : iterable of Document
        rank, world_size : int
            Number of this task, and of all tasks.

        Yields
        ------
        Document
            Those that are no copies.

        Raises
        ------
        ParamsError
            When there are several tasks, and the index is a folder.
        InputError, StorageError
        """
        if world_size > 1 and "://" not in self.path:
            hint = "gather the documents with another pipeline before, or run `dedup run` on the files"
            raise ParamsError(f"{world_size} tasks, but the index {self.path} allows one writer", "tasks=1", hint)
        with Index.open(self.path, self.params) as self._index:
            try:
                yield from super().run(data, rank, world_size)
            finally:
                self._index = None
                self._seen.clear()

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Decide on one document; called by datatrove.

        Parameters
        ----------
        doc : Document

        Returns
        -------
        True or (False, str)
            Whether it stays; if not, its relation.
        """
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Document]) -> list[bool | tuple[bool, str]]:
        """Decide on documents, in their order; called by datatrove.

        Parameters
        ----------
        batch : list of Document

        Returns
        -------
        list of True or (False, str)
            As from `filter`.

        Raises
        ------
        InputError
            When an id cannot be used, or an earlier run has added another text under it.
        StorageError
        """
        assert self._index is not None
        records = {place: self._record(doc) for place, doc in enumerate(batch) if doc.text and doc.text.strip()}
        answers = outcomes(self._index.add_many, [*records.values()])
        decisions: list[bool | tuple[bool, str]] = [True] * len(batch)
        for (place, record), answer in zip(records.items(), answers, strict=True):
            if isinstance(answer, InputError):
                tag = self._tag_again(record, answer)
            elif isinstance(answer, Exception):
                raise answer
            else:
                tag = _tag(answer)
            self._seen.add(hash(record["id"]))
            if tag is not None:
                batch[place].metadata[TAG] = tag
                decisions[place] = False, tag["relation"] or "known"
        return decisions

    def _tag_again(self, record: dict[str, Any], refusal: InputError) -> dict[str, Any] | None:
        """Return the tag of a document that the index refused to add, None if it is kept."""
        assert self._index is not None
        stored = self._index.get(record["id"])
        if stored is None:
            raise refusal
        if hash(stored.id) in self._seen:
            self.stat_update("repeated")
            return _tag(self._index.query(**{name: value for name, value in record.items() if name != "id"}))
        if stored.text_bytes != self._size(record["text"]):
            hint = "give each an id of its own, or use another index"
            raise InputError(f"{stored.id!r} is in the index with another text", "an id for each text", hint)
        self.stat_update("known")
        if stored.copy_of is None:
            return None
        return {"duplicate_of": stored.copy_of, "relation": None, "score": None}

    def _size(self, text: str) -> int:
        """Return the size of a text as the index stores it: its bytes without markup."""
        assert self._index is not None
        html = self._index.info()["params"]["html"]
        return len(without_markup(pa.array([encode(text)], pa.large_binary()), html)[0].as_py())

    def _record(self, doc: Document) -> dict[str, Any]:
        found = self.fields.match(doc.metadata)
        date, source = (self.fields.choose(role, found[role]) for role in (DATE, SOURCE))
        url = doc.metadata.get("url")
        return {
            "id": doc.id,
            "text": doc.text,
            "published": readable_date(date.value),
            "source": source_name(source),
            "url": url if isinstance(url, str) else None,
        }


def _tag(answer: Decision) -> dict[str, Any] | None:
    if answer.kept:
        return None
    return {"duplicate_of": answer.duplicate_of, "relation": answer.relation, "score": answer.score}
