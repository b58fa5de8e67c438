"""Choose how a run is carried out (threads, memory, temporary files, resuming), which does not affect the answer."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import Path

from dedup.errors import ParamsError
from dedup.io import Fields, ReadOptions, checked_longest
from dedup.io.format_registry import TABLE_FORMS
from dedup.io.kept_form import LAYOUTS, KeptForm
from dedup.params import GUARDS, NOTE, refuse_other_keywords
from dedup.store import limits

MEMORY_SHARE = 4
"""By default a run takes one part in this many of the machine's memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTuning:
    """Sizes of the pieces that a run works in. The defaults suit every corpus measured; tests make them small.

    Parameters
    ----------
    save_after : float
        Seconds of work worth saving: a save syncs all scratch files, and shorter work is soon repeated.
    pairs_at_a_time : int
        Candidate pairs judged as one step, which can be saved. The evidence of a pair is 24 measures and four numbers,
        224 bytes: of half a million 120 MB.
    announced_scratch : int
        Bytes of scratch files from which on the space they take is announced, and checked, before a run.
    sample_seed : int
        Another one draws another sample.
    index_step : int
        Documents compared with an index as one step, which can be saved.
    index_documents, index_tokens : int
        Documents, and tokens of them, that are compared with an index, or added to it, at a time.
    passage_records : int
        Records whose texts are held at a time to find their passages: of news some 5 kB each. For each so many the
        inputs are read once more.
    """

    save_after: float = 5.0
    pairs_at_a_time: int = 1 << 19
    announced_scratch: int = 1_000_000_000
    sample_seed: int = 0
    index_step: int = 16_000
    index_documents: int = 2_000
    index_tokens: int = 2_000_000
    passage_records: int = 20_000


@refuse_other_keywords
@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a run is carried out. The answer does not depend on it, unless the memory is far too small.

    Parameters
    ----------
    threads : int, optional
        By default as many as the processors that this process may use, by its affinity and its container's share.
    memory : int, optional
        Bytes that the run may use, by default a quarter of the memory of the machine or its container; the rest goes to
        scratch files. With far too little memory, rare word pairs look frequent and copies are missed; then the summary
        has a note.
    scratch : path, optional
        Folder for temporary files: up to 1.7 times the bytes of the input. By default a hidden folder beside the
        output, or the system's folder for temporary files if there is no output.
    resume : bool
        Continue where an earlier run to the same output was killed; from the start if it had finished nothing.
    strict : bool
        Stop at the first malformed record instead of rejecting it.
    progress : bool
        Show a progress bar and notices on stderr.
    longest : int, optional
        Bytes of the longest record that is read, 64 MB by default: a longer line, record of CSV, text file or text of
        a table is rejected without being held in memory.
    fail_on_empty : bool
        Refuse an input without records; otherwise the output is empty, and a note in the summary says so.
    limit : int, optional
        Read only this many records, the first of the input in its order. The summary has a note.
    sample : float, optional
        Draw this share of the texts, in (0, 1), each with its whole story, and decide only on these: the summary
        estimates how many records of the whole input would be dropped. Everything is read, but few pairs are compared.
    decisions : str
        The form of the file of decisions: "parquet", "csv" or "jsonl".
    kept : bool
        Whether the kept records are written; the other files are.
    compress : str, optional
        Compress the kept records: "gz", "zst", "xz", "bz2" or "lz4". By default they are not, and tables are as the
        first of the input files.
    shards : int or str, optional
        Write the kept records to this many files, in their order and balanced; or a size such as "500MB": to files with
        at most so many bytes of records before compression. By default to one file for each format.
    layout : str
        "joined" writes one file for each format, "same" a file for each input file, in a folder ``kept``: with its
        name, its format and its compression.
    passages : bool
        Also write ``passages.parquet``: which passages the records of each match share. The inputs are read again for
        it.
    guard : str
        What to do before the output is written if much of a source would be dropped, or a very large cluster is made:
        "note" says so in the summary (and, if ``progress`` is set, on stderr), "error" writes nothing and raises
        `GuardError`.
    guard_share : float
        The largest share of a source, in [0, 1], that may be dropped; of sources with fewer than 20 records any.
    guard_cluster : int
        Records of the largest cluster.
    tuning : RunTuning
        Sizes that need not be changed.

    Raises
    ------
    ParamsError
        When threads, memory, longest, limit or guard_cluster are not whole numbers of at least 1, sample or guard_share
        is no share, or there is no such form or guard.

    Examples
    --------
    >>> import dedup
    >>> options = dedup.RunOptions(threads=1, memory=500_000_000)
    >>> dedup.deduplicate(["One text.", "Another text."], run=options).counts["kept"]
    2
    """

    threads: int | None = None
    memory: int | None = None
    scratch: str | os.PathLike[str] | None = None
    resume: bool = False
    strict: bool = False
    progress: bool = False
    longest: int | None = None
    fail_on_empty: bool = False
    limit: int | None = None
    sample: float | None = None
    decisions: str = "parquet"
    kept: bool = True
    compress: str | None = None
    shards: int | str | None = None
    layout: str = LAYOUTS[0]
    passages: bool = False
    guard: str = NOTE
    guard_share: float = 0.1
    guard_cluster: int = 1_000
    tuning: RunTuning = field(default_factory=RunTuning, repr=False)

    def __post_init__(self) -> None:
        for name in ("threads", "memory", "limit", "guard_cluster"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, Integral) or value < 1):
                raise ParamsError(f"{name} {value!r}", "a whole number of at least 1")
        if self.sample is not None and not (isinstance(self.sample, float) and 0 < self.sample < 1):
            raise ParamsError(f"sample {self.sample!r}", "a share above 0 and below 1, such as 0.02")
        checked_longest(self.longest)
        if self.decisions not in TABLE_FORMS:
            raise ParamsError(f"decisions {self.decisions!r}", f"one of {', '.join(TABLE_FORMS)}")
        if self.guard not in GUARDS:
            raise ParamsError(f"guard {self.guard!r}", f"one of {', '.join(GUARDS)}")
        if (asked := self.kept_form.asked) and not self.kept:
            found = f"{asked[0]} {getattr(self, asked[0])!r} without kept records"
            raise ParamsError(found, "to write them", "omit one of the two")
        share = self.guard_share
        if isinstance(share, bool) or not isinstance(share, Real) or not 0 <= share <= 1:
            raise ParamsError(f"guard_share {share!r}", "a share from 0 to 1, such as 0.1")

    @property
    def chosen_threads(self) -> int:
        """Threads to work on, with the default filled in."""
        return self.threads or limits.processors()

    @property
    def chosen_memory(self) -> int:
        """Bytes that the run may use, with the default filled in."""
        return self.memory or limits.memory() // MEMORY_SHARE

    @property
    def kept_form(self) -> KeptForm:
        """How the kept records are written."""
        return KeptForm(compress=self.compress, shards=self.shards, layout=self.layout, threads=self.chosen_threads)

    @property
    def scratch_folder(self) -> Path | None:
        """The folder for temporary files, None if the caller named none."""
        return None if self.scratch is None else Path(self.scratch)


def read_options(options: RunOptions, fields: Fields) -> ReadOptions:
    """Return the options that readers need, for a run with these options whose records have these fields."""
    longest = checked_longest(options.longest)
    return ReadOptions(
        fields, options.strict, longest, options.fail_on_empty, options.scratch_folder, limit=options.limit
    )
