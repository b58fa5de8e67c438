"""Runs of made news, that ``dedup show`` is tested on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import article, edited

import dedup

HOSTILE = "evil\x1b[2J\u202eid"


def news() -> list[dict[str, Any]]:
    """Return records: a text with four copies, one in two files of the same id, an article alone, and a short one."""
    text, other = article(1), article(2)
    excerpt = ". ".join(text.split(". ")[:9])
    named = {"title": "Bridge closed", "source": "Post", "url": "https://example.org/a"}
    return [
        {"id": "kept", "text": text, "published": "2024-03-04T12:00:00Z", **named},
        {"id": "first", "text": edited(text, 1, 0.02), "published": "2024-03-04T09:30:00Z", "source": "Agency"},
        {
            "id": "excerpt",
            "text": excerpt,
            "published": "2024-03-06T10:00:00Z",
            "source": "新闻社",
        },
        {"id": "undated", "text": text, "source": "Times"},
        {"id": HOSTILE, "text": text, "published": "2024-03-05T00:00:00Z", "title": "a\x1b[31mb\nc"},
        {"id": "alone", "text": other, "published": "2024-03-05T00:00:00Z"},
        {"id": "twice", "text": article(3)},
        {"id": "twice", "text": article(4)},
        {"id": "short", "text": "No news."},
    ]


def written(folder: Path, records: list[dict[str, Any]] | None = None, **params: Any) -> Path:
    """Write records and a run of them; return the folder of the run."""
    path = folder / "news.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records or news()))
    dedup.deduplicate(str(path), folder / "out", **{"keep": "first", **params})
    return folder / "out"
