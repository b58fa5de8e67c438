"""Offer the views of a run, for notebooks and programs: the same for a result in memory and for an output folder.

The views themselves are in `dedup.report.notebook`, a layer above; `ViewedRun._views` is the one place that binds them.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.params import Params
from dedup.run.run_view import RunView
from dedup.text.markup import compared_text

if TYPE_CHECKING:
    from dedup.report.notebook.views import Explanation, Fragment, NotebookViews, PairList, Result, StoryList


class ViewedRun:
    """What can be seen of a run: its stories, its pairs, why a record was dropped, and texts beside each other.

    All methods read the decisions and matches of the run. Those that show texts read the input again. In a notebook,
    what they return is shown as a table or as texts; texts from outside are escaped, and nothing in them is run.
    """

    summary: dict[str, Any]

    @functools.cached_property
    def _views(self) -> NotebookViews:
        from dedup.report.notebook.views import NotebookViews

        return NotebookViews(self._run)

    @property
    def _run(self) -> RunView:
        return cast(RunView, self)

    def __len__(self) -> int:
        return int(self.summary["records"])

    def __str__(self) -> str:
        return self._views.text()

    def _repr_html_(self) -> str:
        """Return the summary and the largest stories as HTML, for notebooks."""
        return self._views.html()

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of records: all, kept, dropped, rejected, and dropped by relation."""
        dropped = self.summary["dropped"]
        return {
            "records": self.summary["records"],
            "kept": self.summary["kept"],
            "dropped": sum(dropped.values()),
            "rejected": self.summary["rejected"],
            **dropped,
        }

    @property
    def is_kept(self) -> npt.NDArray[np.bool_]:
        """Whether each record is kept: a bool array of shape (n_records,)."""
        return np.asarray(self._run.decisions["kept"], dtype=bool)

    @property
    def kept(self) -> pa.Table:
        """The kept records with all their fields, in input order; files are read again for them.

        Raises
        ------
        InputError, OutputError
            If the input is gone, or has changed since it was read.
        """
        return self._run.source.kept_table(self.is_kept)

    def records_of(self, name: str) -> list[int]:
        """Find the records of an id, or at a place.

        Parameters
        ----------
        name : str
            An id; or, if no record has it, ``file:row``.

        Returns
        -------
        list of int
            Places in the decisions, from 0; an id may occur several times.
        """
        decisions, name = self._run.decisions, str(name)
        found = pc.indices_nonzero(pc.equal(decisions["id"], name))
        file, _, row = name.rpartition(":")
        if not len(found) and file and row.isdecimal() and int(row) < 2**63:
            is_there = pc.and_(pc.equal(decisions["file"], file), pc.equal(decisions["row"], int(row)))
            found = pc.indices_nonzero(is_there)
        return [int(record) for record in found.to_pylist()]

    def plain_texts(self, records: Iterable[int]) -> dict[int, str]:
        """Read texts as `texts` does, without their markup, as they were compared.

        Parameters
        ----------
        records : iterable of int
            Places in the decisions, from 0.

        Returns
        -------
        dict of int to str

        Raises
        ------
        InputError
            When an input cannot be read again, or has changed since the run.
        """
        texts = self._run.texts(records)
        return {record: compared_text(text.encode(), self._run.params) for record, text in texts.items()}

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """The number of each record's cluster, from 0, and -1 for rejected records: int64, shape (n_records,).

        Clusters are numbered in the order of their first records, as scikit-learn's estimators label theirs. Records
        that were dropped for the same document of an index have one number.

        Examples
        --------
        >>> import dedup
        >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
        >>> dedup.deduplicate([report, "Something else, long enough to be compared.", report.upper()]).labels
        array([0, 1, 0])
        """
        return self._views.labels()

    def stories(self, min_size: int = 2) -> StoryList:
        """Return the stories of the run, the largest first: copies of one text, and the updates that carry it on.

        Parameters
        ----------
        min_size : int
            Leave out stories of fewer versions.

        Returns
        -------
        StoryList
            Iterate over it for the stories, with their versions in order of time; ``largest(n)``, ``widest(n)`` (most
            sources) and ``longest(n)`` (in time) are lists of some; it shows itself as a table, and ``to_pandas()``
            returns one.

        Raises
        ------
        ParamsError
            When ``min_size`` is not a whole number of at least 1.

        Examples
        --------
        >>> import dedup
        >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
        >>> rows = [
        ...     {"id": "a", "text": report, "source": "Courier", "published": "2025-03-11T06:00Z"},
        ...     {"id": "b", "text": report.upper(), "source": "Post", "published": "2025-03-11T07:30Z"},
        ... ]
        >>> (story,) = dedup.deduplicate(rows).stories()
        >>> story.first.source, [(version.source, str(version.lag)) for version in story.versions]
        ('Courier', [('Courier', '0:00:00'), ('Post', '1:30:00')])
        """
        return self._views.story_list(min_size)

    def pairs(self, relation: str | None = None, *, by: str = "line", n: int | None = None) -> PairList:
        """Return verified pairs, those first whose decision was closest.

        Parameters
        ----------
        relation : str, optional
            Such as ``rewritten``; all relations by default.
        by : {"line", "highest", "lowest"}
            The order: closest to the line that decided first, or by the score. The line of near duplicates is
            `Params.threshold`; that of others is where a text is just carried on, or just has no news, or has just the
            least score (`Params.score`). Pairs that no line decided, such as identical ones, come last.
        n : int, optional
            Return at most this many.

        Returns
        -------
        PairList
            Iterate over it for the pairs; it shows itself as a table, and ``to_pandas()`` returns one.

        Raises
        ------
        ParamsError
            When there is no such relation or order.

        Examples
        --------
        >>> import dedup
        >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
        >>> rows = [{"id": "a", "text": report}, {"id": "b", "text": report + " It is old."}]
        >>> for pair in dedup.deduplicate(rows).pairs("near_duplicate"):
        ...     print(pair.left, pair.right, round(pair.score, 2))
        a b 0.82
        """
        return self._views.pairs(relation, by, n)

    def sample(self, relation: str | None = None, n: int = 5, seed: int = 0) -> PairList:
        """Draw pairs at random, with their texts, to be read: the way to see how good a run is.

        Parameters
        ----------
        relation : str, optional
            Such as ``rewritten``; all relations by default.
        n : int
            How many; all where there are fewer.
        seed : int
            The same pairs are drawn with the same seed.

        Returns
        -------
        PairList
            It shows the texts of each pair side by side, with the passages that they share.

        Raises
        ------
        ParamsError
            When there is no such relation.
        InputError
            When the input cannot be read again, or has changed.

        Examples
        --------
        >>> import dedup
        >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
        >>> (pair,) = dedup.deduplicate([report, report + " It is old."]).sample("near_duplicate")
        >>> pair.texts[1].endswith("next spring. It is old.")
        True
        """
        return self._views.sample(relation, n, seed)

    def explain(self, id: str) -> Explanation:
        """Explain the decision on a record: kept or dropped, for which other one, and by what measures.

        Parameters
        ----------
        id : str
            Its id, or ``file:row`` where several records have this id.

        Returns
        -------
        Explanation
            As text with ``print``, as tables in a notebook; its ``measures`` are a dict.

        Raises
        ------
        InputError
            When no record has this id, or several have.

        Examples
        --------
        >>> import dedup
        >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
        >>> rows = [{"id": "a", "text": report}, {"id": "b", "text": "Something else, long enough to be compared."}]
        >>> print(dedup.deduplicate(rows).explain("b"))
        b is kept: very short: compared for identity only
        """
        return self._views.explain(id)

    def show(self, id: str, other: str | None = None) -> Fragment:
        """Show the story of a record, or two texts side by side with the passages that they share.

        Parameters
        ----------
        id : str
            The id of a record, or ``file:row`` where several have this id.
        other : str, optional
            Another one: both texts are shown. Without it, the story that the record belongs to is.

        Returns
        -------
        Fragment
            HTML that a notebook displays; ``str`` returns it.

        Raises
        ------
        InputError
            When no record has such an id, or several have; when the input cannot be read again, or has changed.

        Examples
        --------
        >>> import dedup
        >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
        >>> result = dedup.deduplicate([{"id": "a", "text": report}, {"id": "b", "text": report + " It is old."}])
        >>> '<mark class="verbatim">' in str(result.show("a", "b"))
        True
        """
        return self._views.show(id, other)

    def plot(self, axes: Any = None) -> Any:
        """Plot the scores of pairs with the lines that decide, and how many records were dropped as what.

        Needs matplotlib: ``pip install 'newsdedup[plot]'``.

        Parameters
        ----------
        axes : pair of matplotlib.axes.Axes, optional
            Where to draw. By default a new figure is made.

        Returns
        -------
        array of two matplotlib.axes.Axes
            The histogram of scores by relation, and the bars of dropped records.

        Raises
        ------
        ImportError
            When matplotlib is missing.

        Examples
        --------
        >>> import dedup
        >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
        >>> axes = dedup.deduplicate([report, report + " It is old."]).plot()
        >>> [one.get_title() for one in axes]
        ['Scores of pairs', 'Dropped records']
        """
        return self._views.plot(axes)

    def to_pandas(self) -> Any:
        """Return the decisions as a pandas DataFrame: one row for each record, in input order.

        Returns
        -------
        pandas.DataFrame
            With the columns of ``decisions``.

        Raises
        ------
        ImportError
            When pandas is missing: ``pip install 'newsdedup[pandas]'``.

        Examples
        --------
        >>> import dedup
        >>> dedup.deduplicate(["One text.", "Another text."]).to_pandas()["kept"].tolist()
        [True, True]
        """
        return self._views.to_pandas()

    def to_polars(self) -> Any:
        """Return the decisions as a Polars DataFrame: one row for each record, in input order.

        Returns
        -------
        polars.DataFrame
            With the columns of ``decisions``.

        Raises
        ------
        ImportError
            When Polars is missing: ``pip install 'newsdedup[polars]'``.

        Examples
        --------
        >>> import dedup
        >>> dedup.deduplicate(["One text.", "Another text."]).to_polars()["kept"].to_list()
        [True, True]
        """
        return self._views.to_polars()

    def decide(
        self, params: Params | None = None, *, agencies: str | os.PathLike[str] | None = None, **params_fields: Any
    ) -> Result:
        """Decide again with other parameters, without reading or comparing anything again.

        Parameters
        ----------
        params : Params, optional
            By default those of the run; its preferred sources only with its keep policy.
        agencies : path, optional
            The file of agencies of the run, if it had one.
        **params_fields
            Fields of `Params` as keywords, such as ``level="near"``; they replace those of ``params``.

        Returns
        -------
        Result
            What a run with these parameters decides.

        Raises
        ------
        ParamsError
            When what this run has found cannot tell: at a higher level, below its floor, with an index.

        Examples
        --------
        >>> import dedup
        >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
        >>> result = dedup.deduplicate([report, report + " It is old."])
        >>> result.counts["dropped"], result.decide(level="identical").counts["dropped"]
        (1, 0)
        """
        return self._views.decide(params, agencies, params_fields)
