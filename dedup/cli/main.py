"""Run ``dedup``: choose the command, report its errors in one line, and return the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from dedup._version import __version__
from dedup.cli.command_list import Commands
from dedup.cli.compile_notice import announce_compilation
from dedup.cli.event_log import is_logged, logged, print_message
from dedup.cli.garbage import relax_collection, stop_collection
from dedup.cli.index.index_group import COMMANDS as OF_AN_INDEX
from dedup.cli.interrupts import CODE, ignore_interrupts, interrupt_once
from dedup.cli.parser import Parser
from dedup.cli.standard_streams import secure_streams, settle_streams
from dedup.cli.unneeded_imports import block_unneeded
from dedup.errors import ColumnError, DedupError, ParamsError

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
    "config": ("dedup.cli.config", "show which settings come from dedup.toml, pyproject.toml and the environment"),
    "completion": ("dedup.cli.completion", "print the script by which a shell completes commands and options"),
    "help": ("dedup.cli.help", "show the help of a command"),
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
    top.elsewhere = {name: f"did you mean index {name}?" for name in OF_AN_INDEX}
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
    interrupt_once()
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
        0 done, 1 failed, 2 used wrongly, 130 interrupted. With ``--exit-code`` 1 is an answer, and 2 failed.
    """
    traceback, as_json, failed = False, False, 1
    settings: Mapping[str, str] = {}
    try:
        arguments = sys.argv[1:] if arguments is None else arguments
        if "--version" in arguments:  # of a command, too
            arguments = ["--version"]
        top = parser(arguments)
        if top.called and not {"-h", "--help"} & {*arguments}:
            from dedup.cli.settings import apply_settings

            apply_settings(top, parser)
        options, unknown = top.parse_known_args(arguments)
        if unknown:
            options.parser.refuse(unknown)
        vars(options).update(more, parser_of=parser)
        traceback, as_json, settings = options.traceback, options.log_json, options.parser.settings
        failed = 2 if getattr(options, "exit_code", False) else 1  # then 1 is an answer
        with logged(options), announce_compilation(getattr(options, "quiet", options.json) or is_logged(options)):
            code: int = options.command(options)
        sys.stdout.flush()
        return code
    except DedupError as error:
        if traceback:
            raise
        print_message(f"{error}{_origin(error, settings)}", as_json, "error")
        return max(error.exit_code, failed)
    except BrokenPipeError:
        return failed  # the reader of our output has gone, as `head` does; that is not an error to report
    except RuntimeError as error:
        if traceback or "no locator available" not in str(error):
            raise
        print_message("no folder to keep compiled kernels in. Hint: set NUMBA_CACHE_DIR to one", as_json, "error")
        return failed
    except KeyboardInterrupt as error:
        ignore_interrupts()
        print_message(str(error) or "interrupted", as_json, "error")
        return CODE
    except OSError as error:
        if traceback:
            raise
        place = f": {error.filename}" if error.filename else ""
        print_message(f"{error.strerror or error}{place}", as_json, "error")
        return failed


def _origin(error: DedupError, settings: Mapping[str, str]) -> str:
    """Return which settings an error names, and where they are."""
    if not (settings and isinstance(error, (ParamsError, ColumnError))):
        return ""
    from dedup.cli.settings import named_settings

    return named_settings(error.hint if isinstance(error, ColumnError) else error.found, settings)
