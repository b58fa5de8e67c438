"""Search an index together with documents of which only the signatures are left."""

from __future__ import annotations

import os
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
    """An index that also searches old documents of which only the signatures are left.

    New documents are added to the index. Old ones leave by and by: through `expire`, through `update`, which replaces a
    signature by a text, and through `remove`. Whose copy a document is (``kept``, ``duplicate_of``) is decided by the
    index alone, that is among the documents whose text it has seen.

    Parameters
    ----------
    index : Index, path or URL
        Of level ``near`` or a later one.
    signatures : Signatures

    Raises
    ------
    ParamsError
        When the index is of level ``identical``: signatures do not show what is identical.
    StorageError
        When there is no such index.

    Examples
    --------
    >>> import dedup, tempfile
    >>> from dedup.integrations.datasketch import IndexWithSignatures, Signatures
    >>> from dedup.minhash import signature, to_datasketch
    >>> text = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> old = Signatures(tempfile.mkdtemp())
    >>> old.load({"a-1": to_datasketch(signature(text))}).added
    1
    >>> with IndexWithSignatures(dedup.Index.open(tempfile.mkdtemp() + "/news.index"), old) as both:
    ...     decision = both.add("b-7", text.upper())
    ...     decision.kept, [(match.id, match.score) for match in decision]
    (True, [('a-1', 1.0)])
    """

    def __init__(self, index: Index | str | os.PathLike[str], signatures: Signatures) -> None:
        self.index = index if isinstance(index, Index) else Index.open(index)
        if self.index.info()["params"]["level"] == "identical":
            if self.index is not index:
                self.index.close()
            raise ParamsError("signatures beside an index of level 'identical'", "level 'near' or a later one")
        self.signatures = signatures

    def query(self, text: str, *, source: str | None = None, published: Any = None, url: str | None = None) -> Decision:
        """Find what a text matches in the index, and what it resembles among the signatures.

        Parameters
        ----------
        text, source, published, url
            As for `dedup.Index.query`.

        Returns
        -------
        Decision
            That of the index; its matches are followed or preceded by an `EstimatedMatch` for each signature.

        Raises
        ------
        InputError, StorageError
        """
        return self.query_many([_record(text=text, source=source, published=published, url=url)])[0]

    def query_many(self, texts: Iterable[str | Mapping[str, Any]]) -> list[Decision]:
        """Find the same for many texts.

        Parameters
        ----------
        texts : iterable of str or dict
            As for `dedup.Index.query_many`.

        Returns
        -------
        list of Decision
        """
        plain_texts = [_plain(text) for text in texts]
        return _merged(self.index.query_many(plain_texts), self.signatures.query_many(plain_texts))

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
        """Add a document to the index, and find what it matches there and resembles among the signatures.

        Parameters
        ----------
        id, text, source, published, url, data
            As for `dedup.Index.add`.

        Returns
        -------
        Decision
            As from `query`.

        Raises
        ------
        InputError
            When the index has such an id, or there is a signature of it. Nothing is added then.
        StorageError
        """
        return self.add_many([_record(id=id, text=text, source=source, published=published, url=url, data=data)])[0]

    def add_many(self, records: Iterable[Mapping[str, Any]]) -> list[Decision]:
        """Add documents to the index, one after the other, and find what each matches and resembles.

        Parameters
        ----------
        records : iterable of dict
            As for `dedup.Index.add_many`.

        Returns
        -------
        list of Decision

        Raises
        ------
        InputError
            When the index has one of the ids, or there is a signature of it. Nothing is added then.
        StorageError
        """
        plain_records = [_plain(record) for record in records]
        estimated = self._estimated(plain_records)
        present = self.signatures.present([record["id"] for record in plain_records])
        if present:
            raise id_taken(min(present))
        return _merged(self.index.add_many(plain_records), estimated)

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
        """Replace the document of an id, be it a text or a signature; add it if there is neither.

        Parameters
        ----------
        id, text, source, published, url, data
            As for `dedup.Index.update`.

        Returns
        -------
        Decision
            As from `query`.

        Raises
        ------
        InputError, StorageError
        """
        record = _record(id=id, text=text, source=source, published=published, url=url, data=data)
        estimated = [[match for match in self._estimated([record])[0] if match.id != id]]
        verified = self.index.update(**record)
        if id in self.signatures:
            self.signatures.remove(id)
        return _merged([verified], estimated)[0]

    def _estimated(self, records: list[Any]) -> Sequence[Sequence[Match]]:
        """Find the signatures that new documents resemble."""
        checked = read_records(records, with_id=True)  # before anything is looked up
        asked = [{name: value for name, value in record.items() if name not in ("id", "data")} for record in records]
        return self.signatures.query_many(asked) if checked else []

    def remove(self, id: str) -> bool:
        """Remove a document from the index, or a signature.

        Parameters
        ----------
        id : str

        Returns
        -------
        bool
            Whether there was one.

        Raises
        ------
        InputError, StorageError
        """
        if self.index.remove(id):
            return True
        return id in self.signatures and self.signatures.remove(id)

    def expire(self, before: Any) -> int:
        """Remove all documents and signatures published before a date; those without a date stay.

        Parameters
        ----------
        before : date
            As `dedup.deduplicate` reads it.

        Returns
        -------
        int
            How many were removed.

        Raises
        ------
        InputError, StorageError
        """
        return self.index.expire(before) + self.signatures.expire(before)

    def get(self, id: str) -> Document | None:
        """Return a document of the index.

        Parameters
        ----------
        id : str

        Returns
        -------
        Document or None
            None also where only a signature is left.

        Raises
        ------
        InputError, StorageError
        """
        return self.index.get(id)

    def __contains__(self, id: object) -> bool:
        return id in self.index or id in self.signatures

    def __len__(self) -> int:
        return len(self.index) + len(self.signatures)

    def flush(self) -> None:
        """Write what was added to the index to disk, so that it survives a crash of the process or the machine."""
        self.index.flush()

    def close(self) -> None:
        """Close the index and the signatures."""
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
    """Merge the matches of each text into one list: the closest relation first, then the highest score."""
    return [
        replace(
            ours,
            matches=tuple(sorted([*ours, *theirs], key=lambda match: (RELATIONS.index(match.relation), -match.score))),
        )
        for ours, theirs in zip(verified, estimated, strict=True)
    ]
