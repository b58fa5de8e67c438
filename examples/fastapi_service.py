"""A web service that decides on each article: ``uvicorn fastapi_service:app``.

An index in a folder has one writer, so one process serves it, with many requests at a time. For several processes, keep
the index on a server: ``NEWS_INDEX='redis://host:6379/0?name=news' uvicorn --workers 4 fastapi_service:app``.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

import dedup


class Article(BaseModel):
    """What is sent; the id is in the path."""

    text: str
    source: str | None = None
    published: str | None = None
    url: str | None = None


class Verdict(BaseModel):
    """What is answered."""

    kept: bool
    duplicate_of: str | None
    relation: str | None
    score: float | None
    reason: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold the index open as long as the service runs; an answer means that the article is on the disk."""
    async with dedup.AsyncIndex(os.environ.get("NEWS_INDEX", "news.index"), durability="each") as app.state.index:
        yield


app = FastAPI(lifespan=lifespan)


@app.put("/articles/{id:path}")
async def put(id: str, article: Article, request: Request) -> Verdict:
    """Decide on an article and keep it; sent again, it gets the same answer, and a changed one replaces the old."""
    index: dedup.AsyncIndex = request.app.state.index
    fields = article.model_dump()
    try:
        decision = await index.add(id, **fields)  # requests that come together become one batch
    except dedup.InputError:  # the index has the id already; anything else that is wrong is raised again
        decision = await index.update(id, **fields)
    return verdict(decision)


@app.post("/query")
async def query(article: Article, request: Request) -> Verdict:
    """Decide on an article, and keep nothing."""
    index: dedup.AsyncIndex = request.app.state.index
    return verdict(await index.query(**article.model_dump()))


@app.delete("/articles/{id:path}")
async def remove(id: str, request: Request) -> dict[str, bool]:
    """Remove an article; its copies count as originals from then on."""
    return {"removed": await request.app.state.index.remove(id)}


@app.get("/health")
async def health(request: Request) -> dict[str, int]:
    """Report that the index answers."""
    return {"documents": await request.app.state.index.count()}


@app.exception_handler(dedup.InputError)
async def refuse(request: Request, error: dedup.InputError) -> JSONResponse:
    """An article that cannot be taken: the caller must change it."""
    return JSONResponse({"detail": str(error)}, 422)


@app.exception_handler(dedup.StorageError)
async def fail(request: Request, error: dedup.StorageError) -> JSONResponse:
    """A full disk, or a server that is away: the caller may send the same again later."""
    return JSONResponse({"detail": str(error)}, 503)


def verdict(decision: dedup.Decision) -> Verdict:
    """Return what is answered of a decision."""
    return Verdict(**{name: getattr(decision, name) for name in Verdict.model_fields})
