"""Run ``dedup``: choose the command, report its errors in one line, and return the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from dedup._version import __version__
from dedup.cli.command_list import Commands
from dedup.cli.compile_notice import announce_compilation
from dedup.cli.garbage import relax_collection, stop_collection
from dedup.cli.parser import Parser
from dedup.cli.standard_streams import secure_streams, settle_streams
from dedup.cli.unneeded_imports import block_unneeded
from dedup.errors import DedupError
from dedup.report.escaping import shown

EXAMPLES = """\
dedup run news.jsonl -o out             drop the copies in a corpus
dedup show out a17                      show what became of a record, and its story
dedup report out                        write that run as pages for a browser
dedup tune news.jsonl --sample 5%       see what other thresholds would drop
dedup compare a.txt b.txt               judge two texts
dedup index add news.index new.jsonl    add documents to an index, and see what each copies
dedup label out                         label pairs of a run, to fit the models to them with dedup fit
"""


COMMANDS = {
    "run": ("dedup.cli.run", "drop the copies in a corpus"),
    "show": ("dedup.cli.show", "show a record of a run with its story, or two side by side"),
    "report": ("dedup.cli.report", "write a run as pages for a browser"),
    "tune": ("dedup.cli.tune", "see what other thresholds would drop, before you choose one"),
    "decide": ("dedup.cli.decide", "decide again what a run has found, by other parameters"),
    "diff": ("dedup.cli.diff", "show what one run keeps and another drops"),
    "compare": ("dedup.cli.compare", "judge two texts"),
    "index": ("dedup.cli.index.index_group", "keep documents in an index, and ask what a new text copies"),
    "label": ("dedup.cli.label", "label pairs of a run, to fit the models to your own news"),
    "fit": ("dedup.cli.fit", "fit the models that judge pairs to your own labels"),
    "warmup": ("dedup.cli.warmup", "compile the kernels for this machine, before they are needed"),
}
"""Module and help of each command, in the order of the help."""


def parser(arguments: Sequence[str] | None = None) -> Parser:
    """Return the parser of the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The arguments to be parsed: of the commands only the one that they call is loaded. By default all are.
    """
    top = Parser(
        prog="dedup",
        description="Find copies, excerpts and rewrites among news articles, and decide which of them to keep.",
        example=EXAMPLES,
    )
    top.add_argument("--version", action="version", version=f"dedup {__version__}")
    Commands(top, COMMANDS, arguments)
    return top


def console() -> NoReturn:
    """Run the command line as the main program of a process."""
    start()
    end(main())


def start() -> None:
    """Prepare the process, before NumPy, pyarrow and Numba are loaded."""
    secure_streams()
    relax_collection()
    block_unneeded()
    # NumPy's BLAS starts a thread for each processor, which spins for a while: 0.07 s of processor time and 0.05 s of a
    # run on a few files (medians of 12, two processors, 2026-11-28). No matrices are multiplied here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def end(code: int) -> NoReturn:
    """End the process with this exit code."""
    settle_streams()
    stop_collection()
    sys.exit(code)


def main(arguments: Sequence[str] | None = None, **more: object) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.
    **more
        Values of which there is no option: ``tuning``, sizes that tests make small.

    Returns
    -------
    int
        0 done, 1 failed, 2 used wrongly, 130 interrupted.
    """
    traceback = False
    try:
        arguments = sys.argv[1:] if arguments is None else arguments
        options, unknown = parser(arguments).parse_known_args(arguments)
        if unknown:
            options.parser.refuse(unknown)
        vars(options).update(more)
        traceback = options.traceback
        with announce_compilation(getattr(options, "quiet", options.json)):
            code: int = options.command(options)
        sys.stdout.flush()
        return code
    except DedupError as error:
        if traceback:
            raise
        print(f"dedup: {shown(str(error))}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        return 1  # the reader of our output has gone, as `head` does; that is not an error to report
    except RuntimeError as error:
        if traceback or "no locator available" not in str(error):
            raise
        print("dedup: no folder to keep compiled kernels in. Hint: set NUMBA_CACHE_DIR to one", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("dedup: interrupted", file=sys.stderr)
        return 130
    except OSError as error:
        if traceback:
            raise
        place = f": {error.filename}" if error.filename else ""
        print(shown(f"dedup: {error.strerror or error}{place}"), file=sys.stderr)
        return 1
