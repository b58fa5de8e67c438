"""Estimate the time, memory and disk space of a run, from runs over the first records of its input.

The beginning of the input is run in growing parts, until one takes a few seconds. The time of each stage, and the
bytes written, are continued from the last two parts: what is constant stays, the rest grows with the number of records,
in a few stages faster. So the estimate rests on this machine, on these texts and on what else is running now.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dedup.attribution.agencies import Agencies
from dedup.errors import InputError
from dedup.io import Source
from dedup.io.kept_form import OPTIONS, KeptForm
from dedup.params import NOTE, Params
from dedup.run.options import RunOptions
from dedup.run.pipeline import run
from dedup.store import limits

FIRST_PART, GROWTH = 1_000, 4
"""Records of the first part, and how much larger each next one is."""

WARM_UP = 50
"""Records of a run that is not counted: it loads the compiled kernels."""

ENOUGH_SECONDS = 3.0
"""A part that takes as long is the last one."""

COUNTED_BYTES = 100_000_000
"""Bytes of text that are read to count how many records the input has."""

EXPONENTS = {"exact": 1.1, "candidates": 1.35, "evidence": 1.2}
"""How the time of stages grows with the number of records, where it is not in proportion: from 10,000 to a million made
articles (``benchmarks/speed/scale.json``)."""

LEAST_MEMORY, MEMORY_A_RECORD = 300_000_000, 600
"""Bytes that a run needs even if it is to use less."""


@dataclass(frozen=True, slots=True)
class Part:
    """A run over the first records of the input."""

    records: int
    seconds: dict[str, float]
    scratch: int
    output: int
    memory: int | None

    @property
    def total(self) -> float:
        """Seconds of the whole run."""
        return self.seconds["total"]


@dataclass(frozen=True, slots=True)
class RunEstimate:
    """What a run is expected to take.

    Parameters
    ----------
    records : int
        Of the input, estimated from its size unless all of it was read.
    seconds : float
    stages : dict of str to float
        Seconds by stage; on several threads they overlap.
    memory : int or None
        Bytes; None where the system does not say how many a process has used.
    scratch, output : int
        Bytes of temporary files, and of the output; 0 if nothing is written.
    free : int or None
        Bytes that are free for temporary files.
    tried_records : int
        Records of the last part that was run.
    tried_seconds : float
        What it took.
    """

    records: int
    seconds: float
    stages: dict[str, float]
    memory: int | None
    scratch: int
    output: int
    free: int | None
    tried_records: int
    tried_seconds: float


def estimate_run(
    open_input: Callable[[int | None], Source],
    params: Params,
    options: RunOptions,
    agencies: Agencies,
    output: Path | str | None = None,
) -> RunEstimate:
    """Estimate what a run will take.

    Parameters
    ----------
    open_input : callable
        Opens the input anew, limited to a number of records if one is given.
    params : Params
    options : RunOptions
    agencies : Agencies
    output : Path or str, optional
        Where the run is to write, a path or a URL. It is left alone; parts of the output are written to a temporary
        folder.

    Raises
    ------
    InputError
        When the input can be read only once.
    """
    records = count_records(open_input(None), options.limit)
    parts = [_part(open_input, min(WARM_UP, records), params, options, agencies, False)]
    size = FIRST_PART
    while True:
        parts.append(_part(open_input, min(size, records), params, options, agencies, output is not None))
        # Two parts tell what is constant, unless one alone takes very long.
        enough = ENOUGH_SECONDS if len(parts) > 2 else 10 * ENOUGH_SECONDS
        if parts[-1].total >= enough or size >= records:
            break
        size *= GROWTH
    small, large = parts[-2:] if len(parts) > 2 else (None, parts[-1])
    return extrapolated(small, large, records, options, output)


def count_records(source: Source, limit: int | None = None) -> int:
    """Count the records of an input, or estimate their number from its beginning.

    Raises
    ------
    InputError
        When the input can be read only once.
    """
    if not source.can_resume or source.total_bytes is None:
        raise InputError("an input that can be read only once", "files, to try their beginning first")
    records = size = 0
    for piece in source.pieces():
        batch = piece()
        source.accept(batch)
        records += len(batch.row)
        size += batch.text.nbytes
        if limit is not None and records >= limit:
            return limit
        if size >= COUNTED_BYTES and source.bytes_read < source.total_bytes:
            records = round(records * source.total_bytes / max(source.bytes_read, 1))
            break
    return records if limit is None else min(records, limit)


def _part(
    open_input: Callable[[int | None], Source],
    records: int,
    params: Params,
    options: RunOptions,
    agencies: Agencies,
    writes: bool,
) -> Part:
    """Run the first records, and write what they leave if that is asked for."""
    options = replace(
        options,
        limit=max(records, 1),
        resume=False,
        progress=False,
        passages=options.passages and writes,
        **({} if writes else {name: getattr(KeptForm(), name) for name in OPTIONS}),
        guard=NOTE,  # a part is not the run that is to be guarded
    )
    with tempfile.TemporaryDirectory(prefix="dedup-dry-", dir=options.scratch_folder) as folder:
        output = Path(folder, "out") if writes else None
        summary = run(open_input(options.limit), output, params, options, agencies).summary
        written = 0 if output is None else sum(file.stat().st_size for file in output.rglob("*") if file.is_file())
    return Part(records, summary["seconds"], summary["scratch_bytes"], written, _memory_used())


def extrapolated(
    small: Part | None, large: Part, records: int, options: RunOptions, output: Path | str | None
) -> RunEstimate:
    """Continue two parts to all records; of one part alone everything is in proportion to its records."""
    before = small or Part(0, {}, 0, 0, 0)

    def slope(of_small: float, of_large: float, exponent: float = 1.0) -> float:
        """Return what each ``records ** exponent`` adds between both parts."""
        first, last = (float(part.records) ** exponent for part in (before, large))
        return max(0.0, (of_large - of_small) / (last - first)) if last > first else 0.0

    def grown(of_large: float, each: float, exponent: float = 1.0) -> float:
        return float(of_large + each * (float(records) ** exponent - float(large.records) ** exponent))

    def later(name: str, seconds: float) -> float:
        exponent = EXPONENTS.get(name, 1.0)
        # Times vary from run to run: beyond what is in proportion, their growth is not believed.
        each = min(slope(before.seconds.get(name, 0.0), seconds, exponent), seconds / large.records**exponent)
        return grown(seconds, each, exponent)

    stages = {name: later(name, seconds) for name, seconds in large.seconds.items() if name != "total"}
    tried = sum(large.seconds.values()) - large.total
    memory = None
    if large.memory is not None:
        most = max(options.chosen_memory, LEAST_MEMORY + MEMORY_A_RECORD * records, large.memory)
        memory = min(int(grown(large.memory, slope(before.memory or 0, large.memory))), most)
    place = options.scratch_folder or (
        output.absolute().parent if isinstance(output, Path) else Path(tempfile.gettempdir())
    )
    return RunEstimate(
        records,
        sum(stages.values()) * large.total / tried if tried else large.total,
        stages,
        memory,
        int(grown(large.scratch, slope(before.scratch, large.scratch))),
        int(grown(large.output, slope(before.output, large.output))),
        limits.free_space(place) if place.exists() else None,
        large.records,
        large.total,
    )


def _memory_used() -> int | None:
    """Return the most bytes that this process has used so far; None where the system does not say."""
    try:
        import resource
        import sys
    except ModuleNotFoundError:  # on Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most if sys.platform == "darwin" else most * 1024)


def as_dict(estimate: RunEstimate) -> dict[str, Any]:
    """Return an estimate in a form that JSON can hold."""
    values = {name: getattr(estimate, name) for name in RunEstimate.__slots__}
    values["stages"] = {name: round(seconds, 3) for name, seconds in estimate.stages.items()}
    return {**values, "seconds": round(estimate.seconds, 3), "tried_seconds": round(estimate.tried_seconds, 3)}
