"""Fill the templates of the report and write its files."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup.report import in_words
from dedup.report.pages.page_text import clean, web_address
from dedup.store.meter import NO_METER, Meter

if TYPE_CHECKING:
    from jinja2 import Environment

STATIC = ("report.css", "report.js")


class PageWriter:
    """Writes pages into a folder, and counts them.

    Parameters
    ----------
    folder : Path
    shared : mapping
        Values that every page shows.
    meter : Meter
        Counts the pages.

    Attributes
    ----------
    pages, bytes : int
        What was written.
    """

    def __init__(self, folder: Path, shared: Mapping[str, Any], meter: Meter = NO_METER) -> None:
        self._folder = folder
        self._meter = meter
        self._environment = environment()
        self._environment.globals.update(shared)
        self.pages = self.bytes = 0
        for name in STATIC:
            self._write(Path("static", name), (files(__package__) / "static" / name).read_text("utf-8"))

    def write(self, name: str, template: str, **values: Any) -> None:
        """Write a page.

        Parameters
        ----------
        name : str
            Of the file in the folder, with at most one folder before it.
        template : str
        **values
            What the template shows.
        """
        root = "../" * name.count("/")
        self._write(Path(name), self._environment.get_template(template).render(root=root, here=name, **values))
        self.pages += 1
        self._meter.advance(1)

    def _write(self, name: Path, text: str) -> None:
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        self.bytes += path.write_bytes(text.encode("utf-8"))


def environment(package: str = __package__) -> Environment:
    """Return the templates of a package, set up so that whatever they show is escaped and cannot harm a page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # 30 ms, which no other command need wait for

    made = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_safe,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    in_words_of = (
        in_words.count, in_words.cut, in_words.date, in_words.day, in_words.duration, in_words.other_credit,
        in_words.share,
    )  # fmt: skip
    for function in (*in_words_of, web_address):
        made.filters[function.__name__] = function
    made.filters["words"] = in_words.relation_words
    made.filters["thousands"] = "{:,}".format
    return made


def _safe(value: Any) -> Any:
    """Return what an expression of a template shows, without characters that no page may hold."""
    return clean(value) if type(value) is str else value
