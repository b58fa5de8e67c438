"""Hooks of the documentation site: pages from the root of the repository, and links that lead where they do there.

A link in a page leads to a file of the repository, as it is followed on its host. On the site those to other pages lead
to these; those to other files, such as source, become plain text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]

PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "benchmarks/README.md": "benchmarks.md",
}
"""Files of the repository outside of ``docs`` that are pages of the site."""

SOURCES = {page: source for source, page in PAGES.items()}

LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are not in ``docs``."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text("utf-8")))
    decisions = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    config.nav[-1]["Contributing"][-1]["Decisions"] = [
        "decisions/index.md",
        *(f"decisions/{name}" for name in decisions),
    ]
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead links to the pages of the site."""
    here = page.file.src_uri
    folder = posixpath.dirname(SOURCES.get(here, f"docs/{here}"))

    def lead(link: re.Match[str]) -> str:
        label, path, anchor = link[1], link[2], link[3] or ""
        target = posixpath.normpath(posixpath.join(folder, path))
        if target in PAGES:
            there = PAGES[target]
        elif target.startswith("docs/"):
            there = target.removeprefix("docs/")
        elif (ROOT / target).exists():
            return label
        else:
            return link[0]  # the build reports it
        return f"[{label}]({posixpath.relpath(there, posixpath.dirname(here) or '.')}{anchor})"

    return LINK.sub(lead, markdown)
