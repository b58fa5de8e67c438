"""Run text-dedup: its MinHash script as its README shows, on JSON lines that Hugging Face's datasets reads.

128 hashes, word 5-shingles and the threshold 0.7, else its defaults. Releases from 0.4.1 on need Python 3.12, take a
file of settings and check what they find; 0.4.0 takes options and checks nothing. Which of them it is depends on the
Python at hand, see ``requirements-text_dedup.txt``. The conversion to Arrow is part of what the script does and of
the time; our reading of its answer, an Arrow file too, takes milliseconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import job
from datasets import load_from_disk

SETTINGS = """\
[input]
input_type = "local_files"
file_type = "json"
[input.read_arguments]
path = "json"
split = "train"
data_files = {data}
cache_dir = {cache}
[algorithm]
algorithm_name = "minhash"
text_column = "text"
num_perm = {num_perm}
threshold = {threshold}
ngram_size = {ngram}
num_proc = {threads}
check_false_positive = true
[output]
output_dir = {output}
[debug]
enable_profiling = false
"""


def deduplicate(path: Path, threads: int) -> tuple[int, list[str]]:
    """Return the number of documents and the ids of those removed."""
    with tempfile.TemporaryDirectory() as folder:
        output, cache = f"{folder}/output", f"{folder}/cache"
        command = [sys.executable, "-m", "text_dedup.minhash"]
        if version("text-dedup") == "0.4.0":
            options = {"path": "json", "data_files": path.absolute(), "split": "train", "cache_dir": cache}
            options |= {"output": output, "column": "text", "num_proc": threads, "ngram": job.SHINGLE_SIZE}
            options |= {"num_perm": job.NUM_PERM, "threshold": job.THRESHOLD}
            command += [word for name, value in options.items() for word in (f"--{name}", str(value))]
        else:
            names = {name: json.dumps(str(value)) for name, value in (("data", path.absolute()), ("cache", cache))}
            choices = {"num_perm": job.NUM_PERM, "threshold": job.THRESHOLD, "ngram": job.SHINGLE_SIZE}
            settings = SETTINGS.format(**names, **choices, threads=threads, output=json.dumps(output))
            Path(folder, "config.toml").write_text(settings)
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": f"{folder}/home"}
        subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
        kept = set(load_from_disk(output)["id"])
    return job.ids_but(path, kept)


if __name__ == "__main__":
    job.main("text-dedup", deduplicate)
