"""Say before anything is written that a run drops much of a source, or makes a very large cluster; or refuse it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.errors import GuardError
from dedup.params import ERROR
from dedup.run.options import RunOptions
from dedup.run.records import Records
from dedup.run.result import Result

LEAST_RECORDS = 20
"""Records that a source must have; of fewer, a copy or two is a large share."""

MOST_NAMED = 5
"""Sources, or clusters, that a note names."""


def guard(records: Records, result: Result, options: RunOptions) -> None:
    """Check a result before it is written, and add notes to its summary.

    Parameters
    ----------
    records : Records
    result : Result
    options : RunOptions
        Its limits, and whether to refuse what is beyond them.

    Raises
    ------
    GuardError
        If the options ask for an error. It names the source with the largest share, and the largest cluster.
    """
    is_rejected = np.zeros(len(records), bool)
    is_rejected[records.rejected.records] = True
    shares = dropped_shares(records.sources, ~(result.is_kept | is_rejected), ~is_rejected, options.guard_share)
    clusters = [one for one in result.summary["largest_clusters"] if one["size"] > options.guard_cluster]
    found = [*_of_sources(shares, options), *_of_clusters(clusters, options)]
    if found and options.guard == ERROR:
        expected = (
            f"at most {options.guard_share:.0%} of each source of {LEAST_RECORDS} records or more, and no cluster of "
            f"more than {options.guard_cluster:,}"
        )
        hint = (
            "nothing was written; look at the result without --guard error, then raise --guard-share or "
            "--guard-cluster, or drop less: --level, --threshold, --certainty"
        )
        raise GuardError("; ".join(found), expected, hint)
    result.summary["notes"] += found


def dropped_shares(
    sources: pa.LargeStringArray, is_dropped: npt.NDArray[np.bool_], counts: npt.NDArray[np.bool_], limit: float
) -> list[tuple[str, int, int]]:
    """Return the sources of which a larger share than the limit is dropped, the largest share first.

    Parameters
    ----------
    sources : pyarrow.LargeStringArray
        Of each record; records without one are of no source.
    is_dropped, counts : bool array, shape (n_records,)
        Whether each is dropped, and whether it counts, as rejected ones do not.
    limit : float

    Returns
    -------
    list of (str, int, int)
        Source, records dropped, and all its records.
    """
    if sources.null_count == len(sources):
        return []
    named = sources.dictionary_encode()
    code = np.asarray(pc.fill_null(named.indices, len(named.dictionary)))
    every = np.bincount(code[counts], minlength=len(named.dictionary) + 1)[:-1]
    dropped = np.bincount(code[is_dropped], minlength=len(named.dictionary) + 1)[:-1]
    (beyond,) = np.nonzero((every >= LEAST_RECORDS) & (dropped > limit * every))
    order = beyond[np.argsort(-dropped[beyond] / every[beyond], kind="stable")]
    names = named.dictionary.take(pa.array(order)).to_pylist()
    return list(zip(names, dropped[order].tolist(), every[order].tolist(), strict=True))


def _of_sources(shares: Sequence[tuple[str, int, int]], options: RunOptions) -> list[str]:
    if not shares:
        return []
    named = [
        f"{name!r} {dropped / every:.0%} ({dropped:,} of {every:,})" for name, dropped, every in shares[:MOST_NAMED]
    ]
    more = f" and {len(shares) - MOST_NAMED:,} more, which dedup report lists" if len(shares) > MOST_NAMED else ""
    sources = "1 source" if len(shares) == 1 else f"{len(shares):,} sources"
    return [f"more than {options.guard_share:.0%} of {sources} is dropped: {', '.join(named)}{more}"]


def _of_clusters(clusters: Sequence[Mapping[str, Any]], options: RunOptions) -> list[str]:
    if not clusters:
        return []
    named = ", ".join(f"that of {one['id']!r} has {one['size']:,}" for one in clusters[:MOST_NAMED])
    return [f"clusters of more than {options.guard_cluster:,} records: {named}"]
