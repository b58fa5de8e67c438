"""Read signatures from datasketch's objects: MinHash, LeanMinHash, its bytes, and the bands of a MinHashLSH."""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.errors import InputError, ParamsError

SCHEMES = ("affine32", "affine64", "legacy")

AT_A_TIME = 1_000
"""Keys of a MinHashLSH that are fetched at a time: with Redis, in one round trip."""

_OF_64_BITS = ("affine64", "legacy")
"""Schemes whose values datasketch holds in 64 bits; those of "legacy" are below 2 ** 32 all the same."""


_SWAPPED = ">" if sys.byteorder == "little" else "<"
"""A MinHashLSH keeps its bands with the bytes of each value in the order that is not the machine's."""


class Signature(NamedTuple):
    """The signature of one text, as datasketch computed it.

    Parameters
    ----------
    values : uint32 array, shape (n_values,)
        All ``num_perm`` values, or the leading ones; of ``affine64`` the lower half of each. Only whether values are
        equal counts.
    scheme : str
        ``affine32``, ``affine64`` or ``legacy``.
    seed : int
    num_perm : int
        How many values the whole signature has.
    is_empty : bool
        Whether the text had no shingles.

    Examples
    --------
    >>> from datasketch import MinHash
    >>> from dedup.integrations.datasketch import Signature
    >>> Signature.of(MinHash(num_perm=64, scheme="legacy"))[1:]
    ('legacy', 1, 64, True)
    """

    values: npt.NDArray[np.uint32]
    scheme: str
    seed: int
    num_perm: int
    is_empty: bool

    @staticmethod
    def of(value: Any) -> Signature:
        """Read the signature in one of datasketch's objects.

        Parameters
        ----------
        value : MinHash, LeanMinHash, or bytes of the latter

        Returns
        -------
        Signature

        Raises
        ------
        InputError
            When it is neither.
        """
        if isinstance(value, Signature):
            return value
        from datasketch import LeanMinHash, MinHash

        if isinstance(value, (bytes, bytearray, memoryview)):
            try:
                value = LeanMinHash.deserialize(value)
            except Exception as error:  # of struct, or a ValueError
                raise InputError(
                    f"bytes that are not a LeanMinHash ({error})",
                    "what LeanMinHash.serialize wrote, in the byte order of this machine",
                    "LeanMinHash.deserialize(..., byteorder) reads others",
                ) from None
        if not isinstance(value, MinHash):
            hint = "LeanMinHash(seed=..., hashvalues=..., scheme=...) makes one from bare values"
            raise InputError(f"a signature of type {type(value).__name__}", "a MinHash or LeanMinHash", hint)
        return _signature(np.asarray(value.hashvalues), value.scheme, int(value.seed), len(value))


def read_signatures(
    collection: Any, scheme: str | None = None, seed: int = 1, allow_pickle: bool = False
) -> Iterator[tuple[Any, Signature]]:
    """Read the keys and signatures of a collection, one after the other.

    Parameters
    ----------
    collection : MinHashLSH, mapping, or iterable of pairs
        A ``MinHashLSH``, in memory or on Redis, keeps the values in its bands: the leading ``b * r`` of ``num_perm``.
        A mapping or pairs hold keys, and values that `Signature.of` reads.
    scheme, seed : optional
        Of the values in a ``MinHashLSH``. It does not keep the seed, and forgets the scheme when it is pickled by
        datasketch 1 or attached to Redis again. By default the scheme that it has, or that its values look like.
    allow_pickle : bool
        Where a ``MinHashLSH`` pickles its keys, as those on Redis do: unpickle keys of any class. This runs whatever
        code those who can write to that server have put there. By default strings, bytes, numbers, tuples and the like
        are read, and any other key is refused.

    Yields
    ------
    key : object
    signature : Signature

    Raises
    ------
    InputError
        When the collection, or a signature or key in it, cannot be read.
    ParamsError
        When there is no such scheme.

    Examples
    --------
    >>> from datasketch import MinHash
    >>> from dedup.integrations.datasketch import read_signatures
    >>> [(key, signature.num_perm) for key, signature in read_signatures({"a-1": MinHash(num_perm=64)})]
    [('a-1', 64)]
    """
    if scheme is not None and scheme not in SCHEMES:
        raise ParamsError(f"scheme {scheme!r}", f"one of {', '.join(SCHEMES)}")
    from datasketch import MinHashLSH

    if isinstance(collection, MinHashLSH):
        yield from _of_lsh(collection, scheme, seed, pickle.loads if allow_pickle else _plain_key)
        return
    if isinstance(collection, (str, bytes)) or not isinstance(collection, Iterable):
        hint = "pickle.load(open(path, 'rb')) gives what was pickled" if isinstance(collection, str) else ""
        raise InputError(f"signatures of type {type(collection).__name__}", "a MinHashLSH, a dict or pairs", hint)
    for pair in collection.items() if isinstance(collection, Mapping) else collection:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise InputError(f"an entry of type {type(pair).__name__}", "a pair of key and signature")
        yield pair[0], Signature.of(pair[1])


class _PlainKeys(pickle.Unpickler):
    """An unpickler that refuses classes and functions, so that no code can run."""

    def find_class(self, module: str, name: str) -> Any:
        raise InputError(
            f"a key of class {module}.{name}, pickled",
            "strings, bytes, numbers, or tuples of them",
            "unpickling runs code: read it with allow_pickle=True only if you trust everyone who can write those keys",
        )


def _plain_key(data: bytes) -> Any:
    try:
        return _PlainKeys(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError, ValueError, IndexError, AttributeError, KeyError, TypeError) as error:
        raise InputError(f"a key that cannot be unpickled ({error})", "what datasketch has written") from None


def _of_lsh(
    lsh: Any, scheme: str | None, seed: int, unpickled: Callable[[bytes], Any]
) -> Iterator[tuple[Any, Signature]]:
    if getattr(lsh, "hashfunc", None) is not None:
        raise InputError(
            "a MinHashLSH with a hashfunc, which keeps hashes of the bands only",
            "one that keeps the values",
            "load the MinHash objects, if they were kept",
        )
    keys = iter(lsh.keys.keys())
    scheme = scheme or getattr(lsh, "_minhash_scheme", None)
    while some := list(islice(keys, AT_A_TIME)):
        bands = [b"".join(parts[-lsh.b :]) for parts in lsh.keys.getmany(*some)]  # inserted twice: the later ones count
        if scheme is None:
            scheme = _looks_like(bands, lsh.b * lsh.r)
        kind = np.dtype(_SWAPPED + ("u8" if scheme in _OF_64_BITS else "u4"))
        for key, band in zip(some, bands, strict=True):
            if len(band) != kind.itemsize * lsh.b * lsh.r:
                raise InputError(
                    f"key {key!r} of a MinHashLSH with {len(band):,} bytes in its bands",
                    f"{kind.itemsize * lsh.b * lsh.r:,}, of scheme {scheme!r}",
                    "is it of weighted signatures, or another threshold, num_perm or scheme?",
                )
            name = unpickled(key) if lsh.prepickle else key
            yield name, _signature(np.frombuffer(band, kind), scheme, seed, int(lsh.h))


def _looks_like(bands: list[bytes], n_values: int) -> str:
    """Return the scheme that the values of some bands must belong to."""
    if all(len(band) == 4 * n_values for band in bands):
        return "affine32"
    wide = [np.frombuffer(band, _SWAPPED + "u8") for band in bands if len(band) == 8 * n_values]
    return "affine64" if any((values >> np.uint64(32)).any() for values in wide) else "legacy"


def _signature(values: npt.NDArray[Any], scheme: str, seed: int, num_perm: int) -> Signature:
    largest = 2**64 - 1 if scheme == "affine64" else 2**32 - 1
    is_empty = bool((values == largest).all())
    return Signature(values.astype(np.uint64).astype(np.uint32), scheme, seed, num_perm, is_empty)
