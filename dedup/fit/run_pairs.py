"""Choose the pairs of a run whose labels are worth most, and read their texts again."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.errors import InputError
from dedup.fit.labels import Label
from dedup.judge.relation import CARRIED, tolerance
from dedup.params import Level
from dedup.run.run_output import RunOutput
from dedup.schema import MEASURES
from dedup.text.tokens import tokenise

SEED = 1
"""Seed by which half of the pairs are drawn."""

DOUBTFUL = 0.2
"""Least probability of being carried on at which a label is worth anything; of the other pairs the run is sure."""

BEGINS = 60
"""How many characters of each text the file of labels keeps."""


@dataclass(frozen=True, slots=True)
class ShownText:
    """The text of a document, as shown to a person, with its date and source.

    Parameters
    ----------
    id, text : str
        The text as it was compared, without markup.
    date, source, title : str or None
    """

    id: str
    text: str
    date: str | None
    source: str | None
    title: str | None = None


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
    """The pairs of a run, and the texts in its inputs.

    Parameters
    ----------
    run : RunOutput

    Raises
    ------
    InputError
        When its pairs are not measured as the models need it.
    """

    def __init__(self, run: RunOutput) -> None:
        self._run = run
        if run.params.level < Level.syndicated:
            found = f"a run at level {run.params.level.name} in {run.folder}"
            raise InputError(found, "one at level rewritten or syndicated, which takes all measures")

    def unlabelled(self, answered: Iterable[tuple[str, str]] = ()) -> Iterator[UnlabelledPair]:
        """Yield the pairs whose labels are worth most first, each document once.

        Every other pair is the nearest left to the bounds between copies, updates and all else, and the one after it is
        drawn at random: the first teach most, the others keep the models true of the whole.
        """
        table = self._run.matches
        asked = pc.or_kleene(pc.equal(table["relation"], "template"), pc.greater_equal(table["carried"], DOUBTFUL))
        for side in ("left_record", "right_record"):  # an index keeps no texts that could be read
            asked = pc.and_kleene(asked, pc.is_valid(table[side]))
        table = table.filter(pc.and_kleene(asked, pc.not_equal(table["relation"], "identical")))
        carried, news = (np.nan_to_num(_floats(table, name)) for name in ("carried", "news"))
        doubt = np.abs(carried - CARRIED)
        of_news = np.abs(news - tolerance(carried, self._run.params.certainty))
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
        """Read the texts of documents again from the inputs of the run; of an id that occurs twice the first.

        Raises
        ------
        InputError
            When an input is not there any more, or has changed.
        """
        wanted = pa.array(sorted(set(ids)), pa.string())
        decisions = self._run.decisions
        records = pc.index_in(wanted, decisions["id"].combine_chunks())
        rows = decisions.select(["id", "published", "source", "title"]).take(records).to_pylist()
        texts = self._run.plain_texts(records.to_pylist())
        return {
            row["id"]: ShownText(row["id"], texts[record], _date(row["published"]), row["source"], row["title"])
            for record, row in zip(records.to_pylist(), rows, strict=True)
        }


def labelled(pair: UnlabelledPair, label: str, texts: Sequence[str]) -> Label:
    """Return a label for a pair, with its measures and the length of its shorter text."""
    tokens = tokenise(pa.array([text.encode("utf-8", "replace") for text in texts], pa.large_binary()))
    shorter = float(np.diff(tokens.offsets).min()) * (1.0 - pair.measures.get("furniture", 0.0))
    begins = tuple(" ".join(text[: 4 * BEGINS].split())[:BEGINS] for text in texts)
    return Label(pair.left, pair.right, label, {**pair.measures, "tokens": round(shorter)}, (begins[0], begins[1]))


def _floats(table: pa.Table, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(table[name].to_numpy(), np.float64)


def _date(published: datetime | None) -> str | None:
    return None if published is None else published.strftime("%Y-%m-%d %H:%M")
