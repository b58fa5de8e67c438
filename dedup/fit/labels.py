"""Labels of one's own: which pairs of a run are most worth one, their texts, and the file the labels stand in."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dedup.errors import InputError
from dedup.io import Fields, ReadOptions, open_files
from dedup.judge.relation import CARRIED, tolerance
from dedup.params import Level
from dedup.schema import MATCHES, MEASURES, NO_DATE
from dedup.text.markup import plain_text
from dedup.text.tokens import tokenise

COPY, UPDATE, OTHER, SKIP = "copy", "update", "other", "skip"
LABELS = {
    COPY: "the same news: nobody would miss one of them",
    UPDATE: "one carries the other on and has news that the other lacks",
    OTHER: "another article: another event, another author, or another piece from one mould",
    SKIP: "cannot be told",
}
"""What a person may say of a pair."""

SEED = 1
"""Of the half of the pairs that is drawn at random."""

DOUBTFUL = 0.2
"""Probability that a pair is carried on from which a label is worth anything; the run is sure of the others."""

BEGINS = 60
"""Letters of a text that stand in the file of labels."""

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it is shown to a person.

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
    """A pair of a run that waits for a label.

    Parameters
    ----------
    left, right : str
        Ids.
    relation : str
        What the run says.
    measures : dict of str to float
        By the names of `dedup.schema.MEASURES`; those that were measured.
    """

    left: str
    right: str
    relation: str
    measures: dict[str, float]


@dataclass(frozen=True, slots=True)
class Label:
    """What a person says of a pair, and what was measured of it: a line of the file.

    Parameters
    ----------
    left, right : str
        Ids.
    label : str
        One of `LABELS`.
    measures : dict of str to float
        As in `UnlabelledPair`, and ``tokens``: of the shorter text, without furniture.
    begins : tuple of str
        The first words of both, for a person to know them by.
    """

    left: str
    right: str
    label: str
    measures: dict[str, float]
    begins: tuple[str, str] = ("", "")


class Run:
    """The folder that a run has written, and the texts it was made from.

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
            found = f"{folder} is not a folder that a run has written"
            raise InputError(found, "one with summary.json in it", "make one: dedup run INPUT -o DIR") from error
        if level < Level.syndicated:
            found = f"{folder}, written at level {level.name}"
            raise InputError(found, "one at level rewritten or syndicated, where all measures are taken")

    def unlabelled(self, answered: Iterable[tuple[str, str]] = ()) -> Iterator[UnlabelledPair]:
        """Yield the pairs in the order in which labels are worth most, each document once.

        In turn the pair that is nearest to what divides copies, updates and all else, and one drawn at random: the
        first teach most, the others keep what is learnt true of the whole.
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

    def documents(self, ids: Iterable[str]) -> dict[str, Document]:
        """Read documents again from the inputs of the run.

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
            hint = "call it where the run was called; what was read from standard input cannot be read again"
            raise InputError(f"{lost[0]}: no such file", f"the inputs of the run in {self._folder}", hint)
        found: dict[str, Document] = {}
        for piece in open_files([Path(name) for name in places], ReadOptions(self._fields)).pieces():
            batch = piece()
            here = places.get(batch.file, {})
            for at in np.flatnonzero(np.isin(batch.row, list(here))):
                name = here[int(batch.row[at])]
                if batch.id[at].as_py() == name and batch.text[at].is_valid:
                    text = plain_text(batch.text[at].as_py(), self._html)
                    date = int(batch.published[at])
                    found[name] = Document(name, text, _date(date), batch.source[at].as_py())
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
    """Return the label of a pair, with how long its shorter text is besides."""
    tokens = tokenise(pa.array([text.encode("utf-8", "replace") for text in texts], pa.large_binary()))
    shorter = float(np.diff(tokens.offsets).min()) * (1.0 - pair.measures.get("furniture", 0.0))
    begins = tuple(" ".join(text[: 4 * BEGINS].split())[:BEGINS] for text in texts)
    return Label(pair.left, pair.right, label, {**pair.measures, "tokens": round(shorter)}, (begins[0], begins[1]))


def read_labels(path: Path) -> list[Label]:
    """Read a file of labels; of a pair that has several the last one counts.

    Raises
    ------
    InputError
        With file and line.
    """
    labels: dict[tuple[str, str], Label] = {}
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", "labels that dedup label has written") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            one = _label(line, f"{path}, line {number}")
            labels.pop((one.left, one.right), None)
            labels[one.left, one.right] = one
    return list(labels.values())


def _label(line: bytes, place: str) -> Label:
    hint = "delete the line, and label the pair anew"
    try:
        read = orjson.loads(line)
    except ValueError as error:
        raise InputError(f"{place}: not JSON", "a label that dedup label has written", hint) from error
    try:
        measures = {str(name): float(value) for name, value in read["measures"].items()}
        left, right = read.get("begins", ("", ""))
        one = Label(str(read["left"]), str(read["right"]), read["label"], measures, (str(left), str(right)))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        found = f"{place}: not a label" + (f", without {error}" if isinstance(error, KeyError) else "")
        raise InputError(found, "an object with left, right, label and measures", hint) from error
    if one.label not in LABELS:
        raise InputError(f"{place}: label {one.label!r}", f"one of {', '.join(LABELS)}")
    strange = set(measures) - {*MEASURES, "tokens"}
    if strange or "tokens" not in measures:
        found = f"{place}: measures of another version, {', '.join(sorted(strange)) or 'no tokens'}"
        raise InputError(found, "those of this version", "label the pairs of a new run")
    return one


def append_label(path: Path, label: Label) -> None:
    """Write one label behind the others."""
    line = {name: getattr(label, name) for name in ("left", "right", "label", "begins", "measures")}
    with path.open("ab") as file:
        file.write(orjson.dumps(line) + b"\n")


def measures_of(labels: Sequence[Label]) -> Mapping[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """Return the measures of labels as columns; NaN where one was not measured."""
    return {
        name: np.array([label.measures.get(name, np.nan) for label in labels], np.float64)
        for name in (*MEASURES, "tokens")
    }


def _floats(table: pa.Table, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(table[name].to_numpy(), np.float64)


def _date(microseconds: int) -> str | None:
    if microseconds == NO_DATE:
        return None
    try:
        return (EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%d %H:%M")
    except OverflowError:
        return None
