"""Temporary files go with their owners, and those of killed processes with the next."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dedup.store.held_file import held_file

HOLDER = """
import sys, time
from pathlib import Path
from dedup.store.held_file import held_file
class Owner: pass
owner = Owner()
print(held_file(owner, "dedup-copy-", ".x", Path(sys.argv[1])), flush=True)
time.sleep(60)
"""


class Owner:
    """Somebody who holds a file."""


def names(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


def test_a_file_goes_with_its_owner(tmp_path: Path) -> None:
    owner = Owner()
    path = held_file(owner, "dedup-copy-", ".x", tmp_path)
    path.write_bytes(b"text")
    assert names(tmp_path) == {path.name}
    del owner
    gc.collect()
    assert names(tmp_path) == set()


@pytest.mark.skipif(os.name == "nt", reason="there a lock keeps writers out")
def test_what_a_killed_process_has_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "dedup-copy-mine.y").write_text("of another kind")
    (tmp_path / "dedup-copy-link.x").symlink_to(tmp_path / "dedup-copy-mine.y")
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    with holder.stdout as output:
        left = Path(output.readline().strip())
    first, second = Owner(), Owner()
    mine = held_file(first, "dedup-copy-", ".x", tmp_path)
    assert names(tmp_path) == {"dedup-copy-mine.y", "dedup-copy-link.x", left.name, mine.name}
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    other = held_file(second, "dedup-copy-", ".x", tmp_path)
    assert names(tmp_path) == {"dedup-copy-mine.y", "dedup-copy-link.x", mine.name, other.name}
