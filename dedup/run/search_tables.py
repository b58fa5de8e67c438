"""Write what a search found, besides its matches, as tables, and read it back, so that it can be decided again.

The matches of a run hold the measures of every pair; what else a decision needs is in two small tables, in which
documents have the numbers that they had in the search.
"""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.io import Source
from dedup.judge.match_table import Matches
from dedup.run.exact import shared_hashes
from dedup.run.findings import Findings, Found
from dedup.run.ranking import Numbering
from dedup.run.record_credits import Credits
from dedup.run.records import Records
from dedup.run.run_view import About, SearchTables
from dedup.schema import DOCUMENTS, MEASURES, NEAR

Ints = npt.NDArray[np.int64]


def credited(numbering: Numbering, findings: Findings, others: Ints) -> Ints:
    """Return the records whose credits any decision may ask for.

    These share a text, or have a match: in the findings, or as one of the other documents.
    """
    is_asked = np.bincount(numbering.document[numbering.document >= 0], minlength=len(numbering.record)) > 1
    is_asked[others] = True
    for found in (findings.near, findings.rare):
        if found is not None:
            is_asked[found.matches.left] = is_asked[found.matches.right] = True
    return np.flatnonzero((numbering.document >= 0) & np.append(is_asked, False)[numbering.document])


def search_tables(
    records: Records,
    numbering: Numbering,
    findings: Findings,
    credits: Credits,
    agencies: Agencies,
    source: Source,
    limits: dict[str, list[str]],
) -> SearchTables:
    """Return the tables of a search.

    Parameters
    ----------
    records : Records
    numbering : Numbering
        That of the search.
    findings : Findings
    credits : Credits
        Of the records that are `credited`.
    agencies : Agencies
    source : Source
    limits : dict of str to list of str
        As in `About`.
    """
    about = About(agencies.fingerprint, source.notes, [*astuple(records.unread)], limits)
    documents = _documents(records, numbering, findings, credits, agencies)
    return SearchTables.of(documents, _near(findings), about)


def _documents(
    records: Records, numbering: Numbering, findings: Findings, credits: Credits, agencies: Agencies
) -> pa.Table:
    hashes = shared_hashes(records)
    n = len(records)
    document = numbering.document
    names = pa.array([*agencies.names, None], pa.string())
    credit = np.full(n, UNKNOWN)
    credit[credits.records] = credits.agency
    drawn_on = np.zeros(n, bool)
    drawn_on[credits.records] = credits.drawn_on
    near, rare = findings.near, findings.rare

    def of_documents(values: Ints | None) -> pa.Array:
        if values is None:
            return pa.nulls(n, pa.int64())
        here = np.append(values, -1)[document]
        return pa.array(here, mask=here < 0)

    columns = [
        pa.array(document, mask=document < 0),
        pa.array(records.lengths),
        pa.array(records.sizes),
        pa.array(hashes, mask=hashes == 0),
        names.dictionary_encode().take(pa.array(credit % len(names))).cast(pa.string()),
        pa.array(drawn_on),
        of_documents(None if near is None else near.lengths),
        of_documents(None if near is None else near.met),
        of_documents(None if rare is None else rare.lengths),
        of_documents(None if rare is None else rare.met),
        of_documents(findings.root),
    ]
    return pa.table([column.cast(field.type) for column, field in zip(columns, DOCUMENTS, strict=True)], DOCUMENTS)


def _near(findings: Findings) -> pa.Table | None:
    if findings.near is None or findings.rare is None:
        return None
    matches = findings.near.matches
    measures = (pa.array(matches.measures[MEASURES.index(name)], from_pandas=True) for name in NEAR.names[2:])
    return pa.table([pa.array(matches.left), pa.array(matches.right), *measures], NEAR)


def numbering_of(documents: pa.Table) -> Numbering:
    """Return the numbering of the documents; of those with several records, any stands for it."""
    document = np.asarray(pc.fill_null(documents["document"], -1))
    (worded,) = np.nonzero(document >= 0)
    record = np.zeros(int(document.max(initial=-1)) + 1, np.int64)
    record[document[worded][::-1]] = worded[::-1]
    return Numbering(document, record)


def findings_of(documents: pa.Table, near: pa.Table | None, matches: pa.Table, numbering: Numbering) -> Findings:
    """Return what a search found, from its tables and the matches of a run; relations and scores are still missing.

    Parameters
    ----------
    documents : pyarrow.Table
    near : pyarrow.Table or None
    matches : pyarrow.Table
    numbering : Numbering
        That of the documents.
    """

    def by_document(name: str) -> Ints:
        values = np.asarray(pc.fill_null(documents[name], -1))
        return np.asarray(values[numbering.record])

    if documents["near_words"].null_count == len(documents):
        return Findings()
    found = _pairs_of(matches, numbering)
    near_lengths, near_met = by_document("near_words"), by_document("near_met")
    if near is None:
        return Findings(Found(found, near_lengths, near_met, is_judged=False))
    of_near = _unjudged(np.asarray(near["left"]), np.asarray(near["right"]), near)
    rare = Found(found, by_document("words"), by_document("met"), is_judged=False)
    return Findings(Found(of_near, near_lengths, near_met, is_judged=False), rare, by_document("family"))


def _pairs_of(matches: pa.Table, numbering: Numbering) -> Matches:
    """Return the pairs of documents of a table of matches between records, each once."""
    left, right = (numbering.document[np.asarray(matches[name])] for name in ("left_record", "right_record"))
    (apart,) = np.nonzero(left != right)
    packed = np.minimum(left, right)[apart] << 32 | np.maximum(left, right)[apart]
    _, first = np.unique(packed, return_index=True)
    at = apart[first]
    table = matches.take(pa.array(at))
    swap = left[at] > right[at]
    pairs = _unjudged(np.where(swap, right[at], left[at]), np.where(swap, left[at], right[at]), table)
    a, b, hours = (MEASURES.index(name) for name in ("containment_left", "containment_right", "hours"))
    measures = pairs.measures
    measures[a, swap], measures[b, swap] = measures[b, swap], measures[a, swap]
    measures[hours, swap] *= -1.0
    return pairs


def _unjudged(left: Ints, right: Ints, table: pa.Table) -> Matches:
    """Return pairs with the measures of a table, still to be judged."""
    n = len(left)
    measures = np.full((len(MEASURES), n), np.nan)
    for place, name in enumerate(MEASURES):
        if name in table.column_names:
            measures[place] = table[name].to_numpy()
    return Matches(left, right, np.zeros(n, np.int8), np.zeros(n), np.zeros(n, np.int8), measures)


def credits_of(documents: pa.Table, agencies: Agencies) -> Credits:
    """Return the credits of all records, as far as they were searched."""
    code_of = {name: code for code, name in enumerate(agencies.names)}
    coded = documents["credit"].combine_chunks().dictionary_encode()
    codes = np.array([*(code_of[name] for name in coded.dictionary.to_pylist()), UNKNOWN])
    agency = codes[np.asarray(pc.fill_null(coded.indices, len(codes) - 1))]
    return Credits(np.arange(len(documents)), agency, np.asarray(documents["drawn_on"]))
