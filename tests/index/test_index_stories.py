"""The stories of an index, whatever is done to it, held against a model in plain Python.

The model takes over which documents match, and which is dropped for which, as the index answers. What becomes of the
stories then, it says by itself.
"""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import servers
from conftest import Place, article
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from lives import LIVES, OFTEN, day

import dedup
from dedup import Decision, Index, Story

_COUNT = itertools.count()

TUNING = replace(OFTEN, run_documents=30)
SETTINGS = type(LIVES)(LIVES, stateful_step_count=20)


def update_of(seed: int, other: int) -> str:
    """Return an article of which the first third is news."""
    old, new = article(seed, 12).split(". "), article(seed + 500 * other, 12).split(". ")
    return ". ".join(new[:4] + old[4:])


LINK = ". ".join(article(77, 12).split(". ")[:4] + article(0, 12).split(". ")[5:])
"""An update of the first article."""

WHOLE = LINK + " " + article(50, 14)
"""An article of which that is an excerpt, and which is neither a copy nor an update of the first one."""

TEXTS = [article(seed, 12) for seed in range(3)] + [update_of(seed, 1) for seed in range(3)] + [LINK, WHOLE, "?"]

ids = some.integers(0, 9).map("d{}".format)
texts = some.integers(0, len(TEXTS) - 1)
days = some.integers(0, 5)


@dataclass
class ModelEvent:
    """An event: when, in calls, what, and to whom."""

    tick: int
    event: str
    document: str
    story: int
    replaced: str | None = None


@dataclass
class ModelStory:
    """A story that has, or had, at least one document."""

    log: list[ModelEvent]
    original: str
    leads_to: int | None = None
    parts: list[int] = field(default_factory=list)


@dataclass
class ModelDocument:
    """A document: its number, the story it was added to, the kept document, its text and day, when it was added."""

    number: int
    story: int
    copy_of: str | None
    text: tuple[int, int]
    added: int


class Model:
    """Documents and stories in dicts."""

    def __init__(self, block: int) -> None:
        self.documents: dict[str, ModelDocument] = {}
        self.stories: dict[int, ModelStory] = {}
        self.next = 1
        self.tick = 0
        self.block = block
        self.made: set[int] = set()

    def current(self, story: int) -> int:
        leads_to = self.stories[story].leads_to
        return story if leads_to is None else leads_to

    def story_of(self, id: str) -> int:
        return self.current(self.documents[id].story)

    def members(self, story: int) -> list[str]:
        there = [id for id in self.documents if self.story_of(id) == story]
        return sorted(there, key=lambda id: (self.documents[id].added, self.documents[id].number))

    def say(self, story: int, event: str, document: str, of: int | None = None, replaced: str | None = None) -> None:
        self.stories[story].log.append(ModelEvent(self.tick, event, document, of or story, replaced))

    def links(self, decision: Decision) -> set[int]:
        linked = {match.id for match in decision if match.relation == "update"}
        linked |= {decision.duplicate_of} - {None}  # type: ignore[arg-type]
        return {self.story_of(id) for id in linked}

    def merged(self, stories: set[int], id: str) -> int:
        oldest, *others = sorted(stories)
        for other in others:
            for part in (other, *self.stories[other].parts):
                self.stories[part].leads_to = oldest
            self.stories[oldest].parts += [other, *self.stories[other].parts]
            self.stories[other].parts = []
            self.say(oldest, "merged", id, other)
        return oldest

    def add(self, id: str, text: tuple[int, int], decision: Decision) -> None:
        stories, number = self.links(decision), self.next
        self.next += 1
        if stories:
            story = self.merged(stories, id)
            self.say(story, "joined", id)
        else:
            story = number
            self.made.add(story)
            self.stories[story] = ModelStory([ModelEvent(self.tick, "created", id, story)], id)
        self.documents[id] = ModelDocument(number, story, decision.duplicate_of, text, self.tick)

    def update(self, id: str, text: tuple[int, int], decision: Decision) -> None:
        old = self.documents[id]
        if old.text == text:
            return
        own, linked, number = self.story_of(id), self.links(decision), self.next
        self.next += 1
        copies = [other for other, one in self.documents.items() if one.copy_of == id]
        for copy in copies:
            if copy in decision.released:
                self.documents[copy].copy_of = None
        stays = set(copies) - set(decision.released) or len(self.members(own)) == 1 or not linked or own in linked
        del self.documents[id]
        if stays:
            story = self.merged({own, *linked}, id)
            self.say(story, "updated", id)
            if self.stories[story].original == id and not decision.kept:
                self.change_original(story, id)
        else:
            self.say(own, "removed", id)
            if self.stories[own].original == id:
                self.change_original(own, id)
            story = self.merged(linked, id)
            self.say(story, "joined", id)
        self.documents[id] = ModelDocument(number, story, decision.duplicate_of, text, old.added)

    def remove(self, gone: Iterable[str]) -> None:
        left = sorted(gone, key=lambda id: self.documents[id].number)
        for first in range(0, len(left), self.block):
            self.tick += 1
            block = left[first : first + self.block]
            stories = [(id, self.story_of(id)) for id in block]
            for id in block:
                del self.documents[id]
            for one in self.documents.values():
                one.copy_of = None if one.copy_of in block else one.copy_of
            for id, story in stories:
                self.say(story, "removed", id)
            for id, story in stories:
                if story not in self.stories:
                    continue
                if not self.members(story):
                    for part in (story, *self.stories[story].parts):
                        del self.stories[part]
                elif self.stories[story].original == id:
                    self.change_original(story, id)

    def change_original(self, story: int, replaced: str) -> None:
        kept = [id for id in self.members(story) if self.documents[id].copy_of is None]
        first = min(kept, key=lambda id: self.documents[id].number)
        self.stories[story].original = first
        self.say(story, "original_changed", first, None, replaced)

    def story(self, id: int) -> tuple[Any, ...] | None:
        if id not in self.stories:
            return None
        id = self.current(id)
        parts = sorted([id, *self.stories[id].parts])
        log = sorted((event for part in parts for event in self.stories[part].log), key=lambda event: event.tick)
        events = [(event.event, event.document, event.story, event.replaced) for event in log]
        return id, self.stories[id].original, tuple(self.members(id)), tuple(parts[1:]), events


def plain(story: Story | None) -> tuple[Any, ...] | None:
    if story is None:
        return None
    assert [event.time for event in story.log if "." not in event.time] == []
    assert list(story.log) == sorted(story.log, key=lambda event: event.time)
    events = [(event.event, event.document, event.story, event.replaced) for event in story.log]
    return story.id, story.original, story.documents, story.merged, events


class Stories(RuleBasedStateMachine):
    """An index whose documents copy and update each other, and a model of its stories."""

    index: Index
    model: Model
    seen: set[str]

    @initialize()
    def begin(self) -> None:
        self.place = self.new_place()
        self.index = Index(self.place, tuning=TUNING)
        self.model = Model(TUNING.block_documents)

    def new_place(self) -> str:
        raise NotImplementedError

    @rule(id=ids, text=texts, date=days)
    def add(self, id: str, text: int, date: int) -> None:
        self.model.tick += 1
        if id in self.model.documents:
            decision = self.index.update(id, TEXTS[text], published=day(date))
            self.model.update(id, (text, date), decision)
        else:
            decision = self.index.add(id, TEXTS[text], published=day(date))
            self.model.add(id, (text, date), decision)
        assert decision.story == self.model.story_of(id)
        self.seen |= {match.relation for match in decision}

    @rule(some=some.dictionaries(ids, some.tuples(texts, days), max_size=6))
    def add_many(self, some: dict[str, tuple[int, int]]) -> None:
        self.model.tick += 1
        new = {id: text for id, text in some.items() if id not in self.model.documents}
        given = [{"id": id, "text": TEXTS[text], "published": day(date)} for id, (text, date) in new.items()]
        decisions = self.index.add_many(given)
        for (id, text), decision in zip(new.items(), decisions, strict=True):
            self.model.add(id, text, decision)
        for id, decision in zip(new, decisions, strict=True):
            assert self.model.current(decision.story or 0) == self.model.story_of(id)

    @rule(id=ids)
    def remove(self, id: str) -> None:
        assert self.index.remove(id) == (id in self.model.documents)
        self.model.remove([id] if id in self.model.documents else [])

    @rule(before=days)
    def expire(self, before: int) -> None:
        gone = [id for id, one in self.model.documents.items() if one.text[1] < before]
        assert self.index.expire(day(before)) == len(gone)
        self.model.remove(gone)

    @rule(text=texts)
    def query(self, text: int) -> None:
        decision = self.index.query(TEXTS[text])
        assert decision.story == min(self.model.links(decision), default=None)

    @rule()
    def compact(self) -> None:
        self.index.compact()

    @rule()
    def reopen(self) -> None:
        self.index.close()
        self.index = Index(self.place, tuning=TUNING)

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "index"):
            return
        for document in self.index:
            assert document.story == self.model.story_of(document.id)
            assert document.copy_of == self.model.documents[document.id].copy_of
        assert {document.id for document in self.index} == self.model.documents.keys()
        for story in self.model.made:
            assert plain(self.index.story(story)) == self.model.story(story)
        for id in self.model.documents:
            assert plain(self.index.story(id)) == self.model.story(self.model.story_of(id))
            copies = [other for other, one in self.model.documents.items() if one.copy_of == id]
            assert {copy.id for copy in self.index.copies_of(id)} == {*copies}
        self.seen |= {event[0] for story in self.model.made for event in (self.model.story(story) or [()] * 5)[4]}

    def teardown(self) -> None:
        if hasattr(self, "index"):
            assert self.index.check() == []
            for id in [*self.model.documents]:
                self.index.remove(id)
            assert [*self.index] == []
            with self.index.reading():
                assert [*filter(None, self.index.backend.all_story_values())] == []
            self.index.close()


class InFolder(Stories):
    """In a folder."""

    def new_place(self) -> str:
        self.folder = tempfile.mkdtemp(prefix="dedup-")
        return str(Path(self.folder) / "i")

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(getattr(self, "folder", "nowhere"), ignore_errors=True)


class OnServer(Stories):
    """On a server."""

    url: str

    def new_place(self) -> str:
        return f"{self.url}-{next(_COUNT)}"


def test_stories_in_a_folder() -> None:
    InFolder.seen = set()
    run_state_machine_as_test(InFolder, settings=SETTINGS)
    assert InFolder.seen >= {"created", "joined"}


def test_stories_on_a_server(redis_server: servers.RedisServer) -> None:
    OnServer.seen, OnServer.url = set(), redis_server.url("stories")
    run_state_machine_as_test(OnServer, settings=SETTINGS)
    assert OnServer.seen >= {"created", "joined"}


def test_a_story_from_its_beginning_to_its_end(place: Place) -> None:
    with Index(place("i")) as index:
        index.add("a", TEXTS[0])
        index.add("b", WHOLE)
        assert index.add("copy", WHOLE.upper()).story == 2
        assert index.query(LINK).story == 1
        both = index.add("both", LINK)
        assert (both.duplicate_of, both.story) == ("b", 1)
        assert plain(index.story(2)) == plain(index.story("copy")) == plain(index.story(1))
        index.update("b", TEXTS[2])  # it matches nothing now: the story is that of the article
        assert index.get("copy").copy_of is None  # type: ignore[union-attr]
        index.remove("a")
        index.add("other", "A storm took the roof off the market hall of Arvelo on Sunday. Nobody was hurt.")
        index.update("both", "A storm took the roof off the market hall of Arvelo on Sunday, and nobody was hurt.")
        story = index.story("copy")
        assert story is not None
        assert (story.id, story.original, story.documents, story.merged) == (1, "copy", ("b", "copy"), (2,))
        assert [(event.event, event.document, event.story, event.replaced) for event in story.log] == [
            ("created", "a", 1, None),
            ("created", "b", 2, None),
            ("joined", "copy", 2, None),
            ("merged", "both", 2, None),
            ("joined", "both", 1, None),
            ("updated", "b", 1, None),
            ("removed", "a", 1, None),
            ("original_changed", "copy", 1, "a"),
            ("removed", "both", 1, None),
        ]
        assert index.story("both") == index.story("other")
        assert index.story("nobody") is None
        assert index.story(99) is index.story(0) is index.story(2**70) is None
    with Index(place("i")) as index:
        assert plain(index.story(2)) == plain(story)
        index.remove("b")
        index.remove("copy")
        assert index.story(1) is None
        assert index.story(2) is None
        assert index.check() == []


def test_a_damaged_book_is_reported(tmp_path: Path) -> None:
    with Index(tmp_path / "i") as index:
        index.add("a", TEXTS[0])
        index.add("b", TEXTS[0].upper())
    with sqlite3.connect(tmp_path / "i" / "index.sqlite") as database:
        (value,) = database.execute("SELECT value FROM stories WHERE name = '1'").fetchone()
        database.execute("UPDATE stories SET value = ? WHERE name = '1'", (value[:-3] + b"9" + value[-2:],))
    database.close()
    with Index(tmp_path / "i", mode="r") as index:
        with pytest.raises(dedup.StorageError, match="story 1 differs from what was written"):
            index.get("b")
        assert [problem for problem in index.check() if "story" in problem]
    with sqlite3.connect(tmp_path / "i" / "index.sqlite") as database:
        database.execute("DELETE FROM stories WHERE name = '1'")
    database.close()
    with Index(tmp_path / "i", mode="r") as index:
        assert index.check() == [
            "story 1 has events and no record",
            "story 1 is not in the book, though document 'b' has joined it",
        ]
