"""Reading only the first records of an input: the same records, counts and kept files as of an input cut by hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dedup import Params, ParamsError, RunOptions, RunOutput, deduplicate
from dedup.io import Fields, ReadOptions, ReadTuning, open_source
from dedup.run.redecide import redecide
from tests.reading import everything

ROWS = [{"id": f"r{n}", "text": f"Text number {n} of the paper.", "published": "2024-01-0x"} for n in range(9)]


def _jsonl(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "news.jsonl"
    path.write_text("\n\n".join(map(json.dumps, rows)) + "\nbroken\n", "utf-8")
    return path


def _csv(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "news.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["id", "text", "published"])
        writer.writeheader()
        writer.writerows(rows)
    return path


def _parquet(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "news.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=2)
    return path


def _texts(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "texts"
    path.mkdir()
    for row in rows:
        (path / f"{row['id']}.txt").write_text(row["text"], "utf-8")
    return path


def _table(folder: Path, rows: list[dict[str, str]]) -> pa.Table:
    return pa.Table.from_pylist(rows)


def _dicts(folder: Path, rows: list[dict[str, str]]) -> Any:
    return iter(rows)


MAKERS = (_jsonl, _csv, _parquet, _texts, _table, _dicts)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("limit", [1, 4, 9, 50])
def test_the_first_records_are_those_of_a_shorter_input(tmp_path: Path, make: Any, limit: int) -> None:
    tuning = ReadTuning(batch_records=3, chunk_bytes=100)
    (tmp_path / "cut").mkdir()
    whole = open_source(make(tmp_path, ROWS), ReadOptions(limit=limit, tuning=tuning))
    cut = open_source(make(tmp_path / "cut", ROWS[:limit]), ReadOptions(tuning=tuning))
    found, expected = everything(whole), everything(cut)
    end = min(limit, len(found.id))
    assert len(found) == min(limit, 10 if make is _jsonl else 9)
    assert (found.id[:9], found.text[:9]) == (expected.id[:end][:9], expected.text[:end][:9])
    if limit <= len(ROWS) and make is not _texts:
        assert found.rejected == {}
        assert found.unread.count == limit
        assert whole.fields["used"]["text"] == {"text": limit}
    usable = ~np.isin(np.arange(len(found)), list(found.rejected))
    for name, kept in (("all", usable), ("some", usable & (np.arange(len(found)) % 2 == 0))):
        (written := tmp_path / f"kept {name}").mkdir()
        assert whole.kept_table(kept).num_rows == kept.sum()
        assert whole.write_kept(kept, written)


def test_files_after_the_last_record_are_not_opened(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS[:3]), "utf-8")
    (tmp_path / "c.jsonl").write_bytes(b"\x00\x01 no text")
    source = open_source(str(tmp_path), ReadOptions(Fields(), limit=5))
    found = everything(source)
    assert found.row == [1, 2, 3, 1, 2]
    assert source.notes == ["only the first 5 records of the input were read (--limit)"]
    assert source.kept_table(np.array([True, False, False, False, True])).column("id").to_pylist() == ["r0", "r1"]


def test_a_run_says_that_it_read_only_the_first_records(tmp_path: Path) -> None:
    path = _csv(tmp_path, [*ROWS, ROWS[0]])
    options = RunOptions(limit=4)
    result = deduplicate(path, tmp_path / "out", run=options)
    assert result.counts["records"] == result.counts["kept"] == result.decisions.num_rows == 4
    assert "only the first 4 records of the input were read (--limit)" in result.summary["notes"]
    assert len((tmp_path / "out" / "kept.csv").read_text("utf-8").splitlines()) == 5
    assert not any("--limit" in note for note in deduplicate(path, run=RunOptions(limit=11)).summary["notes"])


@pytest.mark.parametrize("limit", [0, -1, 2.5, True])
def test_a_limit_is_a_number_of_records(limit: Any) -> None:
    with pytest.raises(ParamsError, match="limit"):
        RunOptions(limit=limit)


def test_kept_records_of_another_decision_are_the_first_ones(tmp_path: Path) -> None:
    path = _csv(tmp_path, [*ROWS, ROWS[0]])
    deduplicate(path, tmp_path / "out", run=RunOptions(limit=4))
    again = redecide(RunOutput(tmp_path / "out"), Params(keep="longest"))
    assert again.kept.column("id").to_pylist() == ["r0", "r1", "r2", "r3"]
    assert "only the first 4 records of the input were read (--limit)" in again.summary["notes"]
