"""Try many parameters on one run: what would become of its records, without the tables of a result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from dedup.attribution.agencies import Agencies
from dedup.judge.clusters import keep_policy
from dedup.judge.match_table import Matches
from dedup.params import Params
from dedup.run.clustering import cluster
from dedup.run.ranking import ranked
from dedup.run.redecide import records_of_run, required_search, settled
from dedup.run.run_view import RunView
from dedup.run.sample_estimate import stories_of
from dedup.run.search_tables import credits_of, findings_of, numbering_of
from dedup.schema import IDENTICAL, LEFT, NEITHER, RIGHT


@dataclass(frozen=True, slots=True)
class Trial:
    """What would become of the records of a run by other parameters; arrays of shape (n_records,).

    Parameters
    ----------
    relation : int8 array
        Code of the relation by which a record is dropped; -1 where it is not.
    score : float64 array
        Of the match by which it is dropped; 1.0 where it is identical, NaN where it is not dropped.
    leader : int64 array
        The record that is kept in its place; itself where it is kept, or rejected.
    match : int64 array
        The match by which it is dropped; -1 where there is none.
    side : int8 array
        Its side of that match, LEFT or RIGHT.
    is_direct : bool array
        Whether that match is with the kept record itself.
    matches : Matches
    """

    relation: npt.NDArray[np.int8]
    score: npt.NDArray[np.float64]
    leader: npt.NDArray[np.int64]
    match: npt.NDArray[np.int64]
    side: npt.NDArray[np.int8]
    is_direct: npt.NDArray[np.bool_]
    matches: Matches

    @property
    def is_dropped(self) -> npt.NDArray[np.bool_]:
        """Whether each record is dropped."""
        return self.relation >= 0


class Trials:
    """Try many parameters on one run: what `redecide` decides, without its tables.

    Parameters
    ----------
    run : RunView
    agencies : Agencies, optional
        Those of the run; by default the shipped ones.

    Raises
    ------
    ParamsError
        As for `redecide`.
    """

    def __init__(self, run: RunView, agencies: Agencies | None = None) -> None:
        agencies = agencies or Agencies.read()
        search = required_search(run, agencies)
        documents = search.documents
        self._params = run.params
        self._searched = numbering_of(documents)
        self._findings = findings_of(documents, search.near, run.matches, self._searched)
        records = records_of_run(run, search)
        policy = keep_policy(run.params, records.has_dates)
        hashes = np.asarray(pc.fill_null(documents["text_hash"], 0)).__getitem__
        credits = credits_of(documents, agencies)
        self._ranking = ranked(records, self._searched, policy, run.params, agencies, hashes, credits)

    def at(self, params: Params) -> Trial:
        """Return what would become of the records; ``params`` as for `redecide`, with the keep policy of the run.

        Raises
        ------
        ParamsError
        """
        params = settled(self._params, params)
        matching = cluster(self._findings, self._ranking, params, np.zeros(len(self._ranking.rank), bool))
        matches, clusters = matching.of_units, matching.clusters
        units = self._ranking.units
        numbering = self._ranking.numbering if units is None else units.numbering
        document, record = numbering.document, numbering.record
        here = np.arange(len(document))
        (worded,) = np.nonzero(document >= 0)
        own = document[worded]
        leader, match = here.copy(), np.full(len(document), -1)
        leader[worded], match[worded] = record[clusters.leader[own]], clusters.match[own]
        relation = np.where(leader != here, IDENTICAL, -1).astype(np.int8)
        score = np.where(leader != here, 1.0, np.nan)
        (by,) = np.nonzero(match >= 0)
        relation[by], score[by] = matches.relation[match[by]], matches.score[match[by]]
        is_left = matches.left[match[by]] == document[by]
        side, is_direct = np.full(len(document), NEITHER, np.int8), np.zeros(len(document), bool)
        side[by] = np.where(is_left, LEFT, RIGHT)
        is_direct[by] = record[np.where(is_left, matches.right[match[by]], matches.left[match[by]])] == leader[by]
        return Trial(relation, score, leader, match, side, is_direct, matches)

    def stories(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the story of each record, from 0 and -1 where it has no words, and the distinct texts of each story.

        Stories as a sample draws them: linked by the copies and updates of the search.
        """
        return stories_of(self._findings, self._searched, self._params)
