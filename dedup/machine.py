"""What the machine has: memory, and room on its disks."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

USUAL_MEMORY = 16_000_000_000
"""Bytes taken for granted where the system does not tell."""

_LIMITS = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where Linux tells how much a container may take."""


def memory() -> int:
    """Return the bytes of memory that this process may count on: the machine's, or its container's."""
    sizes = []
    with suppress(AttributeError, ValueError, OSError):  # not on Windows
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for limit in _LIMITS:
        with suppress(OSError, ValueError):  # "max" where there is none
            sizes.append(int(limit.read_text()))
    return min((size for size in sizes if size > 0), default=USUAL_MEMORY)


def free_space(folder: Path) -> int:
    """Return the bytes that are free on the disk of a folder."""
    return shutil.disk_usage(folder).free
