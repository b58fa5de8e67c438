"""The n-th system call fails: the command continues or says what failed; nothing is lost, and it can be repeated.

How many calls of each command are tried says DEDUP_FAULTS, 0 all of them; `make check-slow` tries many.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import FAULTS, IS_POSSIBLE, WHY_NOT, Fault, Faulty
from judging import Tried
from scenarios import SCENARIOS, Scenario, room, warmed

TRIES = int(os.environ.get("DEDUP_FAULTS", "1"))
"""Calls that are tried of each command and fault, spread over all; 0: every one. With 1 every third fault is tried."""

PAIRS = [
    pytest.param(scenario, fault, id=f"{scenario.name}-{fault.name}")
    for at, scenario in enumerate(SCENARIOS)
    for place, fault in enumerate(FAULTS)
    if TRIES != 1 or (at + place) % 3 == 0
]

pytestmark = pytest.mark.skipif(not IS_POSSIBLE, reason=WHY_NOT)


class Stage:
    """Where scenarios take place, one after the other, and what the faults came to."""

    def __init__(self, faulty: Faulty, place: Path) -> None:
        self._faulty, self._place = faulty, place
        self._tried: Tried | None = None
        self.counts: Counter[str] = Counter()

    def set(self, scenario: Scenario) -> Tried:
        """Return the scenario, prepared."""
        if self._tried is None or self._tried.scenario != scenario:
            self._tried = Tried(self._faulty, scenario, self._place / "work", self._place / "template")
        return self._tried


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with room() as place, warmed(place, SCENARIOS) as faulty:
        made = Stage(faulty, place)
        yield made
        print(f"\n{sum(made.counts.values()):,} calls failed: {dict(made.counts)}")


def numbers(seen: int, at: int) -> list[int]:
    """Return which calls are tried: all, or some over all of them, others for each fault."""
    if not TRIES or seen <= TRIES:
        return list(range(1, seen + 1))
    shift = (0.5 + at * 0.618) % 1
    return sorted({1 + round((step + shift) * (seen - 1) / TRIES) for step in range(TRIES)})


@pytest.mark.parametrize(("scenario", "fault"), PAIRS)
def test_nothing_is_lost_when_a_call_fails(scenario: Scenario, fault: Fault, stage: Stage) -> None:
    tried = stage.set(scenario)
    seen = tried.run(fault).seen
    wrong = []
    left = numbers(seen, FAULTS.index(fault))
    while left:
        nth = left.pop(0)
        ended = tried.run(fault, nth)
        stage.counts[f"{fault.name}, {'went on' if ended.code == 0 else 'stopped'}"] += bool(ended.fired)
        if not TRIES and not left and ended.fired:  # until none fails
            left.append(nth + 1)
        problem = tried.problem(ended, fault)
        if problem:
            wrong.append(f"{nth} of {seen}, {ended.call}: {problem}\n    {ended.err.strip()[-600:]}")
    assert not wrong, "\n".join([f"{len(wrong)} wrong", *wrong])
