"""Show the events that the package logs on stderr, as lines for people or as JSON for programs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from dedup.report.escaping import shown

if TYPE_CHECKING:
    import logging

    from dedup.run.progress import Progress, Step


@contextmanager
def logged(options: argparse.Namespace) -> Iterator[None]:
    """Show what is logged in a block, as ``--log-level`` and ``--log-json`` ask for; nothing if they are not given."""
    import logging

    logger = logging.getLogger("dedup")
    if not is_logged(options):
        logger.addHandler(logging.NullHandler())  # else Python prints warnings that nobody handles
        yield
        return
    handler, before = _handler(options.log_json), logger.level
    logger.addHandler(handler)
    logger.setLevel((options.log_level or "info").upper())
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def is_logged(options: argparse.Namespace) -> bool:
    """Return whether events are shown: notices are among them then, and not printed besides."""
    return options.log_level is not None or options.log_json


def progress_for(options: argparse.Namespace, steps: Sequence[Step] = ()) -> Progress:
    """Return the display of a command's progress: bars on a terminal, and notices unless they are among the events."""
    from dedup.run.progress import SHOWN_AFTER, Progress

    is_shown = not getattr(options, "quiet", False)
    has_bar, has_notices = is_shown and sys.stderr.isatty(), is_shown and not is_logged(options)
    return Progress(has_bar, has_notices, steps, getattr(options, "shown_after", SHOWN_AFTER))


def _handler(as_json: bool) -> logging.Handler:
    import logging

    from dedup.run.progress import print_beside_bars

    usual = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}

    class Handler(logging.Handler):
        """Prints each event on stderr, above a bar that is drawn there."""

        def emit(self, record: logging.LogRecord) -> None:
            print_beside_bars(_as_json(record, usual) if as_json else _as_line(record))

    return Handler()


def _as_line(record: logging.LogRecord) -> str:
    return f"{_time_of(record):%Y-%m-%dT%H:%M:%SZ} {record.levelname} {record.name}: {shown(record.getMessage())}"


def _as_json(record: logging.LogRecord, usual: set[str]) -> str:
    """Return an event as JSON; what is logged with it has fields of its own, behind the four of every event."""
    fields: dict[str, Any] = {
        "time": f"{_time_of(record).isoformat(timespec='milliseconds')[:-6]}Z",
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    more = {name: value for name, value in vars(record).items() if name not in usual and name not in fields}
    return json.dumps({**fields, **more}, default=str)


def _time_of(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, timezone.utc)


def print_summary(line: str, options: argparse.Namespace) -> None:
    """Print on stderr what a command did whose answers are on stdout; as an event if that is to hold only JSON."""
    if options.log_json:
        print_message(line, as_json=True)
    else:
        print(line, file=sys.stderr)


def print_message(line: str, as_json: bool, level: str = "info") -> None:
    """Print a message on stderr; as an event if that is to hold nothing but JSON."""
    if not as_json:
        print(f"dedup: {shown(line)}", file=sys.stderr)
        return
    import logging

    event = logging.makeLogRecord({"name": "dedup", "levelname": level.upper(), "msg": line})
    print(_as_json(event, {*vars(event)}), file=sys.stderr)
