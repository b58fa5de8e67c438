"""An index and documents that are known by their signatures only, asked together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any

from dedup.errors import ParamsError
from dedup.index import Decision, Document, Index, Match
from dedup.index.record import id_taken, read_records
from dedup.integrations.datasketch.collection import Signatures
from dedup.schema import RELATIONS


class IndexWithSignatures:
    """An index that tells, besides what it knows itself, which old signatures a text resembles.

    What is added goes to the index. Old documents go by and by: by `expire`, by `update`, which puts a text in the
    place of a signature, and by `remove`. Whose copy a document is (``kept``, ``copy_of``) is told by the index
    alone, that is among the documents of which it has seen the text.

    Parameters
    ----------
    index : Index
        Of level ``near`` or a farther one.
    signatures : Signatures

    Raises
    ------
    ParamsError
        Where the index is of level ``identical``: signatures do not tell what is identical.
    """

    def __init__(self, index: Index, signatures: Signatures) -> None:
        if index.info()["params"]["level"] == "identical":
            raise ParamsError("signatures beside an index of level 'identical'", "level 'near' or a farther one")
        self.index = index
        self.signatures = signatures

    def query(self, text: str, *, source: str | None = None, published: Any = None, url: str | None = None) -> Decision:
        """Find what a text matches, as `Index.query`, and what it seems to resemble, as `Signatures.query`."""
        return self.query_many([_record(text=text, source=source, published=published, url=url)])[0]

    def query_many(self, texts: Iterable[str | Mapping[str, Any]]) -> list[Decision]:
        """Find the same of many texts."""
        some = [_plain(text) for text in texts]
        return _merged(self.index.query_many(some), self.signatures.query_many(some))

    def add(
        self,
        id: str,
        text: str,
        *,
        source: str | None = None,
        published: Any = None,
        url: str | None = None,
        data: Any = None,
    ) -> Decision:
        """Add a document to the index; return what it matches there and among the signatures."""
        return self.add_many([_record(id=id, text=text, source=source, published=published, url=url, data=data)])[0]

    def add_many(self, records: Iterable[Mapping[str, Any]]) -> list[Decision]:
        """Add documents to the index; return what each matches there and among the signatures.

        Raises
        ------
        InputError
            Where an id is known in either. Nothing is added then.
        """
        some = [_plain(record) for record in records]
        estimated = self._estimated(some)
        known = self.signatures.known([record["id"] for record in some])
        if known:
            raise id_taken(min(known))
        return _merged(self.index.add_many(some), estimated)

    def update(
        self,
        id: str,
        text: str,
        *,
        source: str | None = None,
        published: Any = None,
        url: str | None = None,
        data: Any = None,
    ) -> Decision:
        """Put a document in the place of the one of that id, be it a text or a signature."""
        record = _record(id=id, text=text, source=source, published=published, url=url, data=data)
        estimated = [[match for match in self._estimated([record])[0] if match.id != id]]
        verified = self.index.update(**record)
        if id in self.signatures:
            self.signatures.remove(id)
        return _merged([verified], estimated)[0]

    def _estimated(self, some: list[Any]) -> Sequence[Sequence[Match]]:
        """Return what documents to be added resemble among the signatures."""
        checked = read_records(some, with_id=True)  # before anything is looked up
        asked = [{name: value for name, value in record.items() if name not in ("id", "data")} for record in some]
        return self.signatures.query_many(asked) if checked else []

    def remove(self, id: str) -> bool:
        """Remove a document from the index, or a signature; return whether there was one."""
        if self.index.remove(id):
            return True
        return id in self.signatures and self.signatures.remove(id)

    def expire(self, before: Any) -> int:
        """Remove all that were published before a date from both; return how many."""
        return self.index.expire(before) + self.signatures.expire(before)

    def get(self, id: str) -> Document | None:
        """Return what the index holds of a document; None of one that is known by its signature only."""
        return self.index.get(id)

    def __contains__(self, id: object) -> bool:
        return id in self.index or id in self.signatures

    def __len__(self) -> int:
        return len(self.index) + len(self.signatures)

    def flush(self) -> None:
        """Make what was added to the index outlive the process and the machine."""
        self.index.flush()

    def close(self) -> None:
        """Close both."""
        try:
            self.index.close()
        finally:
            self.signatures.close()

    def __enter__(self) -> IndexWithSignatures:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _record(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _plain(record: Any) -> Any:
    return dict(record) if isinstance(record, Mapping) else record


def _merged(verified: Iterable[Decision], estimated: Iterable[Sequence[Match]]) -> list[Decision]:
    """Return the matches of each text in one list: the closest relation first, then the highest score."""
    return [
        replace(
            ours,
            matches=tuple(sorted([*ours, *theirs], key=lambda match: (RELATIONS.index(match.relation), -match.score))),
        )
        for ours, theirs in zip(verified, estimated, strict=True)
    ]
