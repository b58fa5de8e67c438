"""Choose the pairs of a run whose labels are worth most, and read their texts again."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dedup.errors import InputError
from dedup.fit.labels import Label
from dedup.io import Fields, ReadOptions, open_files
from dedup.judge.relation import CARRIED, tolerance
from dedup.params import Level
from dedup.schema import MATCHES, MEASURES, NO_DATE
from dedup.text.markup import plain_text
from dedup.text.tokens import tokenise

SEED = 1
"""Seed by which half of the pairs are drawn."""

DOUBTFUL = 0.2
"""Least probability of being carried on at which a label is worth anything; of the other pairs the run is sure."""

BEGINS = 60
"""How many characters of each text the file of labels keeps."""

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class ShownText:
    """The text of a document, as shown to a person, with its date and source.

    Parameters
    ----------
    id, text : str
        The text as it was compared, without markup.
    date, source : str or None
    """

    id: str
    text: str
    date: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class UnlabelledPair:
    """A pair of a run that has no label yet.

    Parameters
    ----------
    left, right : str
        Ids.
    relation : str
        The relation by the run.
    measures : dict of str to float
        By the names of `dedup.schema.MEASURES`; those that were taken.
    """

    left: str
    right: str
    relation: str
    measures: dict[str, float]


class RunPairs:
    """The pairs in the output folder of a run, and the texts in its inputs.

    Parameters
    ----------
    folder : path
    fields : Fields
        As they were given to the run.

    Raises
    ------
    InputError
        When it is no folder of a run, or its pairs are not measured as the models need it.
    """

    def __init__(self, folder: Path, fields: Fields) -> None:
        self._folder = folder
        self._fields = fields
        try:
            summary = json.loads((folder / "summary.json").read_text("utf-8"))
            self.certainty = float(summary["params"]["certainty"])
            level = Level.of(summary["params"]["level"])
            self._html = str(summary["params"].get("html", "keep"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            found = f"{folder} is not the output folder of a run"
            raise InputError(found, "one with summary.json in it", "make one: dedup run INPUT -o DIR") from error
        if level < Level.syndicated:
            found = f"a run at level {level.name} in {folder}"
            raise InputError(found, "one at level rewritten or syndicated, which takes all measures")

    def unlabelled(self, answered: Iterable[tuple[str, str]] = ()) -> Iterator[UnlabelledPair]:
        """Yield the pairs whose labels are worth most first, each document once.

        Every other pair is the nearest left to the bounds between copies, updates and all else, and the one after it is
        drawn at random: the first teach most, the others keep the models true of the whole.
        """
        table = self._table("matches.parquet", MATCHES)
        asked = pc.or_kleene(pc.equal(table["relation"], "template"), pc.greater_equal(table["carried"], DOUBTFUL))
        table = table.filter(pc.and_kleene(asked, pc.not_equal(table["relation"], "identical")))
        carried, news = (np.nan_to_num(_floats(table, name)) for name in ("carried", "news"))
        doubt = np.abs(carried - CARRIED)
        of_news = np.abs(news - tolerance(carried, self.certainty))
        doubt = np.where(carried >= CARRIED, np.minimum(doubt, of_news), doubt)
        nearest = np.argsort(doubt, kind="stable").tolist()
        drawn = list(range(len(table)))
        random.Random(SEED).shuffle(drawn)
        left, right = (table[side].to_pylist() for side in ("left", "right"))
        done = {(left, right) for left, right in answered}
        seen = {name for pair in done for name in pair}
        for at in (at for two in zip(nearest, drawn, strict=True) for at in two):
            if (left[at], right[at]) in done or left[at] in seen or right[at] in seen:
                continue
            seen |= {left[at], right[at]}
            row = table.slice(at, 1).to_pylist()[0]
            measures = {name: row[name] for name in MEASURES if row[name] is not None}
            yield UnlabelledPair(left[at], right[at], row["relation"], measures)

    def documents(self, ids: Iterable[str]) -> dict[str, ShownText]:
        """Read the texts of documents again from the inputs of the run.

        Raises
        ------
        InputError
            When an input is not there any more, or has changed.
        """
        wanted = pa.array(sorted(set(ids)), pa.string())
        path = self._folder / "decisions.parquet"
        try:
            table = pq.read_table(path, columns=["id", "file", "row"], filters=pc.field("id").isin(wanted))
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{path}: {error}", "what dedup run -o has written") from error
        places: dict[str, dict[int, str]] = {}
        for row in reversed(table.to_pylist()):  # of an id that occurs twice the first
            places.setdefault(row["file"], {})[row["row"]] = row["id"]
        lost = sorted(name for name in places if not Path(name).exists())
        if lost:
            hint = "call it from the folder in which the run was called; standard input cannot be read again"
            raise InputError(f"{lost[0]}: no such file", f"the inputs of the run in {self._folder}", hint)
        found: dict[str, ShownText] = {}
        for piece in open_files([Path(name) for name in places], ReadOptions(self._fields)).pieces():
            batch = piece()
            here = places.get(batch.file, {})
            for at in np.flatnonzero(np.isin(batch.row, list(here))):
                name = here[int(batch.row[at])]
                if batch.id[at].as_py() == name and batch.text[at].is_valid:
                    text = plain_text(batch.text[at].as_py(), self._html)
                    date = int(batch.published[at])
                    found[name] = ShownText(name, text, _date(date), batch.source[at].as_py())
        missing = sorted(set(wanted.to_pylist()) - set(found))
        if missing:
            hint = "name the fields as for the run (--text-field and so on)"
            raise InputError(f"inputs that have no {missing[0]!r}", f"those of the run in {self._folder}", hint)
        return found

    def _table(self, name: str, schema: pa.Schema) -> pa.Table:
        try:
            return pq.read_table(self._folder / name, columns=schema.names)
        except (OSError, pa.ArrowException) as error:
            found = f"{self._folder / name}: {error}"
            raise InputError(found, "what this version of dedup run -o writes", "run it again") from error


def labelled(pair: UnlabelledPair, label: str, texts: Sequence[str]) -> Label:
    """Return a label for a pair, with its measures and the length of its shorter text."""
    tokens = tokenise(pa.array([text.encode("utf-8", "replace") for text in texts], pa.large_binary()))
    shorter = float(np.diff(tokens.offsets).min()) * (1.0 - pair.measures.get("furniture", 0.0))
    begins = tuple(" ".join(text[: 4 * BEGINS].split())[:BEGINS] for text in texts)
    return Label(pair.left, pair.right, label, {**pair.measures, "tokens": round(shorter)}, (begins[0], begins[1]))


def _floats(table: pa.Table, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(table[name].to_numpy(), np.float64)


def _date(microseconds: int) -> str | None:
    if microseconds == NO_DATE:
        return None
    try:
        return (EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%d %H:%M")
    except OverflowError:
        return None
