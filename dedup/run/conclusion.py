"""Turn the clusters of documents into the result of a run: decisions, matches by id, and a summary."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from dedup.attribution.agencies import Agencies
from dedup.candidates.pairs import distinct
from dedup.params import Params
from dedup.run.clustering import Matching
from dedup.run.decision_table import Decisions
from dedup.run.index_matches import IndexMatches
from dedup.run.outcome import Outcome
from dedup.run.page_versions import PageVersions, page_notes
from dedup.run.ranking import Ranking
from dedup.run.record_credits import Credits
from dedup.run.record_matches import match_rows, record_pairs
from dedup.run.record_origins import Origins, appended
from dedup.run.records import Records
from dedup.run.result import Result
from dedup.run.run_view import InputAgain, SearchTables
from dedup.run.summary import summarise


def conclude(
    records: Records,
    ranking: Ranking,
    matching: Matching,
    index_matches: IndexMatches,
    pages: npt.NDArray[np.int64] | None,
    policy: str,
    params: Params,
    source: InputAgain,
    agencies: Agencies,
    credits: Credits,
    search: SearchTables | None = None,
) -> Result:
    """Return the result of a run.

    Parameters
    ----------
    records : Records
    ranking : Ranking
    matching : Matching
    index_matches : IndexMatches
        Documents of an index: from here on they follow those of the run, also among the records.
    pages : int64 array, shape (n_records,), or None
        From `dedup.run.same_pages`.
    policy : str
        Which of several copies is kept.
    params : Params
    source : InputAgain
    agencies : Agencies
    credits : Credits
        Of all records that have a match or share their text.
    search : SearchTables, optional
        What a later decision needs besides the result.

    Raises
    ------
    RuntimeError
        If a record were neither kept nor dropped nor rejected: a bug, never the input's fault.
    """
    if ranking.units is None:
        matches, clusters = index_matches.merged(matching.matches, matching.clusters)
        texts = index_matches.behind(ranking.numbering, len(records))
        matching = replace(matching, matches=matches, of_units=matches, at=np.arange(len(matches)), clusters=clusters)
        units = texts
    else:
        texts, units = ranking.numbering, ranking.units.numbering
    outcome = Outcome(records, units, matching.of_units, matching.clusters, matching.spared)
    versions = PageVersions(pages, records, ranking.numbering, len(index_matches))
    pairs = versions.added_to(record_pairs(texts, units, matching, outcome), texts, matching.matches)
    left, right, match = pairs
    origins = Origins(records, index_matches, distinct(left, right), credits, agencies)
    ids = appended(records.ids, index_matches.ids)
    continued = versions.continued(pairs, matching.matches, records.published)
    decisions = Decisions(records, ids, matching.of_units, outcome, origins, versions, continued, policy, params)
    same_url = versions.on_one_page(left, right)
    table = match_rows(ids, matching.matches, left, right, match, origins, len(records), same_url)
    summary = summarise(records, ids, table, decisions, outcome, policy, params, agencies)
    summary["notes"] += page_notes(records, matching.matches, versions, params)
    summary["fields"] = source.fields
    summary["files_read"] = source.files_read
    summary["notes"] = [*source.notes, *summary["notes"]]
    if summary["records"] != summary["kept"] + sum(summary["dropped"].values()) + summary["rejected"]:
        raise RuntimeError(f"records are missing: {summary}")
    return Result(decisions, table, summary, params, outcome.kept, source, search)
