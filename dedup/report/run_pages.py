"""Make the pages of ``dedup show`` from a run."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dedup.errors import InputError
from dedup.io.bytes.paths import STDIN
from dedup.judge.relation import Models
from dedup.report.pair_verdict import Verdict, match_rows, verdict, verdict_of_match
from dedup.report.record_lines import OtherMatch
from dedup.report.show_pages import PairPage, RecordPage
from dedup.report.stories import Stories, Story, Version
from dedup.report.story_lines import shown_versions
from dedup.run.run_output import RunView
from dedup.schema import LEFT, RELATIONS
from dedup.text.token_places import words_of

SHOWN_IDS = 5
"""Ids and places that a message names."""

SEARCHED = 2_000
"""Ids among which those that resemble a wrong one are looked for."""

QUICK_BYTES = 300_000_000
"""Bytes of text up to which first words are read from the inputs, for records without a title."""

HEAD = 400
"""Characters of a text of which the first words are shown."""


def run_page(run: RunView, name: str, other: str | None = None, whole: bool = False) -> RecordPage | PairPage:
    """Return the page of one record, or of two.

    Parameters
    ----------
    run : RunView
    name, other : str
        Ids, or ``file:row``.
    whole : bool
        Show long stories as a whole.

    Raises
    ------
    InputError
        When there is no such record, or several have the id.
    """
    a = record_of(run, name)
    b = None if other is None else record_of(run, other)
    stories = Stories(run)
    if b is None:
        return record_page(run, stories, a, whole)
    if a == b:
        raise InputError(f"{name!r} and {other!r} are the same record", "two records")
    return _pair_page(run, stories, a, b)


def record_of(run: RunView, name: str) -> int:
    """Return the record of an id, or at ``file:row``.

    Raises
    ------
    InputError
        When there is no such record, or several have the id.
    """
    found = run.records_of(name)
    if len(found) == 1:
        return found[0]
    if not found:
        near = ids_like(run.decisions["id"], name)
        hint = f"did you mean {' or '.join(near)}?" if near else f"{_decisions_file(run)} lists the ids"
        raise InputError(f"no record {name!r}", "the id of a record of this run", hint)
    rows = run.decisions.select(["file", "row"]).take(found[:SHOWN_IDS]).to_pylist()
    places = ", ".join(f"{row['file']}:{row['row']}" for row in rows)
    more = f" and {len(found) - SHOWN_IDS:,} more" if len(found) > SHOWN_IDS else ""
    raise InputError(f"{len(found):,} records with the id {name!r}", f"one of {places}{more}")


def _decisions_file(run: RunView) -> str:
    names = (name for name in run.summary.get("files", ()) if name.startswith("decisions."))
    return next(names, "the table of decisions")


def ids_like(ids: pa.ChunkedArray, name: str) -> list[str]:
    """Return up to three ids that resemble one that is not there."""
    half = max(1, len(name) // 2)
    resembles = pc.or_(pc.starts_with(ids, name[:half]), pc.ends_with(ids, name[-half:]))
    resembles = pc.or_(resembles, pc.match_substring(ids, name, ignore_case=True))
    near: list[str] = ids.filter(resembles).slice(0, SEARCHED).to_pylist()
    return difflib.get_close_matches(name, near, 3)


def record_page(run: RunView, stories: Stories, record: int, whole: bool = False, heads: bool = True) -> RecordPage:
    """Return the page of a record.

    Parameters
    ----------
    run : RunView
    stories : Stories
        Of this run.
    record : int
        Its number.
    whole : bool
        Show a long story as a whole.
    heads : bool
        Read first words for versions without a title from the inputs.
    """
    number = int(stories.number[record])
    story = None if number < 0 else stories.at(number)
    version = stories.version(record) if story is None else _member(story, record)
    models = Models.of(run.params)
    rows = match_rows(run.matches, record).to_pylist()
    decisive = None if version.kept else _decisive(rows, version)
    others = [row for row in rows if row is not decisive and not _in_cluster(row, record, stories)]
    words, notes = _heads(run, story, record, whole) if heads else ({}, [])
    place = run.decisions.select(["file", "row"]).slice(record, 1).to_pylist()[0]
    return RecordPage(
        version=version,
        place=f"standard input, record {place['row']}" if place["file"] == STDIN else "{file}:{row}".format(**place),
        story=story,
        heads=words,
        verdict=None if decisive is None else _explained(verdict_of_match(decisive, record, LEFT, models), version),
        matches=[_other(run, row, record, models) for row in sorted(others, key=_closest)],
        models=models,
        notes=notes,
    )


def _pair_page(run: RunView, stories: Stories, a: int, b: int) -> PairPage:
    notes = []
    texts: Mapping[int, str] = {}
    try:
        texts = run.plain_texts([a, b])
    except InputError as error:
        notes.append(f"the texts cannot be shown: {error}")
    judged = verdict(run, a, b, run.params, stories.leader, texts)
    return PairPage(
        a=stories.version(a),
        b=stories.version(b),
        verdict=judged,
        texts=(texts[a], texts[b]) if texts else None,
        words=_words(texts.values(), judged) if texts else None,
        models=Models.of(run.params),
        notes=notes,
    )


def _member(story: Story, record: int) -> Version:
    return next(version for version in story.versions if version.record == record)


def _decisive(rows: Sequence[Mapping[str, Any]], version: Version) -> Mapping[str, Any] | None:
    """Return the match by which a record is dropped: with its kept text or, if there is none, with another version."""
    same = [row for row in rows if (row["relation"], row["score"]) == (version.relation, version.score)]
    sides = ("left", "right")
    of_kept = (
        row
        for row in same
        if any((row[f"{side}_record"], row[side]) == (version.duplicate_of, version.original) for side in sides)
    )
    return next(of_kept, next(iter(same), None))


def _closest(row: Mapping[str, Any]) -> tuple[int, float]:
    return RELATIONS.index(row["relation"]), -row["score"]


def _other(run: RunView, row: Mapping[str, Any], record: int, models: Models) -> OtherMatch:
    side = "left" if row["left_record"] != record else "right"
    facts: dict[str, Any] = {"source": None, "title": None}
    if row[f"{side}_record"] is not None:
        facts = run.decisions.select(list(facts)).slice(row[f"{side}_record"], 1).to_pylist()[0]
    return OtherMatch(id=row[side], verdict=verdict_of_match(row, record, models=models), **facts)


def _in_cluster(row: Mapping[str, Any], record: int, stories: Stories) -> bool:
    other = row["right_record"] if row["left_record"] == record else row["left_record"]
    return other is not None and stories.leader[other] == stories.leader[record]


def _explained(verdict: Verdict, version: Version) -> Verdict:
    """Return a verdict with the reason that the run gave for its decision."""
    return Verdict(verdict.relation, verdict.score, version.reason, verdict.derived, verdict.measures, True)


def _heads(run: RunView, story: Story | None, record: int, whole: bool) -> tuple[dict[int, str], list[str]]:
    """Return titles or first words of the versions that are shown, and a note if they cannot be read."""
    if story is None or len(story.versions) == 1:
        return {}, []
    visible = shown_versions(story, record, whole)
    heads = {version.record: version.title for version in visible if version.title}
    lacking = [version.record for version in visible if not version.title]
    if not lacking:
        return heads, []
    if run.summary.get("text_bytes", 0) > QUICK_BYTES and not whole:
        return heads, ["first words are left out, because the inputs are large; --all reads them"]
    try:
        texts = run.plain_texts(lacking)
    except InputError as error:
        return heads, [f"first words are left out: {error}"]
    return heads | {number: text[:HEAD] for number, text in texts.items()}, []


def _words(texts: Iterable[str], verdict: Verdict) -> float:
    """Return the length of the shorter text, without page furniture."""
    return min(len(words_of(text)) for text in texts) * (1.0 - verdict.measures.get("furniture", 0.0))
