"""Write the output of a run to a remote folder, so that a reader takes only a whole one for one."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from dedup.errors import InputError, OutputError
from dedup.io.output import LISTED_UNDER, Output, files_in_summary
from dedup.io.output_names import FIXED, SUMMARY, UNFINISHED, is_ours
from dedup.io.places.remote_folder import RemoteFolder
from dedup.io.places.remote_tuning import RemoteTuning
from dedup.io.places.transfers import Transfers
from dedup.io.places.urls import is_http, shown_url


class RemoteOutput(Output):
    """An output folder that a file system of fsspec holds; all else as `Output`.

    Files are written to a hidden folder of this machine. ``commit`` removes the summary of an earlier run, uploads the
    others, and last their summary: without one a folder is no output of a run. What is uploaded, and what was removed,
    is no more than the files of a run.

    Parameters
    ----------
    url : str
    inputs : sequence of Path or str
        As ``Source.inputs``.
    resume : bool
        Take over what a killed run to this output has left on this machine.
    scratch : Path, optional
        Where the hidden folder is; by default where the system has temporary files.
    tuning : RemoteTuning, optional

    Raises
    ------
    OutputError
        As for `Output`, and when the folder cannot be reached.
    """

    def __init__(
        self,
        url: str,
        inputs: Sequence[Path | str],
        resume: bool = False,
        scratch: Path | None = None,
        tuning: RemoteTuning | None = None,
    ) -> None:
        if is_http(url):
            raise OutputError(f"{shown_url(url)} cannot be written to", "a folder, or a URL as s3://bucket/folder")
        try:
            self._remote = RemoteFolder(url, Transfers(tuning))
        except InputError as error:
            raise OutputError(error.found, error.expected, error.hint) from None
        shown = self._remote.shown
        _refuse_remote_inputs(shown, inputs)
        self._replaced, self._is_begun = _names_of_earlier_run(self._remote)
        place = (scratch or Path(tempfile.gettempdir())).resolve()
        name = hashlib.blake2b(shown.rstrip("/").encode(), digest_size=8).hexdigest()
        super().__init__(place / f"dedup-output-{name}", inputs, resume)
        self.directory = shown

    def __enter__(self) -> RemoteOutput:
        super().__enter__()
        try:
            self._mark(self._replaced)  # now, so that a run that may not write here is refused before it begins
        except BaseException:
            super().__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if not self._is_begun:  # else the marker says whose the files are
            with suppress(OutputError):
                self._remote.remove(UNFINISHED)

    def _mark(self, names: Iterable[str]) -> None:
        self._remote.write(UNFINISHED, json.dumps({LISTED_UNDER: sorted(names)}).encode())

    def commit(self) -> None:
        """Upload the written files, and remove those of an earlier run.

        Raises
        ------
        OutputError
            When something cannot be uploaded: then there is no summary, and the run can be resumed.
        """
        folder, remote = self.folder, self._remote
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        new = {name.partition("/")[0] for name in files}
        try:
            self._mark(new.union(self._replaced))
            self._is_begun = True
            remote.remove(SUMMARY)
            for name in self._replaced:
                if name not in new or (folder / name).is_dir():
                    remote.remove(name)
            for name in files:
                if name != SUMMARY:
                    remote.upload(folder / name, name)
            remote.upload(folder / SUMMARY, SUMMARY)
        except OutputError as error:
            hint = "run the same command again with --resume: until then there is no summary, and so no output"
            raise OutputError(error.found, error.expected, f"{error.hint}; {hint}" if error.hint else hint) from None
        self._is_begun = False
        self.finish()


def _names_of_earlier_run(remote: RemoteFolder) -> tuple[list[str], bool]:
    """Return the names in a folder that a run has written and another may replace, and whether one is unfinished.

    Raises
    ------
    OutputError
        When files that no run has written stand where those of one would.
    """
    there = [name for name in remote.names() if is_ours(name) or name == UNFINISHED]
    marker = UNFINISHED if UNFINISHED in there else SUMMARY
    known = files_in_summary(remote.read(marker) or b"") if marker in there else None
    is_begun = marker == UNFINISHED and SUMMARY not in there
    earlier = {marker, SUMMARY, *known} if known is not None else set()
    if known is not None and not is_begun:
        earlier |= {*FIXED}  # as for a folder of this machine: a run of before may have written them
    if others := [name for name in there if name not in earlier]:
        raise OutputError(
            f"{remote.shown.rstrip('/')}/{others[0]} exists, and was not written by an earlier run",
            "an empty or new folder, or that of an earlier run",
            "choose another -o, or move it away",
        )
    return [name for name in there if name in (known or ()) and name != SUMMARY], is_begun


def _refuse_remote_inputs(shown: str, inputs: Sequence[Path | str]) -> None:
    place = f"{shown.rstrip('/')}/"
    for one in inputs:
        if isinstance(one, str) and place.startswith(f"{one.rstrip('/')}/"):
            where = "is an input" if place == f"{one.rstrip('/')}/" else f"lies in the input folder {one}"
            raise OutputError(f"{shown} {where}", "a folder outside the inputs", "choose another -o")
        if isinstance(one, str) and one.startswith(place) and is_ours(one.removeprefix(place).partition("/")[0]):
            found = f"{one} is an input, and the output {shown} would overwrite it"
            raise OutputError(found, hint="choose another -o")
