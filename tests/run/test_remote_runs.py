"""A run that loses its connection, to its input or to its output, is resumed where it was."""

import time

import fsspec
import pytest
from conftest import article, edited
from reading import json_lines
from remote_servers import serving
from stopping import eager

import dedup
from dedup.errors import InputError, OutputError

RECORDS = [{"id": f"a{n}", "text": article(n, 60)} for n in range(20)]
COPIES = [{"id": f"c{n}", "text": edited(article(n, 60), n, 0.05)} for n in range(10)]
FILES = {"/a.jsonl": json_lines(*RECORDS), "/b.jsonl": json_lines(*COPIES)}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


def decided(run):
    return [run.decisions.column(name).to_pylist() for name in ("id", "kept", "duplicate_of", "relation")]


def test_an_input_that_cannot_be_reached_for_a_while(tmp_path, capsys):
    with serving(dict(FILES)) as web:
        names = [web.url(path) for path in FILES]
        expected = dedup.deduplicate(names)

        def fail(number):
            if number == 1:  # the first file is read, by one request
                web.statuses["/b.jsonl"] = 503

        web.sent.clear()
        web.after_request = fail
        with pytest.raises(InputError, match=r"cannot read http://.*/b\.jsonl: .*503"):
            dedup.deduplicate(names, tmp_path / "out", run=eager(progress=True))
        assert "are kept in" in capsys.readouterr().err
        web.after_request = lambda number: None
        web.statuses.clear()
        resumed = dedup.deduplicate(names, tmp_path / "out", run=eager(progress=True, resume=True))
        assert "resuming from the finished steps" in capsys.readouterr().err
        assert decided(resumed) == decided(expected)
        assert [one["path"] for one in resumed.summary["files_read"]] == names
        web.files["/b.jsonl"] += b"\n"
        with pytest.raises(InputError, match=r"/b\.jsonl has changed since the run"):
            dedup.RunOutput(tmp_path / "out").texts([25])


def test_an_output_that_cannot_be_written_to_for_a_while(tmp_path, capsys, monkeypatch):
    box = fsspec.filesystem("memory")
    box.store.clear()
    (tmp_path / "in.jsonl").write_bytes(b"".join(FILES.values()))
    put = box.put_file

    def refuse(path, name, **more):
        if name.endswith("matches.parquet"):
            raise ConnectionError("lost")
        put(path, name, **more)

    monkeypatch.setattr(box, "put_file", refuse)
    options = {"scratch": tmp_path / "scratch", "progress": True}
    (tmp_path / "scratch").mkdir()
    with pytest.raises(OutputError, match=r"cannot write to memory://box/out: lost\. Hint: .* --resume"):
        dedup.deduplicate(tmp_path / "in.jsonl", "memory://box/out", run=eager(**options))
    assert "are kept in" in capsys.readouterr().err
    with pytest.raises(InputError, match="is not the output folder of a run"):
        dedup.RunOutput("memory://box/out")
    monkeypatch.setattr(box, "put_file", put)
    resumed = dedup.deduplicate(tmp_path / "in.jsonl", "memory://box/out", run=eager(**options, resume=True))
    assert "resuming from the finished steps" in capsys.readouterr().err
    assert decided(dedup.RunOutput("memory://box/out")) == decided(resumed)
    assert not list((tmp_path / "scratch").iterdir())
