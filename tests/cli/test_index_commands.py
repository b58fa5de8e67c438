"""``dedup index``, as a person or a pipeline calls it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import article, edited

from dedup import Index
from dedup.cli.main import main


def lines(path: Path, *records: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return str(path)


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_pipeline_adds_asks_expires_removes_and_compacts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = str(tmp_path / "news.index")
    old = {"id": "a", "text": article(1), "published": "2023-12-31", "source": "Hill Press"}
    today = lines(tmp_path / "today.jsonl", old, {"id": "b", "text": edited(article(1), 1, 0.02)})
    assert main(["index", "add", index, today]) == 0
    out, err = capsys.readouterr()
    first, second = map(json.loads, out.splitlines())
    assert err.endswith("2 records: 1 new, 1 copy, 0 rejected; 2 in the index\n")
    assert (first["id"], first["kept"], first["matches"]) == ("a", True, [])
    assert (second["kept"], second["duplicate_of"], second["relation"]) == (False, "a", "near_duplicate")
    assert second["matches"][0]["published"] == "2023-12-31T00:00:00Z"

    assert main(["index", "query", index, today]) == 0
    assert [[match["id"] for match in answer["matches"]] for answer in answers(capsys)] == [["a", "b"], ["b", "a"]]

    assert main(["index", "add", index, today]) == 1
    message = capsys.readouterr().err
    assert "id 'a' is in the index already" in message
    assert "--known skip" in message
    assert "update()" not in message
    assert main(["index", "add", index, today, "--known", "skip"]) == 0
    assert answers(capsys) == [
        {"id": "a", "known": True, "kept": True, "duplicate_of": None, "story": 1},
        {"id": "b", "known": True, "kept": False, "duplicate_of": "a", "story": 1},
    ]
    assert main(["index", "add", index, today, "--known", "update"]) == 0
    assert [answer["duplicate_of"] for answer in answers(capsys)] == [None, "a"]

    assert main(["index", "info", index, "--json"]) == 0
    assert answers(capsys)[0]["documents"] == 2
    assert main(["index", "expire", index, "--before", "2024-01-01"]) == 0
    assert main(["index", "remove", index, "b", "nobody"]) == 0
    assert main(["index", "compact", index]) == 0
    assert main(["index", "check", index]) == 0
    printed = capsys.readouterr().out
    assert "not there     1" in printed
    assert "problems      none" in printed


def test_a_record_that_is_rejected_has_an_answer_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = f'{{"id": "a", "text": "{article(1)}"}}\nnonsense\n'.encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
    assert main(["index", "add", str(tmp_path / "i"), "-"]) == 0
    good, bad = answers(capsys)
    assert good["id"] == "a"
    assert bad["row"] == 2
    assert "rejected" in bad


@pytest.mark.parametrize("known", ["refuse", "skip", "update"])
def test_records_without_an_id_of_their_own_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, known: str
) -> None:
    """Its name would be that of another record in the next input: with ``--known skip`` a whole day would be lost."""
    index = str(tmp_path / "i")
    given = f'{{"id": "a", "text": "{article(1)}"}}\n{{"text": "{article(2)}"}}\n'.encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
    assert main(["index", "add", index, "-", "--known", known]) == 1
    assert "-, row 2: no id; expected an id for every record" in capsys.readouterr().err
    long = lines(tmp_path / "long.jsonl", {"id": "x" * 5_000, "text": article(1)})
    assert main(["index", "add", index, long]) == 1
    assert "long.jsonl, row 1: an id of 5,000 bytes" in capsys.readouterr().err
    assert main(["index", "query", index, lines(tmp_path / "asked.jsonl", {"text": article(1)})]) == 0  # needs none
    assert main(["index", "info", index, "--json"]) == 0
    assert answers(capsys)[-1]["documents"] == 0


@pytest.mark.parametrize("known", ["skip", "update"])
def test_answers_come_in_the_order_of_the_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], known: str
) -> None:
    index = str(tmp_path / "i")
    main(["index", "add", index, lines(tmp_path / "a.jsonl", {"id": "old", "text": article(1)})])
    capsys.readouterr()
    records: list[dict[str, Any]] = [{"id": id, "text": article(2)} for id in ("x", "old", "y", "x")]
    mixed = lines(tmp_path / "b.jsonl", *records[:2], {"id": "no", "text": 5}, *records[2:])
    assert main(["index", "add", index, mixed, "--known", known]) == 0
    answered = answers(capsys)
    assert [answer["id"] for answer in answered] == ["x", "old", "no", "y", "x"]
    assert (answered[0]["kept"], answered[3]["kept"]) == (True, False)
    if known == "skip":
        assert answered[4] == {"id": "x", "known": True, "kept": True, "duplicate_of": None, "story": 2}


def test_an_update_says_which_texts_are_new_which_are_others_and_which_are_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A feed that comes every hour has mostly what it had an hour ago."""
    index = str(tmp_path / "i")
    old: list[dict[str, Any]] = [{"id": id, "text": article(at)} for at, id in enumerate("ab")]
    main(["index", "add", index, lines(tmp_path / "a.jsonl", *old)])
    capsys.readouterr()
    again = [old[0], {"id": "b", "text": article(3)}, {"id": "c", "text": article(4)}]
    assert main(["index", "add", index, lines(tmp_path / "b.jsonl", *again), "--known", "update"]) == 0
    out, err = capsys.readouterr()
    told = [{"known", "updated"} & set(json.loads(line)) for line in out.splitlines()]
    assert told == [{"known"}, {"updated"}, set()]
    assert err.endswith("3 records: 1 new, 0 copies, 1 updated, 1 known, 0 rejected; 3 in the index\n")


def test_the_index_gets_the_url_of_a_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that is too long for it stands in no way of its text."""
    index = str(tmp_path / "i")
    urls = ["https://hill.example/1?utm_source=rss", "https://hill.example/" + "é" * 40_000, None]
    records = [{"id": str(at), "text": article(at), "link": url} for at, url in enumerate(urls)]
    assert main(["index", "add", index, lines(tmp_path / "a.jsonl", *records)]) == 0
    assert main(["index", "add", index, str(tmp_path / "a.jsonl"), "--known", "update"]) == 0
    capsys.readouterr()
    assert main(["index", "list", index, "--json"]) == 0
    assert [document["url"] for document in answers(capsys)] == [urls[0], None, None]


def test_dates_that_cannot_be_read_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They never expire."""
    dated = [{"id": date, "text": article(1), "date": date} for date in ("05/03/2024", "2024-03-05", "2024")]
    assert main(["index", "add", str(tmp_path / "i"), lines(tmp_path / "a.jsonl", *dated)]) == 0
    assert "2 dates cannot be read, or stand for no date, and count as missing" in capsys.readouterr().err


def test_ids_are_checked_before_any_document_is_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = str(tmp_path / "i")
    main(["index", "add", index, lines(tmp_path / "a.jsonl", *({"id": id, "text": article(1)} for id in "abc"))])
    assert main(["index", "remove", index, "a", ""]) == 1
    assert "an empty id" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\n\nb\r\nnobody\n")))
    assert main(["index", "remove", index, "-", "--json"]) == 0
    assert answers(capsys) == [{"removed": 2, "not there": 1}]


def test_a_line_can_name_any_id_to_remove(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    index, gone = str(tmp_path / "i"), ["a\nb", "c\rd", '"quoted"', "{x}", "7", "ключ", " x "]
    records = [{"id": id, "text": article(number)} for number, id in enumerate([*gone, "a", "b", "c", "d", "quoted"])]
    assert main(["index", "add", index, lines(tmp_path / "a.jsonl", *records)]) == 0
    answered = [answer for answer in answers(capsys) if answer["id"] in gone[:4]]
    given = [
        *map(json.dumps, answered[:2]),
        json.dumps(answered[2]["id"]),
        json.dumps({"id": "{x}"}),
        '{"id": 7}',
        *gone[5:],
    ]
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO("\n".join(["\ufeff" + given[0], *given[1:]]).encode()))
    )
    assert main(["index", "remove", index, "-", "--json"]) == 0
    assert answers(capsys) == [{"removed": 7, "not there": 0}]
    with Index.open(index, mode="r") as left:
        assert [id in left for id in ("a", "b", "c", "d", "quoted")] == [True] * 5
        assert len(left) == 5


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b'a\n"b\n', "-, line 2: not JSON (Unterminated string"),
        (b'a\n{"key": "b"}\n', "-, line 2: an object without id"),
        (b'a\n\n{"id": null}\n', "-, line 3: id of type NoneType; expected a string"),
        (b'a\n{"id": true}\n', "-, line 2: id of type bool; expected a string"),
        (b'a\n""\n', "-, line 2: an empty id"),
        (b'a\n"\\ud800"\n', "with a lone surrogate"),
        (b"a\n\xff\n", "-, line 2: bytes that are not UTF-8"),
    ],
)
def test_a_line_without_an_id_is_an_error_and_nothing_is_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: bytes, message: str
) -> None:
    index = str(tmp_path / "i")
    main(["index", "add", index, lines(tmp_path / "a.jsonl", {"id": "a", "text": article(1)})])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
    assert main(["index", "remove", index, "-"]) == 1
    assert message in capsys.readouterr().err
    with Index.open(index, mode="r") as left:
        assert "a" in left


def test_only_create_and_add_make_an_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["info"], ["check"], ["compact"], ["remove", "x"], ["expire", "--before", "2024-01-01"]):
        assert main(["index", command[0], str(tmp_path / "i"), *command[1:]]) == 1
    assert "holds no index" in capsys.readouterr().err
    assert not (tmp_path / "i").exists()


def test_an_index_keeps_the_parameters_it_was_made_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = str(tmp_path / "i")
    assert main(["index", "create", index, "--level", "near"]) == 0
    assert main(["index", "create", index]) == 1
    assert "level 'near'; expected level 'rewritten'" in capsys.readouterr().err


def test_fields_are_guessed_and_named_as_for_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = str(tmp_path / "news.index")
    posts = [
        {"link": "a", "content": {"rendered": article(1)}, "seen": "05/03/2024"},
        {"link": "b", "content": {"rendered": article(2)}, "seen": "06/03/2024", "meta": {"by": "Hill Press"}},
    ]
    path = lines(tmp_path / "posts.jsonl", *posts)
    assert main(["index", "add", index, path, "--date-field", "published"]) == 2
    assert "no field 'published'; expected one of its fields: link, content.rendered, seen" in capsys.readouterr().err
    named = [
        "--id-field",
        "link",
        "--date-field",
        "seen",
        "--source-field",
        "meta.by",
        "--text-field",
        "content.rendered",
    ]
    assert main(["index", "add", index, path, *named, "--date-format", "%d/%m/%Y"]) == 0
    assert [answer["id"] for answer in answers(capsys)] == ["a", "b"], "nothing was added before the refusal"
    copy = lines(tmp_path / "copy.jsonl", {"guid": "c", "body": article(2), "date": "01/02/2024"})
    assert main(["index", "query", index, copy]) == 0
    out, err = capsys.readouterr()
    (match,) = json.loads(out)["matches"]
    assert (match["id"], match["source"], match["published"]) == ("b", "Hill Press", "2024-03-06T00:00:00Z")
    assert "1 date cannot be read" in err
    assert "--date-format '%d/%m/%Y' or --date-format '%m/%d/%Y'" in err


def test_a_named_field_may_be_missing_from_the_first_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = str(tmp_path / "news.index")
    path = lines(
        tmp_path / "late.jsonl",
        *({"id": str(number), "text": f"Only a line, number {number}."} for number in range(150)),
        {"id": "last", "text": article(1), "published": "2024-03-05"},
    )
    assert main(["index", "add", index, path, "--date-field", "published"]) == 0
    assert len(answers(capsys)) == 151
    assert main(["index", "expire", index, "--before", "2025-01-01"]) == 0
    assert "removed       1" in capsys.readouterr().out


def test_documents_are_listed_got_and_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index, out = str(tmp_path / "news.index"), tmp_path / "all.parquet"
    records = [
        {"id": f"d{n}", "text": article(n), "published": f"2024-03-0{n + 1}", "source": f"paper {n % 2}"}
        for n in range(5)
    ]
    odd = {"id": '"odd"\n', "text": article(2).upper()}
    assert main(["index", "add", index, lines(tmp_path / "today.jsonl", *records, odd), "--wait", "2s"]) == 0
    assert [answer["story"] for answer in answers(capsys)] == [1, 2, 3, 4, 5, 3]

    def listed(*options: str) -> list[str]:
        assert main(["index", "list", index, *options]) == 0
        return capsys.readouterr().out.splitlines()

    assert listed() == ["d0", "d1", "d2", "d3", "d4", '"\\"odd\\"\\n"']
    assert listed("--kept") == ["d0", "d1", "d2", "d3", "d4"]
    assert listed("--source", "paper 1") == ["d1", "d3"]
    assert listed("--since", "2024-03-02", "--before", "2024-03-04") == ["d1", "d2"]
    assert json.loads(listed("--json", "--source", "paper 1")[1])["id"] == "d3"

    assert main(["index", "get", index, "d2", odd["id"]]) == 0
    found = [(one["id"], one["copy_of"], one["story"]) for one in answers(capsys)]
    assert found == [("d2", None, 3), (odd["id"], "d2", 3)]
    assert main(["index", "get", index, "d2", "nobody"]) == 1
    assert answers(capsys)[1] == {"id": "nobody", "missing": True}
    assert main(["index", "get", index, "d2", "--copies"]) == 0
    assert [copy["id"] for copy in answers(capsys)[0]["copies"]] == [odd["id"]]
    assert main(["index", "get", index, odd["id"], "--story"]) == 0
    (story,) = answers(capsys)
    assert (story["id"], story["documents"]) == (3, ["d2", odd["id"]])
    assert [(event["event"], event["document"]) for event in story["log"]] == [("created", "d2"), ("joined", odd["id"])]
    assert main(["index", "get", index, "3", "99", "--story"]) == 1
    assert answers(capsys) == [story, {"id": "99", "missing": True}]

    assert main(["index", "export", index]) == 0
    assert [one["id"] for one in answers(capsys)] == ["d0", "d1", "d2", "d3", "d4", odd["id"]]
    assert main(["index", "export", index, "-o", str(out)]) == 0
    assert capsys.readouterr().err == f"6 documents written to {out}\n"


def test_an_index_is_backed_up_and_a_second_writer_waits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index, today = str(tmp_path / "news.index"), lines(tmp_path / "today.jsonl", {"id": "a", "text": article(1)})
    assert main(["index", "add", index, today]) == 0
    with Index(index) as writer:
        writer.add("b", article(2))
        capsys.readouterr()
        assert main(["index", "backup", index, str(tmp_path / "copy"), "--json"]) == 0
        assert answers(capsys)[0]["documents"] == 1
        for command in (["add", index, today], ["remove", index, "a"], ["compact", index], ["expire", index]):
            assert main(["index", *command, "--wait", "0.01s"]) == 1
            assert "still after 0.01 s" in capsys.readouterr().err
    assert main(["index", "backup", index, str(tmp_path / "copy")]) == 1
    assert "exists" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["index", "add", index, today, "--wait", "soon"])
    assert "expected a time such as 30s or 5m" in capsys.readouterr().err
