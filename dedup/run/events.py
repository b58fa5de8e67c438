"""Log what happens to a run as a whole: it begins, has notes, is written, and ends; `Progress` logs its stages."""

from __future__ import annotations

from dedup._version import __version__
from dedup.io import Source
from dedup.params import Params
from dedup.run.options import RunOptions
from dedup.run.progress import LOG
from dedup.run.result import Result


def log_start(source: Source, params: Params, options: RunOptions) -> None:
    """Log that a run begins: of which version, on what, and how."""
    inputs = [str(path) for path in source.inputs]
    facts = {
        "version": __version__,
        "inputs": inputs,
        "params": params.as_dict(),
        "threads": options.chosen_threads,
        "memory": options.chosen_memory,
    }
    some = ", ".join(inputs[:3]) + (", …" if len(inputs) > 3 else "")
    LOG.info("run of version %s on %s", __version__, some or "records in memory", extra=facts)


def log_notes(result: Result) -> None:
    """Log the notes of the summary."""
    for note in result.summary["notes"]:
        LOG.info("note: %s", note, extra={"note": note})


def log_output(result: Result) -> None:
    """Log what was written, and where."""
    files = result.summary["files"]
    LOG.info("written to %s: %s", result.output, ", ".join(files), extra={"output": str(result.output), "files": files})


def log_end(result: Result) -> None:
    """Log the outcome."""
    counts, seconds = result.counts, result.summary["seconds"]["total"]
    words = ", ".join(f"{value:,} {name}" for name, value in counts.items() if name in ("records", "kept", "dropped"))
    LOG.info("run ended after %.1f s: %s", seconds, words, extra={"counts": counts, "seconds": seconds})
