"""What a run returns, and how it is written."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.io import Output, Source, write_parquet, write_rejected
from dedup.io.bytes.surrogates import printable
from dedup.io.output import SUMMARY
from dedup.report.run_table import table as report
from dedup.schema import DECISIONS, MATCHES

if TYPE_CHECKING:
    from dedup.run.outcome import Decisions

FEW = 20
"""Up to so many records are told one by one."""


class Result:
    """Decisions and matches of a run.

    Parameters
    ----------
    decisions : Decisions
    matches : pyarrow.Table
        One row per verified pair: `dedup.schema.MATCHES`.
    summary : dict
        Counts, largest clusters, seconds by stage, params and their fingerprint: what ``summary.json`` holds.
    kept : bool array, shape (n_records,)
    source : Source
    """

    def __init__(
        self,
        decisions: Decisions,
        matches: pa.Table,
        summary: dict[str, Any],
        kept: npt.NDArray[np.bool_],
        source: Source,
    ) -> None:
        self.matches = matches
        self.summary = summary
        self._decisions = decisions
        self._kept = kept
        self._source = source

    @functools.cached_property
    def decisions(self) -> pa.Table:
        """One row per input record, in input order: `dedup.schema.DECISIONS`."""
        return pa.concat_tables(self._decisions.slices())

    @property
    def leader(self) -> npt.NDArray[np.int64]:
        """For each input record the number, from 0, of the one kept in its place.

        Its own if it is kept, -1 if it is rejected. The decisions say the same by ids, which may occur twice.
        """
        return self._decisions.leader

    @property
    def counts(self) -> dict[str, int]:
        """Records, kept, dropped, rejected, and the dropped by relation."""
        dropped = self.summary["dropped"]
        return {
            "records": self.summary["records"],
            "kept": self.summary["kept"],
            "dropped": sum(dropped.values()),
            "rejected": self.summary["rejected"],
            **dropped,
        }

    @property
    def kept(self) -> pa.Table:
        """The kept records with all their fields, in input order; files are read again for them."""
        return self._source.kept_table(self._kept)

    @property
    def is_kept(self) -> npt.NDArray[np.bool_]:
        """Whether each record is kept: a bool array of shape (n_records,)."""
        return self._kept

    def __repr__(self) -> str:
        counts = self.counts
        return f"Result({', '.join(f'{name}={counts[name]}' for name in ('records', 'kept', 'dropped', 'rejected'))})"

    def __str__(self) -> str:
        few = len(self._decisions) <= FEW
        return report(self.summary, self.decisions.to_pylist() if few else ())

    def write(self, output: Output) -> None:
        """Write kept records, decisions, matches and rejected records."""
        names = self._source.write_kept(self._kept, output.folder)
        write_parquet(self._decisions.slices(), DECISIONS, output.path("decisions.parquet"))
        write_parquet([self.matches], MATCHES, output.path("matches.parquet"))
        write_rejected(self._decisions.rejections(), output.path("rejected.jsonl"))
        self.summary["files"] = [*names, "decisions.parquet", "matches.parquet", "rejected.jsonl", SUMMARY]

    def write_summary(self, output: Output) -> None:
        """Write the summary, last of all: it marks the folder as complete."""
        told = json.dumps(self.summary, indent=2, ensure_ascii=False)
        output.path(SUMMARY).write_text(printable(told) + "\n", "utf-8")
