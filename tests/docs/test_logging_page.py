"""The page on logging names the fields that events have, and its example runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "logging.md").read_text("utf-8")


def test_the_example_prints_events(tmp_path: Path) -> None:
    code = PAGE.split("```python\n")[1].split("```")[0]
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert re.search(r"^dedup\.run run of version \S+ on records in memory$", done.stderr, re.MULTILINE)
    assert re.search(r"^dedup\.run run ended after .* 1 kept, 1 dropped$", done.stderr, re.MULTILINE)
