"""The services in ``examples`` do what they promise: with real workers and servers, some of which are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import servers
from conftest import article, edited

import dedup

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"

NEWS: list[dict[str, str]] = [
    {"id": f"a{number}", "text": article(number), "source": "Hill Press"} for number in range(30)
] + [{"id": f"copy{number}", "text": edited(article(number), number, 0.02)} for number in range(10)]
"""Articles, then copies of some of them."""

KEPT = {**{f"a{number}": None for number in range(30)}, **{f"copy{number}": f"a{number}" for number in range(10)}}
"""What each is a copy of, when they come in this order."""


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Import an example as its user does, from its folder."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    yield lambda name: __import__(name)
    for name in ("fastapi_service", "celery_worker", "redis_streams_consumer"):
        sys.modules.pop(name, None)


@contextmanager
def process(*command: str, folder: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a folder, which is ended with the block; it prints into the file ``log``."""
    paths = os.pathsep.join([str(folder), str(EXAMPLES), str(ROOT)])
    with (folder / "log").open("ab") as log:
        started = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": paths, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def waited(done: Callable[[], bool], seconds: float, folder: Path) -> None:
    """Wait until something is so, or fail with what the processes have printed."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, (folder / "log").read_text("utf-8", "replace")[-3000:]
        time.sleep(0.05)


# ---- FastAPI


@pytest.fixture
def service(example: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for package in ("fastapi", "httpx"):
        pytest.importorskip(package, reason=f"{package} is not installed: pip install {package}")
    from fastapi.testclient import TestClient

    monkeypatch.setenv("NEWS_INDEX", str(tmp_path / "news.index"))
    with TestClient(example("fastapi_service").app, raise_server_exceptions=False) as client:
        yield client


def put(client: Any, news: dict[str, str]) -> dict[str, Any]:
    answer = client.put(f"/articles/{news['id']}", json={name: news[name] for name in news if name != "id"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_service_answers_for_articles_that_come_together_and_again(service: Any, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        first = [*threads.map(lambda news: put(service, news), NEWS[:30])]
        copies = [*threads.map(lambda news: put(service, news), NEWS[30:])]
        again = [*threads.map(lambda news: put(service, news), NEWS[30:])]
    assert all(answer["kept"] for answer in first)
    assert [answer["duplicate_of"] for answer in copies] == [KEPT[news["id"]] for news in NEWS[30:]]
    assert again == copies
    assert service.get("/health").json() == {"documents": 40}
    with dedup.Index(tmp_path / "news.index", mode="r") as index:
        assert len(index) == 40  # answered is stored


def test_the_service_takes_urls_as_ids_asks_replaces_and_removes(service: Any) -> None:
    url = "https://hill.example/bridge?page=1"
    sent = {"text": article(1), "url": url, "published": "2024-03-04"}
    path = "/articles/https%3A%2F%2Fhill.example%2Fbridge%3Fpage%3D1"
    assert service.put(path, json=sent).json()["kept"]
    assert service.post("/query", json={"text": article(1).upper()}).json()["duplicate_of"] == url
    assert service.put(path, json={**sent, "text": article(2)}).json()["kept"]
    assert service.post("/query", json={"text": article(1).upper()}).json()["kept"]
    assert service.delete(path).json() == {"removed": True}
    assert service.delete(path).json() == {"removed": False}


def test_the_service_says_who_must_do_something_about_an_error(service: Any) -> None:
    refused = service.put("/articles/a", json={"text": article(1), "published": "one fine day"})
    assert refused.status_code == 422
    assert "one fine day" in refused.json()["detail"]
    assert service.put("/articles/a", json={}).status_code == 422
    service.portal.call(service.app.state.index.close)
    failed = service.put("/articles/a", json={"text": article(1)})
    assert (failed.status_code, "closed" in failed.json()["detail"]) == (503, True)


# ---- Celery


@pytest.mark.skipif(sys.platform == "win32", reason="Celery forks no processes on Windows")
@pytest.mark.parametrize("place", ["folder", "server"])
def test_forked_workers_open_an_index_each_and_lose_no_task(
    place: str, tmp_path: Path, redis_server: servers.RedisServer
) -> None:
    """With an index in a folder and one process; on a server with two, one of which is killed."""
    pytest.importorskip("celery", reason="celery is not installed: pip install celery")
    broker = f"redis+socket://{redis_server.socket}?virtual_host={1 if place == 'folder' else 2}"
    index = str(tmp_path / "news.index") if place == "folder" else redis_server.url("celery")
    environment = {"NEWS_BROKER": broker, "NEWS_RESULTS": broker, "NEWS_INDEX": index}
    producer = tmp_path / "producer.py"
    producer.write_text(PRODUCER)
    processes = "1" if place == "folder" else "2"
    command = ["-m", "celery", "--app", "celery_worker", "worker", "--pool", "prefork", "--concurrency", processes]
    command += ["--loglevel", "INFO"]
    with process(*command, folder=tmp_path, **environment) as worker:
        waited(lambda: b"ready." in (tmp_path / "log").read_bytes(), 60, tmp_path)
        for kind, part in (("first", NEWS[:30]), ("copies", NEWS[30:])):
            (tmp_path / "news.json").write_text(json.dumps(part))
            with process(
                str(producer),
                *(["kill"] if kind == "copies" and place == "server" else []),
                folder=tmp_path,
                **environment,
            ) as sent:
                waited(lambda sent=sent: sent.poll() is not None, 90, tmp_path)  # type: ignore[misc]
            assert sent.returncode == 0, (tmp_path / "log").read_text("utf-8", "replace")[-3000:]
            answers = json.loads((tmp_path / "answers.json").read_text())
            assert {one["id"]: one["duplicate_of"] for one in answers} == {one["id"]: KEPT[one["id"]] for one in part}
        assert worker.poll() is None
    assert worker.returncode == 0  # a warm end, at which the index is closed
    if place == "server":
        assert b"signal 9" in (tmp_path / "log").read_bytes()
    with dedup.Index(index) as stored:
        assert (len(stored), stored.check()) == (40, [])


PRODUCER = """
import json, os, signal, sys
from celery_worker import app, decide

workers = app.control.inspect(timeout=2).stats() if "kill" in sys.argv else {}
with open("news.json") as file:
    sent = [decide.delay(**one) for one in json.load(file)]
for stats in workers.values():
    os.kill(stats["pool"]["processes"][0], signal.SIGKILL)
answers = [one.get(timeout=60) for one in sent]
with open("answers.json", "w") as file:
    json.dump(answers, file)
"""


# ---- Redis streams


@pytest.fixture
def streams(example: Callable[[str], ModuleType], redis_server: servers.RedisServer) -> Iterator[ModuleType]:
    module = example("redis_streams_consumer")
    yield module
    with redis_server.client() as server:
        server.delete(module.ARTICLES, module.DECISIONS, module.REFUSED)


def send(server: Any, news: list[dict[str, Any]]) -> None:
    for one in news:
        server.xadd("articles", {"article": json.dumps(one)})


def decisions(server: Any) -> list[tuple[str, str | None]]:
    rows = [json.loads(fields[b"decision"]) for _, fields in server.xrange("decisions")]
    return [(row["id"], row["duplicate_of"]) for row in rows]


def test_what_comes_twice_gets_the_same_decision_and_bad_messages_are_set_aside(
    streams: ModuleType, redis_server: servers.RedisServer, tmp_path: Path
) -> None:
    with redis_server.client() as server, dedup.Index(tmp_path / "news.index") as index:
        send(server, NEWS)
        server.xadd("articles", {"article": "{broken"})
        server.xadd("articles", {"other": "1"})
        send(
            server,
            [{"id": "undated", "text": article(1), "published": "one fine day"}, NEWS[35], {"id": "b", "text": 7}],
        )  # type: ignore[dict-item]
        left = iter([False, False, True])
        streams.consume(server, index, "one", lambda: next(left))
        assert dict(decisions(server)) == KEPT
        assert len(decisions(server)) == 41
        reasons = [fields[b"reason"].decode() for _, fields in server.xrange("refused")]
        assert len(reasons) == 4
        assert "one fine day" in reasons[2]
        assert len(index) == 40
        assert server.xpending("articles", "dedup")["pending"] == 0
        # Decided and stored, but killed before it was acknowledged: the next consumer gets the same again.
        send(server, [{"id": "late", "text": article(3).upper()}])
        (message,) = server.xreadgroup("dedup", "killed", {"articles": ">"})[0][1]
        first = streams.decide(index, [streams.article_of(message[1])])
        left = iter([False, True])
        streams.consume(server, index, "two", lambda: next(left), lost=0)
        assert decisions(server)[-1] == ("late", first[0].duplicate_of) == ("late", "a3")
        assert server.xpending("articles", "dedup")["pending"] == 0


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"id": ["b"], "text": "some text"}, "id of type list"),
        ({"id": {"b": 1}, "text": "some text"}, "id of type dict"),
        ({"id": 7, "text": "some text"}, "id of type int"),
        ({"id": "b"}, "no text of 'b'"),
    ],
)
def test_a_message_of_wrong_types_is_set_aside_and_stops_no_other(
    example: Callable[[str], ModuleType], tmp_path: Path, bad: dict[str, Any], reason: str
) -> None:
    with dedup.Index(tmp_path / "news.index") as index:
        good, refused = example("redis_streams_consumer").decide(index, [{"id": "a", "text": article(1)}, bad])
        assert good.kept
        assert isinstance(refused, dedup.InputError)
        assert reason in str(refused)
        assert [document.id for document in index] == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_consumers_that_are_killed_lose_no_message(
    streams: ModuleType, redis_server: servers.RedisServer, tmp_path: Path
) -> None:
    server, url = redis_server.client(), redis_server.url("streams")
    script = (
        "import sys, dedup, redis_streams_consumer as consumer, redis\n"
        "consumer.BATCH, consumer.WAIT = 7, 100\n"
        f"server = redis.Redis(unix_socket_path={str(redis_server.socket)!r})\n"
        f"consumer.consume(server, dedup.Index({url!r}), sys.argv[1], lambda: False, 1500)\n"
    )
    news = [{**one, "id": f"{one['id']}-{turn}", "text": f"{turn} {one['text']}"} for turn in range(5) for one in NEWS]
    send(server, news)
    with process("-c", script, "first", folder=tmp_path) as first, process("-c", script, "second", folder=tmp_path):
        waited(lambda: server.exists("decisions") and len(decisions(server)) > 20, 60, tmp_path)
        first.send_signal(signal.SIGKILL)
        waited(lambda: {id for id, _ in decisions(server)} == {one["id"] for one in news}, 60, tmp_path)
    assert {fields[b"reason"] for _, fields in server.xrange("refused")} == set()
    with dedup.Index(url) as index:
        assert (len(index), index.check()) == (len(news), [])
        for id, original in decisions(server):
            document = index.get(id)
            assert document is not None
            assert document.copy_of == original


def test_the_consumer_stops_when_it_is_asked_to(redis_server: servers.RedisServer, tmp_path: Path) -> None:
    place = {"NEWS_SERVER": f"unix://{redis_server.socket}", "NEWS_INDEX": str(tmp_path / "news.index")}
    server = redis_server.client()
    send(server, NEWS[:3])
    program = str(EXAMPLES / "redis_streams_consumer.py")
    with process(program, "one", folder=tmp_path, **place) as consumer:
        waited(lambda: bool(server.exists("decisions")), 60, tmp_path)
        consumer.terminate()
        assert consumer.wait(20) == 0
    server.delete("articles", "decisions", "refused")
