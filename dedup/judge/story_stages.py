"""Supply the words that show the stage of a story (arrested, charged, sentenced; offers, refuses, resigns).

A follow-up is known by the stage in its opening: the report of the arrest says "arrested", that of the trial "jury".
The words are listed in ``stages.json``, by stage and language, and the weekdays with them; an asterisk stands for each
of the language's endings. In a language that is missing there, no word speaks for an update or against it.
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
    """Return the words of each stage and of each weekday, by its name; they are not folded."""
    read = json.loads(STAGES_FILE.read_text("utf-8"))
    endings = {language: ["", *listed.replace("-", "").split()] for language, listed in read["endings"].items()}
    stages = {
        stage: [form for language, listed in by_language.items() for form in _forms(listed, endings[language])]
        for stage, by_language in read["stages"].items()
    }
    return stages | {names.split()[0]: names.split() for names in read["weekdays"]}


def _forms(listed: str, endings: list[str]) -> list[str]:
    return [
        form
        for word in listed.split()
        for form in ([word[:-1] + ending for ending in endings] if word.endswith("*") else [word])
    ]


@functools.cache
def table() -> npt.NDArray[np.uint32]:
    """Return the hash table of these words in which `dedup.kernels.news_signs.news` looks tokens up.

    Returns
    -------
    uint32 array, shape (n_slots, 2)
        Token hash, and the set of what the word shows: a bit for each stage, then one for each weekday.
    """
    words_of = words()
    if len(words_of) != STAGES + WEEKDAYS:
        raise ValueError(f"{STAGES_FILE.name} holds {len(words_of) - WEEKDAYS} stages, not {STAGES}")
    tokens = tokenise(pa.array([" ".join(forms).encode() for forms in words_of.values()], pa.large_binary()))
    bits = np.repeat(np.arange(len(words_of)), np.diff(tokens.offsets))
    hashes, where = np.unique(tokens.hashes, return_inverse=True)
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
