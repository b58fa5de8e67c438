"""Runs that save every step, and runs that end in the middle."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dedup
from dedup.run.options import RunOptions, RunTuning

EAGER = RunTuning(save_after=0.0, pairs_at_a_time=40, index_step=7)
"""Every step is saved, and steps are of few pairs and documents."""


class Killed(BaseException):
    """Stands for the end of the process."""


def eager(**options: Any) -> RunOptions:
    """Options of a run that saves every step."""
    return RunOptions(tuning=EAGER, **options)


def at_every_save(patch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Do something each time before the list of finished steps is replaced."""
    replace = os.replace

    def replaced(source: Any, target: Any, **more: Any) -> None:
        if os.fspath(target).endswith("unfinished.json"):
            act()
        replace(source, target, **more)

    patch.setattr(os, "replace", replaced)


def killed_at(
    step: int, monkeypatch: pytest.MonkeyPatch, records: Any, out: Path, run: RunOptions | None = None, **more: Any
) -> bool:
    """Run, and end it when this many steps were saved; return whether it came so far."""
    saves = 0

    def count() -> None:
        nonlocal saves
        saves += 1
        if saves > step:
            raise Killed

    with monkeypatch.context() as patch:
        at_every_save(patch, count)
        try:
            dedup.deduplicate(records, out, run=run or eager(), **more)
        except Killed:
            return True
    return False
