"""Fill the templates of the report and write its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup.report.pages import page_text

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

    Attributes
    ----------
    pages, bytes : int
        What was written.
    """

    def __init__(self, folder: Path, shared: Mapping[str, Any]) -> None:
        self._folder = folder
        self._environment = environment()
        self._environment.globals.update(shared)
        self.pages = self.bytes = 0
        for name in STATIC:
            self._write(Path("static", name), (files(__package__) / "static" / name).read_text("utf-8"))

    def filter(self, name: str, function: Callable[..., Any]) -> None:
        """Add a filter that templates may use."""
        self._environment.filters[name] = function

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

    def _write(self, name: Path, text: str) -> None:
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        self.bytes += path.write_bytes(text.encode("utf-8"))


def environment() -> Environment:
    """Return the templates, set up so that whatever they show is escaped and cannot harm a page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # 30 ms, which no other command need wait for

    made = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_safe,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (page_text.count, page_text.cut, page_text.date, page_text.day, page_text.duration,
                     page_text.share, page_text.size, page_text.web_address):  # fmt: skip
        made.filters[function.__name__] = function
    made.filters["thousands"] = "{:,}".format
    return made


def _safe(value: Any) -> Any:
    """Return what an expression of a template shows, without characters that no page may hold."""
    return page_text.clean(value) if type(value) is str else value
