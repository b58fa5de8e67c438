"""Find which of the documents that a run adds to an index belong to one story, and to which stories of the index."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.run.index_matches import IndexMatches
from dedup.run.ranking import Numbering
from dedup.schema import UPDATE


def story_links(
    decisions: pa.Table, index_matches: IndexMatches, texts: Numbering, added: npt.NDArray[np.int64]
) -> dict[int, list[str]]:
    """Return for records that are added the ids of documents whose stories they join; others have none.

    These are documents of the index of which a record of their story is a copy, an update, or the other way round, and
    the first record of their story that is added.

    Parameters
    ----------
    decisions : pyarrow.Table
        `dedup.schema.DECISIONS`.
    index_matches : IndexMatches
    texts : Numbering
        In keep order, as ``index_matches`` numbers documents of the run.
    added : int64 array, ascending
        Records that are added.
    """
    encoded = decisions["story"].combine_chunks().dictionary_encode()
    story = np.asarray(encoded.indices.fill_null(-1))
    stored = _stored_documents(decisions, index_matches, texts, story)
    of_added = story[added]
    counts = np.bincount(of_added, minlength=len(encoded.dictionary) + 1)
    (linked,) = np.nonzero((counts[of_added] > 1) | np.isin(of_added, np.array([*stored], np.int64)))
    first: dict[int, str] = {}
    found: dict[int, list[str]] = {}
    ids = decisions["id"].take(pa.array(added[linked])).to_pylist()
    for record, number, id in zip(added[linked].tolist(), of_added[linked].tolist(), ids, strict=True):
        found[record] = [*stored.get(number, ()), *([first[number]] if number in first else [])]
        first.setdefault(number, id)
    return found


def _stored_documents(
    decisions: pa.Table, index_matches: IndexMatches, texts: Numbering, story: npt.NDArray[np.int64]
) -> dict[int, dict[str, None]]:
    """Return the documents of the index that belong to each story of the run."""
    stored: defaultdict[int, dict[str, None]] = defaultdict(dict)
    in_index = pc.and_(decisions["duplicate_of"].is_valid(), decisions["duplicate_of_file"].is_null())
    (dropped,) = np.nonzero(np.asarray(in_index))
    leaders = decisions["duplicate_of"].take(pa.array(dropped)).to_pylist()
    for number, id in zip(story[dropped].tolist(), leaders, strict=True):
        stored[number][id] = None
    matches = index_matches.matches
    (updates,) = np.nonzero(matches.relation == UPDATE)
    updated = index_matches.ids.take(pa.array(matches.left[updates])).to_pylist()
    for number, id in zip(story[texts.record[matches.right[updates]]].tolist(), updated, strict=True):
        stored[number][id] = None
    return stored
