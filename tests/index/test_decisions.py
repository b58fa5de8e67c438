"""What an index answers of each document, whatever was done to it before: held against a model in plain Python.

The model holds texts and decisions. It is exact at level near, where a pair is a copy by its own words alone. At
level rewritten that hangs on all the other texts: there the model takes over what is answered, where it may be, and the
index must continue from that.
"""

from __future__ import annotations

import itertools
import random
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import naive
import pytest
import servers
from conftest import article, edited
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from lives import LIVES, OFTEN, day

from dedup import Index, Params
from dedup.cli.index.index_add import add_records
from dedup.index.match import Decision
from dedup.judge.families import COVERED, LEAD_COVERED

WINDOW_DAYS = 3
PARAMS = Params(level="near", threshold=0.6, target_recall=0.9999, updates="drop", window=24 * WINDOW_DAYS)
REWRITTEN = Params(window=24 * WINDOW_DAYS)

_COUNT = itertools.count()


def versions(seed: int) -> list[str]:
    """Texts of which each is a version of the one before it, and no near duplicate of the one before that."""
    found = [article(seed, 12)]
    for step in range(3):
        found.append(edited(found[-1], 10 * seed + step, 0.035))
    return found


def other_ends(seed: int) -> list[str]:
    """A text, the same with another beginning, and that with another end: near duplicates that are no versions."""
    words = article(seed, 60).split()
    beginning, end = article(seed + 1_000, 30).split()[:170], article(seed + 2_000, 30).split()[:170]
    pieces = words, [*beginning, *words[170:]], [*beginning, *words[170:-170], *end]
    return [" ".join(piece) for piece in pieces]


def excerpt(text: str) -> str:
    return " ".join(text.split()[20:140])


TEXTS = [*versions(5), *versions(1), *other_ends(70), article(90, 12), article(91, 12)]
TEXTS += [excerpt(TEXTS[0]), excerpt(TEXTS[6]), "A short one.", "?! …"]
WORDLESS = len(TEXTS) - 1

ids = some.integers(0, 11).map("d{}".format)
texts = some.integers(0, len(TEXTS) - 1)
days = some.integers(0, 9)
written = some.tuples(texts, days)


def agree(left: int, right: int) -> tuple[float, bool]:
    """Return the resemblance of two texts, and whether they are versions of one."""
    if min(len(naive.tokens(TEXTS[side])) for side in (left, right)) < PARAMS.min_tokens:
        return float(left == right), left == right
    verbatim, _, lead = naive.coverage(TEXTS[left], TEXTS[right])
    return naive.resemblance(
        TEXTS[left], TEXTS[right], PARAMS.shingle_size
    ), verbatim >= COVERED and lead >= LEAD_COVERED


AGREE = {(left, right): agree(left, right) for left in range(len(TEXTS)) for right in range(len(TEXTS))}


def test_pairs_are_far_from_the_threshold() -> None:
    """So that all are found, and no other; and there are some of all kinds."""
    kinds = set()
    for (left, right), (resemblance, is_version) in AGREE.items():
        assert abs(resemblance - PARAMS.threshold) > 0.03
        if left != right:
            kinds.add((resemblance > PARAMS.threshold, is_version))
    assert kinds == {(False, False), (False, True), (True, False), (True, True)}


@dataclass(frozen=True)
class Doc:
    """A document in the model."""

    text: int
    date: int
    order: int
    original: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Answer:
    """What is answered of a document."""

    matches: list[str]
    duplicate_of: str | None
    relation: str | None = None
    released: frozenset[str] = frozenset()


class Model:
    """What an index is to answer, from its definition."""

    def __init__(self) -> None:
        self.docs: dict[str, Doc] = {}
        self.next = 0

    def hold(self, answer: Answer, id: str, text: int, date: int, source: str | None) -> None:
        """Look whether that is answered of a document, and take it."""
        assert answer == self.take(id, text, date, source)

    def hold_query(self, answer: Answer, text: int, date: int) -> None:
        """Look whether that is answered of a text."""
        assert answer == self.decide(text, date, self.docs, set())

    def matches(self, text: int, date: int, among: dict[str, Doc]) -> list[str]:
        """Return the ids of the documents that a text matches, best first."""
        found = []
        for id, doc in among.items():
            resemblance = AGREE[text, doc.text][0]
            if text == WORDLESS or resemblance < PARAMS.threshold:
                continue
            if text != doc.text and abs(date - doc.date) > WINDOW_DAYS:
                continue
            found.append((text != doc.text, -resemblance, doc.order, id))
        return [id for *_, id in sorted(found)]

    def decide(self, text: int, date: int, among: dict[str, Doc], own: set[str]) -> Answer:
        """Answer of a text: it goes for the best kept one, else for that of which the best version is a copy."""
        matches = self.matches(text, date, among)
        others = [id for id in matches if id not in own]
        versions = [id for id in others if among[id].original and AGREE[text, among[id].text][1]]
        by = next((id for id in [*(id for id in others if not among[id].original), *versions]), None)
        if by is None:
            return Answer(matches, None)
        relation = "identical" if among[by].text == text else "near_duplicate"
        return Answer(matches, among[by].original or by, relation)

    def take(self, id: str, text: int, date: int, source: str | None) -> Answer:
        """Add a document, or put it in the place of another."""
        old = self.docs.get(id)
        others = {other: doc for other, doc in self.docs.items() if other != id}
        if old is not None and (old.text, old.date) == (text, date):
            self.docs[id] = replace(old, source=source)
            matches = self.matches(text, date, others)
            relation = None
            if old.original in matches:
                relation = "identical" if others[old.original].text == text else "near_duplicate"  # type: ignore[index]
            return Answer(matches, old.original, relation)
        own = {other for other, doc in others.items() if doc.original == id}
        answer = self.decide(text, date, others, own)
        following = own & {*answer.matches} if answer.duplicate_of is None else set()
        self.stand_alone(own - following)
        self.docs[id] = Doc(text, date, self.next, answer.duplicate_of, source)
        self.next += 1
        return replace(answer, released=frozenset(own - following))

    def remove(self, gone: set[str]) -> None:
        """Remove documents."""
        self.stand_alone({id for id, doc in self.docs.items() if doc.original in gone})
        for id in gone:
            del self.docs[id]

    def stand_alone(self, some: set[str]) -> None:
        for id in some:
            self.docs[id] = replace(self.docs[id], original=None)


class Follower(Model):
    """What an index may answer, from what it has answered so far."""

    def hold(self, answer: Answer, id: str, text: int, date: int, source: str | None) -> None:
        """Look whether that may be answered of a document, and take it over."""
        old = self.docs.get(id)
        others = {other: doc for other, doc in self.docs.items() if other != id}
        assert {*answer.matches} <= others.keys()
        if old is not None and (old.text, old.date) == (text, date):
            assert (answer.duplicate_of, answer.released) == (old.original, frozenset())
            self.docs[id] = replace(old, source=source)
            return
        own = {other for other, doc in others.items() if doc.original == id}
        self.assert_possible(answer, text, own, others)
        assert answer.released == own if answer.duplicate_of else answer.released <= own
        same = {other for other in own if others[other].text == text}
        assert answer.duplicate_of or not (answer.released & same)
        self.stand_alone({*answer.released})
        self.docs[id] = Doc(text, date, self.next, answer.duplicate_of, source)
        self.next += 1

    def hold_query(self, answer: Answer, text: int, date: int) -> None:
        """Look whether that may be answered of a text."""
        self.assert_possible(answer, text, set(), self.docs)

    def assert_possible(self, answer: Answer, text: int, own: set[str], among: dict[str, Doc]) -> None:
        """Look whether a text may go for what it goes for, and does for what it must."""
        same = {id for id, doc in among.items() if doc.text == text and text != WORDLESS}
        assert same <= {*answer.matches}
        assert answer.duplicate_of or not (same - own)
        if answer.duplicate_of is not None:
            assert among[answer.duplicate_of].original is None
            assert answer.duplicate_of not in own
            versions = {id for id in answer.matches if among[id].original == answer.duplicate_of}
            assert answer.duplicate_of in answer.matches or versions - own


def answer_of(answer: dict[str, Any]) -> Answer:
    """Return the answer that the command line printed."""
    assert answer["kept"] == (answer["duplicate_of"] is None)
    matches = [match["id"] for match in answer["matches"]]
    return Answer(matches, answer["duplicate_of"], answer["relation"], frozenset(answer.get("released", ())))


def asked(decision: Decision) -> Answer:
    """Return what the library answered."""
    assert decision.kept == (decision.duplicate_of is None)
    return Answer(
        [match.id for match in decision], decision.duplicate_of, decision.relation, frozenset(decision.released)
    )


class Life(RuleBasedStateMachine):
    """What is done to an index, and to the model; each answer is what the model answers."""

    index: Index
    model: Model
    kind: type[Model] = Model
    params = PARAMS

    def record(self, id: str, text: int, date: int, loud: bool) -> dict[str, Any]:
        """Return a record; loud or not, it has the same words."""
        source = "Hill Press" if loud else None
        return {
            "id": id,
            "text": TEXTS[text].upper() if loud else TEXTS[text],
            "published": day(date),
            "source": source,
        }

    def hold(self, answer: Answer, id: str, text: int, date: int, loud: bool) -> None:
        self.model.hold(answer, id, text, date, "Hill Press" if loud else None)

    @rule(batch=some.dictionaries(ids, some.tuples(texts, days, some.booleans()), max_size=7))
    def add(self, batch: dict[str, tuple[int, int, bool]]) -> None:
        new = {id: given for id, given in batch.items() if id not in self.model.docs}
        decisions = self.index.add_many(self.record(id, *given) for id, given in new.items())
        for decision, (id, given) in zip(decisions, new.items(), strict=True):
            self.hold(asked(decision), id, *given)

    @rule(id=ids, text=texts, date=days, loud=some.booleans())
    def update(self, id: str, text: int, date: int, loud: bool) -> None:
        decision = self.index.update(**self.record(id, text, date, loud))
        old = self.model.docs.get(id)
        assert decision.replaced == (old is not None and (old.text, old.date) != (text, date))
        self.hold(asked(decision), id, text, date, loud)

    @rule(batch=some.lists(some.tuples(ids, texts, days, some.booleans()), max_size=9))
    def update_many(self, batch: list[tuple[str, int, int, bool]]) -> None:
        """Records of one file, as `dedup index add --known update` takes them; an id may come again and again."""
        answers = add_records(self.index, [self.record(*given) for given in batch], "update")
        for one, given in zip(answers, batch, strict=True):
            assert one["id"] == given[0]
            self.hold(answer_of(one), *given)

    @rule(picked=some.randoms(use_true_random=False), size=some.integers(1, 12))
    def the_same_again(self, picked: random.Random, size: int) -> None:
        """Of what is there some records come as they were: their decisions are those of before."""
        there = sorted(self.model.docs)
        again = picked.sample(there, min(size, len(there)))
        before = {id: self.model.docs[id].original for id in there}
        records = [self.record(id, self.model.docs[id].text, self.model.docs[id].date, False) for id in again]
        for answer in add_records(self.index, records, "update"):
            assert answer["duplicate_of"] == before[answer["id"]]
            self.hold(
                answer_of(answer),
                answer["id"],
                self.model.docs[answer["id"]].text,
                self.model.docs[answer["id"]].date,
                False,
            )

    @rule(id=ids)
    def remove(self, id: str) -> None:
        assert self.index.remove(id) == (id in self.model.docs)
        self.model.remove({id} & self.model.docs.keys())

    @rule(before=some.integers(0, 5))
    def expire(self, before: int) -> None:
        gone = {id for id, doc in self.model.docs.items() if doc.date < before}
        assert self.index.expire(day(before)) == len(gone)
        self.model.remove(gone)

    @rule(text=texts, date=days)
    def query(self, text: int, date: int) -> None:
        self.model.hold_query(asked(self.index.query(TEXTS[text], published=day(date))), text, date)

    @rule()
    def flush(self) -> None:
        self.index.flush()

    @rule()
    def compact(self) -> None:
        self.index.compact()

    @invariant()
    def holds_what_was_answered(self) -> None:
        if not hasattr(self, "index"):
            return
        for id in (f"d{number}" for number in range(12)):
            held, doc = self.index.get(id), self.model.docs.get(id)
            assert (held is None) == (doc is None)
            if held is not None and doc is not None:
                assert (held.copy_of, held.source, (held.published or "")[:10]) == (
                    doc.original,
                    doc.source,
                    day(doc.date),
                )
                assert held.text_bytes == len((TEXTS[doc.text].upper() if doc.source else TEXTS[doc.text]).encode())
                assert doc.original is None or self.model.docs[doc.original].original is None


class Folder(Life):
    """An index in a folder."""

    @initialize(durability=some.sampled_from(["flush", "each"]))
    def begin(self, durability: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dedup-"))
        self.durability = durability
        self.model = self.kind()
        self.open()

    def open(self) -> None:
        self.index = Index(self.folder / "i", self.params, durability=self.durability, tuning=OFTEN)

    @rule()
    def reopen(self) -> None:
        self.index.close()
        self.open()

    def teardown(self) -> None:
        if hasattr(self, "index"):
            assert self.index.check() == []
            self.index.close()
            shutil.rmtree(self.folder)


class Clients(Life):
    """An index on a server, which two clients change in turn."""

    url: str

    @initialize()
    def begin(self) -> None:
        self.model = self.kind()
        self.place = f"{self.url}-{next(_COUNT)}"
        self.clients = [Index(self.place, self.params, tuning=OFTEN) for _ in range(2)]
        self.index = self.clients[0]

    @rule()
    def turn(self) -> None:
        self.clients.reverse()
        self.index = self.clients[0]

    @rule()
    def reopen(self) -> None:
        self.index.close()
        self.index = self.clients[0] = Index(self.place, tuning=OFTEN)

    def teardown(self) -> None:
        if hasattr(self, "index"):
            for client in self.clients:
                assert client.check() == []
                client.close()


class FolderRewritten(Folder):
    """The same at the level where all other texts tell which words are rare."""

    kind = Follower
    params = REWRITTEN


class ClientsRewritten(Clients):
    """The same on a server."""

    kind = Follower
    params = REWRITTEN


@pytest.mark.parametrize("life", [Folder, FolderRewritten])
def test_a_folder_answers_as_the_model(life: type[Folder]) -> None:
    run_state_machine_as_test(life, settings=LIVES)


@pytest.mark.parametrize("life", [Clients, ClientsRewritten])
def test_a_server_answers_as_the_model(life: type[Clients], redis_server: servers.RedisServer) -> None:
    life.url = redis_server.url("decisions")
    run_state_machine_as_test(life, settings=LIVES)
