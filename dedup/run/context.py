"""Hold the parameters, limits and bookkeeping that every stage of a run needs besides its data."""

from __future__ import annotations

from dataclasses import dataclass, field

from dedup.params import Params
from dedup.run.checkpoint import Checkpoint
from dedup.run.options import RunTuning
from dedup.run.progress import Progress
from dedup.store.scratch import Scratch


@dataclass(frozen=True, slots=True)
class RunContext:
    """Parameters, limits and bookkeeping of a run, passed from stage to stage.

    Parameters
    ----------
    params : Params
        Settled: those of the index, where there is one.
    threads : int
    checkpoint : Checkpoint
        The finished steps, and the scratch files.
    progress : Progress
    tuning : RunTuning
    sample : float or None
        Share of the texts whose stories are decided on; None: all.
    """

    params: Params
    threads: int
    checkpoint: Checkpoint
    progress: Progress = field(default_factory=Progress)
    tuning: RunTuning = field(default_factory=RunTuning)
    sample: float | None = None

    @property
    def scratch(self) -> Scratch:
        """The scratch files of the run."""
        return self.checkpoint.scratch

    @property
    def memory(self) -> int:
        """Bytes that the run may use."""
        return self.scratch.memory
