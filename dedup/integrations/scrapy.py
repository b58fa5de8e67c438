"""A Scrapy item pipeline that drops, or tags, items that are copies of those scraped before."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from dedup.errors import InputError, ParamsError
from dedup.index import Decision, Index
from dedup.index.aio import AsyncIndex
from dedup.integrations import extra
from dedup.integrations.record_fields import plain, readable_date, source_name, told
from dedup.integrations.registry import acquire, release
from dedup.io import Fields
from dedup.io.fields.field_tree import MISSING_RANK, FieldTree, FieldValue, RankedValues
from dedup.io.fields.roles import DATE, ID, ROLES, SOURCE, TEXT
from dedup.io.formats.batch_builder import join_texts
from dedup.params import Params

with extra("scrapy"):
    from itemadapter import ItemAdapter
    from scrapy.exceptions import DropItem, NotConfigured
    from twisted.internet.defer import DeferredLock
    from twisted.internet.threads import deferToThread

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

SETTINGS = ("DEDUP_ID_FIELD", "DEDUP_TEXT_FIELD", "DEDUP_DATE_FIELD", "DEDUP_SOURCE_FIELD", "DEDUP_DATE_FORMAT")
"""The settings that name the fields of items, in the order of `dedup.io.Fields`; what is not named is guessed."""

ACTIONS, KNOWN = ("drop", "tag"), ("skip", "update")


class DedupPipeline:
    """Drop or tag items that are copies of what an index holds; all others are added to it.

    Settings are told in docs/pipelines.md. The work is done in a thread; items that are processed at the same time
    are worked on together. With a reactor that is not asyncio's they are worked on one by one.

    Parameters
    ----------
    crawler : scrapy.crawler.Crawler
        Its settings and statistics are used.

    Raises
    ------
    ParamsError
        When a setting cannot be used.
    NotConfigured
        Without DEDUP_INDEX: Scrapy goes on without the pipeline, and says so.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._path = str(settings.get("DEDUP_INDEX") or "")
        if not self._path:
            raise NotConfigured("DEDUP_INDEX is not set: it is the folder of an index")
        self._tag = settings.get("DEDUP_TAG_FIELD", "dedup")
        self._tags = _one_of("DEDUP_ACTION", settings.get("DEDUP_ACTION", "drop"), ACTIONS) == "tag"
        self._updates = _one_of("DEDUP_KNOWN", settings.get("DEDUP_KNOWN", "skip"), KNOWN) == "update"
        self._fields = FieldTree(Fields(*(_name(settings.get(setting)) for setting in SETTINGS)))
        self._url_field = _name(settings.get("DEDUP_URL_FIELD")) or "url"
        given = {"level": settings.get("DEDUP_LEVEL"), "threshold": settings.get("DEDUP_THRESHOLD")}
        given["html"] = settings.get("DEDUP_HTML")
        chosen = {name: value for name, value in given.items() if value is not None}
        if isinstance(chosen.get("threshold"), str):  # from the command line
            chosen["threshold"] = settings.getfloat("DEDUP_THRESHOLD")
        self._params = Params(**chosen) if chosen else None
        self._stats = crawler.stats
        self._index: AsyncIndex | Index | None = None
        self._turn = DeferredLock()  # without asyncio: one after the other, in their order

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> DedupPipeline:
        """Return the pipeline; as Scrapy calls it."""
        return cls(crawler)

    async def open_spider(self) -> None:
        """Open the index; spiders in one process share it.

        Raises
        ------
        StorageError
            The crawl does not begin then.
        """
        opened = partial(acquire, self._path, self._params)
        if _has_loop():
            self._index = await AsyncIndex(opened, lambda index: release(self._path))
        else:
            self._index = await deferToThread(opened)

    async def close_spider(self) -> None:
        """Flush the index, and close it after the last spider."""
        if isinstance(self._index, AsyncIndex):
            await self._index.close()
        elif self._index is not None:
            await deferToThread(release, self._path)

    async def process_item(self, item: Any) -> Any:
        """Pass an item on, or drop it; as Scrapy calls it.

        Raises
        ------
        DropItem
            It is a copy, or its id is known.
        ParamsError
            There is no field for the tag.
        StorageError
            The index cannot be written. As Scrapy does with errors, the item is logged and not passed on.
        """
        adapter = ItemAdapter(item)
        record = self._record(adapter)
        if record is None:
            self._count("no_text")
            return item
        if self._tags:  # before anything is added
            self._check_tag_of(type(item))
        try:
            verdict = await self._verdict(record)
        except InputError as error:
            self._count("rejected")
            logger.warning("Not compared: %s", error)
            return item
        if verdict.duplicate_of is not None:
            what = "tagged" if self._tags else "dropped"
            self._count(what)
            if verdict.relation is not None:
                self._count(f"{what}/{verdict.relation}")
            if not self._tags:
                raise DropItem(told(verdict.duplicate_of, verdict.relation, verdict.score))
        elif verdict.known and not self._updates and not self._tags:
            raise DropItem(f"{record['id']} is in the index already")
        if self._tags:
            adapter[self._tag] = verdict._asdict()
        return item

    async def _verdict(self, record: dict[str, Any]) -> _Verdict:
        """Add an item to the index, or update it there, and tell what it is."""
        try:
            added = await self._ask("add", **record)
        except InputError:
            if await self._ask("get", record["id"]) is None:
                raise
        else:
            self._count("added")
            return _Verdict.of(added)
        self._count("known")
        if not self._updates:
            return _Verdict(None, None, None, 0, known=True)
        decision = await self._ask("update", **record)
        if decision.replaced:
            self._count("updated")
        for id in decision.released:  # too late to pass it on
            self._count("released")
            logger.warning("No copy any more: %s, of %s before that was updated", id, record["id"])
        return _Verdict.of(decision, known=True)

    def _record(self, adapter: ItemAdapter) -> dict[str, Any] | None:
        """Return an item as an index takes it, None if it has no text."""
        found = self._fields.match(adapter)
        text, id, date, source = (self._taken(role, found) for role in (TEXT, ID, DATE, SOURCE))
        parts = [self._taken(role, found) for role in range(len(ROLES), len(self._fields.roles))]
        text = join_texts(text, parts) if parts else text
        if text.value is None or (isinstance(text.value, str) and not text.value.strip()):
            return None
        published = readable_date(date.value, self._fields.fields.date_format)
        if published is None and date.rank != MISSING_RANK:
            self._count("unread_dates")
        url = plain(adapter.get(self._url_field))
        return {
            "text": text.value,
            "id": None if id.value in (None, "") else str(id.value),
            "published": published,
            "source": source_name(source),
            "url": None if url in (None, "") else str(url),
        }

    def _taken(self, role: int, found: RankedValues) -> FieldValue:
        """Take the value of a role; lists, as item loaders make them, are taken together, or by their first value."""
        joint = "\n" if self._fields.roles[role].name == "text" else None
        return self._fields.choose(role, [(rank, plain(value, joint)) for rank, value in found[role]])

    def _check_tag_of(self, kind: type) -> None:
        names = ItemAdapter.get_field_names_from_class(kind)  # None: any name will do
        if names is not None and self._tag not in names:
            hint = "declare it, or set DEDUP_TAG_FIELD"
            raise ParamsError(f"{kind.__name__} has no field {self._tag!r}", "one for the tag", hint)

    def _count(self, name: str) -> None:
        if self._stats is not None:
            self._stats.inc_value(f"dedup/{name}")

    async def _ask(self, method: str, *arguments: Any, **given: Any) -> Any:
        if isinstance(self._index, AsyncIndex):
            return await getattr(self._index, method)(*arguments, **given)
        return await self._turn.run(deferToThread, getattr(self._index, method), *arguments, **given)


class _Verdict(NamedTuple):
    """What an item is; the tag."""

    duplicate_of: str | None
    relation: str | None
    score: float | None
    matches: int
    known: bool

    @staticmethod
    def of(decision: Decision, known: bool = False) -> _Verdict:
        return _Verdict(decision.duplicate_of, decision.relation, decision.score, len(decision), known)


def _has_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _one_of(setting: str, value: Any, choice: tuple[str, ...]) -> str:
    if value not in choice:
        raise ParamsError(f"{setting} {value!r}", " or ".join(map(repr, choice)))
    return str(value)


def _name(chosen: Any) -> str | None:
    return str(chosen) if chosen else None
