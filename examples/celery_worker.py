"""A Celery worker that decides on articles: ``celery --app celery_worker worker --concurrency 4``.

Celery forks its processes. An index does not survive a fork, so each process opens one of its own, at its first task.
Several writers need an index on a server. With an index in a folder, which has one writer, start the worker with
``--concurrency 1``.
"""

import functools
import os

from celery import Celery
from celery.signals import worker_process_shutdown

import dedup

INDEX = os.environ.get("NEWS_INDEX", "redis://localhost:6379/1?name=news")

app = Celery("news", broker=os.environ.get("NEWS_BROKER", "redis://localhost:6379/0"))
app.conf.update(
    result_backend=os.environ.get("NEWS_RESULTS", "redis://localhost:6379/0"),
    task_acks_late=True,  # a task whose process is killed is given to another one
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
)


@functools.cache
def index() -> dedup.Index:
    """Return the index of this process, opened when it is first needed; what a task has answered is stored."""
    return dedup.Index(INDEX, durability="each")


@worker_process_shutdown.connect
def close_index(**_: object) -> None:
    """Close it before the process ends."""
    if index.cache_info().currsize:
        index().close()


@app.task(autoretry_for=(dedup.StorageError,), retry_backoff=True, max_retries=8)
def decide(id: str, text: str, **fields: str) -> dict[str, object]:
    """Decide on an article and keep it; a task that is carried out twice has the same answer both times."""
    decision = index().update(id, text, **fields)  # adds the article if it is new
    return {"id": id, "kept": decision.kept, "duplicate_of": decision.duplicate_of, "reason": decision.reason}
