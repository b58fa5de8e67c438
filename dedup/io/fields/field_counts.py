"""Count which fields the records of an input have, which of them are not empty, and which were used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dedup.io.fields.roles import ROLE_NAMES

Counts = dict[str, dict[str, int]]
"""Records, by role and by the name of a field."""


@dataclass
class FieldCounts:
    """Counts of records, by role and by the name of a field.

    Parameters
    ----------
    used : Counts
        In how many records the value is from this field.
    filled : Counts
        In how many it holds something.
    present : Counts
        In how many it is there, be it empty.
    """

    used: Counts = field(default_factory=dict)
    filled: Counts = field(default_factory=dict)
    present: Counts = field(default_factory=dict)

    def add(self, other: FieldCounts) -> None:
        """Add the counts of further records."""
        for ours, theirs in ((self.used, other.used), (self.filled, other.filled), (self.present, other.present)):
            for role, names in theirs.items():
                held = ours.setdefault(role, {})
                for name, count in names.items():
                    held[name] = held.get(name, 0) + count

    def has(self, role: str) -> bool:
        """Return whether any record has a field of the role."""
        return any(self.present.get(role, {}).values())

    @property
    def used_names(self) -> tuple[tuple[str, ...], ...]:
        """The names that were used, for each role."""
        return tuple(tuple(sorted(self.used.get(role, {}))) for role in ROLE_NAMES)


def add_to(counts: Counts, role: str, name: str, count: int = 1) -> None:
    """Add to one count; adding 0 makes no entry."""
    if count:
        names = counts.setdefault(role, {})
        names[name] = names.get(name, 0) + count


def is_filled(value: Any) -> bool:
    """Return whether a value is not empty: not null, not an empty string, not an object or a list."""
    return value is not None and not isinstance(value, (Mapping, list)) and not (isinstance(value, str) and not value)
