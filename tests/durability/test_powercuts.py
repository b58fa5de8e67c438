"""The power fails before any sync, rename or removal: each record is in the output, or comes back when run again.

A run writes to a small disk in a file, and what is in that file is what a failure would leave. It wants root, to mount
it. How many cuts are judged of each run says DEDUP_CUTS, 0 all of them; `make check-slow` tries all.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from disks import WAYS, Disk, why_not
from faults import IS_POSSIBLE, WHY_NOT, Ended, Fault, Faulty
from judging import Tried
from scenarios import SCENARIOS, Scenario, room, warmed

CUTS = int(os.environ.get("DEDUP_CUTS", "4"))
"""Cuts that are judged of each run, spread over all, on one kind of disk; 0: all, on each kind."""

MOMENTS = Fault("cut", ("sync", "rename", "unlink", "truncate"), "stop")
FAILED = Fault("power failure", action="kill")
NAMES = ("run, a new index", "run, an index", "run in the place of another", "add")
RUNS = [one for one in SCENARIOS if one.name in NAMES]

pytestmark = pytest.mark.skipif(not IS_POSSIBLE, reason=WHY_NOT)


KINDS = [
    pytest.param(scenario, way, meddles, id=f"{scenario.name}, {way}, {'beside another' if meddles else 'alone'}")
    for at, scenario in enumerate(RUNS)
    for place, (way, meddles) in enumerate(itertools.product(WAYS, (False, True)))
    if not CUTS or place == at % 4
]


class Cut(NamedTuple):
    """What was on the disk before a call, and what the command had said by then."""

    image: Path
    ended: Ended


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with room() as made:
        if why := why_not(made):
            pytest.skip(why)
        yield made


@pytest.fixture(scope="module")
def faulty(place: Path) -> Iterator[Faulty]:
    with warmed(place, RUNS) as server:
        yield server


def cuts(tried: Tried, disk: Disk, meddles: bool) -> list[Cut]:
    """Run a command, and return what is on the disk before each call, where that is new, and at the end."""
    tried.begin()
    disk.unmount()  # what was before is on the disk
    disk.mount()
    command = tried.scenario.placed(tried.scenario.command, tried.folder)
    ended = tried.faulty.run(tried.folder, *command, fault=MOMENTS)
    found = []
    try:
        while True:
            if meddles:
                disk.meddle()
            image = disk.cut()
            if image is not None:
                found.append(Cut(image, ended._replace(code=None, signal=9)))
            if ended.stopped is None:
                assert ended.code == 0, ended
                return found
            ended = tried.faulty.go(ended)
    finally:
        tried.faulty.end(ended)  # it would keep the disk busy


@pytest.mark.parametrize(("scenario", "way", "meddles"), KINDS)
def test_no_power_failure_loses_a_record(
    scenario: Scenario, way: str, meddles: bool, faulty: Faulty, place: Path
) -> None:
    folder = place / f"{scenario.name}, {way}, {meddles}"
    folder.mkdir()
    disk = Disk(folder, WAYS[way])
    try:
        tried = Tried(faulty, scenario, disk.place / "work", folder / "template")
        found = cuts(tried, disk, meddles)
        chosen = found if not CUTS else found[:: -(-len(found) // CUTS)]
        wrong = []
        for cut in chosen:
            disk.unmount()
            disk.mount(cut.image)
            problem = tried.problem(cut.ended, FAILED)
            if problem:
                wrong.append(f"before {cut.ended.call}: {problem}")
    finally:
        disk.unmount()
    print(f"\n{scenario.name}, {way}, {'beside another' if meddles else 'alone'}: {len(chosen)} of {len(found)} cuts")
    assert len(found) > 5
    assert not wrong, "\n".join([f"{len(wrong)} wrong", *wrong])
