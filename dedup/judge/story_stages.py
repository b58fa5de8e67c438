"""Words that tell at which stage a story stands: arrested, charged, sentenced; offers, refuses, resigns. Weekdays, too.

A follow-up is told by the stage of its opening: the report of the arrest says "arrested", that of the trial "jury". The
words stand in ``stages.json``, by stage and language; an asterisk stands for each of the language's endings. In a
language that is not there, no word tells anything, and nothing speaks for an update or against it.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.kernels.hash_table import table_bits
from dedup.kernels.news_signs import STAGES, WEEKDAYS
from dedup.text.tokens import tokenise

STAGES_FILE = Path(__file__).with_name("stages.json")


def words() -> dict[str, list[str]]:
    """Return the words of each stage, and of each day of the week, by a name; not folded."""
    read = json.loads(STAGES_FILE.read_text("utf-8"))
    endings = {language: ["", *some.replace("-", "").split()] for language, some in read["endings"].items()}
    found = {
        stage: [form for language, some in by_language.items() for form in _forms(some, endings[language])]
        for stage, by_language in read["stages"].items()
    }
    return found | {some.split()[0]: some.split() for some in read["weekdays"]}


def _forms(some: str, endings: list[str]) -> list[str]:
    return [
        form
        for word in some.split()
        for form in ([word[:-1] + ending for ending in endings] if word.endswith("*") else [word])
    ]


@functools.cache
def table() -> npt.NDArray[np.uint32]:
    """Return a hash table of the words, as `dedup.kernels.news_signs.news` takes it.

    Returns
    -------
    uint32 array, shape (n_slots, 2)
        Token hash, and the set of what it tells: a bit for each stage, then one for each day.
    """
    told = words()
    if len(told) != STAGES + WEEKDAYS:
        raise ValueError(f"{STAGES_FILE.name} holds {len(told) - WEEKDAYS} stages, not {STAGES}")
    made = tokenise(pa.array([" ".join(some).encode() for some in told.values()], pa.large_binary()))
    bits = np.repeat(np.arange(len(told)), np.diff(made.offsets))
    hashes, where = np.unique(made.hashes, return_inverse=True)
    sets = np.zeros(len(hashes), np.uint32)
    np.bitwise_or.at(sets, where, np.left_shift(1, bits).astype(np.uint32))
    slots = np.zeros((1 << table_bits(len(hashes)), 2), np.uint32)
    for token, value in zip(hashes.tolist(), sets.tolist(), strict=True):
        slot = token >> 2 & (len(slots) - 1)
        while slots[slot, 1]:
            slot = (slot + 1) % len(slots)
        slots[slot] = token, value
    slots.flags.writeable = False
    return slots
