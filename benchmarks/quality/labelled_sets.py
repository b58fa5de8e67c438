"""Read labelled sets of pairs: a folder of them in, pairs with a truth and a group each out.

A set is two files of JSON lines, also ``.gz`` or ``.zst``: ``NAME.docs.jsonl`` with ``id``, ``text`` and perhaps
``topic``, and ``NAME.pairs.jsonl`` with ``a`` (the source), ``b`` (derived from it) and either

- ``label`` (1: derived, 0: not) and ``level`` (any word, a row of the tables), perhaps ``model`` (that wrote ``b``); or
- ``relation`` (as a person judged it) and ``duplicate`` (``y``, ``n``, or ``u`` where that person was unsure).

Pairs may name documents of the background. Two labels do not mean what they say about copies, and are read as unknown:
of pairs of the level ``same_event`` only those with next to no wording in common are known to be no copies, and where
one passage is reused in a longer text (pairs with ``spans``) the whole documents are no copies either.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.corpora import truth
from benchmarks.corpora.articles import read_articles, read_lines

SAME_EVENT = "same_event"
INDEPENDENT = 0.03
"""Two reports of an event with less word-5 containment than that were written independently."""

CROSS, CLOSEST = "cross", "cross, closest"
"""Levels of the pairs of texts with different sources, drawn at random and among the most similar in words."""

CROSS_DRAWN = 3000
CLOSEST_SOURCES = 200
SEED = 5

YES, NO, UNKNOWN = 1, 0, -1
JUDGEMENTS = {"y": YES, "n": NO, "u": UNKNOWN}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents and their label.

    Parameters
    ----------
    a, b : str
        Ids of source and derived document.
    level : str
        The row of the tables to which it belongs.
    label : int
        YES, NO or UNKNOWN: is one a copy of the other, by whatever rewriting.
    model : bool
        Whether a language model wrote ``b``, which may have done something else than it was asked to.
    group : str
        Pairs that share a source, topic or document share it; they must not be split between fitting and testing.
    """

    a: str
    b: str
    level: str
    label: int
    model: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A labelled set: its documents, and pairs of them with a truth.

    Parameters
    ----------
    name : str
    documents : Path
    pairs : tuple of Pair
    is_judged : bool
        Whether a person judged its pairs one by one; then levels are that person's relations.
    """

    name: str
    documents: Path
    pairs: tuple[Pair, ...]
    is_judged: bool


def read_sets(folder: Path, names: Iterable[str] | None = None) -> list[LabelledSet]:
    """Return the labelled sets in a folder, by name, with groups that hold across all of them.

    Raises
    ------
    FileNotFoundError
        If there is none, or none of that name.
    """
    documents = {path.name.split(".docs.jsonl")[0]: path for path in sorted(folder.glob("*.docs.jsonl*"))}
    wanted = sorted(documents) if names is None else list(names)
    if not wanted or not set(wanted) <= documents.keys():
        raise FileNotFoundError(f"no labelled set {wanted or '*.docs.jsonl'} in {folder}, only {sorted(documents)}")
    read = [_read(name, documents[name], folder) for name in wanted]
    groups = Groups()
    for name in wanted:
        for record in read_lines(documents[name]):
            if record.get("topic") is not None:
                groups.join(record["id"], f"topic {record['topic']}")
    for labelled in read:
        for pair in labelled.pairs:
            if pair.level not in (CROSS, CLOSEST):
                groups.join(pair.a, pair.b)
                groups.join(pair.a, _source(labelled.name, pair.a))
    return [
        replace(labelled, pairs=tuple(replace(pair, group=groups.of(pair.a)) for pair in labelled.pairs))
        for labelled in read
    ]


def _read(name: str, documents: Path, folder: Path) -> LabelledSet:
    """Read one set; where all its pairs are derived, draw pairs that are not."""
    (path,) = folder.glob(f"{name}.pairs.jsonl*")
    records = list(read_lines(path))
    if "duplicate" in records[0]:
        pairs = [Pair(r["a"], r["b"], r["relation"], JUDGEMENTS[r["duplicate"]]) for r in records]
        return LabelledSet(name, documents, tuple(pairs), True)
    in_passages = {record["level"] for record in records if record.get("spans")}
    pairs = [
        Pair(r["a"], r["b"], r["level"], UNKNOWN if r["level"] in in_passages else r["label"], "model" in r)
        for r in records
    ]
    texts = read_articles(documents)
    if any(pair.level == SAME_EVENT for pair in pairs):
        pairs = [_independent_or_unknown(pair, texts) if pair.level == SAME_EVENT else pair for pair in pairs]
    elif all(pair.label == YES for pair in pairs):
        pairs += cross_pairs(name, pairs, texts)
    return LabelledSet(name, documents, tuple(pairs), False)


def _independent_or_unknown(pair: Pair, texts: Mapping[str, str]) -> Pair:
    shorter, longer = sorted((texts[pair.a], texts[pair.b]), key=lambda text: len(text.split()))
    return replace(pair, label=NO if truth.containment(shorter, longer) < INDEPENDENT else UNKNOWN)


def cross_pairs(name: str, pairs: list[Pair], texts: Mapping[str, str]) -> list[Pair]:
    """Draw pairs of derived texts whose sources differ: no copies, whatever was done to them.

    Returns
    -------
    list of Pair
        `CROSS_DRAWN` at random; of `CLOSEST_SOURCES` sources two with each of the three others that share most words.
    """
    rng = random.Random(SEED)
    derived: dict[str, list[str]] = {}
    for pair in pairs:
        derived.setdefault(_source(name, pair.a), []).append(pair.b)
    sources = sorted(derived)
    if len(sources) < 2:
        return []
    drawn = [(rng.choice(pairs), rng.choice(pairs)) for _ in range(CROSS_DRAWN)]
    found = {(p.b, q.b): CROSS for p, q in drawn if _source(name, p.a) != _source(name, q.a)}
    chosen = rng.sample(sources, min(len(sources), CLOSEST_SOURCES))
    words = {source: set(texts[derived[source][0]].lower().split()) for source in chosen}
    shared: dict[str, list[tuple[float, str]]] = {source: [] for source in chosen}
    for one, other in itertools.combinations(chosen, 2):
        share = len(words[one] & words[other]) / max(1, min(len(words[one]), len(words[other])))
        shared[one].append((share, other))
        shared[other].append((share, one))
    for source in chosen:
        for _, other in sorted(shared[source], reverse=True)[:3]:
            for _ in range(2):
                found[rng.choice(derived[source]), rng.choice(derived[other])] = CLOSEST
    return [Pair(a, b, level, NO) for (a, b), level in found.items()]


def _source(name: str, document: str) -> str:
    """Return the source of a document: of a passage (id ``derived|source|...``) the text it was cut from."""
    parts = document.split("|")
    return f"{name} {parts[1]}" if len(parts) > 2 else document


class Groups:
    """Disjoint sets of names."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def of(self, name: str) -> str:
        """Return the name that represents the group."""
        while (parent := self._parent.setdefault(name, name)) != name:
            self._parent[name] = self._parent[parent]
            name = parent
        return name

    def join(self, one: str, other: str) -> None:
        """Make the groups of both names one."""
        one, other = sorted((self.of(one), self.of(other)))
        self._parent[other] = one
