"""The measures of candidate pairs, exact, from the token store. Candidates before, relations after.

Notes
-----
Broder (1997), On the resemblance and containment of documents: resemblance and containment, of word shingles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.candidates import Pairs, split
from dedup.kernels import resemblance as kernel
from dedup.kernels.table import table_bits
from dedup.params import Params
from dedup.schema import MEASURES
from dedup.store import Corpus
from dedup.threads import in_slices


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured of pairs.

    Parameters
    ----------
    left, right : int64 array, shape (n_pairs,)
        Earlier and later document.
    lengths_left, lengths_right : int64 array
        Their tokens.
    measures : float64 array, shape (len(MEASURES), n_pairs)
        In the order of `dedup.schema.MEASURES`; NaN where it was not measured.
    """

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    lengths_left: npt.NDArray[np.int64]
    lengths_right: npt.NDArray[np.int64]
    measures: npt.NDArray[np.float64]

    def __getitem__(self, name: str) -> npt.NDArray[np.float64]:
        """Return one measure by its name."""
        return self.measures[MEASURES.index(name)]


def resemblance(
    shared: npt.NDArray[np.int64], size_left: npt.NDArray[np.int64], size_right: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Resemblance of each pair: shared shingles over all distinct shingles.

    Parameters
    ----------
    shared, size_left, size_right : int64 array, shape (n_pairs,)
        Shingle counts; ``shared <= min(size_left, size_right)``.

    Returns
    -------
    float64 array, shape (n_pairs,)
        In [0, 1]. Two empty documents have resemblance 0.0: they share no evidence.
    """
    return np.divide(shared, np.maximum(size_left + size_right - shared, 1))


def containment(shared: npt.NDArray[np.int64], size: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Share of a document's distinct shingles that stand in the other; 0.0 for an empty document."""
    return np.divide(shared, np.maximum(size, 1))


def shingle_evidence(corpus: Corpus, pairs: Pairs, params: Params, threads: int = 1) -> Evidence:
    """Measure resemblance and containment of every pair."""
    left, right = split(pairs)
    shared = np.empty(len(pairs), np.int64)
    sizes = np.full(len(corpus), -1, np.int64)
    room = 1 << table_bits(corpus.longest)

    def measure(first: int, last: int) -> None:
        kernel.shared_shingles(
            corpus.tokens,
            corpus.starts,
            corpus.ends,
            left[first:last],
            right[first:last],
            params.shingle_size,
            np.empty(corpus.longest, np.uint32),
            np.empty(room, np.uint32),
            np.zeros(room, np.uint32),
            np.zeros(room, np.uint32),
            shared[first:last],
            sizes,  # filled by all threads, but each with the same value
        )

    in_slices(measure, len(pairs), threads)
    measures = np.full((len(MEASURES), len(pairs)), np.nan)
    evidence = Evidence(left, right, corpus.lengths[left], corpus.lengths[right], measures)
    evidence["resemblance"][:] = resemblance(shared, sizes[left], sizes[right])
    evidence["containment_left"][:] = containment(shared, sizes[left])
    evidence["containment_right"][:] = containment(shared, sizes[right])
    return evidence
