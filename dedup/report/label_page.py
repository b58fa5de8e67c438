"""Make the labelling page: one HTML file with the pairs worth labelling, to be labelled in any browser, without us."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from dedup._version import __version__
from dedup.fit.labels import LABELS, Label
from dedup.fit.run_pairs import ShownText
from dedup.report.pages.alignment import Alignment
from dedup.report.pages.page_writer import environment

SHOWN = 12_000
"""Characters of a text that the page has; more would make it too large, and rarely changes a label."""


@dataclass(frozen=True, slots=True)
class PairToLabel:
    """A pair on the page.

    Parameters
    ----------
    label : Label
        The line that the file of labels gets, but for the label itself.
    left, right : ShownText
    """

    label: Label
    left: ShownText
    right: ShownText


def label_page(pairs: Sequence[PairToLabel], name: str, store: str) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    pairs : sequence of PairToLabel
    name : str
        Of the run, for the title.
    store : str
        The name under which a browser keeps the labels: equal for pages of the same run.
    """
    style, script = f"{_static('report.css')}{_static('label.css')}", _static("label.js")
    page: str = (
        environment()
        .get_template("label.html")
        .render(
            pairs=[_shown(pair) for pair in pairs],
            lines=[_line(pair.label) for pair in pairs],
            labels=[(label[0], label, meaning) for label, meaning in LABELS.items()],
            name=name,
            store=store,
            style=style,
            script=script,
            style_hash=_hash(style),
            script_hash=_hash(script),
            version=__version__,
        )
    )
    return page


def _shown(pair: PairToLabel) -> dict[str, Any]:
    texts = pair.left.text, pair.right.text
    return {
        "sides": (pair.left, pair.right),
        "rows": Alignment(texts[0][:SHOWN], texts[1][:SHOWN]).rows(),
        "cut": sum(max(0, len(text) - SHOWN) for text in texts),
    }


def _line(label: Label) -> dict[str, Any]:
    return {"left": label.left, "right": label.right, "begins": label.begins, "measures": label.measures}


def _static(name: str) -> str:
    return (files("dedup.report.pages") / "static" / name).read_text("utf-8")


def _hash(content: str) -> str:
    """Return the hash by which the Content-Security-Policy allows this style or program, and no other."""
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
