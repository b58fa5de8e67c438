"""Hold the result of a run, and write it to the output folder."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from dedup.errors import OutputError
from dedup.io import WRITERS, Output, write_parquet, write_rejected
from dedup.io.bytes.surrogates import printable
from dedup.io.kept_form import KeptForm
from dedup.io.output_names import SUMMARY
from dedup.params import Params
from dedup.run.decision_table import Decisions
from dedup.run.run_output import read_texts
from dedup.run.run_view import InputAgain, Rejection, SearchTables
from dedup.run.viewed_run import ViewedRun
from dedup.schema import DECISIONS, PASSAGES
from dedup.store.durable import sync_stream
from dedup.store.meter import NO_METER, Meter

PASSAGES_FILE = "passages.parquet"


class Result(ViewedRun):
    """Decisions, matches and summary of a run; `dedup.deduplicate` returns it.

    Parameters
    ----------
    decisions : Decisions
    matches : pyarrow.Table
        One row for each verified pair: `dedup.schema.MATCHES`.
    summary : dict
        Counts, largest clusters, seconds by stage, params and their fingerprint: the content of ``summary.json``.
    params : Params
    is_kept : bool array, shape (n_records,)
        Whether each input record is kept.
    source : InputAgain
    search : SearchTables, optional
        What a later decision needs besides.

    Attributes
    ----------
    matches, summary, params, source, search
        As above.
    output : Path, str or None
        The folder that the result was written to, or its URL.

    Examples
    --------
    >>> import dedup
    >>> text = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> result = dedup.deduplicate([text, text.upper(), "Something else, long enough to be compared with it."])
    >>> result
    Result(records=3, kept=2, dropped=1, rejected=0)
    >>> result.kept.num_rows, result.counts["identical"]
    (2, 1)
    """

    def __init__(
        self,
        decisions: Decisions,
        matches: pa.Table,
        summary: dict[str, Any],
        params: Params,
        is_kept: npt.NDArray[np.bool_],
        source: InputAgain,
        search: SearchTables | None = None,
    ) -> None:
        self.matches = matches
        self.summary = summary
        self.params = params
        self.output: Path | str | None = None
        self._decisions = decisions
        self._kept = is_kept
        self.source = source
        self.search = search

    @functools.cached_property
    def decisions(self) -> pa.Table:
        """One row for each input record, in input order: `dedup.schema.DECISIONS`."""
        return pa.concat_tables(self._decisions.slices())

    @property
    def leader(self) -> npt.NDArray[np.int64]:
        """For each input record, the number (from 0) of the record kept in its place: int64, shape (n_records,).

        Its own if it is kept, -1 if it is rejected. The decisions say the same by ids, which may occur twice.
        """
        return self._decisions.leader

    def rejections(self) -> Iterator[Rejection]:
        """Return what was rejected.

        Yields
        ------
        tuple
            File, row, reason, raw bytes and their number of each rejected record, in input order.
        """
        return self._decisions.rejections()

    def texts(self, records: Iterable[int]) -> dict[int, str]:
        """Read the texts of some records again, with their markup.

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
            When an input cannot be read again.

        Examples
        --------
        >>> import dedup
        >>> result = dedup.deduplicate(["One <b>text</b>.<br>", "Another text."])
        >>> result.texts([0])
        {0: 'One <b>text</b>.<br>'}
        """
        return read_texts(self.source, self.decisions, records)

    def __repr__(self) -> str:
        counts = self.counts
        shown = [f"{name}={counts[name]}" for name in ("records", "kept", "dropped", "rejected")]
        return f"Result({', '.join(shown)}{f', output={str(self.output)!r}' if self.output else ''})"

    def write(
        self,
        output: Output,
        form: str = "parquet",
        kept: bool = True,
        kept_form: KeptForm | None = None,
        meter: Meter = NO_METER,
    ) -> None:
        """Write kept records, decisions, matches, what a later decision needs, and rejected records.

        Parameters
        ----------
        output : Output
        form : str
            That of the file of decisions: `dedup.io.WRITERS`.
        kept : bool
            Whether the kept records are written.
        kept_form : KeptForm, optional
            How they are.
        meter : Meter

        Raises
        ------
        OutputError
        """
        names = []
        if kept:
            with meter.bar("kept", int(np.count_nonzero(self._kept)), "records"):
                names = self.source.write_kept(self._kept, output.folder, kept_form, meter)
        decisions = f"decisions.{form}"
        with meter.bar("decisions", len(self._kept), "records"):
            WRITERS[form](_counted(self._decisions.slices(), meter), DECISIONS, output.path(decisions))
        tables = {"matches.parquet": self.matches}
        if self.search is not None:
            tables["documents.parquet"] = self.search.documents
            if self.search.near is not None:
                tables["near.parquet"] = self.search.near
        for name, table in tables.items():
            write_parquet([table], table.schema, output.path(name))
        write_rejected(self._decisions.rejections(), output.path("rejected.jsonl"))
        self.summary["files"] = [*names, decisions, *tables, "rejected.jsonl", SUMMARY]

    def write_stream(self, stream: int, form: KeptForm, meter: Meter = NO_METER) -> None:
        """Write the kept records to an open file, and nothing else; when this returns, all are written.

        Parameters
        ----------
        stream : int
            The number of the file, which stays open.
        form : KeptForm
            That of a stream.
        meter : Meter
            Counts the records.

        Raises
        ------
        OutputError
        BrokenPipeError
            When nobody reads them.
        """
        try:
            self.source.write_kept(self._kept, stream, form, meter)
            sync_stream(stream)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"cannot write the kept records: {error.strerror or error}") from error
        self.summary["files"] = []

    def write_passages(self, output: Output, records_at_a_time: int, meter: Meter = NO_METER) -> None:
        """Find the passages that the records of each match share, and write them.

        Parameters
        ----------
        output : Output
        records_at_a_time : int
            Texts that are held in memory.
        meter : Meter

        Raises
        ------
        InputError, OutputError
        """
        from dedup.run.passage_table import passage_slices  # with kernels that other runs need not load

        write_parquet(passage_slices(self, records_at_a_time, meter), PASSAGES, output.path(PASSAGES_FILE))
        self.summary["files"].insert(-1, PASSAGES_FILE)

    def write_summary(self, output: Output) -> None:
        """Write the summary last, because it marks the folder as complete.

        Parameters
        ----------
        output : Output

        Raises
        ------
        OutputError
        """
        try:  # with indents Python's own encoder is slow: of 10,000 files a fifth of a second
            text = orjson.dumps(self.summary, option=orjson.OPT_INDENT_2).decode()
        except TypeError:  # as for half characters
            text = json.dumps(self.summary, indent=2, ensure_ascii=False)
        output.path(SUMMARY).write_text(printable(text) + "\n", "utf-8")
        self.output = output.directory


def _counted(tables: Iterable[pa.Table], meter: Meter) -> Iterator[pa.Table]:
    for table in tables:
        yield table
        meter.advance(table.num_rows)
