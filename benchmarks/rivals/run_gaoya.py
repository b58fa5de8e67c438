"""gaoya: words, shingles, signatures and index in Rust, one document at a time: query, and insert what has no match.

Its own word analyzer (it splits at ASCII white space and punctuation) with ``ngram_range=(5, 5)``;
``id_container="smallvec"``, as its docstring advises where clusters are small; bands and rows are its own choice for
128 hashes at the threshold. `query` checks the estimated resemblance itself. It takes a text, never a signature, and
so does `insert_document`: kept documents are signed twice.
"""

from __future__ import annotations

from collections.abc import Iterable

import job
from gaoya.minhash import MinHashStringIndex


def deduplicate(documents: Iterable[tuple[str, str]]) -> tuple[int, list[str]]:
    """Return the number of documents and the ids of those that match an earlier kept one."""
    index = MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=job.THRESHOLD,
        num_bands=None,
        band_size=None,
        num_hashes=job.NUM_PERM,
        analyzer="word",
        lowercase=True,
        ngram_range=(job.SHINGLE_SIZE, job.SHINGLE_SIZE),
        id_container="smallvec",
    )
    dropped = []
    number = -1
    for number, (key, text) in enumerate(documents):
        if index.query(text):
            dropped.append(key)
        else:
            index.insert_document(number, text)
    return number + 1, dropped


if __name__ == "__main__":
    job.main("gaoya", deduplicate)
