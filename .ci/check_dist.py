"""Build the wheel and the source archive, install each in an empty environment, and run it outside of the clone.

    python .ci/check_dist.py [--extras all]

Every file of data in the package must be in the wheel; the run of ``seeds/`` must find what ``seeds/LABELS.md`` says.
Needs the package ``build``. The archives stay in ``dist/``.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"

USE = """
import dedup, pathlib, sys
assert "site-packages" in dedup.__file__, dedup.__file__
print(dedup.__version__)
texts = [path.read_text("utf-8") for path in sorted(pathlib.Path("seeds").glob("*.txt"))]
assert dedup.compare(texts[0], texts[3]).relation == "rewritten"
with dedup.Index.open("news.index") as index:
    assert index.add("000", texts[0]).kept
    assert index.add("003", texts[3]).duplicate_of == "000"
"""


def main() -> None:
    """Build, check and try both archives."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--extras", help="extras to install with the wheel, such as all")
    extras = parser.parse_args().extras
    shutil.rmtree(DIST, ignore_errors=True)
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT)], check=True, stdout=subprocess.DEVNULL
    )
    (wheel,), (archive,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    check_content(wheel)
    version = wheel.name.split("-")[1]
    for built, chosen in ((wheel, extras), (archive, None)):
        with tempfile.TemporaryDirectory(prefix="dedup-dist-") as folder:
            check_installed(built, chosen, version, Path(folder))
        print(f"{built.name}: installed and run")


def check_content(wheel: Path) -> None:
    """Check that the wheel has every file of the package, and nothing else."""
    listed = subprocess.run(["git", "ls-files", "dedup"], capture_output=True, text=True, check=True, cwd=ROOT)
    with zipfile.ZipFile(wheel) as content:
        there = {name for name in content.namelist() if ".dist-info/" not in name}
    expected = set(listed.stdout.split())
    if there != expected:
        sys.exit(f"{wheel.name}: missing {sorted(expected - there)}, not expected {sorted(there - expected)}")


def check_installed(built: Path, extras: str | None, version: str, folder: Path) -> None:
    """Install an archive in an empty environment in ``folder``, and use it there."""
    venv.create(folder / "env", with_pip=True)
    programs = folder / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    python = str(programs / "python")
    what = str(built) + (f"[{extras}]" if extras else "")
    subprocess.run([python, "-m", "pip", "install", "--quiet", what], check=True)
    subprocess.run([python, "-m", "pip", "check"], check=True)
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    ran = subprocess.run(
        [str(programs / "dedup"), "run", "seeds"], capture_output=True, text=True, check=True, cwd=folder
    ).stdout
    labels = re.findall(
        r"^\| (\S+\.txt) \|.*\| (\w+) \|", (ROOT / "seeds" / "LABELS.md").read_text("utf-8"), re.MULTILINE
    )
    for name, relation in labels:
        answer = next(line for line in ran.splitlines() if line.startswith(name))
        if relation not in answer:
            sys.exit(f"{built.name}: expected {relation} of {name}, found: {answer}")
    used = subprocess.run([python, "-c", USE], capture_output=True, text=True, check=True, cwd=folder).stdout.strip()
    if used != version:
        sys.exit(f"{built.name}: __version__ is {used}")


if __name__ == "__main__":
    main()
