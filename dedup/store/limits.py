"""Find out how many processors, how much memory and how much disk space this process may use.

A container, or a service of systemd, may be given less than the machine has: by Linux' control groups, version 2 or 1,
each of which is bounded by those it lies in.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

USUAL_MEMORY = 16_000_000_000
"""Bytes assumed where the system does not say."""


@dataclass(frozen=True, slots=True)
class ControlGroups:
    """The place where Linux keeps its control groups.

    Parameters
    ----------
    root : Path
        Folder of all groups.
    of_process : Path
        File that names the groups of this process.
    """

    root: Path = Path("/sys/fs/cgroup")
    of_process: Path = Path("/proc/self/cgroup")


def processors(groups: ControlGroups = ControlGroups()) -> int:
    """Return the number of processors that this process may use: by its affinity, and its share of time; at least 1."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = (_quota(group) for group in _folders(groups, "cpu"))
    return max(1, min([count, *(math.ceil(quota) for quota in quotas if quota is not None)]))


def memory(groups: ControlGroups = ControlGroups()) -> int:
    """Return the bytes of memory that this process can count on: those of the machine, or of its container."""
    sizes = []
    with suppress(AttributeError, ValueError, OSError):  # not on Windows
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for group in _folders(groups, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            with suppress(OSError, ValueError):  # "max" where there is none
                sizes.append(int((group / name).read_text()))
    return min((size for size in sizes if size > 0), default=USUAL_MEMORY)


def free_space(folder: Path) -> int:
    """Return the bytes that are free on the disk of a folder."""
    return shutil.disk_usage(folder).free


def _folders(groups: ControlGroups, controller: str) -> Iterator[Path]:
    """Yield the folders of this process's control groups, and of the groups above them."""
    roots = {groups.root: PurePosixPath("/"), groups.root / controller: PurePosixPath("/")}
    with suppress(OSError, ValueError):
        for line in groups.of_process.read_text().splitlines():
            number, controllers, place = line.split(":", 2)
            if controller in controllers.split(","):
                roots[groups.root / controller] = PurePosixPath(place)
            elif number == "0":
                roots[groups.root] = PurePosixPath(place)
    for root, path in roots.items():
        # A container may see as its root what for the system is a path of which nothing is there.
        for group in (path, *path.parents):
            if group.is_absolute() and ".." not in group.parts:
                yield root / group.relative_to("/")


def _quota(group: Path) -> float | None:
    """Return the number of processors whose time a group may use, None if there is no limit."""
    with suppress(OSError, ValueError, ZeroDivisionError):  # "max" where there is none
        quota, period = (group / "cpu.max").read_text().split()
        return int(quota) / int(period)
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = ((group / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return int(quota) / int(period) if int(quota) > 0 else None
    return None
