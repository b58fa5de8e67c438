"""What tests of whole lives of an index share."""

from __future__ import annotations

import os
from dataclasses import replace

from hypothesis import HealthCheck, Phase, settings

from dedup.index.tuning import IndexTuning

LIFE_COUNT = int(os.environ.get("DEDUP_LIVES", "8"))
"""More, and others each time, in the long run: ``DEDUP_LIVES=500 pytest tests/index/test_histories.py``."""

LIVES = settings(
    max_examples=LIFE_COUNT,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="DEDUP_LIVES" not in os.environ,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    print_blob=False,
)


OFTEN = IndexTuning(
    vocabulary_documents=15,
    block_documents=5,
    most_table_bits=17,
    flush_documents=12,
    run_documents=6,
    closing_documents=3,
    fan=2,
    removed_documents=6,
    table_articles=4,
    retry_articles=4,
    sweep_buckets=16,
    column_bits=3,
)
"""All housekeeping is done often."""

OFTEN_ON_A_SERVER = replace(OFTEN, block_documents=1_000)
"""The same where a call must be one turn: a block is what `expire` removes in one."""


def day(number: int) -> str:
    return f"2024-05-{number + 1:02d}"
