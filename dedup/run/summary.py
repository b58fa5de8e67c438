"""Count the results of a run: the numbers and notes of its summary."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.attribution.agencies import Agencies
from dedup.candidates import word_pairs
from dedup.judge.clusters import same_source
from dedup.params import Level, Params
from dedup.run.decision_table import Decisions
from dedup.run.exact import DistinctTexts
from dedup.run.findings import Findings
from dedup.run.outcome import Outcome
from dedup.run.records import Records
from dedup.schema import RELATIONS

LARGEST_SHOWN = 5
"""Clusters, and rejected records, that a summary lists."""

SUSPECT_RECORDS, DIFFERENT = 6, 0.9
"""Records of one text from which their titles are looked at, and the share of different ones that is suspect."""


def summarise(
    records: Records,
    ids: pa.LargeStringArray,
    table: pa.Table,
    decisions: Decisions,
    outcome: Outcome,
    policy: str,
    params: Params,
    agencies: Agencies,
) -> dict[str, Any]:
    """Return the summary of a run, ready for JSON.

    Parameters
    ----------
    records : Records
    ids : pyarrow.LargeStringArray
        Those of the records, followed by those of the documents of an index.
    table : pyarrow.Table
        The matches.
    decisions : Decisions
    outcome : Outcome
    policy : str
        Which of several copies is kept.
    params : Params
    agencies : Agencies
    """
    sizes = outcome.cluster_size
    largest = [record for record in np.argsort(-sizes, kind="stable")[:LARGEST_SHOWN].tolist() if sizes[record] > 1]
    tally = _tally(table["relation"])
    return {
        "records": len(records),
        "kept": int(outcome.kept.sum()),
        "dropped": decisions.by_relation(),
        "rejected": len(records.rejected),
        "clusters": int((sizes > 1).sum()),
        "matches": tally,
        "same_url": _tally(table["relation"].filter(table["same_url"])),
        "stories": outcome.joined_stories,
        "without_text": int((records.sizes == 0).sum()) - len(records.rejected),
        "keep": policy,
        "largest_clusters": [
            # Of a document of an index there is no text: its first copy begins much alike.
            {
                "id": ids[record].as_py(),
                "size": int(sizes[record]),
                "begins": _called(
                    records, record if record < len(records) else int(np.argmax(outcome.leader == record))
                ),
            }
            for record in largest
        ],
        "rejections": [
            {"file": file, "row": row, "reason": reason}
            for file, row, reason, *_ in itertools.islice(decisions.rejections(), LARGEST_SHOWN)
        ],
        "inputs": len(records.files),
        "text_bytes": records.text_bytes,
        "tokens": int(records.lengths.sum()),
        "notes": [*_notes(records, tally, policy, params, agencies), *furniture_notes(records, outcome.stands)],
        "params": params.as_dict(),
        "fingerprint": params.fingerprint,
    }


def limits_at(level: Level, limits: Mapping[str, list[str]]) -> list[str]:
    """Return the notes of `limit_notes` that matter at a level."""
    return [] if level < Level.near else limits["near" if level < Level.syndicated else "rare"]


def limit_notes(records: Records, texts: DistinctTexts, findings: Findings, memory: int) -> dict[str, list[str]]:
    """Return notes on limits that affect the answer: too little memory, a bucket too large.

    Parameters
    ----------
    records : Records
    texts : DistinctTexts
    findings : Findings
    memory : int
        Bytes that the run may take.

    Returns
    -------
    dict of str to list of str
        By the pass that a level is decided from, ``near`` or ``rare``.
    """
    notes: dict[str, list[str]] = {"near": [], "rare": []}
    if findings.rare is not None and word_pairs.is_crowded(int(texts.corpus.lengths.sum()), memory):
        notes["rare"].append("the table of word pairs has too little memory, so copies are missed: raise --memory")
    hidden = None
    for name, found in (("near", findings.near), ("rare", findings.rare)):
        hidden = hidden or (None if found is None else found.hidden)
        if hidden is not None:
            record = int(texts.record[hidden.document])
            notes[name].append(
                f"{hidden.size:,} kept documents have passages in common with {records.ids[record].as_py()} "
                f"({records.head(record)[:40].rstrip()}…); not all of them were compared with one another"
            )
    return notes


def _notes(records: Records, tally: Mapping[str, int], policy: str, params: Params, agencies: Agencies) -> list[str]:
    """Return notes on values that the records lack, and on the consequences."""
    notes = []
    if records.unread.count:
        notes.append(records.unread.note)
    if tally["update"] and not records.has_dates:
        notes.append("without dates, updates were distinguished from copies by their words alone")
    if policy in ("earliest", "latest") and not records.has_dates:
        notes.append("no record has a readable date: of several copies, the first by id is kept")
    for kind, asked in (("preferred", params.prefer), ("protected", params.protect)):
        if asked and not _has_source(records, asked, agencies):
            notes.append(f"no record comes from a {kind} source ({', '.join(asked)})")
    if params.within == "day" and not records.has_dates:
        notes.append("no record has a readable date, so that none is a copy of another of its day")
    if params.within == "source" and records.sources.null_count == len(records):
        notes.append("no record has a source, so that none is a copy of another of its source")
    repeated = len(records) - pc.count_distinct(records.ids).as_py()
    if repeated:
        share = "1 record shares its id" if repeated == 1 else f"{repeated:,} records share their id"
        counted = pc.value_counts(records.ids)
        places = pc.index(pc.greater(counted.field("counts"), 1), True)
        example = counted.field("values")[places.as_py()].as_py()
        notes.append(f"{share} with another record, such as {example!r}; file and row distinguish them")
    return notes


def furniture_notes(records: Records, stands: npt.NDArray[np.int64]) -> list[str]:
    """Return a note on texts that many records of different titles have: what a crawler saw instead of the articles.

    Parameters
    ----------
    records : Records
    stands : int64 array, shape (n_records,)
        As in `dedup.run.outcome.Outcome`: equal for records of the same text.
    """
    if records.titles.null_count == len(records):
        return []
    counts = np.bincount(stands, minlength=len(records))
    (many,) = np.nonzero(counts[stands] >= SUSPECT_RECORDS)
    many = many[np.argsort(stands[many], kind="stable")]
    found = []
    for same in np.split(many, np.flatnonzero(np.diff(stands[many])) + 1) if len(many) else []:
        titles = [title.strip() for title in records.titles.take(pa.array(same)).to_pylist() if title and title.strip()]
        if are_strangers(titles):
            found.append((len(same), len(set(titles)), int(same[0])))
    if not found:
        return []
    size, n_titles, first = max(found, key=lambda one: (one[0], -one[2]))
    note = (
        f"{size:,} records have the same text under {n_titles:,} titles (the first is {records.ids[first].as_py()!r}): "
        "it is probably not the article"
    )
    return [note + (f"; so have {len(found) - 1:,} other texts" if len(found) > 1 else "")]


def are_strangers(titles: Sequence[str]) -> bool:
    """Return whether titles are many, nearly all different, and most of them have no word in common.

    Examples
    --------
    >>> are_strangers(["Bridge shut", "Vote on taxes", "Rain", "Fire in Rome", "Cup final", "Oil falls"])
    True
    >>> are_strangers([f"{city} bridge shut" for city in ("Rome", "Bonn", "Oslo", "Lyon", "Bern", "Kyiv")])
    False
    """
    if len(titles) < SUSPECT_RECORDS or len(set(titles)) < DIFFERENT * len(titles):
        return False
    words = Counter(word for title in titles for word in {word.casefold() for word in title.split() if len(word) > 3})
    return max(words.values(), default=0) <= len(titles) / 2


def _called(records: Records, record: int) -> str:
    """Return the title of a record, else its first words."""
    return records.titles[record].as_py() or records.head(record)


def _has_source(records: Records, asked: tuple[str, ...], agencies: Agencies) -> bool:
    """Return whether any record comes from one of these sources."""
    names = {same_source(name, agencies) for name in pc.unique(records.sources).to_pylist()}
    return not names.isdisjoint(same_source(name, agencies) for name in asked)


def _tally(relations: pa.ChunkedArray) -> dict[str, int]:
    """Count the relations, in their order."""
    counted = {row["values"]: row["counts"] for row in pc.value_counts(relations).to_pylist()}
    return {name: counted.get(name, 0) for name in RELATIONS}
