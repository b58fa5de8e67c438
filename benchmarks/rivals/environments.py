"""Make an environment of its own for each rival, on first use, from ``requirements-NAME.txt`` beside this file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent


def python_of(name: str, folder: Path) -> Path:
    """Return the Python of a rival's environment; make it if it is not there or its requirements have changed.

    Parameters
    ----------
    name : str
        Name of the rival.
    folder : pathlib.Path
        Where the environments are kept.
    """
    place = folder.absolute() / name
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    requirements = SCRIPTS / f"requirements-{name}.txt"
    installed = place / requirements.name
    if not installed.exists() or installed.read_text() != requirements.read_text():
        print(f"making an environment for {name} in {place}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
        shutil.copy(requirements, installed)  # last: it says that the environment is whole
    return python
