"""Measure all labelled pairs by the stages of the package: judged ones, sets, made ones, versions of a story."""

from __future__ import annotations

import csv
import itertools
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from benchmarks.corpora.articles import read_articles, read_lines
from benchmarks.corpora.storms.storm import storm
from benchmarks.fit.made_pairs import spliced, templates
from benchmarks.fit.samples import (
    ALONE,
    CORPORA,
    NATURAL,
    OWN,
    RUN,
    SEED,
    SPLICED,
    STORM,
    STORMS,
    TEMPLATES,
    WIRE,
    Samples,
)
from benchmarks.quality.labelled_sets import JUDGEMENTS, NO, UNKNOWN, YES, Pair, read_sets
from benchmarks.quality.pairs import background_of, comparable
from benchmarks.stages import measure_pairs, packed, run_stages
from dedup.fit.relation_models import joined_groups
from dedup.params import Params

JUDGED_PAIRS = Path(__file__).with_name("judged_pairs.csv")
WIRE_PAIRS = Path(__file__).with_name("wire_pairs.csv")
COPIES = ("copy", "excerpt", "revised", "rewritten")


def collect(data: Path, corpora: Path, params: Params, threads: int) -> Samples:
    """Measure all labelled pairs: older sets, each with the background and alone in it, made ones, natural ones."""
    sets = read_sets(data)
    background = corpora / "guardian.jsonl.zst"
    parts: list[Samples] = []
    with background_of(background, params, threads) as (run, alone):
        digests: set[tuple[int, int]] = set()
        for labelled in sets:
            with run_stages([labelled.documents, background], params, threads) as hidden:
                a, b = (hidden.documents_of([getattr(p, side) for p in labelled.pairs]) for side in ("a", "b"))
                digests.update(hidden.digests[document] for document in {*a.tolist(), *b.tolist()} - {-1})
                wanted, pairs = comparable(hidden, a, b), packed(a, b)
                for mode, found in (
                    (RUN, measure_pairs(hidden, wanted, threads, whole=True)),
                    (ALONE, alone.measure(hidden, wanted, whole=True)),
                ):
                    parts.append(Samples.of(labelled.name, mode, labelled.pairs, pairs, found))
        barred = {document for document, digest in enumerate(run.digests) if digest in digests}
        for name, (made, pairs, found) in (
            (SPLICED, spliced(run, barred, SEED)),
            (TEMPLATES, templates(run, barred, SEED)),
        ):
            parts += [Samples.of(name, mode, made, pairs, found) for mode in (RUN, ALONE)]
    wire_pairs = wire_labels(WIRE_PAIRS)
    with run_stages([corpora / "wire.jsonl.zst"], params, threads) as run:
        pairs = packed(*(run.documents_of([getattr(pair, side) for pair in wire_pairs]) for side in ("a", "b")))
        found = measure_pairs(run, np.unique(pairs), threads, whole=True)
        parts += [Samples.of(WIRE, mode, wire_pairs, pairs, found) for mode in (RUN, ALONE)]
    parts += natural(data, corpora, params, threads)
    parts += storms(background, params, threads)
    return Samples.concatenate(parts)


def natural(data: Path, corpora: Path, params: Params, threads: int) -> list[Samples]:
    """Measure the natural pairs, each in a run on its corpus."""
    (path,) = data.glob("natural_news.pairs.jsonl*")
    judged = [(NATURAL, record) for record in read_lines(path)]
    with JUDGED_PAIRS.open(encoding="utf-8", newline="") as lines:
        judged += [(OWN, record) for record in csv.DictReader(lines)]
    parts = []
    for name, stem in CORPORA.items():
        some = [(mode, record) for mode, record in judged if record["corpus"].replace("-", "_") in (name, stem)]
        with tempfile.TemporaryDirectory() as folder:
            documents = dated(corpora, stem, Path(folder))
            with run_stages([documents], params, threads) as run:
                a, b = (run.documents_of([record[side] for _, record in some]) for side in ("a", "b"))
                pairs = packed(a, b)
                found = measure_pairs(run, np.unique(pairs[a != b]), threads, whole=True)
        groups = joined_groups((record["a"], record["b"]) for _, record in some)
        natural_pairs = [
            Pair(
                record["a"], record["b"], record["relation"], YES if is_carried(record) else NO, group=f"{name} {group}"
            )
            for (_, record), group in zip(some, groups, strict=True)
        ]
        one = Samples.of(name, NATURAL, natural_pairs, pairs, found)
        one.modes[:] = [mode for mode, _ in some]
        one.news[:] = [
            (YES if record["relation"] == "update" else NO) if is_carried(record) else UNKNOWN for _, record in some
        ]
        one.drawn[:] = [float(record["weight"]) for _, record in some]
        parts.append(one)
    return parts


def is_carried(record: Mapping[str, Any]) -> bool:
    """Whether one text is carried by the other, as a person judged it."""
    return record["relation"] in (*COPIES, "update")


def dated(corpora: Path, stem: str, folder: Path) -> Path:
    """Return the file of a corpus, with its dates if they are in a separate file."""
    path, dates = corpora / f"{stem}.jsonl.zst", corpora / f"{stem}_dates.jsonl.zst"
    if not dates.exists():
        return path
    published = {record["id"]: record["published"] for record in read_lines(dates)}
    whole = folder / f"{stem}.jsonl"
    with whole.open("wb") as file:
        for record in read_lines(path):
            date = {"published": published[record["id"]]} if record["id"] in published else {}
            file.write(orjson.dumps({**record, **date}) + b"\n")
    return whole


def storms(background: Path, params: Params, threads: int) -> list[Samples]:
    """Measure versions of one story, made from articles of the background: carried, without news."""
    articles = read_articles(background)
    parts = []
    for furniture, seed in STORMS.items():
        made = storm(articles, seed, sizes=(2, 4), background=3000, furniture=furniture)
        with tempfile.TemporaryDirectory() as folder:
            made.write(Path(folder))
            with run_stages([Path(folder) / "corpus.jsonl"], params, threads) as run:
                sides = [
                    (*two, story) for story, keys in made.families.items() for two in itertools.combinations(keys, 2)
                ]
                a, b = (run.documents_of([side[k] for side in sides]) for k in (0, 1))
                pairs = packed(np.minimum(a, b), np.maximum(a, b))
                found = measure_pairs(run, np.unique(pairs), threads, whole=True)
        versions = [Pair(one, other, furniture, YES, group=f"{STORM} {story}") for one, other, story in sides]
        parts.append(Samples.of(STORM, RUN, versions, pairs, found))
    return parts


def wire_labels(path: Path) -> list[Pair]:
    """Read pairs of wires that a person judged one by one."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    groups = joined_groups((row["a"], row["b"]) for row in rows)
    return [
        Pair(row["a"], row["b"], row["relation"], JUDGEMENTS[row["duplicate"]], group=f"{WIRE} {group}")
        for row, group in zip(rows, groups, strict=True)
    ]
