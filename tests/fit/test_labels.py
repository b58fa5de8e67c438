"""Pairs of a run are offered in the right order, shown with their texts, and labelled a key each."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest

import dedup
from dedup.cli.main import main
from dedup.errors import InputError
from dedup.fit.labels import LABELS, read_labels
from dedup.fit.run_pairs import RunPairs
from dedup.run.run_output import RunOutput


def story(seed: int, words: int = 90) -> list[str]:
    """Make up words of a story, nearly all its own."""
    rng = np.random.default_rng(seed)
    return [f"w{seed}{number}" if number % 3 else "the" for number in rng.integers(0, 4000, words)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve stories, each in two versions that keep less and less of it, and as a copy."""
    folder = tmp_path_factory.mktemp("labels")
    records = []
    for seed in range(12):
        words = story(seed)
        kept = 85 - 4 * seed
        records.append({"url": f"a{seed}", "body": " ".join(words), "date": f"2024-03-{seed + 1:02}"})
        records.append({"url": f"b{seed}", "body": " ".join(words[:kept] + story(100 + seed, 90 - kept))})
    records.append({"url": "twin", "body": records[0]["body"]})
    (folder / "news.jsonl").write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
    dedup.deduplicate(folder / "news.jsonl", folder / "out")
    return folder


def test_pairs_come_by_worth_and_each_document_once(corpus: Path) -> None:
    pairs = list(RunPairs(RunOutput(corpus / "out")).unlabelled())
    names = [name for pair in pairs for name in (pair.left, pair.right)]
    assert len(pairs) >= 6
    assert len(names) == len(set(names))
    table = pq.read_table(corpus / "out" / "matches.parquet").to_pylist()
    doubt = {
        (row["left"], row["right"]): min(
            abs((row["carried"] or 0) - 0.5),
            abs((row["news"] or 0) - 0.3 * (1 / 3 + 2 / 3 * (2 * row["carried"] - 1)))
            if (row["carried"] or 0) >= 0.5
            else 1,
        )
        for row in table
        if row["relation"] == "template" or (row["carried"] or 0) >= 0.2
    }
    assert all((pair.left, pair.right) in doubt for pair in pairs)
    assert doubt[pairs[0].left, pairs[0].right] == min(doubt.values())
    assert not any(pair.relation == "identical" for pair in pairs)
    again = list(RunPairs(RunOutput(corpus / "out")).unlabelled([(pairs[0].left, pairs[0].right)]))
    assert {pairs[0].left, pairs[0].right}.isdisjoint(name for pair in again for name in (pair.left, pair.right))


def test_texts_are_read_again(corpus: Path) -> None:
    found = RunPairs(RunOutput(corpus / "out")).documents(["a3", "b3"])
    assert found["a3"].text == " ".join(story(3))
    assert found["a3"].date == "2024-03-04 00:00"
    assert found["b3"].date is None


def test_an_input_that_is_gone_or_changed_is_named(corpus: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes((corpus / "news.jsonl").read_bytes())
    dedup.deduplicate(path, tmp_path / "out")
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join(lines[4:]))
    run = RunPairs(RunOutput(tmp_path / "out"))
    with pytest.raises(InputError, match="has changed since the run"):
        run.documents(["a1"])
    path.unlink()
    with pytest.raises(InputError, match=r"in\.jsonl: no such file"):
        run.documents(["a1"])


def test_only_a_whole_run_with_all_measures_will_do(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not the output folder of a run"):
        RunPairs(RunOutput(tmp_path))
    dedup.deduplicate(corpus / "news.jsonl", tmp_path / "near", dedup.Params(level="near"))
    with pytest.raises(InputError, match="at level near"):
        RunPairs(RunOutput(tmp_path / "near"))


def label(corpus: Path, tmp_path: Path, keys: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{key}\n" for key in keys)))
    return main(["label", str(corpus / "out"), "--labels", str(tmp_path / "labels.jsonl"), *more])


def test_a_key_is_a_label(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = list(RunPairs(RunOutput(corpus / "out")).unlabelled())
    assert label(corpus, tmp_path, "cuxos", monkeypatch) == 0  # x is no key: asked again
    printed = capsys.readouterr().out
    assert f"labels in {tmp_path / 'labels.jsonl'}: 1 copy, 1 update, 1 other, 1 skip" in printed
    assert "x is not a key; expected c, u, o, s, b, m or q" in printed
    labels = read_labels(tmp_path / "labels.jsonl")
    assert [one.label for one in labels] == ["copy", "update", "other", "skip"]
    assert [(one.left, one.right) for one in labels] == [(pair.left, pair.right) for pair in pairs[:4]]
    assert labels[0].measures["tokens"] == 90
    assert labels[0].begins[0].startswith(("w", "the"))
    assert labels[0].measures["carried"] == pairs[0].measures["carried"]


def test_it_continues_where_it_stopped_and_stops_in_time(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = list(RunPairs(RunOutput(corpus / "out")).unlabelled())
    label(corpus, tmp_path, "ccq", monkeypatch)
    label(corpus, tmp_path, "ooo", monkeypatch, "--count", "3")
    labels = read_labels(tmp_path / "labels.jsonl")
    assert [one.label for one in labels] == ["copy", "copy", "other"]
    seen = [name for one in labels for name in (one.left, one.right)]
    assert len(seen) == len(set(seen))
    assert (labels[0].left, labels[0].right) == (pairs[0].left, pairs[0].right)
    capsys.readouterr()
    label(corpus, tmp_path, "", monkeypatch, "--count", "3")
    assert "3 pairs are labelled" in capsys.readouterr().out
    label(corpus, tmp_path, "o" * len(pairs), monkeypatch, "--json")
    printed = capsys.readouterr()
    assert "there are no more pairs to label" in printed.err
    assert json.loads(printed.out)["other"] >= 2


def test_a_skipped_pair_does_not_count(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    label(corpus, tmp_path, "scso", monkeypatch, "--count", "2")
    assert [one.label for one in read_labels(tmp_path / "labels.jsonl")] == ["skip", "copy", "skip", "other"]
    assert "dedup fit" not in capsys.readouterr().out  # too few


def test_a_missing_folder_is_reported_first(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert label(corpus, tmp_path / "nowhere", "c", monkeypatch) != 0
    assert "no such folder" in capsys.readouterr().err


def test_back_takes_a_label_back(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    label(corpus, tmp_path, "cuboq", monkeypatch)
    assert [one.label for one in read_labels(tmp_path / "labels.jsonl")] == ["copy", "other"]


GOOD = {"left": "a", "right": "b", "label": "copy", "measures": {"tokens": 90, "verbatim": 0.5}}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "line 2: not JSON"),
        (b"[]", "line 2: not a label"),
        (b'{"left": "a"}', "line 2: not a label, without 'measures'"),
        (orjson.dumps({**GOOD, "label": "yes"}), f"line 2: label 'yes'; expected one of {', '.join(LABELS)}"),
        (orjson.dumps({**GOOD, "measures": {"verbatim": 0.5}}), "line 2: measures of another version, no tokens"),
        (orjson.dumps({**GOOD, "measures": {"tokens": 9, "low": 0.5}}), "line 2: measures of another version, low"),
        (orjson.dumps({**GOOD, "measures": {"tokens": "x"}}), "line 2"),
    ],
)
def test_a_broken_label_is_named(line: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(orjson.dumps(GOOD) + b"\n" + line + b"\n")
    with pytest.raises(InputError, match=words):
        read_labels(path)


def test_the_last_label_of_a_pair_counts(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(b"".join(orjson.dumps({**GOOD, "label": name}) + b"\n" for name in ("copy", "update")))
    assert [one.label for one in read_labels(path)] == ["update"]
