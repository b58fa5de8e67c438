"""Runs whose reports the tests look at: ordinary news, and articles that mean harm."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conftest import article, edited

import dedup
from dedup.report.pages.report_pages import Report, write_report

HOSTILE = (
    "</pre></textarea></style></title><script>document.documentElement.dataset.owned = 1</script>"
    '<img src=http://evil.example/pixel.png onerror="document.documentElement.dataset.owned = 1">'
    "<svg onload='document.documentElement.dataset.owned = 1'></svg>"
    "<a href='javascript:document.documentElement.dataset.owned = 1'>click</a>"
    "<style>body { display: none; background: url(http://evil.example/style.png) }</style>"
    "<meta http-equiv=refresh content='0;url=http://evil.example/'><base href=http://evil.example/>"
    "<iframe src=http://evil.example/frame></iframe>{{ 7 * 7 }}{% raw %}&amp;&lt;b&gt;"
)
"""Markup that would run, load, hide or lead away, if a page took it for its own."""

TURNING = "\u202e desrever \u202d\u2066\u2067 \u2069 \u200f"
"""Marks that turn the direction of writing."""


def write_news(path: Path, records: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "ascii")
    return path


def report_of(path: Path, folder: Path, stories: int = 500, pairs: int = 2_000, **params: Any) -> Report:
    """Run over a file, and write the report of the run."""
    dedup.deduplicate(path, folder / "out", **params)
    return write_report(dedup.RunOutput(folder / "out"), folder / "report", path.name, stories, pairs)


def news() -> list[dict[str, Any]]:
    """Stories in several sources: copies, edited again, with an update a day later; and articles of their own."""
    records: list[dict[str, Any]] = []
    for story in range(6):
        text = article(story)
        for version in range(2 + story):
            records.append(
                {
                    "id": f"s{story}v{version}",
                    "title": f"The bridge of parish {story}, report {version}",
                    "text": text
                    if version == 0
                    else f"{edited(text, version, 0.02 * version)} Our own line {version}.",
                    "source": f"Paper {(story + version) % 5}",
                    "url": f"https://paper{version}.example/{story}",
                    "published": f"2026-03-{1 + story:02}T{8 + version:02}:{7 * version:02}:00Z",
                }
            )
        further = article(story + 100, 12)
        records.append(
            {
                "id": f"s{story}u",
                "title": f"The bridge of parish {story} is sold",
                "text": f"{further} {text}",
                "source": "Paper 1",
                "published": f"2026-03-{4 + story:02}T09:00:00Z",
            }
        )
    records += [
        {"id": f"own{n}", "text": article(1_000 + n), "published": "2026-03-05", "source": "Paper 7"} for n in range(8)
    ]
    return records


def hostile() -> list[dict[str, Any]]:
    """Articles that mean harm, each with a copy, so that all of them are on pages."""
    records: list[dict[str, Any]] = []
    shapes = {
        "markup": f"{HOSTILE} {article(1)} {HOSTILE}",
        "turned": f"{TURNING} {article(2)} {TURNING}",
        "control": f"\x00\x1b[2J\x07\x08 {article(3)} \ud800 alone \udfff \ufffe \x85 \r\r\n",
        "word": f"{article(4)} {'endless' * 700_000}",
        "spaces": f"{article(5)} {chr(10) * 5_000} {' ' * 5_000} {article(6)}",
    }
    for at, (name, text) in enumerate(shapes.items()):
        for version in range(3):
            records.append(
                {
                    "id": f"../../{name}\"'><script>{HOSTILE if version else ''}</script>{version}\x00\n",
                    "title": f"{HOSTILE} {TURNING} \ud83d \x00 {name} {version}",
                    "text": text if not version else f"{text} Line {version} of our own, {version}{at}.",
                    "source": f"{name} {version} {HOSTILE}\u202e" if version < 2 else None,
                    "url": (
                        "javascript:document.documentElement.dataset.owned=1//https://a.example",
                        'https://a.example/"onmouseover="document.documentElement.dataset.owned=1" x',
                        "data:text/html,<script>top.document.documentElement.dataset.owned=1</script>",
                    )[version],
                    "published": ("2026-13-45", "99999-01-01T00:00:00Z", "2026-03-01T10:00:00Z")[(version + at) % 3],
                }
            )
    return records
