"""Write what the program says of the three cases of docs/verdict.md, and how the models add it up.

cog puts it into the page when the models, a measure or the wording of a reason has changed:

    python -m cogapp -r docs/verdict.md
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.markdown import table
from dedup import compare
from dedup.judge import relation
from dedup.judge.evidence import Evidence
from dedup.params import Params
from dedup.schema import MEASURES
from dedup.text.tokens import spans

ROOT = Path(__file__).resolve().parents[2]
CASES = ("rewrite", "follow-up", "mould")

QUESTIONS = ("carried", "news")

NAMES = {
    "tokens": "words of the shorter one",
    "common": "verbatim beyond rare containment",
    "retold": "carried over in other words",
}
"""Names of the inputs of the models, where they are not those of measures."""


def files(case: str) -> list[str]:
    """Return the two files of a case, as a command at the top of the project names them."""
    return [f"docs/cases/{case}-{side}.txt" for side in "ab"]


def comparison(case: str) -> str:
    """Return what ``dedup compare`` prints of a case, but for the texts, as a Markdown block."""
    return _block(_output_of("compare", *files(case)).split("\n---")[0])


def run() -> str:
    """Return what ``dedup run`` prints of all cases, but for the seconds, as a Markdown block."""
    return _block(re.sub(r"^[0-9.]+ s$", "", _output_of("run", "docs/cases"), flags=re.MULTILINE))


def sums() -> str:
    """Return a table of what each measure adds to the log odds of both questions, in each case."""
    columns = []
    for case in CASES:
        texts = [(ROOT / file).read_text("utf-8") for file in files(case)]
        comparison = compare(*texts)
        lengths = [np.array([len(spans(text))]) for text in texts]
        measured = np.array([[comparison.measures.get(name, np.nan)] for name in MEASURES])
        inputs = relation.model_inputs(Evidence(np.array([0]), np.array([1]), *lengths, measured))
        column: dict[str, str] = {}
        for question in QUESTIONS:
            model = getattr(relation.Models.of(Params()), question)
            added = {name: model.added(name, float(inputs[name][0])) for name, *_ in model.terms}
            values = {name: f"{inputs[name][0]:.{0 if name == 'tokens' else 2}f}" for name in added}
            column[f"**{question}**: start"] = f"{model.intercept:+.2f}"
            column |= {f"{question}: {_name(name)}": f"{added[name]:+.2f} ({values[name]})" for name in added}
            total = model.intercept + sum(added.values())
            column[f"{question}: sum"] = f"{total:+.2f}"
            column[f"{question}: probability"] = f"{1 / (1 + np.exp(-total)):.2f}"
        column["ruled out"] = "yes" if relation.ruled_out(inputs)[0] else "no"
        column["two versions"] = "yes" if relation.are_versions(inputs)[0] else "no"
        column["template"] = "yes" if comparison.relation == "template" else "no"
        column["score"] = f"{comparison.score:.2f}"
        columns.append(column)
    rows = ([name, *(column[name] for column in columns)] for name in columns[0])
    return f"\n{table(['', *CASES], rows)}\n\n"


def _name(measure: str) -> str:
    return NAMES.get(measure, measure.replace("_", " "))


def _block(text: str) -> str:
    return f"\n```\n{text.strip()}\n```\n\n"


def _output_of(*arguments: str) -> str:
    command = [sys.executable, "-m", "dedup", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout
