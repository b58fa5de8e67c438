"""The example of ``docs/passages.md`` prints what the page says."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "passages.md"


def test_the_example_is_real() -> None:
    code, shown = PAGE.read_text("utf-8").split("```python\n")[1].split("\n```\n\n```\n")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue() == shown.split("```")[0]
