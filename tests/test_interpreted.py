"""Kernels decide alike compiled and line by line as Python: none relies on what only compiled code does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import interpreted


def test_the_answers_are_the_same(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, interpreted.__file__],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    decided = json.loads(done.stdout)
    assert decided == json.loads(json.dumps(interpreted.decide(tmp_path), default=str))
    relations = {match["relation"] for match in decided["rewritten"][1]}
    assert {"near_duplicate", "revised", "template", "update"} <= relations
