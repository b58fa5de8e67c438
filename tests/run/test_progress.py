"""The bar of a run suits the place: text in a terminal, a widget in a notebook, text again where it has no widgets."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dedup.run.progress import Progress

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
progress = Progress(bar=True)
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
    assert printed.splitlines()[-1] == "['closed']"


def test_a_bar_that_is_done_is_full(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(bar=True)
    with progress.bar("read", 10):
        bar = progress._bar
    assert bar.n == 10
    failing = progress.bar("read", 10)
    failing.__enter__()
    bar = progress._bar
    assert not failing.__exit__(ValueError, ValueError("no"), None)  # which raises it again
    assert bar.n == 0
