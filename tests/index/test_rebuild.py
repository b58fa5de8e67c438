"""An index of an earlier format, or a damaged one, is rebuilt from its texts, or refused; the old one stays."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from pathlib import Path

import pytest
from conftest import article, edited

from dedup import Index, Params
from dedup.cli.main import main
from dedup.errors import InputError, ParamsError, StorageError
from dedup.index.rebuild import rebuild

DOCUMENTS = 30


def text_of(number: int) -> str:
    return edited(article(number - 1), 1, 0.04) if number % 5 == 4 else article(number)


RECORDS = [
    {
        "id": f"d{number}",
        "text": text_of(number),
        "source": f"paper {number % 3}",
        "published": f"2024-03-{number + 1:02}",
    }
    for number in range(DOCUMENTS)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index with other parameters than the defaults, and a document that was removed."""
    with Index.open(tmp_path / "news.index", Params(threshold=0.8, related=True)) as index:
        index.add_many(RECORDS)
        index.update(**RECORDS[3], url="https://a.example/3", data={"section": ["x", 1]})
        index.remove("d7")
    return tmp_path / "news.index"


def made_old(folder: Path) -> None:
    """Write an index as format 2 had it."""
    with sqlite3.connect(folder / "index.sqlite") as database:
        database.execute("ALTER TABLE documents DROP COLUMN checksum")
        database.execute("UPDATE about SET value = 2 WHERE name = 'format'")
        database.execute("DELETE FROM about WHERE name IN ('secret', 'checksum', 'removed', 'posted')")
        params = json.loads(database.execute("SELECT value FROM about WHERE name = 'params'").fetchone()[0])
        params["no_longer"] = 3
        del params["certainty"]
        database.execute("UPDATE about SET value = ? WHERE name = 'params'", (json.dumps(params),))
    database.close()


def state(folder: Path) -> list[object]:
    with Index.open(folder, mode="r") as index:
        matches = index.query_many([article(number) for number in range(DOCUMENTS)])
        answers = [[(one.id, one.relation, one.score, one.kept) for one in some] for some in matches]
        held = [index.get(f"d{number}") for number in range(DOCUMENTS)]
        timeless = [one and dataclasses.replace(one, added="", story=0) for one in held]  # stories are made anew
        return [index.info()["params"], timeless, answers]


def test_an_index_of_an_earlier_format_is_as_it_was(folder: Path) -> None:
    before = state(folder)
    made_old(folder)
    with pytest.raises(StorageError, match=r"has format 2, .*expected format 4.*dedup index rebuild"):
        Index.open(folder)
    others = [{"id": "other", "text": "of another index"}]
    found = rebuild(folder, [*reversed(RECORDS), *others, {**RECORDS[7], "text": "removed before"}])
    assert (found.documents, found.missing, found.changed, found.passed_over) == (DOCUMENTS - 1, [], 0, 3)
    assert state(folder) == before
    with Index.open(folder) as index:
        assert index.check() == []
    assert sorted(path.name for path in folder.parent.iterdir()) == ["news.index", "news.index.before-rebuild"]
    with pytest.raises(StorageError, match="has format 2"):
        Index.open(found.before)


def test_a_damaged_index_is_rebuilt(folder: Path) -> None:
    before = state(folder)
    with sqlite3.connect(folder / "index.sqlite") as database:
        database.execute("UPDATE documents SET tokens = zeroblob(length(tokens)) WHERE id = 'd5'")
    database.close()
    with pytest.raises(StorageError, match=r"is damaged.*dedup index rebuild"):
        Index.open(folder)
    assert rebuild(folder, RECORDS).changed == 0
    assert state(folder) == before


def test_without_all_texts_nothing_is_done_unless_asked_for(folder: Path) -> None:
    made_old(folder)
    with pytest.raises(InputError, match=r"no text for 2 documents of .*: 'd4', 'd9'") as raised:
        rebuild(folder, (record for record in RECORDS if record["id"] not in ("d4", "d9")))
    assert "--missing drop" in raised.value.hint
    assert [path.name for path in folder.parent.iterdir()] == ["news.index"]
    found = rebuild(folder, RECORDS[:9], drop_missing=True)
    assert (found.documents, found.missing[:2]) == (8, ["d9", "d10"])


def test_of_several_texts_the_last_counts(folder: Path) -> None:
    rebuild(folder, [{**record, "text": article(99)} for record in RECORDS[:2]] + RECORDS)
    with Index.open(folder, mode="r") as index:
        assert [match.id for match in index.query(article(0))][:1] == ["d0"]


def test_what_cannot_be_rebuilt_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="does not exist"):
        rebuild(tmp_path / "nothing", RECORDS)
    with pytest.raises(ParamsError, match=r"rebuild of redis.*an index of another name"):
        rebuild("redis://localhost:1/0?name=news", RECORDS)
    (tmp_path / "news.index.rebuilding").mkdir()
    with pytest.raises(StorageError, match=r"news.index.rebuilding exists; .*an earlier rebuild has left it"):
        rebuild(folder, RECORDS)


def test_an_error_in_the_texts_leaves_all_as_it_was(folder: Path) -> None:
    before = state(folder)

    def cut_off() -> object:
        yield from RECORDS[:5]
        raise InputError("the file ends", "more of it")

    with pytest.raises(InputError, match="the file ends"):
        rebuild(folder, cut_off())
    assert [path.name for path in folder.parent.iterdir()] == ["news.index"]
    assert state(folder) == before


def test_the_command(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_old(folder)
    export = tmp_path / "export.jsonl"
    export.write_text("".join(json.dumps(record) + "\n" for record in RECORDS[:-2]), "utf-8")
    assert main(["index", "info", str(folder)]) == 1
    assert "dedup index rebuild" in capsys.readouterr().err
    assert main(["index", "rebuild", str(folder), str(export)]) == 1
    assert "no text for 2 documents" in capsys.readouterr().err
    assert main(["index", "rebuild", str(folder), str(export), "--missing", "drop"]) == 0
    printed = capsys.readouterr()
    assert [json.loads(line) for line in printed.out.splitlines()] == [
        {"id": "d28", "missing": True},
        {"id": "d29", "missing": True},
    ]
    assert "27 documents in" in printed.err
    assert "2 dropped, whose texts are missing" in printed.err
    assert "1 text ignored, of documents that the index does not have" in printed.err
    assert main(["index", "check", str(folder)]) == 0


def test_the_texts_are_read_as_they_were_for_the_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export, index = tmp_path / "export.jsonl", str(tmp_path / "news.index")
    days = [record["published"].split("-")[::-1] for record in RECORDS]
    records = [
        {"id": record["id"], "body": {"head": "Où est passé l’été ?", "main": record["text"]}, "on": "/".join(day)}
        for record, day in zip(RECORDS, days, strict=True)
    ]
    lines = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    export.write_bytes(lines.encode("cp1252"))
    as_it_is = ["--text-field", "body.head,body.main", "--date-field", "on", "--encoding", "cp1252"]
    given = [str(export), *as_it_is, "--date-format", "%d/%m/%Y"]
    assert main(["index", "add", index, *given]) == 0
    before = state(Path(index))
    assert main(["index", "rebuild", index, *given]) == 0
    assert f"{DOCUMENTS} documents" in capsys.readouterr().err
    assert state(Path(index)) == before
    with Index.open(index, mode="r") as made:
        assert str(made.get("d3").published).startswith("2024-03-04")


def test_nobody_writes_to_an_index_that_is_rebuilt(folder: Path) -> None:
    with Index.open(folder), pytest.raises(StorageError, match="is open for writing"):
        rebuild(folder, RECORDS)
    with Index.open(folder) as index:
        assert len(index) == DOCUMENTS - 1


def test_a_rebuild_that_was_cut_off_between_two_moves_is_reported(folder: Path) -> None:
    """Else whoever adds next would make an empty index, and take what comes again for new."""
    before = state(folder)
    folder.rename(folder.with_name("news.index.before-rebuild"))
    with pytest.raises(StorageError, match=r"a rebuild was cut off.*move news.index.before-rebuild back"):
        Index.open(folder)
    folder.with_name("news.index.before-rebuild").rename(folder)
    assert state(folder) == before
