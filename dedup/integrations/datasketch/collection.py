"""Store documents of which only the signatures are left, and estimate which of them a text resembles."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.candidates.lsh import band_keys, bands_and_rows
from dedup.candidates.pairs import split
from dedup.candidates.signatures import SCHEME, signatures
from dedup.errors import InputError, ParamsError, StorageError
from dedup.index import record as inputs
from dedup.index.folder.failures import storage_errors
from dedup.index.match import Match, written
from dedup.index.record import Record
from dedup.integrations.datasketch.readers import Signature, read_signatures
from dedup.integrations.datasketch.store import DATABASE, SignatureRow, SignatureStore
from dedup.params import Params, chosen_fields, with_fields
from dedup.schema import NEAR_DUPLICATE, RELATIONS
from dedup.text.markup import without_markup
from dedup.text.tokens import tokenise

KIND = ("scheme", "seed", "num_perm", "n_values")
"""Properties that all signatures of a folder have in common."""

Sign = Callable[[str], Any]
Values = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTuning:
    """Sizes of the pieces that a load writes. The defaults suit every collection measured; tests make them small.

    Parameters
    ----------
    block : int
        Signatures that are committed at a time; their band keys are one run file.
    most_runs : int
        Run files after a load from which they are merged into one.

    Examples
    --------
    >>> from dedup.integrations.datasketch import LoadTuning
    >>> LoadTuning(block=1_000)
    LoadTuning(block=1000, most_runs=8)
    """

    block: int = 16_384
    most_runs: int = 8


@dataclass(frozen=True, slots=True)
class EstimatedMatch(Match):
    """A match with a document of which only the signature is left: estimated, not verified.

    The relation is ``near_duplicate``, even where the texts are identical; ``score`` and ``measures`` hold the
    estimate. ``derived`` is decided by dates alone, and ``kept`` is always true: whether the document was a copy itself
    is not known any more.

    Parameters
    ----------
    error : float
        Standard error of the estimate, computed with one more value equal and one more different: where all are equal
        it would otherwise be zero.

    Examples
    --------
    >>> import tempfile
    >>> from dedup.integrations.datasketch import Signatures
    >>> from dedup.minhash import signature, to_datasketch
    >>> text = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> with Signatures(tempfile.mkdtemp()) as old:
    ...     counts = old.load({"a-1": to_datasketch(signature(text))})
    ...     (match,) = old.query(text)
    >>> match.id, match.score, round(match.error, 3)
    ('a-1', 1.0, 0.008)
    """

    error: float


class LoadCounts(NamedTuple):
    """How many signatures of a collection were added, and how many were not.

    Parameters
    ----------
    added : int
    skipped : int
        Not added, because there is a signature of that id already.
    empty : int
        Not added, because they are signatures of texts without shingles, which would all resemble each other.

    Examples
    --------
    >>> import tempfile
    >>> from dedup.integrations.datasketch import Signatures
    >>> from dedup.minhash import signature, to_datasketch
    >>> with Signatures(tempfile.mkdtemp()) as old:
    ...     old.load({"a-1": to_datasketch(signature("The bridge is closed.")), "a-2": to_datasketch(signature(""))})
    LoadCounts(added=1, skipped=0, empty=1)
    """

    added: int
    skipped: int
    empty: int


class Signatures:
    """A folder of documents of which only datasketch's signatures are left, and which can be searched.

    Best used in a ``with`` block. One process may write, any number may read. The methods are those of `dedup.Index`,
    except that documents are added by `load` only; `IndexWithSignatures` searches both.

    Parameters
    ----------
    path : path
        The folder. With mode ``rw`` it is made if it does not exist.
    sign : callable, optional
        Takes a text and returns its MinHash or LeanMinHash, made as those of the collection were (the same shingles,
        hash function, scheme, seed and ``num_perm``), or None where a text is not to be looked up. By default texts
        are signed by `dedup.minhash.signature`, which is right where `dedup.minhash.to_datasketch` made the
        collection. `agreement` checks whether it is the right one.
    params : Params, optional
        ``threshold``, ``target_recall`` and ``bucket_limit`` count; without ``sign`` also ``shingle_size``,
        ``min_tokens`` and ``html``. Those of a folder that exists must be the ones that it was made with, as they are
        by default.
    mode : {"rw", "r"}
    tuning : LoadTuning
    **params_fields
        Fields of `Params`, which replace those of ``params``.

    Raises
    ------
    StorageError
        When the folder holds something else, was made with other parameters, or has a writer already.
    ParamsError

    Examples
    --------
    >>> import tempfile
    >>> from datasketch import MinHash
    >>> from dedup.integrations.datasketch import Signatures
    >>> def sign(text):
    ...     minhash = MinHash(num_perm=128, scheme="affine32")
    ...     minhash.update_batch([word.encode() for word in text.lower().split()])
    ...     return minhash
    >>> text = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> with Signatures(tempfile.mkdtemp(), sign) as old:
    ...     old.load({"a-1": sign(text)})
    ...     [(match.id, match.score) for match in old.query(text.upper())]
    LoadCounts(added=1, skipped=0, empty=0)
    [('a-1', 1.0)]
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        sign: Sign | None = None,
        params: Params | None = None,
        mode: str = "rw",
        *,
        tuning: LoadTuning | None = None,
        **params_fields: Any,
    ) -> None:
        if mode not in ("rw", "r"):
            raise ParamsError(f"mode {mode!r}", "'rw' or 'r'")
        if sign is not None and not callable(sign):
            raise ParamsError(f"sign of type {type(sign).__name__}", "a function of a text")
        try:
            folder = Path(os.fsdecode(path))
        except TypeError:
            raise ParamsError(f"a path of type {type(path).__name__}", "the path of a folder") from None
        asked = with_fields(params, params_fields)
        self._sign = sign
        self._tuning = tuning or LoadTuning()
        self._closed = False
        self._mutex = threading.RLock()
        with storage_errors(folder):
            others = [*folder.iterdir()] if folder.is_dir() and mode == "rw" else []
            if others and not (folder / DATABASE).is_file():
                raise StorageError(
                    f"{folder} holds {others[0].name!r} but no signatures", "a folder of signatures, or an empty one"
                )
            self._stored = SignatureStore(folder, {name: getattr(asked, name) for name in _NOTED}, mode == "rw")
            try:
                chosen = chosen_fields(params, params_fields)
                for name in _NOTED:
                    if name in chosen and self._stored.about[name] != getattr(asked, name):
                        found = f"{folder} was made with {name} {self._stored.about[name]}"
                        raise StorageError(found, f"{name} {getattr(asked, name)}")
                self._check_sign(self._stored.about)
            except BaseException:
                self._stored.close()
                raise

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        sign: Sign | None = None,
        params: Params | None = None,
        mode: str = "rw",
        **options: Any,
    ) -> Signatures:
        """Open signatures: another name for ``Signatures(...)``, as `dedup.Index.open` is.

        Parameters
        ----------
        path, sign, params, mode, **options
            As for `Signatures`.

        Returns
        -------
        Signatures
        """
        return cls(path, sign, params, mode, **options)

    # ---- loading

    def load(
        self,
        collection: Any,
        about: Callable[[Any], Mapping[str, Any]] | None = None,
        scheme: str | None = None,
        seed: int = 1,
        allow_pickle: bool = False,
    ) -> LoadCounts:
        """Add the signatures of a collection.

        They are committed some thousands at a time, and those whose id is there already are skipped: to complete a load
        that was interrupted, repeat it.

        Parameters
        ----------
        collection, scheme, seed, allow_pickle
            As for `read_signatures`.
        about : callable, optional
            Takes a key and returns a dict of what belongs to it: ``id``, ``source``, ``published``, ``url``, ``data``,
            as for `dedup.Index.add`. By default the id is the key, if that is a string, a number or UTF-8.

        Returns
        -------
        LoadCounts

        Raises
        ------
        InputError
            When a signature, a key or what ``about`` returns cannot be used. What came before it may have been added.
        ParamsError, StorageError
        """
        counts = np.zeros(len(LoadCounts._fields), np.int64)
        with self._mutex:
            self._stored_now().assert_writable()
            pairs = read_signatures(collection, scheme, seed, allow_pickle)
            while block := list(islice(pairs, self._tuning.block)):
                counts += self._load_block([(_record_of(key, about), signature) for key, signature in block])
            with storage_errors(self._stored.folder):
                if self._stored.n_runs > self._tuning.most_runs:
                    self._stored.merge()
        return LoadCounts(*counts.tolist())

    def _load_block(self, block: list[tuple[Record, Signature]]) -> LoadCounts:
        stored = self._stored
        kind = _kind(block[0][1]) if "scheme" not in stored.about else {name: stored.about[name] for name in KIND}
        self._check_sign(kind)
        for _, signature in block:
            _check_same(_kind(signature), kind)
        by_id = {str(one.id): (one, signature) for one, signature in block if not signature.is_empty}
        empty = sum(signature.is_empty for _, signature in block)
        with storage_errors(stored.folder):
            known = stored.known_ids([*by_id])
            new = [pair for id, pair in by_id.items() if id not in known]
            if new:
                values = np.stack([signature.values for _, signature in new])
                numbers = np.arange(stored.next, stored.next + len(new))
                hashes = values.astype("<u4")
                rows = [
                    SignatureRow(number, str(one.id), one.source, one.published, one.url, one.data, row.tobytes())
                    for number, (one, _), row in zip(numbers.tolist(), new, hashes, strict=True)
                ]
                keys = self._keys(values)
                stored.add(rows, keys.ravel(), np.repeat(numbers, keys.shape[1]), kind)
        return LoadCounts(len(new), len(block) - empty - len(new), empty)

    def _check_sign(self, kind: Mapping[str, Any]) -> None:
        if self._sign is None and kind.get("scheme", SCHEME) != SCHEME:
            raise ParamsError(
                f"signatures of scheme {kind['scheme']!r}, but no function to sign a new text",
                "sign=, a function that makes the MinHash of a text in the same way as those",
            )

    # ---- asking

    def query(
        self, text: str, *, source: str | None = None, published: Any = None, url: str | None = None
    ) -> list[EstimatedMatch]:
        """Estimate which documents resemble a text by the threshold or more.

        Parameters
        ----------
        text, source, published, url
            As for `dedup.Index.query`. The first documents of each band are looked at, up to ``bucket_limit``.

        Returns
        -------
        list of EstimatedMatch
            The best first.

        Raises
        ------
        InputError, ParamsError, StorageError
        """
        return self._asked([inputs.checked_record(None, text, source, published, url)])[0]

    def query_many(self, texts: Iterable[str | Mapping[str, Any]]) -> list[list[EstimatedMatch]]:
        """Estimate which documents resemble each of many texts.

        Parameters
        ----------
        texts : iterable of str or dict
            As for `dedup.Index.query_many`.

        Returns
        -------
        list of list of EstimatedMatch
        """
        return self._asked(inputs.read_records(texts, with_id=False))

    def agreement(self, texts: Mapping[str, str]) -> dict[str, float]:
        """Measure how well new signatures of texts agree with the stored ones: 1.0 if ``sign`` is right.

        Parameters
        ----------
        texts : mapping of str to str
            Id to the text of which the signature of that id was made.

        Returns
        -------
        dict of str to float
            Id to the share of equal values.

        Raises
        ------
        InputError
            When there is no signature of an id, or a text has none.
        """
        with self._mutex:
            stored = self._stored_now()
            with storage_errors(stored.folder):
                rows = {row.id: row for row in stored.fetch("id", [*texts])}
            lacking = [id for id in texts if id not in rows]
            if lacking:
                raise InputError(f"id {lacking[0]!r} is not among the signatures", "ids of signatures")
            signed, places = self._signed([texts[id].encode() for id in texts])
            if len(places) < len(texts):
                raise InputError("a text that has no signature", "texts with words")
            equal = (signed == np.stack([_values(rows[id]) for id in texts])).mean(axis=1) if texts else np.empty(0)
            return dict(zip(texts, equal.tolist(), strict=True))

    def _asked(self, records: list[Record]) -> list[list[EstimatedMatch]]:
        found: list[list[EstimatedMatch]] = [[] for _ in records]
        with self._mutex:
            stored = self._stored_now()
            if "scheme" not in stored.about:  # nothing was loaded yet
                return found
            signed, places = self._signed([one.text for one in records])
            keys = self._keys(signed)
            with storage_errors(stored.folder):
                owners = np.repeat(np.arange(len(signed)), keys.shape[1])
                limit = int(stored.about["bucket_limit"])
                met = np.unique(stored.postings.search(keys.ravel(), owners, limit, stored.is_removed))
                right, numbers = split(met)
                rows = {row.number: row for row in stored.fetch("number", np.unique(numbers).tolist())}
        for place, number in zip(right.tolist(), numbers.tolist(), strict=True):
            if number in rows:
                one = records[places[place]]
                match = self._match(rows[number], int((_values(rows[number]) == signed[place]).sum()), one.published)
                if match.score >= float(stored.about["threshold"]):
                    found[places[place]].append(match)
        for matches in found:
            matches.sort(key=lambda match: -match.score)
        return found

    def _match(self, row: SignatureRow, equal: int, published: int | None) -> EstimatedMatch:
        n_values = int(self._stored.about["n_values"])
        estimate = equal / n_values
        likely = (equal + 1) / (n_values + 2)
        derived = None
        if published is not None and row.published is not None and published != row.published:
            derived = "new" if published > row.published else "stored"
        return EstimatedMatch(
            id=row.id,
            relation=RELATIONS[NEAR_DUPLICATE],
            score=estimate,
            measures={"resemblance": estimate},
            derived=derived,
            published=written(row.published),
            source=row.source,
            url=row.url,
            credit=None,
            is_copy=True,
            kept=True,
            error=math.sqrt(likely * (1 - likely) / n_values),
        )

    def _signed(self, texts: list[bytes]) -> tuple[Values, list[int]]:
        """Return the signatures of texts, as many values as are stored, and the places of the texts that have one."""
        about = self._stored.about
        n_values = int(about["n_values"])
        if self._sign is None:
            params = Params(num_perm=about["num_perm"], seed=about["seed"], shingle_size=about["shingle_size"])
            tokens = tokenise(without_markup(pa.array(texts, pa.large_binary()), about["html"]))
            (places,) = np.nonzero(np.diff(tokens.offsets) >= about["min_tokens"])
            return np.ascontiguousarray(signatures(tokens, params, n_values)[places]), places.tolist()
        made = [(place, self._sign(text.decode())) for place, text in enumerate(texts)]
        usable = [(place, Signature.of(value)) for place, value in made if value is not None]
        usable = [(place, signature) for place, signature in usable if not signature.is_empty]
        for _, signature in usable:
            for name in ("scheme", "seed", "num_perm"):
                value = getattr(signature, name)
                if about[name] != value:
                    raise ParamsError(f"sign gives {name} {value!r}", f"{name} {about[name]!r}, as the signatures have")
        values = np.stack([np.zeros(n_values, np.uint32), *(one.values[:n_values] for _, one in usable)])[1:]
        return values, [place for place, _ in usable]

    def _keys(self, values: Values) -> npt.NDArray[np.uint64]:
        about = self._stored.about
        of = Params(threshold=about["threshold"], target_recall=about["target_recall"], num_perm=values.shape[1])
        return band_keys(values, *bands_and_rows(of))

    # ---- keeping

    def remove(self, id: str) -> bool:
        """Remove a signature.

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
        return self._removed("id = ?", inputs.checked_id(id)) > 0

    def expire(self, before: Any) -> int:
        """Remove all signatures of documents published before a date; those without a date stay.

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
        return self._removed("published < ?", inputs.checked_date(before))

    def _removed(self, condition: str, value: Any) -> int:
        with self._mutex:
            stored = self._stored_now()
            stored.assert_writable()
            with storage_errors(stored.folder):
                return stored.remove(condition, value)

    def compact(self) -> None:
        """Erase the remains of removed signatures, and return the space to the disk."""
        with self._mutex:
            stored = self._stored_now()
            stored.assert_writable()
            with storage_errors(stored.folder):
                stored.merge()
                stored.vacuum()

    def __len__(self) -> int:
        with self._mutex:
            stored = self._stored_now()
            with storage_errors(stored.folder):
                return len(stored)

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and bool(self.present([id]))

    def present(self, ids: list[str]) -> set[str]:
        """Return those of the ids that have a signature here.

        Parameters
        ----------
        ids : list of str

        Returns
        -------
        set of str
        """
        with self._mutex:
            stored = self._stored_now()
            with storage_errors(stored.folder):
                return stored.known_ids(ids)

    def info(self) -> dict[str, Any]:
        """Describe the folder as plain values: signatures, bytes, dates, run files, parameters.

        Returns
        -------
        dict
        """
        with self._mutex:
            stored = self._stored_now()
            with storage_errors(stored.folder):
                counts = stored.statistics()
            about = {name: value for name, value in stored.about.items() if name not in ("next", *KIND)}
            kind = {name: stored.about.get(name) for name in KIND}
            earliest, latest = written(counts.pop("first")), written(counts.pop("last"))
            return {"path": str(stored.folder), **counts, "earliest": earliest, "latest": latest, **kind, **about}

    def close(self) -> None:
        """Close the folder; it cannot be used afterwards."""
        with self._mutex:
            self._closed = True
            self._stored.close()

    def __enter__(self) -> Signatures:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _stored_now(self) -> SignatureStore:
        if self._closed:
            raise StorageError("the signatures are closed", "open ones", "open them again")
        with storage_errors(self._stored.folder):
            self._stored.refresh()
        return self._stored


_NOTED = ("threshold", "target_recall", "bucket_limit", "shingle_size", "min_tokens", "html")
"""Parameters that are stored with the signatures."""


def _kind(signature: Signature) -> dict[str, Any]:
    return dict(zip(KIND, (signature.scheme, signature.seed, signature.num_perm, len(signature.values)), strict=True))


def _check_same(found: Mapping[str, Any], kind: Mapping[str, Any]) -> None:
    for name in KIND:
        if found[name] != kind[name]:
            expected = f"{name} {kind[name]!r}, as the others have"
            raise InputError(f"a signature of {name} {found[name]!r}", expected, "a folder for each kind")


def _values(row: SignatureRow) -> Values:
    return np.frombuffer(row.hashes, "<u4").astype(np.uint32, copy=False)


def _record_of(key: Any, about: Callable[[Any], Mapping[str, Any]] | None) -> Record:
    """Return the checked record of a key."""
    known = dict(about(key)) if about else {}
    unknown = [name for name in known if name not in inputs.FIELDS or name == "text"]
    if unknown:
        raise InputError(f"{unknown[0]!r} about key {key!r}", "id, source, published, url or data")
    return inputs.checked_record(inputs.checked_id(known.pop("id", None) or _id(key)), "", **known)


def _id(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, int) and not isinstance(key, bool):
        return str(key)
    if isinstance(key, bytes):
        try:
            return key.decode()
        except UnicodeDecodeError:
            pass
    raise InputError(f"key {key!r}", "a string, a number, or bytes of UTF-8", "about= may give the id of a key")
