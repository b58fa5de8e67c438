"""Kill runs at random moments, resume them, and compare the output with an undisturbed run, byte for byte.

    python -m benchmarks.quality.kills wire.jsonl --kills 50
    python -m benchmarks.quality.kills wire.jsonl --kills 50 --save-after 0.02   # saves far more often than a real run

The process gets SIGKILL: it can do nothing about it, as when the power fails. A resumed run may be killed again. The
summary is compared without the seconds. Ends with 1 at the first difference, and where anything is left behind.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = """
import sys
from dedup.cli.main import main
from dedup.run.options import RunTuning
tuning = RunTuning(save_after=float(sys.argv.pop(1)))
sys.exit(main(sys.argv[1:], tuning=tuning))
"""
KILLED = 0.85
"""Share of the processes that are killed, while kills are left."""


def content(folder: Path) -> dict[str, object]:
    """Return the files that a run has written, by name, without how long it took."""
    files: dict[str, object] = {path.name: path.read_bytes() for path in folder.iterdir()}
    summary = json.loads((folder / "summary.json").read_text())
    del summary["seconds"]
    return {**files, "summary.json": summary}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--level", default="rewritten")
    parser.add_argument(
        "--save-after", type=float, default=1.0, help="seconds of work worth saving (default: as usual)"
    )
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    draw = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        words = [sys.executable, "-c", PROGRAM, str(args.save_after), "run", args.corpus, "--level", args.level]
        words += ["--quiet", "-o"]
        started = time.perf_counter()
        subprocess.run([*words, work / "undisturbed"], check=True)
        whole = time.perf_counter() - started
        expected = content(work / "undisturbed")
        kills = had_saved = runs = 0
        while kills < args.kills:
            resume: list[str] = []
            while True:
                process = subprocess.Popen([*words, work / "out", *resume])
                resume = ["--resume"]
                if kills < args.kills and draw.random() < KILLED:
                    time.sleep(draw.uniform(0.2, 1.05 * whole))
                    if process.poll() is None:
                        process.send_signal(signal.SIGKILL)
                        process.wait()
                        kills += 1
                        had_saved += bool(list(work.glob(".dedup-*/unfinished.json")))
                        continue
                if process.wait():
                    print(f"a resumed run ended with {process.returncode}")
                    return 1
                break
            runs += 1
            if content(work / "out") != expected or len(list(work.iterdir())) != 2:
                print(f"after {kills} kills: other output, or something was left behind")
                return 1
            for path in (work / "out").iterdir():
                path.unlink()
            (work / "out").rmdir()
    print(f"{kills} kills, {had_saved} of them with something saved; {runs} runs ended with the same bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
