"""A text replaces another one: which decisions stay, which are made again, and what happens to its copies."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import servers
from conftest import Place, article, edited

import dedup
from dedup import AsyncIndex, Index, Params
from dedup.cli.main import main
from dedup.index.match import Decision
from dedup.index.redis.buckets import LONGEST

NEAR = Params(level="near", updates="drop")
DAY = "2024-03-04"


def chain() -> tuple[str, str, str]:
    """Three texts, of which the first and the last are no near duplicates, and the middle one is of both."""
    middle = edited(article(3, 30), 1, 0.02)
    return article(3, 30), middle, edited(middle, 11, 0.02)


def whose(index: Index, *ids: str) -> list[str | None]:
    return [index.get(id).copy_of for id in ids]  # type: ignore[union-attr]


def test_a_pair_that_comes_again_is_decided_as_before(place: Place) -> None:
    text = article(1)
    pair = [{"id": "a", "text": text}, {"id": "b", "text": edited(text, 1, 0.02)}]
    with Index.open(place("i")) as index:
        first = index.add_many(pair)
        for order in (pair, pair[::-1], pair):
            again = {record["id"]: index.update(**record) for record in order}
            assert [again[id].duplicate_of for id in "ab"] == [None, "a"]
            assert [[match.id for match in again[id]] for id in "ab"] == [["b"], ["a"]]
            assert (again["b"].relation, again["b"].score) == (first[1].relation, first[1].score)
            assert not any(decision.replaced or decision.released for decision in again.values())
        assert index.check() == []


def test_what_belongs_to_an_unchanged_text_is_replaced(place: Place) -> None:
    text = article(1)
    with Index.open(place("i")) as index:
        index.add("a", text, source="Hill Press", url="https://hill.example/1", data=[1], published=DAY)
        index.add("b", text, published=DAY)
        loud = f"(Reuters) - {text}".upper()
        for id in "ab":
            index.update(id, text.upper() + "  ", source="Lake Post", data={"b": 2}, published=DAY)
            held = index.get(id)
            assert held is not None
            assert (held.source, held.url, held.data, held.published) == (
                "Lake Post",
                None,
                {"b": 2},
                f"{DAY}T00:00:00Z",
            )
            assert held.text_bytes == len(text) + 2
        assert whose(index, "a", "b") == [None, "a"]
        assert index.update("b", loud, published=DAY).replaced  # it has other words
    with Index.open(place("i"), mode="r") as index:
        assert index.get("a").source == "Lake Post"  # type: ignore[union-attr]
        assert index.get("b").credit == "Reuters"  # type: ignore[union-attr]
        assert index.check() == []


def test_an_unchanged_text_may_have_another_credit(place: Place) -> None:
    """The words are the same; the characters that are not words show a credit."""
    text = article(1)
    with Index.open(place("i")) as index:
        index.add("a", f"TELLMOUTH Reuters {text}")
        index.update("a", f"TELLMOUTH (Reuters) - {text}")
        assert index.get("a").credit == "Reuters"  # type: ignore[union-attr]


def test_copies_of_the_new_text_remain_and_others_are_released(place: Place) -> None:
    first, middle, last = chain()
    with Index.open(place("i"), NEAR) as index:
        index.add("a", middle)
        index.add("like first", first)
        index.add("like last", last)
        assert whose(index, "like first", "like last") == ["a", "a"]
        decision = index.update("a", edited(last, 12, 0.002))
        assert decision.kept
        assert decision.replaced
        assert decision.released == ("like first",)
        assert whose(index, "a", "like first", "like last") == [None, None, "a"]
        assert index.query(last).duplicate_of == "a"
        assert index.check() == []
        assert index.info()["copies"] == 1
    with Index.open(place("i")) as index:
        assert whose(index, "a", "like first", "like last") == [None, None, "a"]
        assert index.remove("a")
        assert whose(index, "like last") == [None]


def test_all_are_released_by_what_becomes_a_copy_itself(place: Place) -> None:
    old, other = article(1), article(2)
    with Index.open(place("i")) as index:
        index.add("other", other)
        index.add("a", old)
        index.add_many({"id": f"copy-{n}", "text": edited(old, n, 0.02)} for n in range(3))
        decision = index.update("a", other)
        assert (decision.duplicate_of, decision.relation) == ("other", "identical")
        assert decision.released == ("copy-0", "copy-1", "copy-2")
        assert whose(index, "other", "a", *decision.released) == [None, "other", None, None, None]
        back = index.update("a", old)  # what it was once is in the index now without it
        assert back.duplicate_of in decision.released
        assert back.released == ()


def test_a_changed_text_goes_for_others_than_its_own_copies(place: Place) -> None:
    whole = article(5, 30)
    part = " ".join(whole.split()[:150])
    with Index.open(place("i")) as index:
        index.add("part", part)
        index.add("copy of part", part.upper())
        index.add("whole", whole)
        assert whose(index, "part", "copy of part", "whole") == [None, "part", None]
        assert index.update("part", part).kept  # it was there first
        decision = index.update("part", part + " The end.")
        assert decision.duplicate_of == "whole"
        assert decision.released == ("copy of part",)
        assert whose(index, "copy of part") == [None]


def test_a_text_that_its_own_copy_contains_stays(place: Place) -> None:
    whole = article(5, 30)
    part = " ".join(whole.split()[:150])
    with Index.open(place("i")) as index:
        index.add("a", whole)
        index.add("b", edited(whole, 1, 0.01))
        decision = index.update("a", part)
        assert decision.kept
        assert [(match.id, match.is_copy, match.kept) for match in decision] == [("b", True, False)]
        assert decision.released == ("b",)  # it has much besides
        assert whose(index, "a", "b") == [None, None]


def test_another_date_is_a_change(place: Place) -> None:
    text = article(1)
    near = edited(text, 1, 0.02)
    with Index.open(place("i"), Params(level="near", updates="drop", window=48)) as index:
        index.add("a", text, published="2024-03-04")
        index.add("b", near, published="2024-03-05")
        index.add("far", near, published="2024-03-20")
        assert whose(index, "b", "far") == ["a", "a"]  # the same words as b, whatever the dates
        assert index.update("a", text, published="2024-03-21").released == ("b",)
        assert whose(index, "a", "b", "far") == [None, None, "a"]
        assert index.update("a", text).duplicate_of == "b"  # without a date it is near to both
        assert index.get("a").published is None  # type: ignore[union-attr]


def test_a_large_family_stays_together(place: Place) -> None:
    """More copies than are met by any key; on a server more than are held of one."""
    text = article(1)
    count = LONGEST + 20
    with Index.open(place("i"), NEAR) as index:
        index.add("a", text)
        index.add_many({"id": f"copy-{n}", "text": text if n % 2 else text.upper()} for n in range(count))
        ids = [f"copy-{n}" for n in range(count)]
        assert whose(index, *ids) == ["a"] * count
        decision = index.update("a", edited(text, 1, 0.01))
        assert (decision.kept, decision.released) == (True, ())
        assert whose(index, *ids) == ["a"] * count
        decision = index.update("a", article(2))
        assert {*decision.released} == {*ids}
        assert {*whose(index, *ids)} == {None}
        assert index.check() == []


def test_a_story_stays_rare_when_its_first_version_changes(place: Place) -> None:
    """The pairs of what takes the place count, for those of its copies do not."""
    texts = [article(n) for n in range(30)]
    with Index.open(place("i")) as index:
        index.add_many({"id": f"d{n}", "text": text} for n, text in enumerate(texts))
        index.add("copy", edited(texts[5], 1, 0.02))
        assert index.update("d5", edited(texts[5], 2, 0.005)).kept
        backend = index.backend
        counted = {id: backend.by_id(id).counted for id in ("d5", "copy", "d6")}  # type: ignore[union-attr]
        assert counted == {"d5": 1, "copy": 0, "d6": 1}
        index.compact()
        words = texts[5].split()
        excerpt = " ".join(words[20:140])
        assert index.query(excerpt).duplicate_of == "d5"


def test_an_exact_copy_of_a_dropped_text_goes_with_it(place: Place) -> None:
    """Its original may be too far away in time, or hidden by others."""
    first, middle, _ = chain()
    with Index.open(place("i"), Params(level="near", updates="drop", window=48)) as index:
        index.add("a", first, published="2024-03-04")
        index.add("b", middle, published="2024-03-05")
        decision = index.add("c", middle, published="2024-03-20")
        assert ([match.id for match in decision], decision.duplicate_of, decision.relation) == (["b"], "a", "identical")
        assert whose(index, "c") == ["a"]


def test_what_is_not_there_is_added(place: Place) -> None:
    text = article(1)
    with Index.open(place("i")) as index:
        assert index.update("a", text, published="2024-01-01").kept
        index.add("b", text, published="2024-03-01")
        assert index.expire("2024-02-01") == 1
        decision = index.update("a", text, published="2024-01-01")
        assert (decision.duplicate_of, decision.replaced, decision.released) == ("b", False, ())
        assert whose(index, "a", "b") == ["b", None]


def test_other_clients_see_what_was_changed(redis_server: servers.RedisServer) -> None:
    text = article(1)
    address = redis_server.url("updates")
    with Index.open(address) as here, Index.open(address) as there, Index.open(address, mode="r") as reader:
        here.add("a", text)
        there.add("b", edited(text, 1, 0.02))
        assert here.update("a", edited(text, 2, 0.005)).kept
        there.update("b", edited(text, 1, 0.02), source="Hill Press")
        for index in (here, there, reader):
            assert whose(index, "a", "b") == [None, "a"]
            assert index.get("b").source == "Hill Press"  # type: ignore[union-attr]
            assert index.check() == []
        assert there.update("a", article(9)).released == ("b",)
        assert whose(here, "a", "b") == [None, None]


def test_an_event_loop_gets_the_same(tmp_path: Path) -> None:
    text = article(1)

    async def main() -> list[Decision]:
        async with AsyncIndex.open(tmp_path / "i") as index:
            pair = {"a": text, "b": edited(text, 1, 0.02)}
            for id, one in pair.items():
                await index.add(id, one)
            return list(await asyncio.gather(*(index.update(id, one) for id, one in pair.items())))

    assert [decision.duplicate_of for decision in asyncio.run(main())] == [None, "a"]


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_file_that_is_added_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, index = article(1), str(tmp_path / "i")
    records = [{"id": "a", "text": text}, {"id": "b", "text": edited(text, 1, 0.02)}, {"id": "c", "text": article(7)}]
    given = tmp_path / "today.jsonl"
    given.write_text("".join(json.dumps(record) + "\n" for record in records))
    decided = []
    for known in ("refuse", "update", "update"):
        assert main(["index", "add", index, str(given), "--known", known]) == 0
        decided.append([(answer["kept"], answer["duplicate_of"], answer["relation"]) for answer in answers(capsys)])
    assert decided == [[(True, None, None), (False, "a", "near_duplicate"), (True, None, None)]] * 3


def test_released_documents_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, index = article(1), str(tmp_path / "i")
    given = tmp_path / "today.jsonl"
    given.write_text("".join(json.dumps({"id": id, "text": text}) + "\n" for id in "ab"))
    assert main(["index", "add", index, str(given)]) == 0
    capsys.readouterr()
    # The same id twice: the answers report the final state.
    given.write_text("".join(json.dumps({"id": "a", "text": one}) + "\n" for one in (article(8), text, article(9))))
    assert main(["index", "add", index, str(given), "--known", "update"]) == 0
    out, err = capsys.readouterr()
    found = [json.loads(line) for line in out.splitlines()]
    assert [answer["duplicate_of"] for answer in found] == [None, "b", None]
    assert [answer.get("released") for answer in found] == [["b"], None, None]
    assert "1 document released: copies of a text that was replaced" in err


def test_a_decision_gives_its_matches_and_says_why(place: Place) -> None:
    text = article(1)
    with Index(place("i"), level="near") as index:
        first = index.add("a", text)
        index.add("other", edited(text, 1, 0.02))
        decision = index.add("b", text.upper())
        again = index.update("b", text.upper(), source="Hill Press")
        assert repr(index).endswith(": 3 documents, level near>")
    assert (first.kept, len(first), [*first], first.reason) == (True, 0, [], "no copy found")
    assert (decision.kept, decision.duplicate_of, decision.relation, decision.score) == (False, "a", "identical", 1.0)
    assert [match.id for match in decision] == [match.id for match in decision.matches] == ["a", "other"]
    assert (len(decision), decision[0], decision[-1].kept) == (2, decision.matches[0], False)
    assert decision.reason == again.reason == dedup.compare(text, text.upper()).reason
    assert repr(decision).startswith(f"<Decision: identical of 'a', score 1.00, 2 matches: {decision.reason}")
    assert repr(decision[0]) == "<Match: identical of 'a' (kept), score 1.00, copy>"
    assert replace(decision, released=("c",)).released == ("c",)
    assert repr(index).endswith(": level near, closed>")


def test_the_reason_names_the_version_that_is_dropped_too(place: Place) -> None:
    """The text copies one that is dropped itself: so it goes with that, for the kept one."""
    first, middle, last = chain()
    with Index(place("i"), level="near", updates="drop") as index:
        index.add("a", first)
        assert index.add("b", middle).duplicate_of == "a"
        decision = index.add("c", last)
    assert (decision.duplicate_of, [match.id for match in decision]) == ("a", ["b"])
    assert decision.reason.endswith("; that is b, which is dropped too")


def test_why_a_text_is_kept_that_cannot_be_compared(place: Place) -> None:
    with Index(place("i")) as index:
        assert index.query("!? …").reason == "no words"
        assert index.query("Bridge closed.").reason == "very short: compared for identity only"
