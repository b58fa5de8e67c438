"""The example of ``docs/shared.md`` does what its comments say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import servers

PAGE = Path(__file__).parents[2] / "docs" / "shared.md"


def test_the_example(redis_server: servers.RedisServer, capsys: pytest.CaptureFixture[str]) -> None:
    code = PAGE.read_text("utf-8").split("```python\n")[1].split("```")[0]
    comments = re.findall(r"^    # (.+)$", code, flags=re.MULTILINE)
    here = code.replace("redis://localhost:6379/0?name=news", redis_server.url("docs"))
    assert here != code
    exec(compile(here, str(PAGE), "exec"), {})
    assert capsys.readouterr().out.splitlines() == comments
