"""A run writes its kept records in any form, and an output folder of any form is a run to all that reads one."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import article
from reading import json_lines, make

import dedup
from dedup.errors import OutputError, ParamsError

FORMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "compressed": {"compress": "gz"},
    "shards": {"shards": 3},
    "shards of a size": {"shards": "2KB", "compress": "zst"},
    "layout": {"layout": "same"},
    "none": {"kept": False},
}


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("news")
    some = [{"id": f"a{n}", "text": article(n, 5)} for n in range(8)]
    make(folder, "in/one.jsonl", json_lines(*some[:5], {**some[0], "id": "b0"}))
    make(folder, "in/deep/two.jsonl.gz", gzip.compress(json_lines(*some[5:], {**some[1], "id": "b1"})))
    return folder / "in"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("kept"))


@pytest.mark.parametrize("form", FORMS)
def test_the_names_of_all_files_are_in_the_summary_and_the_folder_is_a_run(news, tmp_path, form) -> None:
    out = tmp_path / "out"
    result = dedup.deduplicate(news, out, level="near", run=dedup.RunOptions(**FORMS[form]))
    assert sorted(result.summary["files"]) == sorted(path.name for path in out.iterdir())
    run = dedup.RunOutput(out)
    assert run.decisions.equals(result.decisions)
    assert run.decide(level="identical").kept.num_rows == 8
    assert sorted(run.texts(range(2))) == [0, 1]
    assert result.kept.num_rows == result.counts["kept"] == 8
    if form == "none":
        assert names_in(out) == []


def test_each_form_replaces_the_files_of_the_one_before(news, tmp_path) -> None:
    out = tmp_path / "out"
    for form in ("shards", "layout", "compressed", "shards of a size", "none", "plain"):
        dedup.deduplicate(news, out, level="identical", run=dedup.RunOptions(**FORMS[form]))
        files = json.loads((out / "summary.json").read_text())["files"]
        assert sorted(path.name for path in out.iterdir()) == sorted(files)
    assert names_in(out) == ["kept.jsonl"]
    (out / "kept-00001-of-00003.jsonl").write_text("mine")
    with pytest.raises(OutputError, match="exists, and was not written by an earlier run"):
        dedup.deduplicate(news, out, run=dedup.RunOptions(shards=3))
    assert (out / "kept-00001-of-00003.jsonl").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"compress": "rar"}, "compress 'rar'; expected one of gz, zst"),
        ({"shards": "some"}, "shards 'some'; expected a number of files from 1"),
        ({"layout": "flat"}, "layout 'flat'; expected one of joined, same"),
        ({"layout": "same", "shards": 2}, "shards 2 with layout 'same'"),
        ({"kept": False, "compress": "gz"}, "compress 'gz' without kept records"),
        ({"kept": False, "layout": "same"}, "layout 'same' without kept records"),
    ],
)
def test_what_cannot_be_together_is_refused_at_once(options, words) -> None:
    with pytest.raises(ParamsError, match=words):
        dedup.RunOptions(**options)


def test_a_form_wants_an_output(news) -> None:
    with pytest.raises(ParamsError, match="shards without an output; expected a folder"):
        dedup.deduplicate(news, run=dedup.RunOptions(shards=2))
