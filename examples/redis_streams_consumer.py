"""Decide on the articles of a Redis stream, as one of a group of consumers: ``python redis_streams_consumer.py name``.

Each message is decided on at least once, whatever is killed: it is acknowledged when the decision is stored. A message
that comes twice does no harm, because a document that the index has already keeps its decision. The loop for another
queue, such as Kafka, is the same: read some, decide, flush, publish the decisions, commit the offsets.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

import redis

import dedup

SERVER = os.environ.get("NEWS_SERVER", "redis://localhost:6379/0")
INDEX = os.environ.get("NEWS_INDEX", f"{SERVER}?name=news")

ARTICLES, GROUP = "articles", "dedup"
DECISIONS, REFUSED = "decisions", "refused"
"""Streams that are written: an answer for each article; those that no index can take, with the reason."""

FIELDS = "id", "text", "source", "published", "url"
"""What is taken of an article."""

BATCH, WAIT, LOST = 200, 1_000, 60_000
"""Messages at a time; milliseconds to wait for one; milliseconds after which one that was taken counts as lost."""

Message = tuple[bytes, Mapping[bytes, bytes]]


def consume(
    server: redis.Redis, index: dedup.Index, consumer: str, stopped: Callable[[], bool], lost: int = LOST
) -> None:
    """Decide on messages until this is stopped."""
    try:
        server.xgroup_create(ARTICLES, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):  # there is such a group
            raise
    while not stopped():
        # Those that a consumer took and did not acknowledge come first: it was killed.
        messages: list[Message] = server.xautoclaim(ARTICLES, GROUP, consumer, lost, count=BATCH)[1]
        if not messages:
            read = server.xreadgroup(GROUP, consumer, {ARTICLES: ">"}, count=BATCH, block=WAIT)
            messages = read[0][1] if read else []
        if messages:
            handle(server, index, messages)


def handle(server: redis.Redis, index: dedup.Index, messages: Sequence[Message]) -> None:
    """Decide on messages, publish the decisions, and acknowledge."""
    articles = [article_of(fields) for _, fields in messages]
    answers = decide(index, articles)
    index.flush()  # what is acknowledged is stored
    with server.pipeline() as commands:
        for (number, fields), article, answer in zip(messages, articles, answers, strict=True):
            if isinstance(answer, dedup.InputError):
                commands.xadd(REFUSED, {**fields, "number": number, "reason": str(answer)})
            else:
                verdict = {"id": article["id"], "kept": answer.kept, "duplicate_of": answer.duplicate_of}
                commands.xadd(DECISIONS, {"decision": json.dumps(verdict)})
        commands.xack(ARTICLES, GROUP, *(number for number, _ in messages))
        commands.execute()


def article_of(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    """Return the article of a message; an empty one, which no index takes, if there is none in it."""
    try:
        article = json.loads(fields[b"article"])
    except (KeyError, ValueError):
        return {}
    return {name: article[name] for name in FIELDS if name in article} if isinstance(article, dict) else {}


def decide(index: dedup.Index, articles: Sequence[dict[str, str]]) -> list[dedup.Decision | dedup.InputError]:
    """Return a decision for each article, or why it cannot be taken; a known one gets that which it has."""
    ids = [article.get("id") for article in articles]
    plain = all(isinstance(id, str) for id in ids)  # of other types one may be a list, of which no set can be made
    if plain and len(set(ids)) == len(ids) and not any(id in index for id in ids):
        try:
            return [*index.add_many(articles)]  # many at a time are eight times as fast
        except dedup.InputError:
            pass  # one of them cannot be taken, and so none was
    return [decide_one(index, article) for article in articles]


def decide_one(index: dedup.Index, article: dict[str, str]) -> dedup.Decision | dedup.InputError:
    """Return the decision on an article that may be known."""
    if "id" in article and "text" not in article:  # an empty text would be kept
        return dedup.InputError(f"no text of {article['id']!r}", "an article with id and text")
    try:
        return index.update(**{"id": "", "text": "", **article})
    except dedup.InputError as error:
        return error


def main() -> None:
    """Consume until the process is asked to stop; the messages at hand are finished."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with redis.Redis.from_url(SERVER) as server, dedup.Index(INDEX) as index:
        consume(server, index, sys.argv[1], stop.is_set)


if __name__ == "__main__":
    main()
