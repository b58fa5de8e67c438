"""Format the estimate of a run for the terminal."""

from __future__ import annotations

from dedup.io.sizes import shown_size
from dedup.run.estimate import RunEstimate

SHOWN_STAGES = 0.05
"""Least share of the time of a stage that is listed."""


def estimate_table(estimate: RunEstimate) -> str:
    """Format an estimate as lines of text."""
    whole = sum(estimate.stages.values())
    stages = [f"{name} {_time(of)}" for name, of in estimate.stages.items() if of >= SHOWN_STAGES * max(whole, 1e-9)]
    is_all = estimate.tried_records >= estimate.records
    free = f"; {shown_size(estimate.free)} are free" if estimate.free is not None else ""
    lines = [
        ("records", f"{estimate.records:,}" if is_all else f"about {estimate.records:,}"),
        ("time", f"about {_time(estimate.seconds)}  ({', '.join(stages)})"),
        ("memory", "not known on this system" if estimate.memory is None else f"about {shown_size(estimate.memory)}"),
        ("scratch", f"about {shown_size(estimate.scratch)} of temporary files{free}"),
        ("output", f"about {shown_size(estimate.output)}" if estimate.output else "nothing is written without -o"),
    ]
    rests = f"the first {estimate.tried_records:,} records were run, in {estimate.tried_seconds:.1f} s"
    rests = f"all {estimate.tried_records:,} records were run" if is_all else rests
    limits = "not included: compiling, in the first run of an installation, and what else the machine does meanwhile"
    table = (f"{name:<9}{value}" for name, value in lines)
    return "\n".join([*table, "", f"{rests}; nothing was kept of them", limits])


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 6000 else f"{seconds / 3600:,.1f} h"
