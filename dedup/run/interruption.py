"""Say what is left of a run that is interrupted, and how to continue."""

from __future__ import annotations

from types import TracebackType

from dedup.errors import Interrupted
from dedup.io import Output
from dedup.io.sizes import shown_size
from dedup.run.checkpoint import Checkpoint
from dedup.run.progress import Progress


class Interruption:
    """A block whose interruption is reported when everything in it has been tidied up.

    Parameters
    ----------
    progress : Progress
        Knows what the run is doing.

    Attributes
    ----------
    output : Output or None
        To be set when it is opened.
    checkpoint : Checkpoint or None
        Likewise.

    Raises
    ------
    Interrupted
        For every other `KeyboardInterrupt`.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.output: Output | None = None
        self.checkpoint: Checkpoint | None = None

    def __enter__(self) -> Interruption:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, KeyboardInterrupt) and not isinstance(error, Interrupted):
            raise Interrupted(f"interrupted{self._progress.when}{self._left()}") from error

    def _left(self) -> str:
        output, folder = self.output, None if self.checkpoint is None else self.checkpoint.folder
        if output is not None and output.is_committed:
            return f"; {output.directory} is complete"
        if output is None or not output.is_unfinished:
            return "; nothing is left"
        held = 0 if folder is None else sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
        size = "" if folder is None else f" in {folder} ({shown_size(held)})"
        how = "run the same command with --resume to continue, or without it to start again"
        return f"; finished stages are kept{size}: {how}"
