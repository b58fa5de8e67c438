"""Write the word pairs that are common in news: ``dedup/candidates/background.npz``.

    python -m benchmarks.fit.background ARTICLES.jsonl.zst -o dedup/candidates/background.npz

The file holds hashes of word pairs, no text. Of a corpus of another size than `dedup.candidates.background.ARTICLES`
those pairs are taken that occur in the same share of its distinct texts.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.corpora.articles import read_articles
from dedup.candidates.background import ARTICLES, COMMON_DF
from dedup.kernels.word_pair_sketches import word_pairs
from dedup.text.tokens import encode, tokenise


def pair_counts(texts: list[str]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64], int]:
    """Return the distinct word pairs of texts, in how many distinct texts each occurs, and how many these are."""
    tokens = tokenise(pa.array([encode(text) for text in texts], pa.large_binary()))
    _, distinct = np.unique(tokens.digests, axis=0, return_index=True)
    room = np.empty(int(np.diff(tokens.offsets).max(initial=1)), np.uint64)
    found = []
    for document in distinct:
        count = word_pairs(tokens.hashes, tokens.offsets[document], tokens.offsets[document + 1], room)
        found.append(np.unique(room[:count]))
    pairs, counts = np.unique(np.concatenate(found), return_counts=True)
    return pairs, counts, len(distinct)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("articles", type=Path, help="JSON lines with id and text")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    args = parser.parse_args()
    pairs, counts, n_texts = pair_counts(list(read_articles(args.articles).values()))
    common = pairs[counts > COMMON_DF * n_texts / ARTICLES]
    hashes = np.unique(common.astype(np.uint32))  # the lower halves
    np.savez_compressed(args.output, steps=np.diff(hashes, prepend=np.uint32(0)))
    print(f"{args.output}: {len(hashes):,} of {len(pairs):,} word pairs of {n_texts:,} texts")


if __name__ == "__main__":
    main()
