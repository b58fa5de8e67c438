"""Tables of a run, made from a few facts: what the views of a run read, without a run."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa

from dedup.schema import DECISIONS, MATCHES

MONDAY = datetime(2024, 3, 4, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class MadeRun:
    """Two tables as a run writes them."""

    decisions: pa.Table
    matches: pa.Table


def made_run(records: Sequence[Mapping[str, Any]], matches: Sequence[Mapping[str, Any]] = ()) -> MadeRun:
    """Make the tables of a run.

    Parameters
    ----------
    records : sequence of dict
        ``id``; ``of``, the number of its kept record, the id of its document in an index, or None if it is kept;
        further columns of the decisions, ``hour`` for the date.
    matches : sequence of dict
        ``left`` and ``right``, numbers of records, or ids of documents of an index; further columns.
    """
    story = _stories(records, matches)
    rows = [_row(number, records, story) for number in range(len(records))]
    pairs = [_pair(match, records) for match in matches]
    return MadeRun(pa.Table.from_pylist(rows, DECISIONS), pa.Table.from_pylist(pairs, MATCHES))


def random_run(random: random.Random, n: int) -> MadeRun:
    """Make a run of a few sources and ids, with clusters, updates, rejected records, and documents of an index."""
    records: list[dict[str, Any]] = []
    for _ in range(n):
        kept = [at for at, one in enumerate(records) if one["of"] is None and not one.get("rejected")]
        records.append(
            {
                "id": random.choice("abcdefgh") + random.choice(["", str(len(records))]),
                "file": random.choice(["one.jsonl", "two.jsonl"]),
                "of": random.choice([None, None, *([random.choice(kept)] * 2 if kept else []), "x1", "x2"]),
                "hour": random.choice([None, random.randrange(50)]),
                "source": random.choice([None, "Post", "Times", "Herald"]),
                "credit": random.choice([None, "Reuters"]),
                "rejected": random.random() < 0.1,
            }
        )
        if records[-1]["rejected"]:
            records[-1]["of"] = None
    usable = [at for at, one in enumerate(records) if not one["rejected"]]
    matches: dict[frozenset[int | str], dict[str, Any]] = {}
    for _ in range(n // 2):
        left, right = random.choice(usable), random.choice([*usable, "x1", "x3"])
        relation = random.choice(["update", "rewritten", "partial"])
        derived = random.choice([None, left, right])
        if left != right:
            score = random.random()
            matches[frozenset([left, right])] = {
                "left": left,
                "right": right,
                "relation": relation,
                "score": score,
                "derived": derived,
            }
    return made_run(records, list(matches.values()))


def leader_of(number: int, records: Sequence[Mapping[str, Any]]) -> int | str:
    """Return the kept record of a record's cluster, or the id of its document in an index."""
    of = records[number].get("of")
    return number if of is None else of


def _stories(records: Sequence[Mapping[str, Any]], matches: Sequence[Mapping[str, Any]]) -> dict[int | str, set[Any]]:
    """Return the leaders that are linked to each."""
    linked: dict[int | str, set[Any]] = {}
    for number, record in enumerate(records):
        if not record.get("rejected"):
            linked.setdefault(leader_of(number, records), set()).add(leader_of(number, records))
    for match in matches:
        if match["relation"] == "update":
            sides = [leader_of(x, records) if isinstance(x, int) else x for x in (match["left"], match["right"])]
            joined = set().union(*(linked.get(side, {side}) for side in sides))
            for one in joined:
                linked[one] = joined
    return linked


def _row(number: int, records: Sequence[Mapping[str, Any]], story: Mapping[int | str, set[Any]]) -> dict[str, Any]:
    record = dict(records[number])
    of, hour, rejected = record.pop("of", None), record.pop("hour", None), record.pop("rejected", False)
    leader = leader_of(number, records)
    linked = set() if rejected else story[leader]
    first = min((one for one in linked if isinstance(one, int)), default=None)
    index_id = min((one for one in linked if isinstance(one, str)), default=None)
    original = records[of] if isinstance(of, int) else None
    members = [n for n in range(len(records)) if not records[n].get("rejected") and leader_of(n, records) in linked]
    return {
        "file": "news.jsonl",
        "row": number + 1,
        "kept": of is None and not rejected,
        "duplicate_of": original["id"] if original else of,
        "duplicate_of_file": original.get("file", "news.jsonl") if original else None,
        "duplicate_of_row": of + 1 if original else None,
        "relation": None if of is None else "revised",
        "score": None if of is None else 0.9,
        "cluster": None if rejected else leader if isinstance(leader, str) else records[leader]["id"],
        "story": None if rejected else index_id if first is None else records[first]["id"],
        "story_size": None if rejected else len(members) + sum(isinstance(one, str) for one in linked),
        "copies": sum(other.get("of") == number for other in records) if of is None and not rejected else None,
        "published": None if hour is None else MONDAY + timedelta(hours=hour),
        "reason": "rejected: no text" if rejected else "no copy found" if of is None else "a revised version",
        **record,
    }


def _pair(match: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    row = dict(match)
    sides = [(records[x]["id"], x) if isinstance(x, int) else (x, None) for x in (row.pop("left"), row.pop("right"))]
    derived = row.pop("derived", None)
    (row["left"], row["left_record"]), (row["right"], row["right_record"]) = sorted(sides, key=lambda side: side[0])
    row["derived"] = records[derived]["id"] if isinstance(derived, int) else derived
    return {"score": 0.7, **row}
