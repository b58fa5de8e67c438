"""Each option sets one thing that Python calls by the same name; misuse is reported with what to do about it."""

from __future__ import annotations

import dataclasses
import inspect
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from conftest import article, edited

import dedup
from dedup import Fields, Params, RunOptions, deduplicate
from dedup.cli.arguments import chosen
from dedup.cli.main import main, parser
from dedup.cli.reference import reference
from dedup.io.fields.roles import ROLE_NAMES
from dedup.params import OF_A_RUN, Level

PRINTING = {"json", "traceback", "quiet", "log_level", "log_json"}
TRYING = {"dry_run"}
PARAMS = {field.name: field.default for field in dataclasses.fields(Params)}
VALUES = ("params", "fields", "run")
"""Arguments of `deduplicate` that are values of several fields: each of these is an option of its own."""

KEYWORDS = {
    name: parameter.default
    for name, parameter in inspect.signature(deduplicate).parameters.items()
    if name not in ("records", "params_fields", *VALUES)
}
KEYWORDS |= {
    f"{field.name}_field" if field.name in ROLE_NAMES else field.name: field.default
    for field in dataclasses.fields(Fields)
}
KEYWORDS |= {
    field.name: field.default
    for field in dataclasses.fields(RunOptions)
    if field.name not in ("progress", "tuning")  # --quiet; sizes for tests
}


def options_of(*arguments: str) -> dict[str, Any]:
    """Parse a call, and return its options by name."""
    options = vars(parser().parse_args(arguments))
    return {name: value for name, value in options.items() if name not in ("command", "parser")}


def test_each_option_of_run_is_a_keyword_or_a_field_of_params_and_each_of_these_is_an_option() -> None:
    assert options_of("run", "x.jsonl").keys() - PRINTING - TRYING == {"input", *KEYWORDS, *PARAMS}


def test_an_index_is_made_with_each_field_of_params_that_is_not_of_a_run_alone() -> None:
    of_params = options_of("index", "create", "i").keys() - PRINTING - {"index", "wait"}
    assert of_params == {*PARAMS} - {"keep", "prefer", *OF_A_RUN}


def test_defaults_of_the_command_line_are_those_of_python() -> None:
    options = options_of("run", "x.jsonl")
    assert {name: options[name] for name in KEYWORDS} == KEYWORDS
    assert Params(**chosen(parser().parse_args(["run", "x.jsonl"]))) == Params()


@pytest.mark.parametrize("command", ["run", "index create"])
def test_defaults_in_the_help_are_those_of_params(command: str) -> None:
    section = reference().split(f"## dedup {command}\n")[1].split("\n## ")[0]
    helped = dict(re.findall(r"^\| `--([a-z-]+)` .*\(default: ([^)]*)\) \|$", section, flags=re.MULTILINE))
    for name, default in PARAMS.items():
        if name in options_of(*command.split(), "x") and default not in (None, (), False):
            shown = default.name if isinstance(default, Level) else str(default)
            assert helped[name.replace("_", "-")] == shown


def test_values_are_read_as_params_hold_them() -> None:
    arguments = "run x --rare-df 60 --target-recall 0.95 --window 3d --prefer Reuters,AP --keep source --related"
    params = Params(**chosen(parser().parse_args(arguments.split())))
    expected = {"rare_df": 60, "target_recall": 0.95, "window": 72.0, "prefer": ("Reuters", "AP"), "related": True}
    assert params == Params(**expected, keep="source")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("run", ["dedup run: ", "INPUT", "for example: dedup run news.jsonl -o out;", "see dedup run --help"]),
        ("news.jsonl", ["dedup: ", "'news.jsonl'", "to drop the copies in a file: dedup run news.jsonl"]),
        ("rnu", ["dedup: ", "'rnu'", "did you mean run?", "usage: dedup [OPTIONS] COMMAND ...; see dedup --help"]),
        ("xyz", ["dedup: ", "'xyz'", "there are run, show,"]),
        ("query i x", ["dedup: ", "'query'", "did you mean index query?"]),
        ("help rnu", ["dedup: ", "did you mean run?"]),
        ("--vesion", ["dedup: ", "did you mean --version?"]),
        ("index ad", ["dedup index: ", "'ad'", "did you mean add?", "see dedup index --help"]),
        ("index --hlp", ["dedup index: ", "did you mean --help?"]),
        ("run x --thresh 0.5", ["dedup run: ", "--thresh", "did you mean --threshold?"]),
        ("run x --level rewriten", ["dedup run: ", "--level", "did you mean rewritten?", "[OPTIONS] INPUT ...;"]),
        ("run x --level NEAR", ["did you mean near?"]),
        ("index add i x --known=skp", ["dedup index add: ", "did you mean skip?"]),
        ("compare a.txt", ["dedup compare: ", "B", "for example: dedup compare a.txt b.txt"]),
        ("run x --treshold 0.5", ["dedup run: ", "--treshold", "did you mean --threshold?", "see dedup run --help"]),
        ("index add i x --knwon=skip", ["dedup index add: ", "--knwon=skip", "did you mean --known?"]),
        ("index create i --keep first", ["dedup index create: ", "--keep"]),
        ("compare a b c", ["dedup compare: ", "unrecognized arguments: c"]),
        ("run x --rare-df many", ["--rare-df", "'many': expected a whole number"]),
        ("run x --threshold high", ["--threshold", "'high': expected a number"]),
        ("run x --memory lots", ["--memory", "'lots': expected a size such as 4GB"]),
        ("run x --window soon", ["--window", "'soon': expected a time such as 72h"]),
        ("run x --threads 0", ["--threads", "'0': expected a whole number of at least 1"]),
        ("run x --\x1b[2J", ["\\x1b[2J"]),
    ],
)
def test_misuse_is_one_line_that_says_what_to_do(
    arguments: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments.split())
    out, err = capsys.readouterr()
    assert ended.value.code == 2
    assert out == ""
    assert err.count("\n") == 1
    for word in words:
        assert word in err


@pytest.mark.parametrize("command", ["", "index"])
def test_without_a_command_the_help_is_shown_and_it_is_an_error(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert err.startswith(f"usage: dedup {command}".rstrip())
    assert "commands:" in err


@pytest.mark.parametrize(
    ("asked", "same"), [("help", "--help"), ("help run", "run -h"), ("help index add", "index add --help")]
)
def test_help_is_a_command_too(asked: str, same: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for arguments in (asked, same):
        with pytest.raises(SystemExit) as ended:
            main(arguments.split())
        assert ended.value.code == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert shown[0].startswith(f"usage: dedup {asked.removeprefix('help').strip()}".rstrip())


@pytest.mark.parametrize("command", ["", "run", "index add"])
def test_each_command_prints_the_version(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"dedup {dedup.__version__}\n"


COMMANDS = re.findall(r"^## dedup (.*)$", reference(), flags=re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_begins_with_a_sentence_and_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    usage, sentence, example = capsys.readouterr().out.split("\n\n")[:3]
    assert usage.startswith(f"usage: dedup {command} ")
    assert re.fullmatch(r"[A-Z][^.]*\.", sentence, flags=re.DOTALL)
    assert all(line.startswith(f"  dedup {command}") for line in example.splitlines())
    assert max(map(len, example.splitlines())) <= 100


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_examples_in_the_help_are_calls_that_the_parser_takes(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    examples = capsys.readouterr().out.split("\n\n")[2].splitlines()
    for example in examples:
        call = re.split(r"  +(?=\S+ )|[>#|]", example.strip())[0]
        assert shlex.split(call)[0] == "dedup"
        assert parser().parse_args(shlex.split(call)[1:]).command


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("a.txt same.txt", 0),
        ("a.txt near.txt", 0),
        ("a.txt near.txt --level identical", 1),
        ("a.txt other.txt", 1),
        ("a.txt other.txt --json", 1),
        ("a.txt absent.txt", 2),
        ("a.txt same.txt --threshold 2", 2),
    ],
)
def test_the_verdict_on_two_texts_as_an_exit_code(
    arguments: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As cmp and grep: 0 is yes, 1 is no, and what failed is neither."""
    monkeypatch.chdir(tmp_path)
    texts = {"a": article(1), "same": article(1).upper(), "near": edited(article(1), 1, 0.02), "other": article(2)}
    for name, text in texts.items():
        Path(f"{name}.txt").write_text(text, "utf-8")
    call = ["compare", *arguments.split(), "--exit-code"]
    try:
        found = main(call)
    except SystemExit as ended:
        found = ended.code  # type: ignore[assignment]
    assert found == code
    if code < 2:
        assert main(call[:-1]) == 0


def test_runs_that_cannot_be_compared_do_not_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(tmp_path), str(tmp_path), "--exit-code"]) == 2
    assert main(["diff", str(tmp_path), str(tmp_path)]) == 1
