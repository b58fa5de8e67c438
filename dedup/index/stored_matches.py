"""Find the matches of stored documents among the others: an index keeps their words in a form that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.index.decisions import choose
from dedup.index.features import Features, NearKeys, dates
from dedup.index.index import Index
from dedup.index.match import Match
from dedup.index.record import Record
from dedup.index.stored import MOST_DOCUMENTS, Row, tokens_of


def matches_of(index: Index, rows: Sequence[Row], agencies: Agencies, kin: Sequence[int] = ()) -> list[list[Match]]:
    """Return the matches of stored documents, as if each were asked about now.

    Parameters
    ----------
    index : Index
        Within its `Index.reading`.
    rows : sequence of Row
    agencies : Agencies
    kin : sequence of int
        Numbers of documents that all of them are compared with, even if no search would find them.

    Returns
    -------
    list of list of Match
        For each row its matches with other documents, the closest relation first; ``left`` in the measures is the
        other document.

    Raises
    ------
    StorageError
    """
    if not rows:
        return []
    backend = index.backend
    codes = {name: code for code, name in enumerate(agencies.names)}
    features = replace(
        Features.of_tokens(
            tokens_of(rows, backend.vocabulary),
            np.array([row.size for row in rows], np.int64),
            dates([row.published for row in rows]),
            NearKeys(index.params),
        ),
        credit=np.array([codes.get(row.credit or "", UNKNOWN) for row in rows]),
        drawn_on=np.array([bool(row.drawn_on) for row in rows]),
    )
    numbers = MOST_DOCUMENTS + np.arange(len(rows))  # higher than all there are
    found = backend.find(features, numbers, add=False, kin=kin)
    asked = [Record(None, b"", row.source, row.published, row.url, None) for row in rows]
    chosen = choose(found, asked, index.params, agencies).matches
    return [[match for match in matches if match.id != row.id] for matches, row in zip(chosen, rows, strict=True)]
