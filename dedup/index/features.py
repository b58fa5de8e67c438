"""Compute the features of new texts before an index is searched: tokens, band keys, credits, dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.attribution.credits import HEAD_BYTES, TAIL_BYTES, credit_at_ends, credits_at_ends, ends_of
from dedup.candidates.lsh import band_keys, bands_and_rows
from dedup.candidates.signatures import signatures
from dedup.params import Level, Params
from dedup.schema import NO_DATE
from dedup.store.secret import Key
from dedup.text.markup import compared_texts
from dedup.text.tokens import Tokens, buffers, tokenise

FEW_TEXTS = 20
"""Fewer are looked at one by one for credits: to compile the expression that finds the few that matter takes longer."""


@dataclass(frozen=True, slots=True)
class Features:
    """The features of new texts, which do not depend on the content of an index.

    Parameters
    ----------
    tokens : Tokens
    lengths : int64 array, shape (n,)
        Tokens of each.
    sizes : int64 array, shape (n,)
        Bytes of each, without markup.
    credit : int64 array, shape (n,)
        Code of the agency that each credits, or UNKNOWN.
    drawn_on : bool array, shape (n,)
    published : int64 array, shape (n,)
        Microseconds since 1970 UTC, or NO_DATE.
    keys : uint64 array
        By which identical and near documents are found.
    key_texts : int64 array
        Which of the texts has each key.
    """

    tokens: Tokens
    lengths: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    credit: npt.NDArray[np.int64]
    drawn_on: npt.NDArray[np.bool_]
    published: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]
    key_texts: npt.NDArray[np.int64]

    @staticmethod
    def of_tokens(
        tokens: Tokens, sizes: npt.NDArray[np.int64], published: npt.NDArray[np.int64], near_keys: NearKeys
    ) -> Features:
        """Return the features of texts that are tokenised already, without credits."""
        credit, drawn_on = np.full(len(tokens), UNKNOWN), np.zeros(len(tokens), bool)
        return Features(tokens, np.diff(tokens.offsets), sizes, credit, drawn_on, published, *near_keys(tokens))

    @staticmethod
    def of(
        texts: Sequence[bytes], published: Sequence[int | None], agencies: Agencies, near_keys: NearKeys, key: Key
    ) -> Features:
        """Compute the features of texts, in UTF-8, with their dates; words are hashed under the key of the index."""
        raw = pa.array(texts, pa.large_binary())
        array = compared_texts(raw, near_keys.params)
        data, offsets = buffers(array)
        tokens = tokenise(array, key)
        sizes = np.diff(offsets)
        if len(texts) < FEW_TEXTS:
            texts = texts if array is raw else array.to_pylist()
            credits = [credit_at_ends(text[:HEAD_BYTES], text[-TAIL_BYTES:], len(text), agencies) for text in texts]
            credit = np.array([one.agency for one in credits])
            drawn_on = np.array([one.drawn_on for one in credits])
        else:
            credit, drawn_on = credits_at_ends(ends_of(data, offsets), sizes, np.arange(len(texts)), agencies)
        return Features(tokens, np.diff(tokens.offsets), sizes, credit, drawn_on, dates(published), *near_keys(tokens))


def dates(published: Sequence[int | None]) -> npt.NDArray[np.int64]:
    """Return dates as an array, NO_DATE where there is none."""
    return np.array([NO_DATE if date is None else date for date in published], np.int64)


class NearKeys:
    """The keys by which identical and near documents are found: one of the whole text, and those of its bands.

    Parameters
    ----------
    params : Params
    """

    def __init__(self, params: Params) -> None:
        self.params = params
        self._bands, self._rows = bands_and_rows(params) if params.level >= Level.near else (0, 0)

    def __call__(self, tokens: Tokens) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        """Return the keys of texts, and which text has each; texts without words have none."""
        lengths = np.diff(tokens.offsets)
        (worded,) = np.nonzero(lengths)
        keys, key_texts = [tokens.digests[worded, 1]], [worded]
        if self._bands:
            signed = signatures(tokens, self.params, length=self._bands * self._rows)
            (compared,) = np.nonzero(lengths >= self.params.min_tokens)
            keys.append(band_keys(signed[compared], self._bands, self._rows).ravel())
            key_texts.append(np.repeat(compared, self._bands))
        return np.concatenate(keys), np.concatenate(key_texts)
