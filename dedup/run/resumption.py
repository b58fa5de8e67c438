"""Decide whether a run can be resumed, and what is left of a run that fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from dedup._version import __version__
from dedup.attribution.agencies import Agencies
from dedup.errors import GuardError, InputError, ParamsError, TransferError
from dedup.io import Output, Source
from dedup.params import Params
from dedup.run.checkpoint import Checkpoint
from dedup.run.options import RunOptions
from dedup.run.progress import Progress
from dedup.store.scratch import Scratch, scratch_error


def require_resumable(source: Source, output: Path | str | None, options: RunOptions) -> None:
    """Refuse to resume a run that cannot be resumed, before any saved work is touched.

    Raises
    ------
    ParamsError
    """
    if options.resume and (output is None or not source.can_resume):
        why = "without an output folder nothing is saved" if output is None else "this input cannot be read again"
        raise ParamsError(f"resume: {why}", "files as input, and an output folder")


def run_identity(
    source: Source, params: Params, options: RunOptions, agencies: Agencies, index: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the settings that decide the result of a run: only a run with the same ones can continue another.

    Parameters
    ----------
    source : Source
    params : Params
    options : RunOptions
        Of these the memory, and the sizes of what is saved as one step.
    agencies : Agencies
    index : mapping or None
        The state of the index that the run is compared with.
    """
    return {
        "version": __version__,
        **params.as_dict(),
        **source.settings,
        "agencies": agencies.fingerprint,
        "memory": options.chosen_memory,
        "sample": [options.sample, options.tuning.sample_seed],
        "pairs_at_a_time": options.tuning.pairs_at_a_time,
        "index_step": options.tuning.index_step,
        **({} if index is None else {"index": index}),
    }


@contextmanager
def open_checkpoint(
    source: Source, output: Output | None, identity: Mapping[str, Any], options: RunOptions, progress: Progress
) -> Iterator[Checkpoint]:
    """Open the scratch files of a run with the steps that an earlier process has finished.

    When the run fails, what it has finished is kept if another attempt may succeed.
    """
    memory, place = options.chosen_memory, options.scratch_folder
    if output is None or not source.can_resume:
        with closing(Scratch(place, memory)) as scratch:
            yield Checkpoint(scratch)
        return
    checkpoint = None
    try:
        folder = output.scratch(place)
        with closing(Scratch(folder, memory, lasting=True)) as scratch:
            checkpoint = Checkpoint(scratch, folder, identity, options.resume, options.tuning.save_after)
            if options.resume:
                finished = f"resuming from the finished steps in {folder}"
                found = finished if checkpoint.has_saved else "nothing to resume; starting from the beginning"
                progress.say(found, logging.INFO)
            yield checkpoint
    except BaseException as error:
        # Bad input stays bad, and a guard refuses the same again: only what may succeed the next time is worth the
        # room. What was there before is not ours.
        is_bad = isinstance(error, (InputError, ParamsError, GuardError)) and not isinstance(error, TransferError)
        has_saved = output.has_saved if checkpoint is None else checkpoint.has_saved
        output.is_unfinished = output.is_open and has_saved and (options.resume or not is_bad)
        is_reported = isinstance(error, KeyboardInterrupt)  # by `dedup.run.interruption`, when all is tidied up
        if output.is_unfinished and not is_bad and not is_reported and checkpoint is not None:
            progress.say(f"the finished steps are kept in {folder}: continue with --resume")
        if isinstance(error, OSError) and checkpoint is None:
            raise scratch_error(error, place) from error
        raise
