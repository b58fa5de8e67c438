"""Store and check the facts about an index: its format, parameters and secret, by which a wrong one is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from dedup._version import __version__
from dedup.errors import StorageError
from dedup.params import Params
from dedup.store import secret
from dedup.store.secret import Key

FACTS = ("version", "params", "secret")
"""Names of the facts that are noted when an index is made, and never change."""

REBUILD_HINT = "rebuild it from the texts with dedup index rebuild"


def new_facts(params: Params) -> dict[str, str]:
    """Return the facts of a new index: the version that creates it, its parameters, its secret."""
    return {
        "version": __version__,
        "params": orjson.dumps(params.as_dict()).decode(),
        "secret": secret.draw().hex(),
    }


def check_facts(
    facts: Mapping[str, Any], place: object, params: Params | None, expected_format: int, hint: str
) -> None:
    """Refuse an index of another format, with a hint what to do, or with other parameters than those asked for.

    Raises
    ------
    StorageError
    """
    if facts.get("format") != expected_format:
        by = f", written by dedup {facts['version']}" if "version" in facts else ""
        found = f"{place} has format {facts.get('format')}{by}"
        raise StorageError(found, f"format {expected_format}", hint)
    stored = {**Params().as_dict(), **orjson.loads(facts["params"])}
    asked = stored if params is None else params.as_dict()
    if asked == stored:
        return
    names = [name for name in sorted({*stored, *asked}) if stored.get(name) != asked.get(name)]
    raise StorageError(
        f"{place} was made with {', '.join(f'{name} {stored.get(name)!r}' for name in names)}",
        ", ".join(f"{name} {asked.get(name)!r}" for name in names),
        "open it without params, or make another index",
    )


def params_of(facts: Mapping[str, Any]) -> Params:
    """Return the parameters with which an index was created."""
    return Params(**orjson.loads(facts["params"]))


def key_of(facts: Mapping[str, Any]) -> Key:
    """Return the key of an index."""
    return secret.key_of(bytes.fromhex(facts["secret"]))
