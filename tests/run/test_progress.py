"""The bar of a run suits the place, and every stage has a total that is reached exactly.

It is text in a terminal, a widget in a notebook, and text again where that has no widgets.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import article, edited

from dedup import Fields, Index, RunOptions, RunOutput
from dedup.attribution.agencies import Agencies
from dedup.index.bulk import BulkIndex
from dedup.index.rebuild import rebuild
from dedup.io import open_files
from dedup.report.pages.report_pages import write_report
from dedup.run.deduplication import open_index
from dedup.run.options import read_options
from dedup.run.pipeline import run
from dedup.run.progress import Progress, Step

KERNEL = """
import sys, types, warnings
warnings.simplefilter("error")
sys.modules["ipykernel"] = sys.modules["ipykernel.zmqshell"] = types.ModuleType("ipykernel")
ipython = sys.modules["IPython"] = types.ModuleType("IPython")
ipython.get_ipython = lambda: object()
"""
WIDGETS = """
shown = []
class Widget:
    def __init__(self, *args, children=(), **kwargs):
        self.children, self.layout, self.style = children, types.SimpleNamespace(), types.SimpleNamespace()
        self.value = self.bar_style = ""
    def close(self):
        shown.append("closed")
widgets = sys.modules["ipywidgets"] = types.ModuleType("ipywidgets")
widgets.HTML = widgets.FloatProgress = widgets.HBox = Widget
ipython.display = sys.modules["IPython.display"] = types.ModuleType("IPython.display")
ipython.display.display = shown.append
"""
RUN = """
from dedup.run.progress import Progress
progress = Progress(bar=True, shown_after=0.0)
with progress.bar("read", 10, "B"):
    progress.advance_to(4)
    kind = type(progress._bar).__mro__
print([one.__module__ for one in kind if one.__module__.startswith("tqdm")])
"""


def output_of(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_terminal_gets_text_and_loads_nothing_for_notebooks() -> None:
    loaded = "import sys\nprint(sorted({'tqdm.auto', 'tqdm.notebook', 'tqdm.asyncio'} & {*sys.modules}))"
    assert output_of(RUN + loaded).splitlines() == ["['tqdm.std', 'tqdm.utils']", "[]"]


def test_a_kernel_without_widgets_gets_text_and_no_warning() -> None:
    assert "tqdm.notebook" not in output_of(KERNEL + "sys.modules['ipywidgets'] = None\n" + RUN)


def test_a_kernel_gets_a_widget_which_goes_when_the_stage_is_done() -> None:
    printed = output_of(KERNEL + WIDGETS + RUN + "print(shown)")
    assert "tqdm.notebook" in printed
    assert printed.splitlines()[-1].endswith("'closed']")


def test_a_bar_that_is_done_is_full(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(bar=True, shown_after=0.0)
    with progress.bar("read", 10):
        bar = progress._bar
    assert bar.n == 10
    failing = progress.bar("read", 10)
    failing.__enter__()
    bar = progress._bar
    assert not failing.__exit__(ValueError, ValueError("no"), None)  # which raises it again
    assert bar.n == 0


AT_ONCE = {"exact", "decide", "merge", "free"}
"""Work that ends in one step: it is done, or not begun."""


class Recorder(Progress):
    """Progress that remembers how far each work had come when it ended by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, int | None, int]] = []

    @contextmanager
    def bar(self, name: str, total: int | None, unit: str = "") -> Iterator[None]:
        with super().bar(name, total, unit):
            yield
            assert self._work is not None
            self.seen.append((name, total, self._work.done))

    def require_exact(self) -> set[str]:
        """Require that all work reached its total by what it counted; return its names."""
        for name, total, done in self.seen:
            assert done == total or (name in AT_ONCE and done == 0), (name, total, done)
        return {name for name, _, _ in self.seen}


def news(folder: Path, name: str, numbers: range) -> Path:
    texts = {n: article(n) for n in numbers} | {1000 + n: edited(article(n), n, 0.02) for n in numbers[:6]}
    path = folder / name
    path.write_text("".join(json.dumps({"id": f"{name}{n}", "text": text}) + "\n" for n, text in texts.items()))
    return path


def run_of(path: Path, place: Path, progress: Progress) -> None:
    options = RunOptions(passages=True)
    source = open_files([str(path)], read_options(options, Fields()))
    with open_index(place / "news.index", {}, options.tuning) as (params, index):
        run(source, place / "out", params, options, Agencies.read(None), index, progress)


def test_all_work_of_a_run_reaches_its_total(tmp_path: Path) -> None:
    run_of(news(tmp_path, "first.jsonl", range(30)), tmp_path, Progress())
    progress = Recorder()
    run_of(news(tmp_path, "second.jsonl", range(20, 60)), tmp_path, progress)
    names = progress.require_exact()
    assert names >= {"read", "exact", "documents", "sentences", "buckets", "near evidence", "shared passages"}
    assert names >= {"posting lists", "counted", "sketches", "evidence", "decide", "decisions", "matches"}
    assert [step.doing for step in progress.steps] == [
        "reading", "comparing with the index", "matching", "matching", "matching", "deciding", "writing",
        "finding passages", "adding to the index",
    ]  # fmt: skip
    assert {name for step in progress.steps for name in step.stages} <= {*progress.seconds, "read"}


def test_all_work_on_an_index_and_a_report_reaches_its_total(tmp_path: Path) -> None:
    path = news(tmp_path, "first.jsonl", range(30))
    run_of(path, tmp_path, Progress())
    progress = Recorder()
    with Index(tmp_path / "news.index") as index:
        index.remove("first.jsonl3")
        BulkIndex(index).compact(progress)
    texts = [{"id": f"first.jsonl{n}", "text": article(n)} for n in range(30)]
    assert rebuild(tmp_path / "news.index", texts, drop_missing=True, meter=progress).documents == 29
    write_report(RunOutput(tmp_path / "out"), tmp_path / "report", "news", 5, 5, progress)
    assert progress.require_exact() == {"merge", "count", "free", "add", "titles", "pages"}


def test_events_say_what_is_done_and_how_long_it_takes(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress(steps=[Step("reading", ("read",)), Step("matching", ("word pairs",))])
    with caplog.at_level("DEBUG", "dedup.run"):
        with progress.bar("read", 12, "B"):
            progress.advance(12)
        with progress.stage("word pairs"), progress.bar("sketches", 1, "documents"):
            progress.advance(1)
    said = [(one.levelname, one.getMessage().split(" in ")[0]) for one in caplog.records]
    assert said[:2] == [("INFO", "read: 12 bytes"), ("DEBUG", "word pairs: sketches: 1 document")]
    assert said[2][1].startswith("word pairs: 0.0 s")
    assert (caplog.records[0].stage, caplog.records[0].amount) == ("read", 12)  # type: ignore[attr-defined]
    assert progress.when == " while matching"
