"""A datatrove filter that removes documents that are copies of what an index holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from dedup.errors import InputError, ParamsError
from dedup.index import Decision, Index
from dedup.index.aio import outcomes
from dedup.integrations import extra
from dedup.integrations.record_fields import readable_date, source_name
from dedup.io import Fields
from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.roles import DATE, SOURCE
from dedup.params import Params
from dedup.text.markup import without_markup
from dedup.text.tokens import encode

with extra("datatrove"):
    from datatrove.data import Document
    from datatrove.pipeline.filters.base_filter import BaseFilter
    from datatrove.pipeline.writers.disk_base import DiskWriter

TAG = "dedup"
"""Where in the metadata of a removed document is told what it is a copy of."""


class DedupFilter(BaseFilter):  # type: ignore[misc]  # datatrove has no types
    """Remove documents that are copies of what an index holds; all others are added to it.

    A removed document has in its metadata, under ``dedup``, the id that it is a ``duplicate_of``, the ``relation`` and
    the ``score``; write them with an ``exclusion_writer``. Those without text are passed on.

    A document that is in the index from an earlier run gets the decision that it got then: so a task that is run again,
    after a failure, has the same output. An id that comes twice in one run is compared the second time, but not added.

    An index has one writer: run the pipeline as one task.

    Parameters
    ----------
    index : str
        Path of the index, as for `Index.open`.
    params : Params, optional
        Of a new index.
    exclusion_writer : DiskWriter, optional
    date_key, source_key : str, optional
        Names in the metadata, or paths such as ``publisher.name``; guessed where not given.
    batch_size : int
        Documents that are worked on at a time.
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
    ) -> None:
        super().__init__(exclusion_writer, batch_size)
        self.path = str(index)
        self.params = params
        self.fields = FieldTree(Fields(date=date_key or None, source=source_key or None))
        self._index: Index | None = None
        self._seen: set[int] = set()  # hashes of the ids of this run: little beside what the index takes

    def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Open the index and filter; as datatrove calls it.

        Raises
        ------
        ParamsError
            With several tasks.
        StorageError
        """
        if world_size > 1 and "://" not in self.path:
            hint = "gather the documents with another pipeline before, or run `dedup run` on the files"
            raise ParamsError(f"{world_size} tasks, and the index {self.path} has one writer", "tasks=1", hint)
        with Index.open(self.path, self.params) as self._index:
            try:
                yield from super().run(data, rank, world_size)
            finally:
                self._index = None
                self._seen.clear()

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Decide on one document; as datatrove calls it."""
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Document]) -> list[bool | tuple[bool, str]]:
        """Decide on documents, in their order; as datatrove calls it.

        Raises
        ------
        InputError
            When there is a document of that id from an earlier run, with another text; or an id is none.
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
        """Return the tag of a document that the index refused to add."""
        assert self._index is not None
        stored = self._index.get(record["id"])
        if stored is None:
            raise refusal
        if hash(stored.id) in self._seen:
            self.stat_update("repeated")
            return _tag(self._index.query(**{name: value for name, value in record.items() if name != "id"}))
        if stored.text_bytes != self._size(record["text"]):
            hint = "give each an id of its own, or use another index"
            raise InputError(f"{stored.id!r} is in the index with another text", "ids that never come twice", hint)
        self.stat_update("known")
        if stored.copy_of is None:
            return None
        return {"duplicate_of": stored.copy_of, "relation": None, "score": None}

    def _size(self, text: str) -> int:
        """Return the bytes of a text as the index counts them: without markup."""
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
