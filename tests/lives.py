"""What tests of whole lives of an index share."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from dedup.index.folder import backend, state
from dedup.index.redis import backend as shared
from dedup.index.redis import columns, maintenance
from dedup.index.search import frequencies

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


def do_all_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have everything that is done now and then be done often."""
    monkeypatch.setattr(state, "RUN_DOCUMENTS", 6)
    monkeypatch.setattr(state, "BLOCK", 5)
    monkeypatch.setattr(state, "FAN", 2)
    monkeypatch.setattr(state.Storage, "closing", 3)
    monkeypatch.setattr(backend, "FLUSH_DOCUMENTS", 12)
    monkeypatch.setattr(state, "VOCABULARY_DOCUMENTS", 15)
    monkeypatch.setattr(frequencies, "USUAL_BITS", 17)
    monkeypatch.setattr(frequencies, "frequency_bits", lambda *_: 17)
    monkeypatch.setattr(state, "frequency_bits", lambda *_: 17)
    monkeypatch.setattr(maintenance, "frequency_bits", lambda *_: 17)
    monkeypatch.setattr(shared, "VOCABULARY_DOCUMENTS", 15)
    monkeypatch.setattr(shared, "TRY_AGAIN", 4)
    monkeypatch.setattr(maintenance, "REMOVED_LEAST", 6)
    monkeypatch.setattr(maintenance, "TABLE_ARTICLES", 4)
    monkeypatch.setattr(maintenance, "BUCKETS", 16)
    monkeypatch.setattr(columns, "BLOCK_BITS", 3)
    monkeypatch.setattr(columns, "BLOCK", 8)


def day(number: int) -> str:
    return f"2024-05-{number + 1:02d}"
