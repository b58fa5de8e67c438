"""Settings of a project and of the environment: which count, what they may set, and how mistakes are reported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import article

from dedup.cli import garbage, unneeded_imports
from dedup.cli.main import main, parser
from dedup.cli.parser import Parser
from dedup.cli.settings import OF_A_CALL, apply_settings, is_settable
from dedup.kernels.cold_start.compiler_processes import SWITCH as COMPILERS

SWITCHES = (garbage.SWITCH, unneeded_imports.SWITCH, COMPILERS)
OF_TESTS = ("DEDUP_CUTS", "DEDUP_FAULTS", "DEDUP_FLIPS", "DEDUP_KILLS", *SWITCHES)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, in a folder of which the tests work; nothing of ours is in the environment."""
    for name in [name for name in os.environ if name.startswith("DEDUP_")]:
        monkeypatch.delenv(name)
    (tmp_path / ".git").mkdir()
    work = tmp_path / "desk" / "today"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    return tmp_path


def options_of(call: str) -> dict[str, object]:
    """Return what a call would be carried out with."""
    arguments = call.split()
    top = parser(arguments)
    apply_settings(top, parser)
    return vars(top.parse_args(arguments))


def refused(call: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Assert that a call is refused with a line on stderr, and return the line."""
    assert main(call.split()) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err


def test_without_settings_options_have_their_defaults(project: Path) -> None:
    options = options_of("run x.jsonl")
    assert (options["level"], options["memory"], options["guard"]) == (None, None, "note")


def test_settings_are_read_as_options_are(project: Path) -> None:
    (project / "dedup.toml").write_text(
        'level = "near"\nrare_df = 60\nthreshold = 0.8\ntext-field = "body"\nrelated = true\n'
        '[run]\nmemory = "4GB"\nwindow = "3d"\nkeep = "source"\nprefer = ["Reuters", "A, B"]\nstrict = false\n'
    )
    options = options_of("run x.jsonl")
    expected = {
        "level": "near", "rare_df": 60, "threshold": 0.8, "text_field": "body", "related": True, "memory": 4 * 10**9,
        "window": 72.0, "keep": "source", "prefer": ("Reuters", "A, B"), "strict": False,
    }  # fmt: skip
    assert {name: options[name] for name in expected} == expected


def test_the_nearest_word_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line before the environment, before the table of the command, before that of all commands."""
    file = project / "dedup.toml"
    file.write_text('longest = "1MB"\n')
    assert options_of("index add i x")["longest"] == 10**6
    file.write_text('longest = "1MB"\n[index]\nlongest = "2MB"\n')
    assert options_of("index add i x")["longest"] == 2 * 10**6
    assert options_of("run x")["longest"] == 10**6
    file.write_text('longest = "1MB"\n[index]\nlongest = "2MB"\n[index.add]\nlongest = "3MB"\n')
    assert options_of("index add i x")["longest"] == 3 * 10**6
    assert options_of("index query i x")["longest"] == 2 * 10**6
    monkeypatch.setenv("DEDUP_LONGEST", "4MB")
    assert options_of("index add i x")["longest"] == 4 * 10**6
    assert options_of("index add i x --longest 5MB")["longest"] == 5 * 10**6
    monkeypatch.setenv("DEDUP_LONGEST", "")
    assert options_of("index add i x")["longest"] == 3 * 10**6


def test_the_nearest_file_counts_and_none_beyond_the_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "dedup.toml").write_text('level = "near"\n')
    assert options_of("run x")["level"] == "near"
    (project / "desk" / "pyproject.toml").write_text('[tool.dedup]\nlevel = "syndicated"\n')
    assert options_of("run x")["level"] == "syndicated"
    Path("pyproject.toml").write_text("[tool.ruff]\nline-length = 99\n[tool.other]\ndedup = true\n")
    assert options_of("run x")["level"] == "syndicated"  # a file without settings is none
    Path("dedup.toml").write_text("rare-df = 60\n")
    options = options_of("run x")
    assert (options["level"], options["rare_df"]) == (None, 60)  # one file counts, they are not mixed
    Path("pyproject.toml").write_text('[tool.dedup]\nlevel = "identical"\n')
    assert options_of("run x")["level"] is None  # dedup.toml before pyproject.toml
    inner = project / "desk" / "inner"
    (inner / "deep").mkdir(parents=True)
    (inner / ".git").touch()  # as in a worktree
    monkeypatch.chdir(inner / "deep")
    assert options_of("run x")["level"] is None


def test_without_a_project_only_the_folder_itself_counts(project: Path) -> None:
    (project / ".git").rmdir()
    (project / "dedup.toml").write_text('level = "near"\n')
    assert options_of("run x")["level"] is None
    Path("dedup.toml").write_text('level = "identical"\n')
    assert options_of("run x")["level"] == "identical"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('levle = "near"', ["dedup.toml, levle", "--levle", "did you mean level?"]),
        ('[run]\nlevle = "near"', ["dedup.toml, [run] levle", "an option of dedup run", "did you mean level?"]),
        ("[run]\nknown = 1", ["[run] known", "an option of dedup run"]),
        ("[rnu]\nlevel = 1", ["[rnu]", "a table named after a command", "did you mean [run]?"]),
        ("[run.fast]\nlevel = 1", ["[run.fast]", "a table named after a command"]),
        ('level = "rewriten"', ["dedup.toml, level: 'rewriten'", "one of identical,", "did you mean 'rewritten'?"]),
        ('memory = "lots"', ["dedup.toml, memory: 'lots': expected a size such as 4GB"]),
        ("threshold = 7", ["threshold 7.0; expected a number from 0.05 to 1", "(set by dedup.toml, threshold)"]),
        ('[run]\nkeep = "source"', ["keep 'source' without", "(set by dedup.toml, [run] keep)"]),
        ("guard-share = 2", ["guard_share", "(set by dedup.toml, guard-share)"]),
        ("level = true", ["level: True; expected a string or a number"]),
        ("strict = 1", ["strict: 1; expected true or false"]),
        ("prefer = [1]", ["prefer: [1]"]),
        ('output = "/elsewhere"', ["output, which names what a call reads or writes", "give --output in the call"]),
        ('[run]\nindex = "other"', ["[run] index, which names"]),
        ('scratch = "/tmp"', ["scratch, which names", "give --scratch in the call, or DEDUP_SCRATCH"]),
        ('agencies = "/etc/passwd"', ["agencies: '/etc/passwd'", "a file in", "or below it"]),
        ('model = "../../model.json"', ["model: '../../model.json'", "a file in"]),
        ("resume = true", ["resume, which belongs to a single call"]),
        ("dry-run = true", ["dry-run, which belongs to a single call"]),
        ("level = ", ["dedup.toml", "Invalid value", "expected TOML"]),
        ("level\ud800 = 1", ["dedup.toml is not UTF-8"]),
    ],
)
def test_a_mistake_is_reported_with_file_and_key(
    text: str, words: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("dedup.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    Path("x.jsonl").write_text('{"id": "a", "text": "b"}\n')
    err = refused("run x.jsonl", capsys)
    for word in words:
        assert word in err


def test_a_command_without_settings_and_the_help_do_not_mind_a_broken_file(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("dedup.toml").write_text("level = ")
    for call in ("run --help", "help run", "--version"):
        with pytest.raises(SystemExit) as ended:
            main(call.split())
        assert ended.value.code == 0
    assert main(["completion", "bash"]) == 0
    assert "expected TOML" in refused("config", capsys.readouterr() and capsys)


def test_names_of_other_commands_are_no_mistakes(project: Path) -> None:
    (project / "dedup.toml").write_text('level = "near"\nknown = "skip"\n[index.add]\nknown = "update"\n[tune]\n')
    assert options_of("run x")["level"] == "near"
    assert options_of("index add i x")["known"] == "update"
    assert "level" not in options_of("index add i x")


def test_a_file_may_name_a_model_beside_it(project: Path) -> None:
    (project / "models").mkdir()
    (project / "dedup.toml").write_text('model = "models/house.json"\n')
    assert options_of("run x")["model"] == str((project / "models" / "house.json").resolve())
    (project / "models" / "house.json").symlink_to("/etc/hostname")
    with pytest.raises(ValueError, match="a file in"):
        options_of("run x")


def test_misspelled_variables_are_mistakes_and_others_are_not_ours(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (
        "DEDUP_PORT",
        "DEDUP_SERVICE_HOST",
        "DEDUP_PORT_80_TCP_ADDR",
        "DEDUP_INDEX",
        "DEDUP_OUTPUT",
        *OF_TESTS,
    ):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("DEDUP_KNOWN", "skip")
    assert options_of("run x")["output"] is None
    monkeypatch.setenv("DEDUP_STRICT", "yes")
    monkeypatch.setenv("DEDUP_SCRATCH", "elsewhere")
    options = options_of("run x")
    assert (options["strict"], options["scratch"]) == (True, Path("elsewhere"))
    monkeypatch.setenv("DEDUP_STRICT", "perhaps")
    assert "DEDUP_STRICT: 'perhaps'; expected true or false" in refused("run x", capsys)
    monkeypatch.delenv("DEDUP_STRICT")
    monkeypatch.setenv("DEDUP_LEVLE", "near")
    assert "did you mean DEDUP_LEVEL?" in refused("run x", capsys)


def test_what_reads_a_run_has_its_parameters_and_fields(project: Path) -> None:
    """Settings are for runs that are made; that of the command itself counts."""
    (project / "dedup.toml").write_text('level = "near"\ntext-field = "body"\n[decide]\nthreshold = 0.8\n')
    for call in ("decide out", "show out", "report out", "label out"):
        options = options_of(call)
        assert [options.get("level"), options.get("text_field")] == [None, None]
    assert options_of("decide out")["threshold"] == 0.8


def test_config_shows_where_each_setting_comes_from(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "dedup.toml").write_text('level = "near"\n[run]\nlevel = "syndicated"\n')
    monkeypatch.setenv("DEDUP_LEVEL", "identical")
    monkeypatch.setenv("DEDUP_OUTPUT", "out")
    assert main(["config", "run"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"settings from {project / 'dedup.toml'}",
        "dedup run  --level  identical  DEDUP_LEVEL (instead of near of dedup.toml, level; syndicated of dedup.toml, "
        "[run] level)",
        "DEDUP_OUTPUT is not read: give --output in the call",
    ]
    assert main(["config", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {row["command"] for row in answer["settings"]} == {
        "dedup run", "dedup tune", "dedup index create", "dedup compare",
    }  # fmt: skip
    (project / "dedup.toml").write_text('[index.add]\nknown = "skp"\n')
    assert "[index.add] known: 'skp'" in refused("config", capsys)


def test_without_settings_config_says_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config"]) == 0
    assert capsys.readouterr().out == "no file with settings\n"


def test_the_summary_has_the_values_that_were_used_and_python_reads_no_settings(project: Path) -> None:
    (project / "dedup.toml").write_text('level = "near"\n')
    Path("x.jsonl").write_text(json.dumps({"id": "a", "text": article(1)}) + "\n")
    code = "import dedup; print(dedup.deduplicate('x.jsonl').summary['params']['level'])"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == "rewritten\n"
    assert main(["run", "x.jsonl", "-o", "out", "--quiet"]) == 0
    assert json.loads(Path("out", "summary.json").read_text("utf-8"))["params"]["level"] == "near"
    assert main(["tune", "out", "--json"]) == 0  # the setting is not taken for an option, which is refused here


def test_no_setting_in_a_file_names_a_place() -> None:
    """Whoever adds an option with a file, a folder or a server sees to it that a setting cannot name it."""

    def settable(top: Parser) -> set[str]:
        here = {action.dest for action in top.options.values() if is_settable(action, Path())}
        return here.union(*map(settable, top.below.values()))

    names = settable(parser())
    assert not names & {"output", "index", "scratch", "labels", "page", "add", *OF_A_CALL}
    metavars = {action.dest: action.metavar for action in _all_actions(parser()) if action.dest in names}
    assert {dest for dest, metavar in metavars.items() if metavar in ("FILE", "DIR", "INDEX", "URL")} == {
        "agencies",
        "model",
    }


def _all_actions(top: Parser) -> list[object]:
    return [*top.all_actions, *(action for command in top.below.values() for action in _all_actions(command))]


def test_add_makes_an_index_as_create_would(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its parameters stay, so a run with the same settings would be refused by an index of other ones."""
    (project / "dedup.toml").write_text(
        'level = "near"\n[index.create]\nthreshold = 0.8\n[index.add]\nknown = "skip"\n'
    )
    Path("a.jsonl").write_text(json.dumps({"id": "a", "text": article(1)}) + "\n")
    for _ in range(2):  # the second time it is there
        assert main(["index", "add", "news.index", "a.jsonl"]) == 0
    capsys.readouterr()
    assert main(["index", "info", "news.index", "--json"]) == 0
    params = json.loads(capsys.readouterr().out)["params"]
    assert (params["level"], params["threshold"]) == ("near", 0.8)
    (project / "dedup.toml").write_text('level = "syndicated"\n')
    assert main(["index", "add", "news.index", "a.jsonl", "--known", "skip"]) == 0  # what it has counts


def test_a_field_that_an_input_lacks_is_said_to_come_from_the_settings(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("dedup.toml").write_text('date-field = "erschienen"\n')
    Path("a.jsonl").write_text(json.dumps({"id": "a", "text": article(1)}) + "\n")
    for call in ("run a.jsonl", "index add news.index a.jsonl"):
        assert "has no field 'erschienen'" in (message := refused(call, capsys))
        assert message.endswith(" (set by dedup.toml, date-field)\n")
