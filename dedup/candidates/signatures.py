"""Compute MinHash signatures of tokenised documents, bit for bit those of datasketch's ``affine32`` scheme.

`dedup.minhash` is the public module, for texts; `dedup.candidates.lsh` makes bands of signatures.

Notes
-----
Broder (1997), On the resemblance and containment of documents. Scheme: datasketch 2, ``datasketch/minhash.py``.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from dedup.kernels import shingle_hashes as kernel
from dedup.params import Params
from dedup.text.tokens import Tokens

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
