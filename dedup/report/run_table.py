"""Format the summary of a run as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dedup.io.sizes import shown_size
from dedup.report.escaping import shown

HEAD_WIDTH = 60

WORTH_A_RATE = 1_000_000
"""Bytes of text from which the rate and the seconds by stage say something; on several threads stages overlap."""


def table(summary: Mapping[str, Any], decisions: Sequence[Mapping[str, Any]] = ()) -> str:
    """Format the summary of a run as lines of text.

    Parameters
    ----------
    summary : mapping
        What ``summary.json`` holds.
    decisions : sequence of mappings
        Rows of ``decisions.parquet`` to be listed, where they are few.
    """
    dropped = {name.replace("_", " "): count for name, count in summary["dropped"].items() if count}
    matched = summary["matches"]
    lines = [
        _row("records", summary["records"], _size_of(summary)),
        _row(
            "kept",
            summary["kept"],
            _which_kept(summary) if summary["clusters"] else "",
        ),
        _row("dropped", sum(dropped.values()), ", ".join(f"{name} {count:,}" for name, count in dropped.items())),
        _row("rejected", summary["rejected"], _first_rejection(summary["rejections"])),
        _row("clusters", summary["clusters"], "of a kept record and its copies" if summary["clusters"] else ""),
    ]
    lines += _of_sample(summary)
    if summary["fields"]["used"]:
        lines.append(f"{'fields':<9}{'':>11}  {_fields(summary['fields']['used'])}")
    if matched["update"]:
        remark = f"pairs in which one text continues the other with news: {_stories(summary['stories'])}"
        lines.append(_row("update", matched["update"], remark))
    if matched["partial"]:
        lines.append(_row("partial", matched["partial"], "pairs of different articles that share passages"))
    if matched["template"]:
        remark = "pairs from one template, with other facts in the same places"
        lines.append(_row("template", matched["template"], remark))
    if same := {name.replace("_", " "): count for name, count in summary.get("same_url", {}).items() if count}:
        kinds = ", ".join(f"{name} {count:,}" for name, count in same.items())
        lines.append(_row("same URL", sum(same.values()), f"pairs of one page: {kinds}"))
    if "index" in summary:
        lines.append(_row("index", summary["index"]["documents"], _of_index(summary["index"])))
    if decisions:
        lines += ["", *_decisions(decisions)]
    elif summary["largest_clusters"]:
        lines += ["", "largest clusters"]
        width = max(len(_cut(cluster["id"], 40)) for cluster in summary["largest_clusters"])
        lines += [
            f"{cluster['size']:>9,}  {_cut(cluster['id'], 40):<{width}}  {_cut(cluster['begins'], HEAD_WIDTH)}".rstrip()
            for cluster in summary["largest_clusters"]
        ]
    lines += ["", _seconds(summary)]
    lines += [f"note: {shown(note)}" for note in summary["notes"]]
    return "\n".join(lines)


def _decisions(decisions: Sequence[Mapping[str, Any]]) -> list[str]:
    width = max(len(_cut(row["id"], 40)) for row in decisions)
    lines = []
    for row in decisions:
        if row["duplicate_of"] is not None:
            fate = f"dropped   {AS_COPY[row['relation']]} {shown(row['duplicate_of'])}: {shown(row['reason'])}"
        else:
            fate = f"kept      {shown(row['reason'])}" if row["kept"] else shown(row["reason"])
        lines.append(f"{_cut(row['id'], 40):<{width}}  {fate}")
    return lines


AS_COPY = {
    "identical": "identical to",
    "near_duplicate": "near duplicate of",
    "excerpt": "excerpt of",
    "revised": "revised from",
    "rewritten": "rewritten from",
    "update": "superseded by",
}

WORDS_OF_POLICY = {
    "first": "first in the input",
    "earliest": "earliest",
    "latest": "latest",
    "longest": "longest",
    "source": "one of a preferred source",
    "original": "agency's own, or one that credits no agency",
}


def _which_kept(summary: Mapping[str, Any]) -> str:
    """Say which record of a cluster is kept; where there are excerpts, a fuller one goes before the policy."""
    words = f"of each cluster, the {WORDS_OF_POLICY[summary['keep']]}"
    has_fuller = summary["keep"] != "longest" and any(
        summary["dropped"].get(name) for name in ("excerpt", "revised", "update")
    )
    return f"{words}, or a fuller one" if has_fuller else words


def _size_of(summary: Mapping[str, Any]) -> str:
    return f"{shown_size(summary['text_bytes'])} of text in {_files(summary['inputs'])}"


def _row(name: str, count: int, remark: str) -> str:
    return f"{name:<9}{count:>11,}  {remark}".rstrip()


def _of_sample(summary: Mapping[str, Any]) -> list[str]:
    """Return lines on what was drawn, if the run is a sample, and on what that says of the whole input."""
    if "sample" not in summary:
        return []
    sample, estimate = summary["sample"], summary["estimate"]
    whole = estimate["dropped"]
    parts = ", ".join(f"{name.replace('_', ' ')} {_percent(one)}" for name, one in estimate["relations"].items())
    drawn = f"records were read; the stories of {100 * sample['share']:g} % of the texts are decided on"
    lines = [
        _row("sample of", sample["records_read"], drawn),
        _row("estimate", whole["records"], f"dropped of all: {_percent(whole)}"),
    ]
    return [*lines, f"{'':22}{parts}"] if parts else lines


def _percent(part: Mapping[str, float]) -> str:
    share, low, high = (100 * part[name] for name in ("share", "low", "high"))
    digits = 2 if high < 1 else 1
    return f"{share:.{digits}f} % ({low:.{digits}f} to {high:.{digits}f})"


def _fields(used: Mapping[str, Mapping[str, int]]) -> str:
    """List the fields that were used; if several were used for one role, with the number of records of each."""
    roles = []
    for role, names in used.items():
        if not names and role in ("title", "url"):  # nobody misses them
            continue
        if len(names) > 1:
            roles.append(f"{role}: " + ", ".join(f"{_cut(name, 40)} {count:,}" for name, count in names.items()))
        else:
            roles.append(f"{role}: {_cut(next(iter(names), '-'), 40)}")
    return "; ".join(roles)


def _stories(count: int) -> str:
    return "1 story with updates" if count == 1 else f"{count:,} stories with updates"


def _of_index(index: Mapping[str, Any]) -> str:
    takes = f", {shown_size(index['bytes'])}" if "bytes" in index else ""
    line = f"in {shown(index['path'])}{takes}: {index['added']:,} added"
    return line + (f"; {index['copies']:,} dropped as copies of earlier documents" if index["copies"] else "")


def _seconds(summary: Mapping[str, Any]) -> str:
    spent = dict(summary["seconds"])
    total = spent.pop("total")
    line = f"{total:.1f} s"
    if spent and summary["text_bytes"] >= WORTH_A_RATE and "sample" not in summary:
        line += f", {summary['text_bytes'] / 1e6 / total:,.0f} MB/s"
        stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in spent.items() if seconds >= 0.05)
        line += f"  ({stages})" if stages else ""
    return line


def _first_rejection(rejections: list[dict[str, Any]]) -> str:
    if not rejections:
        return ""
    first = rejections[0]
    return shown(f"first: {first['file']}, row {first['row']}: {first['reason']}")


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _cut(text: str, width: int) -> str:
    text = shown(text)
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"
