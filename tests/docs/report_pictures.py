"""Take the pictures of docs/report.md, of a run over one case of the docs and made news.

PYTHONPATH=.:tests python tests/docs/report_pictures.py
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from reported import news, report_of, write_news

DOCS = Path(__file__).parents[2] / "docs"
WIDTH, HEIGHT = 1_000, 700


def ferry() -> list[dict[str, Any]]:
    """One case of the docs with its rewrite, and what three papers might have made of it."""
    first, rewrite = ((DOCS / "cases" / f"rewrite-{side}.txt").read_text("utf-8") for side in "ab")
    headline, *rest = first.split("\n\n")
    longer = first.replace("at least three weeks", "at least four weeks").replace("on Tuesday", "on Tuesday evening")
    versions = (
        ("Harbour News", headline, first, 8, 5),
        ("Island Post", headline, "\n\n".join([headline, *rest]).replace("The only car ferry", "The car ferry"), 8, 40),
        ("Evening Mail", "No milk from the island", "\n\n".join(rest[:3]), 9, 20),
        ("Coast Today", "Ferry to stay in dock for weeks", f"{longer} Coast Today will report on the talks.", 11, 15),
        ("Mainland Courier", rewrite.split("\n")[0], rewrite, 13, 50),
    )
    return [
        {"id": f"ferry{at}", "source": source, "title": title, "text": text, "url": f"https://paper{at}.example/ferry"}
        | {"published": f"2026-03-24T{hour:02}:{minute:02}:00Z"}
        for at, (source, title, text, hour, minute) in enumerate(versions)
    ]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = write_news(Path(folder, "news.jsonl"), [*ferry(), *news()])
        pages = report_of(file, Path(folder)).folder
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        tab.goto(next(page for page in _naming(pages / "story", "Ferry service to Skarnholm")).as_uri())
        tab.screenshot(path=DOCS / "report-story.png")
        tab.goto(next(page for page in _naming(pages / "pair", "rewritten", "ferry0", "ferry4")).as_uri())
        tab.set_viewport_size({"width": WIDTH, "height": 560})
        tab.evaluate("document.querySelector('section').scrollIntoView()")
        tab.screenshot(path=DOCS / "report-pair.png")
        browser.close()


def _naming(folder: Path, *words: str) -> Iterator[Path]:
    """Yield the pages in a folder with all of these words."""
    for page in sorted(folder.iterdir()):
        text = page.read_text("utf-8")
        if all(word in text for word in words):
            yield page


if __name__ == "__main__":
    main()
