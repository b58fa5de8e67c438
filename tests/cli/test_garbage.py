"""The collector of garbage rests while a command starts and ends, unless the switch is set."""

from __future__ import annotations

import gc
import os
import subprocess
import sys

import pytest

from dedup.cli.garbage import OBJECTS_BETWEEN_COLLECTIONS, SWITCH

STATE = "print(gc.get_threshold()[0], gc.isenabled(), gc.get_freeze_count() > 0)"


@pytest.mark.parametrize(
    ("switch", "running", "ending"),
    [
        ("", f"{OBJECTS_BETWEEN_COLLECTIONS} True False", f"{OBJECTS_BETWEEN_COLLECTIONS} False True"),
        ("1", f"{gc.get_threshold()[0]} True False", f"{gc.get_threshold()[0]} True False"),
    ],
)
def test_the_collector_rests_unless_the_switch_is_set(switch: str, running: str, ending: str) -> None:
    code = (
        "import gc\n"
        "from dedup.cli.garbage import relax_collection, stop_collection\n"
        f"relax_collection()\n{STATE}\nstop_collection()\n{STATE}"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, SWITCH: switch})
    assert done.stdout.splitlines() == [running, ending]
