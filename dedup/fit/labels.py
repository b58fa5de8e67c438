"""Read and write labels, a person's judgements of pairs of documents, as a file of JSON lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from dedup.errors import InputError
from dedup.schema import MEASURES

COPY, UPDATE, OTHER, SKIP = "copy", "update", "other", "skip"
LABELS = {
    COPY: "the same news: nobody would miss one of them",
    UPDATE: "one continues the other, and has news that the other lacks",
    OTHER: "another article: another event, another author, or another piece from the same template",
    SKIP: "cannot be decided",
}
"""The labels that a person may give a pair, and what they mean."""


@dataclass(frozen=True, slots=True)
class Label:
    """The label that a person gives a pair, with the measures of the pair: one line of the file.

    Parameters
    ----------
    left, right : str
        Ids.
    label : str
        One of `LABELS`.
    measures : dict of str to float
        By the names of `dedup.schema.MEASURES`, those that were taken; and ``tokens``, of the shorter text, without
        furniture.
    begins : tuple of str
        The first words of both texts, by which a person recognises them.
    """

    left: str
    right: str
    label: str
    measures: dict[str, float]
    begins: tuple[str, str] = ("", "")


def read_labels(path: Path) -> list[Label]:
    """Read a file of labels; if a pair has several, the last one counts.

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
            label = _label(line, f"{path}, line {number}")
            labels.pop((label.left, label.right), None)
            labels[label.left, label.right] = label
    return list(labels.values())


def _label(line: bytes, place: str) -> Label:
    hint = "delete the line, and label the pair again"
    try:
        read = orjson.loads(line)
    except ValueError as error:
        raise InputError(f"{place}: not JSON", "a label that dedup label has written", hint) from error
    try:
        measures = {str(name): float(value) for name, value in read["measures"].items()}
        left, right = read.get("begins", ("", ""))
        label = Label(str(read["left"]), str(read["right"]), read["label"], measures, (str(left), str(right)))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        found = f"{place}: not a label" + (f", without {error}" if isinstance(error, KeyError) else "")
        raise InputError(found, "an object with left, right, label and measures", hint) from error
    if label.label not in LABELS:
        raise InputError(f"{place}: label {label.label!r}", f"one of {', '.join(LABELS)}")
    unknown = set(measures) - {*MEASURES, "tokens"}
    if unknown or "tokens" not in measures:
        found = f"{place}: measures of another version, {', '.join(sorted(unknown)) or 'no tokens'}"
        raise InputError(found, "those of this version", "label the pairs of a new run")
    return label


def append_label(path: Path, label: Label) -> None:
    """Append one label to the file."""
    line = {name: getattr(label, name) for name in ("left", "right", "label", "begins", "measures")}
    with path.open("ab") as file:
        file.write(orjson.dumps(line) + b"\n")


def measures_of(labels: Sequence[Label]) -> Mapping[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """Return the measures of labels as columns, NaN where a measure was not taken."""
    return {
        name: np.array([label.measures.get(name, np.nan) for label in labels], np.float64)
        for name in (*MEASURES, "tokens")
    }
