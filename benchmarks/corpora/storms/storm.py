"""Make a corpus of stories in many versions among other articles, with the truth about every version."""

from __future__ import annotations

import collections
import datetime
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from benchmarks.corpora.storms.outlets import START, outlet
from benchmarks.corpora.storms.stories import Story, story
from benchmarks.corpora.storms.versions import merged, version

FAMILIES = {2: 60, 4: 40, 6: 30, 10: 20, 20: 12, 50: 6, 200: 3, 1000: 1}
"""Stories for each number of versions; of other sizes, as many as make `VERSIONS`."""

VERSIONS = 300
WORDS = range(150, 901)
"""Length of a story."""

APART = 0.05
"""Stories share less than this of their word 5-shingles with one another, and with each article around them."""

OUTLETS = 600
"""Outlets that may carry a story; more if the largest family has more versions."""

MERGED = 6
MERGED_OF = 50
"""Documents that hold two stories, and the largest family that such a story comes from."""

HOURS = 36
"""Between the first version of a story and the last."""


@dataclass(frozen=True, slots=True)
class Storm:
    """A corpus of wire stories and the truth about it.

    Parameters
    ----------
    records : list of dict
        ``id``, ``text``, ``source``, ``published`` of versions, merged documents and other articles, shuffled.
    stories : dict of str to str
        Version id to story id.
    merged : dict of str to tuple
        Id of a document that holds two whole stories to their ids.
    """

    records: list[dict[str, str]]
    stories: dict[str, str]
    merged: dict[str, tuple[str, ...]]

    @property
    def families(self) -> dict[str, list[str]]:
        """Story id to the ids of its versions."""
        families = collections.defaultdict(list)
        for key, origin in self.stories.items():
            families[origin].append(key)
        return dict(families)

    def write(self, folder: Path) -> None:
        """Write ``corpus.jsonl`` and ``truth.jsonl``: a line for each version and merged document."""
        folder.mkdir(parents=True, exist_ok=True)
        truth = {**{key: (origin,) for key, origin in self.stories.items()}, **self.merged}
        (folder / "corpus.jsonl").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in self.records))
        lines = (orjson.dumps({"id": key, "stories": origins}) + b"\n" for key, origins in truth.items())
        (folder / "truth.jsonl").write_bytes(b"".join(lines))


def shingles(text: str) -> set[int]:
    """Return hashes of the word 5-shingles."""
    words = re.findall(r"\w+", text.lower())
    return {hash(tuple(words[i : i + 5])) for i in range(len(words) - 4)}


def drawn_stories(articles: Mapping[str, str], count: int, rng: random.Random, seed: int) -> list[Story]:
    """Draw articles of the wanted length that share next to no wording.

    Raises
    ------
    ValueError
        If there are too few.
    """
    keys = sorted(key for key, text in articles.items() if len(text.split()) in WORDS)
    rng.shuffle(keys)
    found: list[Story] = []
    seen: collections.Counter[int] = collections.Counter()
    for key in keys:
        if len(found) == count:
            break
        own = shingles(articles[key])
        if not own or sum(one in seen for one in own) > APART * len(own):
            continue
        seen.update(own)
        found.append(story(key, articles[key], seed))
    if len(found) < count:
        raise ValueError(
            f"{len(found)} articles of {WORDS[0]} to {WORDS[-1]} words are far enough apart; needed {count}"
        )
    return found


def drawn_background(
    articles: Mapping[str, str], wires: Iterable[Story], count: int, rng: random.Random
) -> dict[str, str]:
    """Draw other articles, no copies of a story; half of them are chosen because they share names with the stories."""
    of_shingle: dict[int, list[int]] = collections.defaultdict(list)
    sizes, names = [], []
    for number, wire in enumerate(wires):
        own = shingles(wire.text)
        sizes.append(len(own))
        names.append(_names(wire.text))
        for one in own:
            of_shingle[one].append(number)
    taken = {wire.id for wire in wires}
    pool = [key for key in sorted(articles) if key not in taken]
    pool = rng.sample(pool, min(len(pool), 3 * count))
    pool_names = {key: _names(articles[key]) for key in pool}
    spread = collections.Counter(name for found in pool_names.values() for name in found)
    topical = [{name for name in found if spread[name] <= len(pool) // 50} for found in names]
    of_name = collections.defaultdict(list)
    for number, found in enumerate(topical):
        for name in found:
            of_name[name].append(number)

    def nearness(key: str) -> int:
        shared = collections.Counter(number for name in pool_names[key] for number in of_name.get(name, ()))
        return max(shared.values(), default=0)

    near = sorted(pool, key=nearness, reverse=True)  # ties stay in random order
    rest = near[count // 2 :]
    rng.shuffle(rest)
    chosen: dict[str, str] = {}
    for key in [*near[: count // 2], *rest]:
        if len(chosen) == count:
            break
        shared = collections.Counter(n for one in shingles(articles[key]) for n in of_shingle.get(one, ()))
        if all(times <= APART * sizes[number] for number, times in shared.items()):
            chosen[key] = articles[key]
    return chosen


def _names(text: str) -> set[str]:
    return set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]{3,}", text))


def family(wire: Story, size: int, label: str, seed: int, furniture: str = "plain") -> Iterator[dict[str, str]]:
    """Yield versions of a story, each of another outlet, within `HOURS`."""
    rng = random.Random(f"{seed}/family/{label}")
    start = START + datetime.timedelta(minutes=rng.randrange(5 * 24 * 60))
    for number, at in enumerate(rng.sample(range(max(OUTLETS, size)), size)):
        house = outlet(at, seed, furniture)
        published = start + datetime.timedelta(seconds=rng.randrange(HOURS * 3600))
        yield _record(f"{label}/{number}", version(wire, house, published, rng), house.name, published)


def _record(key: str, text: str, source: str, published: datetime.datetime) -> dict[str, str]:
    return {"id": key, "text": text, "source": source, "published": f"{published:%Y-%m-%dT%H:%M:%SZ}"}


def storm(
    articles: Mapping[str, str],
    seed: int,
    sizes: Iterable[int] = tuple(FAMILIES),
    scale: float = 1.0,
    background: int = 4000,
    furniture: str = "plain",
) -> Storm:
    """Make a corpus of stories in many versions, documents that hold two stories, and other articles.

    Parameters
    ----------
    articles : mapping of str to str
        Id to text.
    seed : int
        Decides everything.
    sizes : iterable of int
        Versions of a story.
    scale : float
        Times the number of stories of each size; one at least.
    background : int
        Other articles, at most.
    furniture : str
        One of `FURNITURE`.

    Returns
    -------
    Storm
        Ids are ``SIZE/STORY/VERSION``, ``merged/NUMBER``, and for other articles their own.
    """
    rng = random.Random(seed)
    plan = [size for size in sizes for _ in range(max(1, round(scale * FAMILIES.get(size, VERSIONS // size))))]
    wires = drawn_stories(articles, len(plan), rng, seed)
    numbers: collections.Counter[int] = collections.Counter()
    records: list[dict[str, str]] = []
    stories: dict[str, str] = {}
    for size, wire in zip(plan, wires, strict=True):
        versions = list(family(wire, size, f"{size}/{numbers[size]}", seed, furniture))
        numbers[size] += 1
        records += versions
        stories.update((one["id"], wire.id) for one in versions)
    few = [wire for size, wire in zip(plan, wires, strict=True) if size <= MERGED_OF]
    twos: dict[str, tuple[str, ...]] = {}
    for number in range(min(MERGED, round(MERGED * scale) or 1) if len(few) > 1 else 0):
        pair, house = rng.sample(few, 2), outlet(rng.randrange(OUTLETS), seed, furniture)
        published = START + datetime.timedelta(minutes=rng.randrange(7 * 24 * 60))
        records.append(_record(f"merged/{number}", merged(pair, house, published, rng), house.name, published))
        twos[f"merged/{number}"] = tuple(wire.id for wire in pair)
    for key, text in drawn_background(articles, wires, background, rng).items():
        published = START + datetime.timedelta(minutes=rng.randrange(7 * 24 * 60))
        records.append(_record(key, text, outlet(rng.randrange(OUTLETS), seed).name, published))
    rng.shuffle(records)
    return Storm(records, stories, twos)
