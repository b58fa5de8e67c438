"""What tests of whole lives of an index share."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from dedup.index import embedded, frequencies, storage
from dedup.index.shared import columns, sweeping
from dedup.index.shared import storage as shared

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
    monkeypatch.setattr(storage, "RUN_DOCUMENTS", 6)
    monkeypatch.setattr(storage, "BLOCK", 5)
    monkeypatch.setattr(storage, "FAN", 2)
    monkeypatch.setattr(storage.Storage, "closing", 3)
    monkeypatch.setattr(embedded, "FLUSH_DOCUMENTS", 12)
    monkeypatch.setattr(storage, "VOCABULARY_DOCUMENTS", 15)
    monkeypatch.setattr(frequencies, "USUAL_BITS", 17)
    monkeypatch.setattr(frequencies, "frequency_bits", lambda *_: 17)
    monkeypatch.setattr(storage, "frequency_bits", lambda *_: 17)
    monkeypatch.setattr(sweeping, "frequency_bits", lambda *_: 17)
    monkeypatch.setattr(shared, "VOCABULARY_DOCUMENTS", 15)
    monkeypatch.setattr(shared, "TRY_AGAIN", 4)
    monkeypatch.setattr(sweeping, "REMOVED_LEAST", 6)
    monkeypatch.setattr(sweeping, "TABLE_ARTICLES", 4)
    monkeypatch.setattr(sweeping, "BUCKETS", 16)
    monkeypatch.setattr(columns, "BLOCK_BITS", 3)
    monkeypatch.setattr(columns, "BLOCK", 8)


def day(number: int) -> str:
    return f"2024-05-{number + 1:02d}"
