"""``dedup``: choose the command, tell its errors in one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from dedup._version import __version__
from dedup.cli import compare, fit, label, run
from dedup.cli.index import index_add as index_commands
from dedup.cli.startup import leave, start
from dedup.errors import DedupError
from dedup.report.escaping import shown

DESCRIPTION = """\
Find copies, excerpts and rewrites among news articles; say which is what, and decide what to keep.

  dedup run news.jsonl -o out             drop the copies of a corpus
  dedup compare a.txt b.txt               judge two texts
  dedup index add news.index new.jsonl    keep documents, ask what a new one copies
  dedup label out                         say of pairs of a run what they are, and have the verdict fitted to it
"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Print the error and where to find help, and exit with 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = Parser(prog="dedup", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--version", action="version", version=f"dedup {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (run, compare, index_commands, label, fit):
        command.add_parser(commands)
    return top


def console() -> NoReturn:
    """Run the command line as a program of its own."""
    start()
    leave(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns
    -------
    int
        0 done, 1 failed, 2 used wrongly, 130 interrupted.
    """
    options = parser().parse_args(arguments)
    try:
        code: int = options.command(options)
        sys.stdout.flush()
        return code
    except DedupError as error:
        if options.traceback:
            raise
        print(f"dedup: {shown(str(error))}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output went away, as `head` does; Python must not complain about it again at exit.
        sys.stdout = None
        return 1
    except RuntimeError as error:
        if options.traceback or "no locator available" not in str(error):
            raise
        print("dedup: no folder to keep compiled kernels in. Hint: set NUMBA_CACHE_DIR to one", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("dedup: interrupted", file=sys.stderr)
        return 130
    except OSError as error:
        if options.traceback:
            raise
        place = f": {error.filename}" if error.filename else ""
        print(shown(f"dedup: {error.strerror or error}{place}"), file=sys.stderr)
        return 1
