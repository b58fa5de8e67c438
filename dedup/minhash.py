"""Compute MinHash signatures, and exchange them with datasketch: they equal those of its ``affine32`` scheme."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.candidates.signatures import SCHEME
from dedup.candidates.signatures import signatures as signatures_of_tokens
from dedup.errors import InputError
from dedup.params import Params, with_fields
from dedup.text.markup import compared_texts
from dedup.text.shingles import shingle_hash
from dedup.text.tokens import encode, tokenise

if TYPE_CHECKING:
    from datasketch import MinHash

__all__ = ["from_datasketch", "signature", "signatures", "to_datasketch"]


def signature(text: str, params: Params | None = None, **params_fields: Any) -> npt.NDArray[np.uint32]:
    """Compute the MinHash signature of a text.

    Parameters
    ----------
    text : str
        Its markup is removed first, as ``html`` requires.
    params : Params, optional
        Only ``shingle_size``, ``num_perm``, ``seed`` and ``html`` are used.
    **params_fields
        Fields of `Params`, which replace those of ``params``.

    Returns
    -------
    uint32 array, shape (num_perm,)
        All values are 2^32 - 1 where the text has no words.

    Raises
    ------
    InputError
        When it is not a string.
    ParamsError

    Examples
    --------
    The share of equal values estimates the resemblance of two texts:

    >>> import dedup
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> ours, theirs = dedup.signature(report), dedup.signature(report.upper())
    >>> ours.shape, float((ours == theirs).mean())
    ((128,), 1.0)
    """
    return np.ascontiguousarray(signatures([text], params, **params_fields)[0])


def signatures(texts: Iterable[str], params: Params | None = None, **params_fields: Any) -> npt.NDArray[np.uint32]:
    """Compute the MinHash signatures of many texts at once.

    Parameters
    ----------
    texts : iterable of str
    params, **params_fields
        As for `signature`.

    Returns
    -------
    uint32 array, shape (n_texts, num_perm)

    Raises
    ------
    InputError
        When one of them is not a string.
    ParamsError

    Examples
    --------
    >>> from dedup.minhash import signatures
    >>> signatures(["The old bridge is closed for repairs.", ""], num_perm=64).shape
    (2, 64)
    """
    chosen = with_fields(params, params_fields)
    encoded = []
    for text in texts:
        if not isinstance(text, str):
            raise InputError(f"a text of type {type(text).__name__}", "a string")
        encoded.append(encode(text))
    tokens = tokenise(compared_texts(pa.array(encoded, pa.large_binary()), chosen))
    return signatures_of_tokens(tokens, chosen)


def to_datasketch(signature: npt.NDArray[np.uint32], seed: int = 1) -> MinHash:
    """Convert a signature to a ``datasketch.MinHash``.

    Parameters
    ----------
    signature : uint32 array, shape (num_perm,)
    seed : int
        The seed that it was made with.

    Returns
    -------
    datasketch.MinHash
        Of the scheme ``affine32``.

    Examples
    --------
    >>> from datasketch import MinHashLSH
    >>> from dedup.minhash import signature, to_datasketch
    >>> lsh = MinHashLSH(threshold=0.7, num_perm=128)
    >>> lsh.insert("a-1", to_datasketch(signature("The old bridge is closed for repairs until next spring.")))
    >>> lsh.query(to_datasketch(signature("THE OLD BRIDGE is closed for repairs until next spring!")))
    ['a-1']
    """
    from datasketch import MinHash

    return MinHash(seed=seed, hashvalues=signature, scheme=SCHEME, hashfunc=shingle_hash)


def from_datasketch(minhash: Any) -> npt.NDArray[np.uint32]:
    """Convert a ``datasketch.MinHash`` or ``LeanMinHash`` to a signature.

    Parameters
    ----------
    minhash : datasketch.MinHash or datasketch.LeanMinHash

    Returns
    -------
    uint32 array, shape (num_perm,)

    Raises
    ------
    InputError
        When it was made with another scheme: its values cannot be compared with those of `signature`.

    Examples
    --------
    >>> from dedup.minhash import from_datasketch, signature, to_datasketch
    >>> ours = signature("The old bridge is closed for repairs.")
    >>> bool((from_datasketch(to_datasketch(ours)) == ours).all())
    True
    """
    scheme = getattr(minhash, "scheme", None)
    if scheme != SCHEME:
        raise InputError(
            f"a datasketch MinHash of scheme {scheme!r}",
            f"scheme {SCHEME!r}",
            "sign the documents again with that scheme",
        )
    return np.array(minhash.hashvalues, np.uint32)
