"""Write the table of kernels that are compiled before they are called: which, with which types, and for what.

    python tests/kernels/recorded.py

Each use is run by the command line in a process of its own, twice: with an empty cache, for the order and the seconds,
and again, when only what Python calls is loaded and not what other kernels call. It takes two minutes or three.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
SEEDS = TESTS.parent / "seeds"
sys.path[:0] = [str(TESTS.parent), str(TESTS)]

Arguments = list[str]


def plain_news(folder: Path) -> Path:
    """Write articles of plain words, with two near copies, as JSON lines."""
    from conftest import article, edited

    texts = [article(seed, 12) for seed in range(12)]
    texts += [edited(texts[0], 1, 0.02), edited(texts[1], 2, 0.05), texts[2] + " " + article(20, 8)]
    lines = [json.dumps({"id": f"t{n}", "text": text, "date": "2024-03-01"}) for n, text in enumerate(texts)]
    (folder / "plain.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder / "plain.jsonl"


def mixed_news(folder: Path) -> Path:
    """Write texts of every kind, with markup, other scripts and pieces of a mould, among many articles."""
    from conftest import article, report
    from interpreted import texts

    every = [*texts(), *(article(seed, 8) for seed in range(40, 90)), *(report(seed) for seed in range(6))]
    every += [
        article(seed, 6) + "\nSubscribe to our newsletter and accept all cookies of this page.\n" for seed in range(9)
    ]
    lines = [
        json.dumps({"id": f"t{n}", "text": text, "published": f"2024-03-{n % 28 + 1:02}", "source": "Hill Press"})
        for n, text in enumerate(every)
    ]
    (folder / "mixed.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder / "mixed.jsonl"


def many_articles(folder: Path, name: str, markup: str) -> Path:
    """Write a hundred articles between a line that all have and, perhaps, tags."""
    from conftest import article

    foot = "Subscribe to our newsletter and accept all cookies of this page."
    texts = [markup.format(article(seed, 8) + "\n" + foot + "\n") for seed in range(100, 200)]
    lines = [json.dumps({"id": f"m{n}", "text": text}) for n, text in enumerate(texts)]
    (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    return folder / name


def comma_separated(folder: Path) -> Path:
    """Write articles as CSV."""
    from conftest import article

    rows = [f'{n},"{article(n, 6)}"' for n in range(4)]
    (folder / "news.csv").write_text("\n".join(["id,text", *rows]) + "\n", "utf-8")
    return folder / "news.csv"


def json_document(folder: Path) -> Path:
    """Write articles as one JSON array, a key a line."""
    from conftest import article

    (folder / "news.json").write_text(
        json.dumps([{"id": n, "text": article(n, 6)} for n in range(9)], indent=1), "utf-8"
    )
    return folder / "news.json"


def two_texts(folder: Path) -> tuple[Path, Path]:
    """Write an article and an edited one."""
    from conftest import article, edited

    first, second = folder / "a.txt", folder / "b.txt"
    first.write_text(article(0, 8), "utf-8")
    second.write_text(edited(article(0, 8), 1, 0.1), "utf-8")
    return first, second


def compare(folder: Path) -> list[Arguments]:
    return [["compare", *map(str, two_texts(folder))]]


def run_texts(folder: Path) -> list[Arguments]:
    return [["run", str(SEEDS), "-o", str(folder / "out")]]


def run_lines(folder: Path) -> list[Arguments]:
    return [["run", str(plain_news(folder)), "-o", str(folder / "out")]]


def index(folder: Path) -> list[Arguments]:
    news, place = str(plain_news(folder)), str(folder / "news.index")
    first, _ = two_texts(folder)
    return [["index", "create", place], ["index", "add", place, news], ["index", "query", place, str(first)]]


def run_markup(folder: Path) -> list[Arguments]:
    news = many_articles(folder, "markup.jsonl", "<div><p>Caf&eacute;s &amp; more.</p><p>{}</p></div>")
    lines = news.read_text("utf-8").splitlines()[:6]
    news.write_text("\n".join(lines) + "\n", "utf-8")
    return [["run", str(news), "-o", str(folder / "out")]]


def run_many(folder: Path) -> list[Arguments]:
    return [["run", str(many_articles(folder, "many.jsonl", "{}")), "-o", str(folder / "out")]]


def run_mixed(folder: Path) -> list[Arguments]:
    news, out, place = str(mixed_news(folder)), str(folder / "out"), str(folder / "news.index")
    return [
        ["run", news, "-o", out, "--related", "--passages"],
        ["run", news, "-o", str(folder / "near"), "--level", "near", "--threads", "1"],
        ["run", news, "-o", str(folder / "sample"), "--sample", "50%"],
        ["run", news, "-o", str(folder / "credited"), "--keep", "earliest"],
        ["decide", out, "-o", str(folder / "decided"), "--level", "near"],
        ["report", out, "-o", str(folder / "pages")],
        ["show", out, "t0"],
        ["tune", news],
        ["index", "create", place],
        ["run", news, "-o", str(folder / "with_index"), "--index", place],
        ["run", str(comma_separated(folder)), "-o", str(folder / "rows")],
        ["run", str(json_document(folder)), "-o", str(folder / "document")],
        ["index", "add", place, str(comma_separated(folder))],
        ["index", "compact", place],
        ["index", "check", place],
    ]


USES: dict[str, tuple[bool, Callable[[Path], list[Arguments]]]] = {
    "run": (True, run_texts),
    "run JSON lines": (True, run_lines),
    "compare": (True, compare),
    "index": (True, index),
    "run on markup": (False, run_markup),
    "run on many": (False, run_many),
    "all else": (False, run_mixed),
}
"""By name: whether every input needs its kernels, and its commands."""


def perform(use: str, report: Path) -> None:
    """Run the commands of a use in this process; write which kernels Numba has compiled, and which are loaded."""
    from dedup.cli.main import main, start

    start()
    from numba.core import event

    from dedup.kernels.cold_start.first_use import FIRST_USE
    from dedup.kernels.cold_start.known_kernels import KERNELS, spelled

    compiled: list[tuple[str, list[str], float]] = []

    class Recorder(event.Listener):  # type: ignore[misc]
        begins: list[float] = []  # noqa: RUF012

        def on_start(self, event: Any) -> None:
            self.begins.append(time.process_time())

        def on_end(self, event: Any) -> None:
            begin = self.begins.pop()
            if not self.begins:
                function = event.data["dispatcher"].py_func
                name = f"{function.__module__.removeprefix(KERNELS)}.{function.__name__}"
                types = list(map(spelled, event.data["args"]))
                compiled.append((name, types, round(time.process_time() - begin, 2)))

    event.register("numba:compile", Recorder())
    failed = []
    with tempfile.TemporaryDirectory() as place, FIRST_USE.by_us():
        for arguments in USES[use][1](Path(place)):
            code = main([*arguments, "--quiet"] if arguments[0] in ("run", "tune") else arguments)
            if code > 1:
                failed.append((arguments, code))
    loaded = [
        (f"{module.removeprefix(KERNELS)}.{name}", list(map(spelled, types)))
        for module, content in list(sys.modules.items())
        if module.startswith(KERNELS)
        for name, kernel in vars(content).items()
        if hasattr(kernel, "overloads") and kernel.py_func.__module__ == module
        for types in (kernel.overloads if not compiled else ())  # else those that other kernels call are among them
    ]
    report.write_text(json.dumps({"compiled": compiled, "loaded": loaded, "failed": failed}), "utf-8")


def record(cache: Path) -> dict[str, Any]:
    """Return the table, with an empty folder for the cache."""
    seconds: dict[tuple[str, ...], float] = {}
    loaded: dict[str, set[tuple[str, ...]]] = {}
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    for round in ("empty", "full"):
        for use in USES:
            command = [sys.executable, __file__, use, str(cache / "report.json")]
            subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
            report = json.loads((cache / "report.json").read_text("utf-8"))
            assert not report["failed"], report["failed"]
            if round == "empty":
                for name, types, one in report["compiled"]:
                    seconds.setdefault((name, *types), one)
            else:
                assert not report["compiled"], report["compiled"]
                loaded[use] = {(name, *types) for name, types in report["loaded"]}
    order = {key: k for k, key in enumerate(seconds)}
    keys = sorted(set().union(*loaded.values()), key=lambda key: (order.get(key, len(order)), key))
    return {
        "kernels": [[name, types, seconds.get((name, *types), 0.05)] for name, *types in keys],
        "uses": [
            {"name": use, "is_sure": is_sure, "kernels": [k for k, key in enumerate(keys) if key in loaded[use]]}
            for use, (is_sure, _) in USES.items()
        ],
    }


def written(table: dict[str, Any]) -> str:
    """Return the table as text, a line for each kernel and use."""
    parts = [f' "{part}": [\n  ' + ",\n  ".join(map(json.dumps, table[part])) + "\n ]" for part in table]
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        perform(sys.argv[1], Path(sys.argv[2]))
    else:
        from dedup.kernels.cold_start.known_kernels import PLACE

        with tempfile.TemporaryDirectory() as place:
            table = record(Path(place))
        PLACE.write_text(written(table), "utf-8")
        print(f"{len(table['kernels'])} kernels, {sum(row[2] for row in table['kernels']):.0f} s")
