"""Look up the credits, sources and dates of the records that have a match."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.attribution.direction import Sides
from dedup.run.index_matches import IndexMatches
from dedup.run.record_credits import Credits
from dedup.run.records import Records


class Origins:
    """Credits, sources and dates of the records that have a match.

    Parameters
    ----------
    records : Records
    index_matches : IndexMatches
        Documents of an index, which follow the records.
    which : int64 array, ascending
        The records that have a match.
    credits : Credits
        Of these of the run, at least.
    agencies : Agencies

    Attributes
    ----------
    records : int64 array, shape (n,)
        Those of ``which``; the other arrays have one value for each of them.
    names : list of str
        Of agencies, by code.
    source, credit, drawn_on, published : array, shape (n,)
        As in `dedup.attribution.direction.Sides`.
    """

    def __init__(
        self,
        records: Records,
        index_matches: IndexMatches,
        which: npt.NDArray[np.int64],
        credits: Credits,
        agencies: Agencies,
    ) -> None:
        self.records = which
        self.names = agencies.names
        first = int(np.searchsorted(which, len(records)))
        here, there = which[:first], which[first:] - len(records)
        self.published = np.concatenate([records.published[here], index_matches.published[there]])
        found = credits.of(here)
        code_of = {name: code for code, name in enumerate(agencies.names)}
        credit_there = [code_of.get(name, UNKNOWN) for name in index_matches.credits.take(pa.array(there)).to_pylist()]
        self.credit = np.concatenate([found.agency, np.array(credit_there, np.int64)])
        self.drawn_on = np.concatenate([found.drawn_on, index_matches.drawn_on[there]])
        sources = appended(records.sources.take(pa.array(here)), index_matches.sources.take(pa.array(there)))
        named = sources.dictionary_encode()
        codes: dict[str, int] = {}
        for number, name in enumerate(named.dictionary.to_pylist()):
            agency = agencies.code(name)
            codes[name] = agency if agency != UNKNOWN or not name else len(agencies.names) + number
        code = np.array([*codes.values(), UNKNOWN])
        self.source = code[np.asarray(pc.fill_null(named.indices, len(codes)))]

    def of(self, records: npt.NDArray[np.int64]) -> Sides:
        """Return source, credit and date of these records."""
        at = np.searchsorted(self.records, records)
        return Sides(self.source[at], self.credit[at], self.drawn_on[at], self.published[at])


def appended(names: pa.LargeStringArray, others: pa.LargeStringArray) -> pa.LargeStringArray:
    """Return names followed by others."""
    return pa.concat_arrays([names, others]) if len(others) else names
