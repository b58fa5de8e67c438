"""Run gaoya: words, shingles, signatures and index in Rust, one document at a time; query, insert what has no match.

Its own word analyzer (it splits at ASCII white space and punctuation) with ``ngram_range=(5, 5)``;
``id_container="smallvec"``, as its docstring advises where clusters are small; bands and rows are its own choice for
128 hashes at the threshold. `query` checks the estimated resemblance itself. It takes a text, never a signature, and
so does `insert_document`: kept documents are signed twice. Its threads are in the bulk methods only; with more than
one, everything is inserted, then everything is queried.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import job
from gaoya.minhash import MinHashStringIndex

BATCH = 4096
"""Documents handed to a bulk method at a time."""


def new_index() -> MinHashStringIndex:
    """Return an empty index."""
    return MinHashStringIndex(
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


def deduplicate(path: Path, threads: int) -> tuple[int, list[str]]:
    """Return the number of documents and the ids of those that match an earlier kept one."""
    if threads > 1:
        return deduplicate_in_bulk(path)
    index = new_index()
    dropped = []
    number = -1
    for number, (key, text) in enumerate(job.read(path)):
        if index.query(text):
            dropped.append(key)
        else:
            index.insert_document(number, text)
    return number + 1, dropped


def deduplicate_in_bulk(path: Path) -> tuple[int, list[str]]:
    """Return the same by the methods that use threads."""
    index = new_index()
    keys: list[str] = []
    for batch in batches(path):
        index.par_bulk_insert_docs(list(range(len(keys), len(keys) + len(batch))), [text for _, text in batch])
        keys += [key for key, _ in batch]
    found = (alike for batch in batches(path) for alike in index.par_bulk_query([text for _, text in batch]))
    return len(keys), [keys[number] for number in job.leaders(enumerate(found))]


def batches(path: Path) -> Iterator[list[tuple[str, str]]]:
    """Yield the documents, some thousands at a time."""
    documents = job.read(path)
    while batch := list(islice(documents, BATCH)):
        yield batch


if __name__ == "__main__":
    job.main("gaoya", deduplicate)
