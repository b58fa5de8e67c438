"""A datatrove pipeline over JSON lines, with the executor that its users run."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import article, edited

from dedup import Index, InputError, Params, ParamsError, StorageError

pytest.importorskip("datatrove", reason="datatrove is not installed: pip install 'newsdedup[datatrove]'")
pytest.importorskip("regex", reason="datatrove's filters need regex: pip install 'newsdedup[datatrove]'")

from datatrove.data import Document
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter

from dedup.integrations.datatrove import DedupFilter


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two files: five articles, copies of two, one without text; a copy of one in the first file, and a new one."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    texts = [*(article(number) for number in range(5)), article(1).upper(), edited(article(2), 2, 0.02), " "]
    first = [{"id": f"d{number}", "text": text, "date": "2024-03-04"} for number, text in enumerate(texts)]
    second = [{"id": "e0", "text": article(3)}, {"id": "e1", "text": article(9), "source": "Hill Press"}]
    for name, records in (("a.jsonl", first), ("b.jsonl", second)):
        (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return folder


def run(corpus: Path, tasks: int = 1, batch_size: int = 1_000, before: Any = None, **given: Any) -> Any:
    """Run the pipeline; return its statistics."""
    out = corpus.parent
    removed = JsonlWriter(str(out / "removed"), "${rank}.jsonl.gz")
    steps = [
        JsonlReader(str(corpus)),
        *([] if before is None else [before]),
        DedupFilter(str(out / "news.index"), exclusion_writer=removed, batch_size=batch_size, **given),
        JsonlWriter(str(out / "kept"), "${rank}.jsonl.gz"),
    ]
    logs = out / "logs"
    return LocalPipelineExecutor(steps, tasks=tasks, workers=1, logging_dir=str(logs), skip_completed=False).run()


def written(corpus: Path, folder: str) -> list[dict[str, Any]]:
    with gzip.open(corpus.parent / folder / "00000.jsonl.gz", "rt") as file:
        return [json.loads(line) for line in file]


def ids(corpus: Path, folder: str) -> list[str]:
    return [record["id"] for record in written(corpus, folder)]


KEPT = ["d0", "d1", "d2", "d3", "d4", "d7", "e1"]


@pytest.mark.parametrize("batch_size", [1, 3, 1_000])
def test_copies_are_removed_and_reported(corpus: Path, batch_size: int) -> None:
    stats = run(corpus, batch_size=batch_size)
    assert ids(corpus, "kept") == KEPT
    removed = {record["id"]: record["metadata"] for record in written(corpus, "removed")}
    assert {id: (of["dedup"]["duplicate_of"], of["dedup"]["relation"]) for id, of in removed.items()} == {
        "d5": ("d1", "identical"),
        "d6": ("d2", "near_duplicate"),
        "e0": ("d3", "identical"),
    }
    assert removed["d6"]["filter_reason"] == "near_duplicate"
    assert 0.7 <= removed["d6"]["dedup"]["score"] < 1
    counts = stats.stats[1].stats
    assert [counts[name].total for name in ("total", "forwarded", "dropped", "dropped_identical")] == [10, 7, 3, 2]
    with Index.open(corpus.parent / "news.index") as index:
        assert len(index) == 9
        assert index.get("d0").published == "2024-03-04T00:00:00Z"
        assert index.get("e1").source == "Hill Press"
        assert index.check() == []


def test_a_task_run_again_has_the_same_output(corpus: Path) -> None:
    def fails(data: Any, rank: int, world_size: int) -> Any:
        for document in data:
            if document.id == "e0":
                raise OSError("the disk is broken")
            yield document

    with pytest.raises(OSError, match="broken"):
        run(corpus, batch_size=3, before=fails)
    with Index.open(corpus.parent / "news.index") as index:
        assert len(index) == 6  # two batches
    run(corpus)
    assert ids(corpus, "kept") == KEPT
    stats = run(corpus)
    assert ids(corpus, "kept") == KEPT
    assert ids(corpus, "removed") == ["d5", "d6", "e0"]
    assert written(corpus, "removed")[0]["metadata"]["dedup"] == {
        "duplicate_of": "d1",
        "relation": None,
        "score": None,
    }
    assert stats.stats[1].stats["known"].total == 9


def test_ids_that_come_twice(corpus: Path) -> None:
    again = [{"id": "d1", "text": article(1)}, {"id": "d2", "text": article(30)}, {"id": "e2", "text": article(1)}]
    (corpus / "c.jsonl").write_text("".join(json.dumps(record) + "\n" for record in again), "utf-8")
    stats = run(corpus)
    assert ids(corpus, "kept") == [*KEPT, "d2"]
    assert stats.stats[1].stats["repeated"].total == 2
    (corpus / "c.jsonl").unlink()
    (corpus / "a.jsonl").write_text(json.dumps({"id": "d1", "text": article(31)}), "utf-8")
    with pytest.raises(InputError, match="'d1' is in the index with another text; expected an id for each text"):
        run(corpus)


def test_an_index_has_one_writer(corpus: Path) -> None:
    with pytest.raises(ParamsError, match=r"2 tasks, but the index .* allows one writer; expected tasks=1"):
        run(corpus, tasks=2)
    with Index.open(corpus.parent / "news.index"), pytest.raises(StorageError, match="open for writing"):
        run(corpus)


def test_parameters_and_fields() -> None:
    made = DedupFilter("news.index", Params(threshold=0.8), date_key="when", source_key="outlet", level="near")
    assert made.params == Params(level="near", threshold=0.8)
    assert DedupFilter("news.index").params is None
    with pytest.raises(ParamsError, match="did you mean 'level'"):
        DedupFilter("news.index", levels="near")
    document = Document("A text.", "a", metadata={"when": "2024-03-04", "outlet": 7, "url": 5, "date": "2001-01-01"})
    assert made._record(document) == {
        "id": "a",
        "text": "A text.",
        "published": "2024-03-04",
        "source": "7",
        "url": None,
    }


def test_one_document_at_a_time(tmp_path: Path) -> None:
    made = DedupFilter(str(tmp_path / "i"))
    documents = [Document(article(number % 2), f"{number}", metadata={}) for number in range(4)]
    assert [document.id for document in made.run(iter(documents))] == ["0", "1"]
    assert made._index is None
    with Index.open(tmp_path / "i") as made._index:
        assert made.filter(Document(article(1), "x")) == (False, "identical")
