"""Read what a run has written, and the texts of its inputs again."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.errors import InputError, ParamsError
from dedup.io import Batch, Fields, ReadOptions, Rows, open_files, read_table
from dedup.io.bytes.file_digests import digest_of
from dedup.io.bytes.paths import STDIN, archive_in, expand
from dedup.io.bytes.surrogates import printable
from dedup.io.file_source import FileSource
from dedup.io.format_registry import TABLE_FORMS
from dedup.io.kept_form import KeptForm
from dedup.io.output_names import SUMMARY, UNFINISHED
from dedup.io.places.urls import HIDDEN, is_url
from dedup.io.read_options import LARGEST_LONGEST
from dedup.io.source_part import SourcePart
from dedup.params import Params
from dedup.run.run_view import InputAgain, Rejection, RunView, SearchTables
from dedup.run.viewed_run import ViewedRun
from dedup.schema import DECISIONS, DOCUMENTS, MATCHES, NEAR
from dedup.store.meter import NO_METER, Meter

if TYPE_CHECKING:
    from dedup.io.places.remote_folder import RemoteFolder

__all__ = ["RunOutput", "RunView", "read_texts"]


class RunOutput(ViewedRun):
    """The output folder of a finished run: its tables, and the texts of its inputs.

    Parameters
    ----------
    folder : path or URL
        What ``dedup run -o``, or ``dedup.deduplicate`` with an output, has written.
    fields : Fields, optional
        Replaces what was named in the run, for inputs whose fields are called otherwise by now.

    Attributes
    ----------
    folder : Path or str
    summary : dict
        What ``summary.json`` holds.
    params : Params

    Raises
    ------
    InputError
        When it is not the folder of a finished run.

    Examples
    --------
    >>> import dedup, tempfile
    >>> text = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> folder = tempfile.mkdtemp()
    >>> result = dedup.deduplicate([text, text.upper()], folder)
    >>> run = dedup.RunOutput(folder)
    >>> run.decisions["kept"].to_pylist(), run.records_of("2")
    ([True, False], [1])
    """

    def __init__(self, folder: str | os.PathLike[str], fields: Fields | None = None) -> None:
        self._remote = _remote_folder(folder) if isinstance(folder, str) and is_url(folder) else None
        self.folder: Path | str = Path(folder) if self._remote is None else self._remote.shown
        self._checked: dict[str, Path | str] = {}
        try:
            self.summary: dict[str, Any] = json.loads(self._summary_text())
            self.params = Params(**{**self.summary["params"], "prefer": tuple(self.summary["params"]["prefer"])})
            self._names: list[str] = list(self.summary["files"])
        except (OSError, ValueError, KeyError, TypeError, ParamsError) as error:
            found = f"{printable(str(self.folder))} is not the output folder of a run"
            is_report = isinstance(self.folder, Path) and (self.folder / "index.html").is_file()
            if is_report:
                hint = "it looks like a report: name the folder of its run"
            elif self._remote is not None and self._remote.read(UNFINISHED) is not None:
                hint = "a run to it was not finished: run it again with the same arguments and --resume"
            else:
                hint = "make one: dedup run INPUT -o DIR"
            raise InputError(found, f"one with a {SUMMARY} of this version in it", hint) from error
        self._fields = _with(self.summary.get("fields", {}).get("named", {}), fields)

    def _summary_text(self) -> bytes:
        if self._remote is None:
            return self._file(SUMMARY).read_bytes()
        if (content := self._remote.read(SUMMARY)) is None:
            raise FileNotFoundError(SUMMARY)
        return content

    def _file(self, name: str) -> Path:
        """Return the path of a file of the run; of a remote one it is that of a copy."""
        return Path(self.folder, name) if self._remote is None else self._remote.fetched(name)

    def __repr__(self) -> str:
        return f"RunOutput({str(self.folder)!r}, records={self.summary.get('records')})"

    @functools.cached_property
    def decisions(self) -> pa.Table:
        """One row for each record of the input, in its order: `dedup.schema.DECISIONS`.

        Raises
        ------
        InputError
            When the file is missing, damaged, or was written by an earlier version.
        """
        forms = (form for form in TABLE_FORMS if f"decisions.{form}" in self._names)
        return read_table(self._file(f"decisions.{next(forms, 'parquet')}"), DECISIONS)

    @functools.cached_property
    def matches(self) -> pa.Table:
        """One row for each verified pair: `dedup.schema.MATCHES`.

        Raises
        ------
        InputError
            As for ``decisions``.
        """
        return read_table(self._file("matches.parquet"), MATCHES)

    @functools.cached_property
    def search(self) -> SearchTables | None:
        """What a later decision needs besides, None for a run with an index: `dedup.schema.DOCUMENTS`, `NEAR`.

        Raises
        ------
        InputError
            As for ``decisions``.
        """
        if "documents.parquet" not in self._names:
            return None
        import pyarrow.parquet as pq

        near = read_table(self._file("near.parquet"), NEAR) if "near.parquet" in self._names else None
        path = self._file("documents.parquet")
        documents = read_table(path, DOCUMENTS).replace_schema_metadata(pq.read_schema(path).metadata)
        return SearchTables(documents, near)

    @property
    def source(self) -> InputAgain:
        """The inputs of the run, to be read again."""
        return _Inputs(self)

    def rejections(self) -> Iterator[Rejection]:
        """Read what was rejected.

        Yields
        ------
        tuple
            File, row, reason, raw bytes and their number of each rejected record, in input order.

        Raises
        ------
        InputError
            When the list is missing or damaged.
        """
        try:
            with open(self._file("rejected.jsonl"), "rb") as file:
                for line in file:
                    read = json.loads(line)
                    raw = read["raw"].encode("utf-8", "surrogateescape")
                    size = read.get("bytes", len(raw))
                    yield read["file"], read["row"], read["reason"], raw, -1 if size is None else size
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            found = f"rejected.jsonl of {self.folder}: {error}"
            raise InputError(found, "what dedup run -o writes", "run it again") from error

    def texts(self, records: Iterable[int]) -> dict[int, str]:
        """Read the texts of some records from the inputs again, with their markup.

        Parameters
        ----------
        records : iterable of int
            Places in the decisions, from 0.

        Returns
        -------
        dict of int to str
            By record; empty where it has no text.

        Raises
        ------
        InputError
            When an input is gone or has changed since the run, or was none that can be read again.
        """
        wanted = np.unique(np.fromiter(records, np.int64))
        names = pc.unique(self.decisions["file"].take(pa.array(wanted))).to_pylist()
        paths = {name: self._path_of(name) for name in names}
        called = {printable(str(path)): name for name, path in paths.items()}
        if not called:
            return {}
        source = self._open(paths.values())
        return read_texts(source, self.decisions, wanted, called)

    def _open(self, paths: Iterable[Path | str]) -> FileSource:
        """Return the source of some of the inputs, or of what they are now."""
        return open_files([*paths], ReadOptions(self._fields, longest=LARGEST_LONGEST))

    @functools.cached_property
    def _files_read(self) -> dict[str, dict[str, Any]]:
        return {one["path"]: one for one in self.summary.get("files_read", [])}

    def _path_of(self, name: str) -> Path | str:
        """Return where an input file is now, after a check that it is what it was."""
        if name not in self._checked and is_url(name):
            self._require_object(name)
            self._checked[name] = name
        if name not in self._checked:
            read = self._files_read.get(name, {"absolute": name})
            places = [Path(place) for place in (read["absolute"], name) if place is not None]
            place = next((one for one in places if one.is_file() or archive_in(one)), None)
            if place is None:
                from dedup.io.memory_source import IN_MEMORY  # with readers that few runs need

                if name == STDIN:
                    raise InputError("standard input cannot be read again", "a run on files, to see their texts")
                if name in IN_MEMORY and not self._files_read:
                    raise InputError("records in memory cannot be read again", "a run on files, to see their texts")
                hint = "call it from the folder in which the run was called"
                raise InputError(f"{name}: no such file", f"the inputs of the run in {self.folder}", hint)
            if "digest" in read and _has_changed(place, read):
                raise self._changed(name)
            self._checked[name] = place
        return self._checked[name]

    def _require_object(self, url: str) -> None:
        """Refuse a remote input that cannot be read again, or is not what it was."""
        read = self._files_read.get(url, {})
        if HIDDEN in url:
            found = f"{url} cannot be read again: a run does not store the secret of a URL"
            raise InputError(found, "a URL without one, and credentials where its library looks for them")
        from dedup.io.places.remote_object import is_unchanged  # which other runs need not wait for

        if "version" in read:
            is_same = is_unchanged(url, read["bytes"], read["version"])
        else:
            (file,) = expand([url])
            is_same = "digest" not in read or (file.size() == read["bytes"] and digest_of(file) == read["digest"])
        if not is_same:
            raise self._changed(url)

    def _changed(self, name: str) -> InputError:
        found = f"{name} has changed since the run in {self.folder}"
        return InputError(found, "the content that was read", "run it again")


def _remote_folder(url: str) -> RemoteFolder:
    from dedup.io.places.remote_folder import RemoteFolder  # which other runs need not wait for

    return RemoteFolder(url)


def _has_changed(place: Path, read: Mapping[str, Any]) -> bool:
    """Return whether a file is not what a run has read.

    Raises
    ------
    InputError
        When it cannot be read.
    """
    try:
        (file,) = expand([place])
        return bool(file.size() != read["bytes"] or digest_of(file) != read["digest"])
    except OSError as error:
        raise InputError(f"cannot read {printable(str(place))}: {error.strerror or error}") from error


class _Inputs:
    """The inputs of a run that is opened again; read only when they are asked for.

    Parameters
    ----------
    run : RunOutput
    """

    def __init__(self, run: RunOutput) -> None:
        self._run = run

    @property
    def notes(self) -> list[str]:
        return [] if self._run.search is None else self._run.search.about.reading

    @property
    def fields(self) -> dict[str, Any]:
        return dict(self._run.summary["fields"])

    @property
    def files_read(self) -> list[dict[str, Any]]:
        return list(self._run.summary["files_read"])

    @functools.cached_property
    def _paths(self) -> dict[str, Path | str]:
        """Where the files with records are now, by their names in the run."""
        names = pc.unique(self._run.decisions["file"]).to_pylist() or [one["path"] for one in self.files_read]
        return {name: self._run._path_of(name) for name in names}

    @functools.cached_property
    def _files(self) -> FileSource:
        """All inputs, found where the run found them."""
        source, read = self._run._open(self._paths.values()), self._run._files_read
        relative = {name: read.get(name, {}).get("relative") for name in self._paths}
        source.found_at({printable(str(self._paths[name])): way for name, way in relative.items() if way})
        return source

    @functools.cached_property
    def _source(self) -> InputAgain:
        """All inputs, read to their end, as their kept records can be written only then."""
        decisions, source, paths = self._run.decisions, self._files, self._paths
        rows: dict[str, list[npt.NDArray[np.int64]]] = {printable(str(path)): [] for path in paths.values()}
        for piece in source.pieces():
            batch = piece()
            source.accept(batch)
            rows[batch.file].append(batch.row)
        source.finish()
        none = np.empty(0, np.int64)
        read = {name: np.concatenate([none, *rows[printable(str(path))]]) for name, path in paths.items()}
        size = sum(map(len, read.values()))
        # Of a sample, or of a run with a limit, there are not all records.
        return source if size == len(decisions) else SourcePart(source, _places(decisions, read), size)

    def read_again(self, rows: Rows) -> Iterator[Batch]:
        paths = {name: self._run._path_of(name) for name in rows}
        called = {printable(str(path)): name for name, path in paths.items()}
        source = self._run._open(paths.values())
        for batch in source.read_again({now: rows[name] for now, name in called.items()}):
            yield replace(batch, file=called[batch.file])

    def write_kept(
        self, kept: npt.NDArray[np.bool_], place: Path | int, form: KeptForm | None = None, meter: Meter = NO_METER
    ) -> list[str]:
        self._files.require_form(form or KeptForm())
        return self._source.write_kept(kept, place, form, meter)

    def kept_table(self, kept: npt.NDArray[np.bool_]) -> pa.Table:
        return self._source.kept_table(kept)


def _places(decisions: pa.Table, read: Mapping[str, npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """Return where the records of a run are among all that was read, given the rows of each file in its order."""
    numbers = np.asarray(pc.index_in(decisions["file"], pa.array([*read], pa.string())))
    rows = np.asarray(decisions["row"])
    ends = np.searchsorted(numbers, np.arange(len(read)), side="right")  # records stand in the order of the files
    parts, first, begin = [np.empty(0, np.int64)], 0, 0
    for of_file, end in zip(read.values(), ends.tolist(), strict=True):
        parts.append(first + np.searchsorted(of_file, rows[begin:end]))
        first, begin = first + len(of_file), end
    return np.concatenate(parts)


def read_texts(
    source: InputAgain, decisions: pa.Table, records: Iterable[int], called: Mapping[str, str] | None = None
) -> dict[int, str]:
    """Read the texts of some records from their source again.

    Parameters
    ----------
    source : InputAgain
        Only the files of these records are read, and no further than to the last of them.
    decisions : pyarrow.Table
    records : iterable of int
    called : mapping, optional
        By the names of the files in the source those in the decisions, where they differ.

    Returns
    -------
    dict of int to str
        Empty where a record has no text.
    """
    wanted = np.unique(np.fromiter(records, np.int64))
    found = dict.fromkeys(wanted.tolist(), "")
    places = decisions.select(["file", "row"]).take(pa.array(wanted))
    files, row = places["file"].combine_chunks().dictionary_encode(), np.asarray(places["row"])
    numbers = np.asarray(files.indices)
    rows: dict[str, npt.NDArray[np.int64]] = {}
    records_at: dict[str, npt.NDArray[np.int64]] = {}
    theirs = {name: other for other, name in (called or {}).items()}
    for number, name in enumerate(files.dictionary.to_pylist()):
        here = np.flatnonzero(numbers == number)
        name = theirs.get(name, name)
        rows[name], records_at[name] = row[here], wanted[here]
    for batch in source.read_again(rows):
        at = np.searchsorted(rows[batch.file], batch.row)
        is_wanted = np.append(rows[batch.file], -1)[at] == batch.row
        for position in np.flatnonzero(is_wanted).tolist():
            text = batch.text[position].as_py() or b""
            found[int(records_at[batch.file][at[position]])] = text.decode("utf-8", "replace")
    return found


def _with(named: Mapping[str, Any], fields: Fields | None) -> Fields:
    """Return the fields that were named in a run, with those of the caller in their place."""
    chosen = {} if fields is None else {name: value for name, value in asdict(fields).items() if value is not None}
    return Fields(**{**named, **chosen})
