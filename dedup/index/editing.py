"""Change the documents of an index within one attempt: add, replace and remove them, and keep their stories."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from dedup.attribution.agencies import Agencies
from dedup.index.decisions import EARLIER, Choices, choose, decisions_of, dropped, numbers_of_copies
from dedup.index.features import Features, NearKeys
from dedup.index.match import Decision
from dedup.index.protocol import Backend
from dedup.index.record import Record, id_taken
from dedup.index.search.query import QueryMatches
from dedup.index.stored import MOST_DOCUMENTS, DocumentNumbers, NewRows, Row, next_numbers
from dedup.index.story_book import StoryBook, StoryMember
from dedup.index.story_links import joined, leave, member_of, place, story_after_update
from dedup.judge.relation import LAST_COPY, Models


class Judged(NamedTuple):
    """New texts that have been searched for and decided on, and are not stored yet.

    Parameters
    ----------
    numbers : int64 array
        Of the new texts.
    found : QueryMatches
    choices : Choices
    """

    numbers: DocumentNumbers
    found: QueryMatches
    choices: Choices


class Editor:
    """The changes to the documents of an index.

    Parameters
    ----------
    backend : Backend
    agencies : Agencies
    """

    def __init__(self, backend: Backend, agencies: Agencies) -> None:
        self._backend = backend
        self._agencies = agencies
        self._params = backend.params
        self._near_keys = NearKeys(backend.params)

    def features(self, records: Sequence[Record]) -> Features:
        """Return the features of new texts, which do not depend on what is stored."""
        texts, dates = [record.text for record in records], [record.published for record in records]
        return Features.of(texts, dates, self._agencies, self._near_keys, self._backend.key)

    def query(self, records: Sequence[Record]) -> list[Decision]:
        """Return the decisions on texts that are not added."""
        # Higher than all there are, and no room is needed for them.
        numbers = MOST_DOCUMENTS + np.arange(len(records))
        judged = self._judged(records, self.features(records), numbers, add=False)
        stories = joined(StoryBook(self._backend), judged.choices.links, judged.found.texts.rows)
        return self._decisions(judged, records, stories)

    # ---- within an attempt

    def assert_new(self, records: Sequence[Record]) -> None:
        """Refuse records whose ids are in the index.

        Raises
        ------
        InputError
        """
        existing = self._backend.known_ids([str(record.id) for record in records])
        if existing:
            raise id_taken(min(existing))

    def add(self, records: Sequence[Record], features: Features) -> list[Decision]:
        """Add documents with new ids; return the decisions on them."""
        numbers = next_numbers(self._backend.next, len(records))
        judged = self._judged(records, features, numbers)
        now = moment()
        book = StoryBook(self._backend, now)
        named = zip(numbers.tolist(), records, strict=True)
        new = [StoryMember(number, str(record.id), number, now) for number, record in named]
        stories = place(book, new, judged.choices.links, judged.found.texts.rows)
        joined_to = [None if story == one.number else story for story, one in zip(stories, new, strict=True)]
        self._backend.insert(
            NewRows(
                **_columns(records),
                copy_of=judged.choices.copy_of,
                counted=judged.found.counted.tolist(),
                stories=joined_to,
                added=[now] * len(records),
            ).rows(numbers, features, self._backend.vocabulary, self._agencies.names)
        )
        book.save()
        return self._decisions(judged, records, stories)

    def update(self, record: Record, features: Features) -> Decision:
        """Replace the document of an id, or add it if there is none."""
        old = self._backend.by_id(str(record.id))
        if old is None:
            return self.add([record], features)[0]
        same = self._row(record, features, old.number, old.copy_of, bool(old.counted), old)
        if (same.digest, same.published) == (old.digest, old.published):
            return self._amend(same._replace(tokens=old.tokens), record, features)
        return self._replace(old, record, features)

    def remove(self, id: str) -> bool:
        """Remove the document of an id; return whether there was one."""
        row = self._backend.by_id(id)
        if row is None:
            return False
        self._backend.remove(row)
        book = StoryBook(self._backend, moment())
        leave(self._backend, book, [member_of(row)])
        book.save()
        return True

    def remove_all(self, numbers: Sequence[int]) -> int:
        """Remove documents by number, those that are still there; return how many."""
        members = self._backend.members(numbers)
        self._backend.remove_all([member.number for member in members])
        book = StoryBook(self._backend, moment())
        leave(self._backend, book, members)
        book.save()
        return len(members)

    # ---- parts of these

    def _judged(
        self,
        records: Sequence[Record],
        features: Features,
        numbers: DocumentNumbers,
        add: bool = True,
        own: Sequence[int] = (),
    ) -> Judged:
        """Search for new texts and choose by their matches; none is dropped for a copy of its own."""
        found = self._backend.find(features, numbers, add, own)
        choices = choose(found, records, self._params, self._agencies, {*own})
        return Judged(numbers, found, choices)

    def _decisions(self, judged: Judged, records: Sequence[Record], stories: Sequence[int | None]) -> list[Decision]:
        fetch = self._backend.fetch
        return decisions_of(judged.choices, judged.found, records, stories, self._params, fetch)

    def _row(
        self, record: Record, features: Features, number: int, copy_of: int | None, counted: bool, old: Row
    ) -> Row:
        """Return the stored form of a document that replaces another one, in its story."""
        new = NewRows(
            **_columns([record]), copy_of=[copy_of], counted=[counted], stories=[old.story], added=[old.added]
        )
        (row,) = new.rows(np.array([number]), features, self._backend.vocabulary, self._agencies.names)
        return row

    def _replace(self, old: Row, record: Record, features: Features) -> Decision:
        """Replace the document of an id by another one."""
        backend = self._backend
        copies = backend.copies(old.number)
        backend.remove(old)
        numbers = next_numbers(backend.next, 1)
        judged = self._judged([record], features, numbers, own=[row.number for row in copies])
        (copy_of,), (counted,) = judged.choices.copy_of, judged.found.counted.tolist()
        still = numbers_of_copies(judged.found, LAST_COPY[self._params.level]) if copy_of is None else set()
        following = [row for row in copies if row.number in still]
        new = self._row(record, features, int(numbers[0]), copy_of, counted, old)
        book = StoryBook(backend, moment())
        links = [member_of(judged.found.texts.rows[at]) for at in judged.choices.links[0]]
        story = story_after_update(backend, book, member_of(old), new, links, bool(following))
        backend.insert([new._replace(story=story)])
        book.save()
        if following:
            backend.link(following, new.number)
        released = tuple(row.id for row in copies if row.number not in still)
        (decision,) = self._decisions(judged, [record], [story])
        return replace(decision, replaced=True, released=released)

    def _amend(self, row: Row, record: Record, features: Features) -> Decision:
        """Replace the fields of a document whose words and date have not changed; its decision stays."""
        leader = None if row.copy_of is None else self._backend.fetch([row.copy_of]).get(row.copy_of)
        kin = [] if leader is None else [leader.number]
        found = self._backend.find(features, np.array([MOST_DOCUMENTS]), False, kin)
        is_other = found.texts.numbers[found.matches.left] != row.number
        found = found._replace(matches=found.matches.take(is_other))
        (matches,) = choose(found, [record], self._params, self._agencies).matches
        self._backend.amend(row)
        story = StoryBook(self._backend).current(member_of(row).story)
        if leader is None:
            return Decision(True, None, None, None, tuple(matches), EARLIER, story=story)
        by = next((match for match in matches if match.id == leader.id and match.is_copy), None)
        if by is None:
            return Decision(False, leader.id, None, None, tuple(matches), EARLIER, story=story)
        return dropped(leader.id, by, matches, Models.of(self._params), story)


def moment() -> int:
    """Return the present time in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def _columns(records: Sequence[Record]) -> dict[str, Any]:
    """Return what callers passed, column by column."""
    return {
        "ids": [str(record.id) for record in records],
        "sources": [record.source for record in records],
        "urls": [record.url for record in records],
        "data": [record.data for record in records],
        "published": [record.published for record in records],
    }
