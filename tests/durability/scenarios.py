"""Commands that are to be disturbed, what stands before them, and what must stand after: nothing lost, nothing half."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from conftest import article, edited
from faults import Fault, Faulty

Arguments = tuple[object, ...]
Document = tuple[Any, ...]
"""Id, size, date, and the id of what it is a copy of."""


def records(first: int, last: int) -> list[dict[str, Any]]:
    """Return articles and copies of them, all dated."""
    numbers = range(first, last)
    some = [{"id": f"n{n}", "text": article(n, 6), "published": f"2024-01-{1 + n % 28:02}"} for n in numbers]
    copies = [
        {**one, "id": f"c{first + 4 * n}", "text": edited(one["text"], n, 0.03)} for n, one in enumerate(some[::4])
    ]
    return [*some, *copies, {"id": f"w{first}", "text": "...", "published": "2024-01-09"}]


def lines(some: list[dict[str, Any]]) -> bytes:
    """Return records as JSON lines, among them one that is none."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in some) + b'{"id": "broken", "text": \n'


def prepare_inputs(folder: Path) -> None:
    """Write the inputs of all scenarios."""
    new = records(4, 20)
    (folder / "new.jsonl").write_bytes(lines(new))
    (folder / "new.jsonl.gz").write_bytes(gzip.compress(lines(new)))
    (folder / "old.jsonl").write_bytes(lines(records(0, 12)[:-1]))
    changed = [{**record, "text": edited(record["text"], 9, 0.5)} for record in records(0, 12)[::2]]
    (folder / "changed.jsonl").write_bytes(lines(changed))
    pq.write_table(pa.Table.from_pylist(new), folder / "new.parquet")
    rows = [",".join(json.dumps(value) for value in record.values()) for record in new]
    (folder / "new.csv").write_text("\n".join([",".join(new[0]), *rows]) + "\n")
    (folder / "old.csv").write_text("\n".join([",".join(new[0]), *rows[:9]]) + "\n")
    (folder / "texts").mkdir()
    for record in new[::3]:
        (folder / "texts" / f"{record['id']}.txt").write_text(record["text"])


@dataclass(frozen=True)
class Scenario:
    """A command, and how to judge what it leaves.

    Parameters
    ----------
    name : str
    command : tuple
        Names that begin with ``@`` are in the folder.
    before : tuple of tuple
        Commands that have run before.
    again : tuple, optional
        What a person would do next; the same command by default.
    killed : int, optional
        The last of those before was killed at this call, one that changes a file.
    loses : bool
        It is there to remove documents.
    """

    name: str
    command: Arguments
    before: tuple[Arguments, ...] = ()
    again: Arguments = ()
    killed: int = 0
    loses: bool = False

    def placed(self, arguments: Arguments, folder: Path) -> Arguments:
        """Return a command with its paths."""
        return tuple(folder / str(one)[1:] if str(one).startswith("@") else one for one in arguments)


RUN = ("run", "--threads", "2")
OLD = ("index", "add", "@index", "@old.jsonl")
KILL_KINDS = ("write", "sync", "rename")

SCENARIOS = (
    Scenario("run", (*RUN, "@new.jsonl", "-o", "@out")),
    Scenario("run in the place of another", (*RUN, "@new.jsonl", "-o", "@out"), ((*RUN, "@old.csv", "-o", "@out"),)),
    Scenario("run gzip", (*RUN, "@new.jsonl.gz", "-o", "@deep/out")),
    Scenario("run Parquet", (*RUN, "@new.parquet", "-o", "@out")),
    Scenario("run CSV", (*RUN, "@new.csv", "-o", "@out")),
    Scenario("run texts", (*RUN, "@texts", "-o", "@out")),
    Scenario(
        "run, shards in the place of others",
        (*RUN, "@new.jsonl", "-o", "@out", "--shards", "3", "--compress", "zst"),
        ((*RUN, "@new.jsonl", "-o", "@out", "--shards", "5"),),
    ),
    Scenario(
        "run, the layout of the input",
        (*RUN, "@new.jsonl.gz", "@new.csv", "@texts", "-o", "@out", "--layout", "same"),
        ((*RUN, "@old.jsonl", "-o", "@out", "--layout", "same"),),
    ),
    Scenario("run, a new index", (*RUN, "@new.jsonl", "-o", "@out", "--index", "@index")),
    Scenario("run, an index", (*RUN, "@new.jsonl", "-o", "@out", "--index", "@index"), (OLD,)),
    Scenario(
        "resume",
        (*RUN, "@new.jsonl", "-o", "@out", "--index", "@index", "--resume"),
        (OLD, (*RUN, "@new.jsonl", "-o", "@out", "--index", "@index")),
        (*RUN, "@new.jsonl", "-o", "@out", "--index", "@index"),
        killed=240,
    ),
    Scenario("add, a new index", OLD, again=(*OLD, "--known", "skip")),
    Scenario(
        "add",
        ("index", "add", "@index", "@new.jsonl", "--known", "skip"),
        (OLD,),
    ),
    Scenario("update", ("index", "add", "@index", "@changed.jsonl", "--known", "update"), (OLD,)),
    Scenario("compact", ("index", "compact", "@index"), (OLD, ("index", "remove", "@index", "n1", "n2", "n3", "n5"))),
    Scenario("expire", ("index", "expire", "@index", "--before", "2024-01-08"), (OLD,), loses=True),
    Scenario("remove", ("index", "remove", "@index", "n1", "n2", "n5", "c0"), (OLD,), loses=True),
)


@dataclass(frozen=True)
class State:
    """The content of a folder.

    Parameters
    ----------
    output : dict, optional
        What the files of the output say, by name; None where there is none.
    documents : set
        Of the index.
    hidden : list of str
        Names that begin with a point.
    """

    output: dict[str, Any] | None
    documents: frozenset[Document]
    hidden: list[str]

    @property
    def ids(self) -> set[str]:
        """The ids of the documents."""
        return {document[0] for document in self.documents}


def state(folder: Path) -> State:
    """Read the content of a folder, without the code under test."""
    out = next((place for place in (folder / "out", folder / "deep" / "out") if place.is_dir()), None)
    hidden = [str(path.relative_to(folder)) for path in folder.rglob(".*")]
    return State(None if out is None else contents(out), _documents(folder / "index"), hidden)


def contents(out: Path) -> dict[str, Any]:
    """Return what the files of an output say, by name."""
    return {
        str(path.relative_to(out)): _content(path)
        for path in sorted(out.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(out).parts)
    }


def _content(path: Path) -> Any:
    try:
        return _read(path)
    except (ValueError, KeyError) as error:  # pyarrow's are values, too
        return f"broken: {error}"


def _read(path: Path) -> Any:
    if path.name in ("decisions.parquet", "matches.parquet"):
        return pq.read_table(pa.BufferReader(path.read_bytes())).to_pylist()
    if path.name == "summary.json":
        summary = json.loads(path.read_bytes())
        for name in ("seconds", "scratch_bytes"):
            summary.pop(name)
        summary.get("index", {}).pop("path", None)
        return summary
    return path.read_bytes()


def _documents(index: Path) -> frozenset[Document]:
    if not (index / "index.sqlite").is_file():
        return frozenset()
    connection = sqlite3.connect(f"{(index / 'index.sqlite').as_uri()}?mode=ro", uri=True)
    try:
        what = "one.id, one.size, one.published, other.id"
        found = f"SELECT {what} FROM documents one LEFT JOIN documents other ON one.copy_of = other.number"
        return frozenset(connection.execute(found).fetchall())
    finally:
        connection.close()


def prepared(faulty: Faulty, scenario: Scenario, folder: Path) -> None:
    """Make a folder in which a scenario begins."""
    folder.mkdir()
    prepare_inputs(folder)
    for at, command in enumerate(scenario.before):
        is_killed = bool(scenario.killed) and at == len(scenario.before) - 1
        killed = Fault("killed", KILL_KINDS, "kill")
        ended = faulty.run(folder, *scenario.placed(command, folder), fault=killed, nth=is_killed * scenario.killed)
        assert (ended.code, ended.signal) == ((None, 9) if is_killed else (0, None)), ended
    (folder / "said").unlink(missing_ok=True)


def copied(template: Path, to: Path) -> Path:
    """Copy a folder, to the same place each time: what is hidden may be named after it."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(template, to, symlinks=True)
    return to


@contextmanager
def room() -> Iterator[Path]:
    """Make a folder in memory, where there is one: to wait for a disk would take most of the time."""
    memory = Path("/dev/shm")
    made = Path(tempfile.mkdtemp(prefix="dedup-", dir=memory if os.access(memory, os.W_OK) else None)).resolve()
    try:
        yield made
    finally:
        shutil.rmtree(made)


@contextmanager
def warmed(folder: Path, scenarios: Sequence[Scenario]) -> Iterator[Faulty]:
    """Start a process for faults that has loaded all that these scenarios need."""
    faulty = Faulty(folder)
    try:
        for scenario in scenarios:
            prepared(faulty, scenario, folder / "warm")
            faulty.warm(*scenario.placed(scenario.command, folder / "warm"))
            shutil.rmtree(folder / "warm")
        yield faulty
    finally:
        faulty.close()
