"""Announce how much space a run's temporary files will take, and refuse a run if far too little is free."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from dedup.errors import OutputError
from dedup.io import Output, Source
from dedup.params import Level, Params
from dedup.run.options import RunOptions
from dedup.run.progress import Progress
from dedup.store import limits
from dedup.store.scratch import scratch_error

SCRATCH_SHARE = {Level.identical: 1.3, Level.near: 1.4, Level.syndicated: 1.8, Level.rewritten: 1.8}
"""Bytes of scratch files for each byte of JSON lines, about."""

LEAST_SHARE = 0.5
"""A run is refused where less than this share of the room it needs is free: compressed inputs are only estimated."""


def announce_scratch(
    source: Source, output: Output | None, params: Params, options: RunOptions, progress: Progress
) -> None:
    """Announce the space that the scratch files of a large run will take, before it begins.

    Raises
    ------
    OutputError
        When far too little is free.
    """
    if source.unpacked_bytes is None or options.resume or options.limit is not None:
        return
    need = int(SCRATCH_SHARE[params.level] * source.unpacked_bytes)
    if need < options.tuning.announced_scratch:
        return
    place = options.scratch_folder or (Path(tempfile.gettempdir()) if output is None else output.place)
    try:
        free = limits.free_space(place)
    except OSError as error:
        raise scratch_error(error, options.scratch_folder) from error
    progress.say(
        f"temporary files will take about {_gigabytes(need)} in {place}; {_gigabytes(free)} are free", logging.INFO
    )
    if free < LEAST_SHARE * need:
        found = f"only {_gigabytes(free)} are free for temporary files in {place}"
        raise OutputError(found, f"about {_gigabytes(need)}", "choose another --scratch")


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"
