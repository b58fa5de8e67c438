"""One file of each format, made by what usually makes it: all records, texts, dates and ids come through.

`tests/io/fields/test_producers.py` has the packages whose records have fields of their own; `test_warc.py` has warcio,
`test_feeds.py` feedgen.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reading import Everything, everything, open_files, out_in, read

from dedup.errors import InputError

RECORDS = [
    {"id": "a", "text": 'One, "quoted"; and\nmore \\ of it', "published": "2024-03-01T08:00:00+00:00", "words": 1},
    {"id": "b", "text": "Größe 漢字 😀 <b>bold</b> &amp;", "published": "2024-03-02T08:00:00+00:00", "words": 2},
    {"id": "c", "text": "Three\ttabs", "published": "2024-03-03T08:00:00+00:00", "words": 3},
]
TEXTS = [str(record["text"]).encode() for record in RECORDS]
DATES = [1_709_280_000_000_000 + day * 86_400_000_000 for day in range(3)]


def frame() -> pd.DataFrame:
    return pd.DataFrame(RECORDS).assign(published=lambda made: pd.to_datetime(made["published"]))


def require_all(found: Everything, has_ids: bool = True) -> None:
    assert found.text == TEXTS
    assert found.published == DATES
    assert not found.rejected
    if has_ids:
        assert found.id == ["a", "b", "c"]


def package(name: str) -> ModuleType:
    """Import a package, or skip the test with the command that installs it."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.split(".")[0]:
            raise
        pytest.skip(f"{name} is not installed: pip install '.[test-producers]'")


PANDAS: dict[str, Callable[[Path], Any]] = {
    "a.csv": lambda path: frame().to_csv(path, index=False),
    "index.csv": lambda path: frame().to_csv(path),
    "semicolons.csv": lambda path: frame().to_csv(path, sep=";", index=False),
    "escaped.csv": lambda path: frame().to_csv(path, index=False, doublequote=False, escapechar="\\", quoting=2),
    "a.tsv": lambda path: frame().to_csv(path, sep="\t", index=False),
    "a.csv.gz": lambda path: frame().to_csv(path, index=False),
    "a.csv.zip": lambda path: frame().to_csv(path, index=False),
    "a.csv.xz": lambda path: frame().to_csv(path, index=False),
    "a.csv.bz2": lambda path: frame().to_csv(path, index=False),
    "a.csv.zst": lambda path: frame().to_csv(path, index=False),
    "lines.jsonl": lambda path: frame().to_json(path, orient="records", lines=True, date_format="iso"),
    "milliseconds.jsonl": lambda path: frame().to_json(path, orient="records", lines=True, date_unit="ms"),
    "records.json": lambda path: frame().to_json(path, orient="records", date_format="iso"),
    "records-indented.json": lambda path: frame().to_json(path, orient="records", date_format="iso", indent=2),
    "table.json": lambda path: frame().to_json(path, orient="table", index=False),
    "a.parquet": lambda path: frame().to_parquet(path),
    "indexed.parquet": lambda path: frame().set_index("id").to_parquet(path),
    "gzip.parquet": lambda path: frame().to_parquet(path, compression="gzip"),
    "a.feather": lambda path: frame().to_feather(path),
}


@pytest.mark.filterwarnings("ignore:The default formatting of datetime")
@pytest.mark.parametrize("name", PANDAS)
def test_pandas(name, tmp_path):
    PANDAS[name](tmp_path / name)
    source = open_files([tmp_path / name])
    require_all(everything(source))
    (kept,) = source.write_kept(np.array([False, True, False]), out_in(tmp_path))
    assert read(tmp_path / "out" / kept).text == TEXTS[1:2]


@pytest.mark.filterwarnings("ignore:The default formatting of datetime")
@pytest.mark.parametrize("orient", ["columns", "index", "split"])
def test_orients_of_pandas_that_are_no_records(orient, tmp_path):
    frame().to_json(tmp_path / "a.json", orient=orient)
    with pytest.raises(
        InputError, match=rf"is a table in pandas' form '{orient}'; expected records.*orient=\"records\""
    ):
        read(tmp_path / "a.json")


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson", "a.json", "a.parquet", "a.ipc", "stream.arrow"])
def test_polars(name, tmp_path):
    polars = package("polars")
    made = polars.DataFrame(RECORDS).with_columns(polars.col("published").str.to_datetime(time_zone="UTC"))
    path = tmp_path / name
    writers = {".csv": "write_csv", ".ndjson": "write_ndjson", ".json": "write_json", ".parquet": "write_parquet"}
    writer = writers.get(path.suffix, "write_ipc_stream" if "stream" in name else "write_ipc")
    getattr(made, writer)(path)
    require_all(read(path))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("how", ["save_to_disk", "to_json", "to_parquet", "to_csv", "shards"])
def test_datasets_of_hugging_face(how, tmp_path):
    made = package("datasets").Dataset.from_list(RECORDS)
    place = tmp_path / "in" / {"to_json": "a.jsonl", "to_parquet": "a.parquet", "to_csv": "a.csv"}.get(how, "folder")
    place.parent.mkdir()
    if how == "shards":
        made.save_to_disk(place, num_shards=2)
    else:
        getattr(made, how)(place)
    source = open_files([place])
    require_all(everything(source))
    (kept,) = source.write_kept(np.array([False, True, False]), out_in(tmp_path))
    assert read(tmp_path / "out" / kept).id == ["b"]


SCRAPY = {"a.jl": "JsonLinesItemExporter", "a.json": "JsonItemExporter", "a.csv": "CsvItemExporter"}


def exported(path: Path, exporter: str, **settings: Any) -> Path:
    with open(path, "wb") as file:
        made = getattr(package("scrapy.exporters"), exporter)(file, **settings)
        made.start_exporting()
        for record in RECORDS:
            made.export_item(record)
        made.finish_exporting()
    return path


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize("name", SCRAPY)
def test_feed_exports_of_scrapy(name, indent, tmp_path):
    settings = {} if indent is None or name.endswith("csv") else {"indent": indent}
    require_all(read(exported(tmp_path / name, SCRAPY[name], **settings)))


def test_xml_of_scrapy_is_no_feed(tmp_path):
    path = exported(tmp_path / "a.xml", "XmlItemExporter")
    with pytest.raises(InputError, match=r"a\.xml is no RSS or Atom feed: its first element is <items>.*JSON lines"):
        read(path)


def test_lines_of_the_standard_library(tmp_path):
    for ensure_ascii in (True, False):
        lines = [json.dumps(record, ensure_ascii=ensure_ascii) for record in RECORDS]
        (tmp_path / "a.jsonl").write_text("\n".join(lines), "utf-8")
        require_all(read(tmp_path / "a.jsonl"))
