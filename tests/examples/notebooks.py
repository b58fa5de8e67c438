"""Run the notebooks of ``examples/``: ``python tests/examples/notebooks.py`` writes what they show into them.

They are committed with their outputs, so that they can be read where they cannot be run.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

_NOT_KEPT = re.compile(r"0x[0-9a-f]+|^[0-9.]+ s(, .*)?$", re.MULTILINE)
"""What differs from run to run: addresses in memory, and seconds."""


def executed(path: Path) -> Any:
    """Return a notebook as it is after a run, in a copy of the folder of examples.

    Cells keep what they show, without the time of the run and the version of the kernel.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        for file in FOLDER.iterdir():
            if file.suffix in (".jsonl", ".json", ".csv"):
                shutil.copy(file, folder)
        place = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, timeout=600, resources=place, coalesce_streams=True)
        environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
        client.execute(env={**environment, "PYTHONPATH": str(ROOT)})
    for cell in notebook.cells:
        cell.metadata.clear()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def shown(notebook: Any) -> list[list[str]]:
    """Return what each cell shows as text or HTML, without what differs from run to run; pictures count as such."""
    return [[_shown(output) for output in cell.get("outputs", ())] for cell in notebook.cells]


def _shown(output: Any) -> str:
    if output.output_type == "stream":
        return _NOT_KEPT.sub("", f"{output.name}: {output.text}")
    data = output.get("data", {})
    if "image/png" in data:
        return "a picture"
    return _NOT_KEPT.sub("", data.get("text/html") or data.get("text/plain") or repr(output))


if __name__ == "__main__":
    for notebook in NOTEBOOKS:
        nbformat.write(executed(notebook), notebook)
        print(notebook.name)
