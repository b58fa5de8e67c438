"""Drop or tag the copies among the items of a Scrapy crawl, with an item pipeline."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from dedup.errors import InputError, ParamsError, extra
from dedup.index import Decision, Index
from dedup.index.aio import AsyncIndex
from dedup.integrations.record_fields import copy_notice, plain, readable_date, source_name
from dedup.integrations.shared_indexes import acquire, release
from dedup.io import Fields
from dedup.io.fields.field_tree import MISSING_RANK, FieldTree, FieldValue, RankedValues
from dedup.io.fields.roles import DATE, ID, ROLES, SOURCE, TEXT
from dedup.io.formats.batch_builder import join_texts
from dedup.params import Params, with_fields

with extra("scrapy"):
    from itemadapter import ItemAdapter
    from scrapy.exceptions import DropItem, NotConfigured
    from twisted.internet.defer import DeferredLock
    from twisted.internet.threads import deferToThread

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

__all__ = ["DedupPipeline"]

logger = logging.getLogger(__name__)

SETTINGS = {
    "id": "DEDUP_ID_FIELD",
    "text": "DEDUP_TEXT_FIELD",
    "date": "DEDUP_DATE_FIELD",
    "source": "DEDUP_SOURCE_FIELD",
    "date_format": "DEDUP_DATE_FORMAT",
}
"""The settings that name fields of items, by attributes of `dedup.Fields`; fields that are not named are guessed."""

ACTIONS, KNOWN = ("drop", "tag"), ("skip", "update")


class DedupPipeline:
    """Compare each item with an index, drop or tag it if it is a copy, and add it to the index.

    ``docs/pipelines.md`` lists the settings. The work is done in a thread, and items that arrive at the same time are
    worked on as one batch; with a reactor other than asyncio's they are worked on one by one.

    Parameters
    ----------
    crawler : scrapy.crawler.Crawler
        Its settings and statistics are used.

    Raises
    ------
    ParamsError
        When a setting cannot be used.
    NotConfigured
        Without DEDUP_INDEX: Scrapy crawls without the pipeline, and logs it.

    Examples
    --------
    In the settings of a project, or the ``custom_settings`` of a spider:

    >>> settings = {
    ...     "ITEM_PIPELINES": {"dedup.integrations.scrapy.DedupPipeline": 300},
    ...     "DEDUP_INDEX": "news.index",
    ...     "DEDUP_LEVEL": "near",
    ... }
    >>> from scrapy.utils.test import get_crawler
    >>> from dedup.integrations.scrapy import DedupPipeline
    >>> isinstance(DedupPipeline.from_crawler(get_crawler(settings_dict=settings)), DedupPipeline)
    True
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._path = str(settings.get("DEDUP_INDEX") or "")
        if not self._path:
            raise NotConfigured("DEDUP_INDEX is not set: it is the folder of an index")
        self._tag = settings.get("DEDUP_TAG_FIELD", "dedup")
        self._tags = _one_of("DEDUP_ACTION", settings.get("DEDUP_ACTION", "drop"), ACTIONS) == "tag"
        self._updates = _one_of("DEDUP_KNOWN", settings.get("DEDUP_KNOWN", "skip"), KNOWN) == "update"
        named = {field: _name(settings.get(setting)) for field, setting in SETTINGS.items()}
        self._fields = FieldTree(Fields(**named))
        self._url_field = _name(settings.get("DEDUP_URL_FIELD")) or "url"
        self._params = _params(settings)
        self._stats = crawler.stats
        self._index: AsyncIndex | Index | None = None
        self._turn = DeferredLock()  # without asyncio: one after the other, in their order

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> DedupPipeline:
        """Make the pipeline of a crawler; called by Scrapy.

        Parameters
        ----------
        crawler : scrapy.crawler.Crawler

        Returns
        -------
        DedupPipeline

        Raises
        ------
        ParamsError, NotConfigured
            As for `DedupPipeline`.
        """
        return cls(crawler)

    async def open_spider(self) -> None:
        """Open the index, which spiders in one process share; called by Scrapy.

        Raises
        ------
        StorageError
            When it cannot be opened; the crawl does not begin then.
        """
        opened = partial(acquire, self._path, self._params)
        if _has_loop():
            self._index = await AsyncIndex.of(opened, lambda index: release(self._path))
        else:
            self._index = await deferToThread(opened)

    async def close_spider(self) -> None:
        """Flush the index, and close it after the last spider of the process; called by Scrapy."""
        if isinstance(self._index, AsyncIndex):
            await self._index.close()
        elif self._index is not None:
            await deferToThread(release, self._path)

    async def process_item(self, item: Any) -> Any:
        """Pass an item on, with or without a tag, or drop it; called by Scrapy.

        Parameters
        ----------
        item : dict, scrapy.Item, dataclass, or attrs object
            Or whatever else itemadapter knows.

        Returns
        -------
        item
            The same one.

        Raises
        ------
        DropItem
            When it is a copy, or its id is in the index.
        ParamsError
            When the item has no field for the tag.
        StorageError
            When the index cannot be written. Scrapy then logs the item and does not pass it on.
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
            action = "tagged" if self._tags else "dropped"
            self._count(action)
            if verdict.relation is not None:
                self._count(f"{action}/{verdict.relation}")
            if not self._tags:
                raise DropItem(copy_notice(verdict.duplicate_of, verdict.relation, verdict.score))
        elif verdict.known and not self._updates and not self._tags:
            raise DropItem(f"{record['id']} is in the index already")
        if self._tags:
            adapter[self._tag] = verdict._asdict()
        return item

    async def _verdict(self, record: dict[str, Any]) -> _Verdict:
        """Add an item to the index, or update it there, and return the verdict on it."""
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
            logger.warning("%s is no longer a copy: %s, of which it was one, has changed", id, record["id"])
        return _Verdict.of(decision, known=True)

    def _record(self, adapter: ItemAdapter) -> dict[str, Any] | None:
        """Return an item as a record for the index, None if it has no text."""
        found = self._fields.match(adapter)
        text, id, date, source = (self._value_of(role, found) for role in (TEXT, ID, DATE, SOURCE))
        parts = [self._value_of(role, found) for role in range(len(ROLES), len(self._fields.roles))]
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

    def _value_of(self, role: int, found: RankedValues) -> FieldValue:
        """Take the value of a role; of a list, as item loaders make them, join the texts or take the first value."""
        joint = "\n" if self._fields.roles[role].name == "text" else None
        return self._fields.choose(role, [(rank, plain(value, joint)) for rank, value in found[role]])

    def _check_tag_of(self, kind: type) -> None:
        names = ItemAdapter.get_field_names_from_class(kind)  # None: any name will do
        if names is not None and self._tag not in names:
            hint = "declare it, or set DEDUP_TAG_FIELD"
            raise ParamsError(f"{kind.__name__} has no field {self._tag!r}", "a field for the tag", hint)

    def _count(self, name: str) -> None:
        if self._stats is not None:
            self._stats.inc_value(f"dedup/{name}")

    async def _ask(self, method: str, *arguments: Any, **given: Any) -> Any:
        if isinstance(self._index, AsyncIndex):
            return await getattr(self._index, method)(*arguments, **given)
        return await self._turn.run(deferToThread, getattr(self._index, method), *arguments, **given)


class _Verdict(NamedTuple):
    """The verdict of the index on an item: its tag."""

    duplicate_of: str | None
    relation: str | None
    score: float | None
    matches: int
    known: bool

    @staticmethod
    def of(decision: Decision, known: bool = False) -> _Verdict:
        return _Verdict(decision.duplicate_of, decision.relation, decision.score, len(decision), known)


def _params(settings: Any) -> Params | None:
    """Return the parameters that the settings set, None if they set none.

    Raises
    ------
    ParamsError
    """
    try:
        chosen = settings.getdict("DEDUP_PARAMS")
    except (ValueError, TypeError) as error:
        found = f"DEDUP_PARAMS {settings.get('DEDUP_PARAMS')!r}"
        raise ParamsError(found, "fields of dedup.Params, as a dict or as JSON") from error
    for setting in ("DEDUP_LEVEL", "DEDUP_THRESHOLD", "DEDUP_HTML"):
        value = settings.get(setting)
        if isinstance(value, str) and setting == "DEDUP_THRESHOLD":  # from the command line
            value = settings.getfloat(setting)
        if value is not None:
            chosen[setting.removeprefix("DEDUP_").lower()] = value
    return with_fields(None, chosen) if chosen else None


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
