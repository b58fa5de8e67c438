"""What the documents show is what the program does."""

from __future__ import annotations

import doctest
import importlib
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dedup
from benchmarks.quality import cases
from dedup.cli.arguments import GUESSES as DOCUMENTED
from dedup.cli.reference import reference
from dedup.io.fields.producers import GUESSES, HITS
from dedup.judge import relation
from dedup.params import Params

ROOT = Path(__file__).resolve().parents[2]

README = (ROOT / "README.md").read_text("utf-8")
VERDICT = (ROOT / "docs" / "verdict.md").read_text("utf-8")
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "dedup").rglob("*.py"))
    if path.name not in {"__init__.py", "__main__.py"} and ">>> " in path.read_text("utf-8")
]


def timeless(output: str) -> str:
    """Remove what differs from run to run: seconds and rates."""
    return re.sub(r"^[0-9.]+ s(, .*)?$", "", output, flags=re.MULTILINE).rstrip()


def shown(command: str, document: str = README) -> str:
    """Return the output block that follows a command in a document."""
    return document.split(command, 1)[1].split("```\n", 2)[1]


def output_of(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dedup", *arguments], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return done.stdout


def test_the_demo_in_the_readme_is_real() -> None:
    assert timeless(shown("make demo ")) == timeless(output_of("run", "seeds"))


def test_the_comparison_in_the_readme_is_real() -> None:
    seeds = [str(next((ROOT / "seeds").glob(name)).relative_to(ROOT)) for name in ("000*", "003*")]
    verdict = output_of("compare", *seeds).split("\n---")[0]
    assert shown("dedup compare seeds").strip() == verdict.strip()


@pytest.mark.parametrize(
    ("case", "called"), [("rewrite", "rewritten"), ("follow-up", "partial"), ("mould", "template")]
)
def test_the_cases_are_judged_as_documented(case: str, called: str) -> None:
    files = cases.files(case)
    verdict = output_of("compare", *files).split("\n---")[0]
    assert shown(f"dedup compare {' '.join(files)}", VERDICT).strip() == verdict.strip()
    assert verdict.startswith(called + ", ")
    assert all(100 <= len((ROOT / file).read_text("utf-8").split()) <= 200 for file in files)


def test_of_the_cases_only_the_rewrite_is_dropped() -> None:
    output = timeless(output_of("run", "docs/cases"))
    assert timeless(shown("dedup run docs/cases", VERDICT)) == output
    assert re.findall(r"^(\S+)\s+dropped  ", output, flags=re.MULTILINE) == ["rewrite-b.txt"]


@pytest.mark.parametrize("page", ["docs/verdict.md", "docs/scale.md", "docs/tuning.md", "benchmarks/README.md"])
def test_written_tables_are_fresh(page: str) -> None:
    assert "[[[cog " in (ROOT / page).read_text("utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", "--diff", page], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, f"run python -m cogapp -r {page}:\n{done.stdout}{done.stderr}"


def test_sums_are_the_scores() -> None:
    rows = {cells[1].strip(): cells[2:5] for line in cases.sums().strip().splitlines() if (cells := line.split("|"))}
    probabilities = {}
    for question in cases.QUESTIONS:
        added = [row for name, row in rows.items() if name.replace("*", "").startswith(f"{question}:")]
        added = [row for row in added if row not in (rows[f"{question}: sum"], rows[f"{question}: probability"])]
        for column in range(len(cases.CASES)):
            total = sum(float(row[column].split()[0]) for row in added)
            assert total == pytest.approx(float(rows[f"{question}: sum"][column]), abs=0.06)  # each is rounded
            probabilities[question, column] = 1 / (1 + math.exp(-total))
            assert probabilities[question, column] == pytest.approx(
                float(rows[f"{question}: probability"][column]), abs=0.02
            )
    assert [cell.strip() for cell in rows["ruled out"]] == ["no", "no", "no"]
    assert [cell.strip() for cell in rows["two versions"]] == ["no", "no", "no"]
    assert [cell.strip() for cell in rows["template"]] == ["no", "no", "yes"]
    scores = [float(cell) for cell in rows["score"]]
    assert scores[0] == pytest.approx(probabilities["carried", 0] * (1 - probabilities["news", 0]), abs=0.02)
    assert scores[1] == pytest.approx(probabilities["carried", 1], abs=0.02)  # not carried on: nobody asks for news
    assert scores[2] == 0.0


def test_what_is_cited_of_the_cases_is_in_them() -> None:
    tables = re.findall(
        r"^\| (\S+-a\.txt) \| (\S+-b\.txt) \|\n\| --- \| --- \|\n((?:\|.*\n)+)", VERDICT, flags=re.MULTILINE
    )
    assert len(tables) == len(cases.CASES)
    for *names, rows in tables:
        for row in rows.splitlines():
            for name, cited in zip(names, row.strip("| ").split(" | "), strict=True):
                assert cited.strip(" …") in (ROOT / "docs" / "cases" / name).read_text("utf-8")


def test_the_rules_are_documented_with_their_numbers() -> None:
    page = " ".join(VERDICT.split())
    for phrase in (
        f"fewer than {relation.FEW_TOKENS} words, unless {relation.FEW_TOKENS_VERBATIM:.0%} of it is verbatim",
        f"above `rare containment` by {relation.COMMON} or more",
        f"`contradicted` of {relation.CONTRADICTED} or more",
        f"{relation.VERSION_VERBATIM[0]:.0%} of the shorter one is verbatim, its `shared lead` is "
        f"{relation.VERSION_LEAD[0]:.0%} or more and its rare containment {relation.VERSION_RARE[0]}; or "
        f"{relation.VERSION_VERBATIM[1]:.0%}, {relation.VERSION_LEAD[1]:.0%} and {relation.VERSION_RARE[1]}",
        f"carried on with a probability of {relation.VERSION_CARRIED} at least",
        f"`shared lead` of {relation.SAME_OPENING:.0%}, {relation.SAME_VERBATIM:.0%} verbatim and a rare "
        f"containment of {relation.SAME_RARE}",
        f"no more than {relation.NO_NEWS}, unless",
        f"(`new stages` above {relation.SAME_STAGES}) or more than {relation.SAME_HOURS:.0f} hours",
        f"{relation.WHOLE:.0%} of a text is in a longer one word for word, and at most {relation.WHOLE_LONGER:.0%}",
        f"{relation.SAME_TEXT:.0%} is the same either way",
        f"`--certainty` ({Params().certainty})",
        f"{relation.SUPERFLUOUS:.0%} of the earlier",
        f"at most {relation.EXCERPT_RATIO:.0%} as long as the other; {relation.EXCERPT_CARRIED:.0%} of it is carried",
        f"Much is {relation.REVISED_VERBATIM:.0%}; where the rest of it has an order of {relation.REWRITTEN_ORDER} or",
        f"or more, it is {relation.REWRITTEN_VERBATIM:.0%}",
        f"at least {relation.PARTIAL_VERBATIM:.0%} is verbatim, or a rare containment of {relation.PARTIAL_RARE}",
        f"a rare containment or a probability of {relation.SAME_EVENT_FROM}; reported by",
    ):
        assert phrase in page


def test_the_command_line_reference_is_fresh() -> None:
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == reference()


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted or "+SKIP" in Path(importlib.import_module(name).__file__ or "").read_text("utf-8")
    assert found.failed == 0


def test_guesses_on_the_command_line_are_the_readers() -> None:
    for role, names in DOCUMENTED.items():
        plain = [name for name in GUESSES[role] if "." not in name]
        assert [name for name in plain if name in names.split(", ")] == names.split(", ")


def test_the_page_on_fields_has_every_name() -> None:
    page = (ROOT / "docs" / "fields.md").read_text("utf-8")
    for role, names in GUESSES.items():
        row = re.search(rf"^\| {role} \| (.*) \|$", page, flags=re.MULTILINE)
        assert row is not None
        assert re.findall(r"`([^`]+)`", row[1]) == [name for name in names if not name.startswith(f"{HITS}.")]


def test_nothing_is_left_to_fill_in() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"]:
        assert "@@" not in document.read_text("utf-8")


def test_links_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_note_in_the_readme_is_one_of_the_program() -> None:
    texts = [f"FranÃ§ois a passÃ© l'Ã©tÃ© Ã\xa0 la mer, dit la mÃ¨re de numÃ©ro {number}." for number in range(3)]
    (note,) = (note for note in dedup.deduplicate(texts).summary["notes"] if "mojibake" in note)
    assert f"{note.split('); ')[1]}\n" in README
