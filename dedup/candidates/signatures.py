"""Compute MinHash signatures of token shingles, bit for bit those of datasketch's ``affine32``.

Notes
-----
Broder (1997), On the resemblance and containment of documents. Scheme: datasketch 2, ``datasketch/minhash.py``.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.errors import DedupError
from dedup.kernels import shingle_hashes as kernel
from dedup.params import Params
from dedup.text.markup import without_markup
from dedup.text.shingles import shingle_hash
from dedup.text.tokens import Tokens, encode, tokenise

if TYPE_CHECKING:
    from datasketch import MinHash

SCHEME = "affine32"


@functools.cache
def permutations(num_perm: int, seed: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return the multipliers (odd) and summands of the permutations, drawn as datasketch draws them."""
    draw = np.random.RandomState(seed)
    a = draw.randint(0, 1 << 31, num_perm, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    b = draw.randint(0, 1 << 32, num_perm, dtype=np.uint32)
    return a, b


def signatures(tokens: Tokens, params: Params | None = None, length: int | None = None) -> npt.NDArray[np.uint32]:
    """Compute the MinHash signature of every document.

    Parameters
    ----------
    tokens : Tokens
    params : Params, optional
        ``shingle_size``, ``num_perm`` and ``seed`` count.
    length : int, optional
        Compute only this many leading values of each signature; all ``num_perm`` by default.

    Returns
    -------
    uint32 array, shape (n_documents, length)
        All ones (2^32 - 1) where a document has no tokens.
    """
    params = params or Params()
    length = params.num_perm if length is None else min(length, params.num_perm)
    a, b = permutations(params.num_perm, params.seed)
    padded = -(-length // kernel.TILE) * kernel.TILE
    a, b = (np.resize(values[:length], padded) for values in (a, b))
    longest = int(np.diff(tokens.offsets).max(initial=1))
    signed = np.empty((len(tokens), padded), np.uint32)
    kernel.signatures(tokens.hashes, tokens.offsets, params.shingle_size, a, b, np.empty(longest, np.uint32), signed)
    return signed[:, :length]


def signature(text: str, params: Params | None = None) -> npt.NDArray[np.uint32]:
    """Compute the MinHash signature of one text, after removing its markup."""
    texts = without_markup(pa.array([encode(text)], pa.large_binary()), (params or Params()).html)
    return np.ascontiguousarray(signatures(tokenise(texts), params)[0])


def to_datasketch(signature: npt.NDArray[np.uint32], seed: int = 1) -> MinHash:
    """Return a ``datasketch.MinHash`` with these values, which can be updated with shingles of other texts."""
    from datasketch import MinHash

    return MinHash(seed=seed, hashvalues=signature, scheme=SCHEME, hashfunc=shingle_hash)


def from_datasketch(minhash: Any) -> npt.NDArray[np.uint32]:
    """Return the signature in a ``datasketch.MinHash`` or ``LeanMinHash``.

    Raises
    ------
    DedupError
        If it was made with another scheme: such values cannot be compared with ours.
    """
    scheme = getattr(minhash, "scheme", None)
    if scheme != SCHEME:
        raise DedupError(
            f"a datasketch MinHash of scheme {scheme!r}",
            f"scheme {SCHEME!r}",
            "sign the documents again with that scheme",
        )
    return np.array(minhash.hashvalues, np.uint32)
