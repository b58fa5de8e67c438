"""What shells complete: the scripts that ``dedup completion`` prints, in the shells themselves."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dedup.cli.completion import SHELLS
from dedup.cli.main import COMMANDS, main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shells of POSIX")

TYPED = {
    "dedup ru": "dedup run",
    "dedup index expi": "dedup index expire",
    "dedup run --thresh": "dedup run --threshold",
    "dedup run --level syn": "dedup run --level syndicated",
    "dedup index add --known sk": "dedup index add --known skip",
    "dedup compare morn": "dedup compare morning.txt",
    "dedup run news.jsonl -o resu": "dedup run news.jsonl -o results",
    "dedup completion zs": "dedup completion zsh",
}
"""The beginning of a line, and what the key for completion makes of it."""

STARTS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
READY = {
    "bash": "PS1='>>'; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; source dedup.bash\n",
    "zsh": "PS1='>>'; unsetopt BEEP; bindkey -e; fpath=($PWD $fpath); autoload -U compinit; compinit -u -d dump\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files to complete, and the scripts."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "morning.txt").touch()
    (folder / "results").mkdir()
    for shell in SHELLS:
        command = [sys.executable, "-m", "dedup", "completion", shell]
        name = "_dedup" if shell == "zsh" else f"dedup.{shell}"
        (folder / name).write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    return folder


def needed(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed (Debian: apt-get install {shell})")


class Terminal:
    """A shell at a terminal of its own."""

    def __init__(self, shell: str, folder: Path) -> None:
        import pty

        child, self.handle = pty.fork()
        if child == 0:
            os.chdir(folder)
            os.environ.update(TERM="dumb", HOME=str(folder), LC_ALL="C.UTF-8", COLUMNS="200")
            os.execvp(STARTS[shell][0], STARTS[shell])
        self.child = child
        self.send(READY[shell] + "echo RE''ADY\n")
        self.found(r"READY")

    def send(self, text: str) -> None:
        os.write(self.handle, text.encode())

    def found(self, wanted: str, seconds: float = 20.0) -> str:
        """Read until a pattern is met, and return its last group."""
        read, end = "", time.monotonic() + seconds
        while (met := re.search(wanted, read)) is None and time.monotonic() < end:
            if select.select([self.handle], [], [], 0.1)[0]:
                read += os.read(self.handle, 4096).decode("utf-8", "replace")
        assert met is not None, read
        return met[met.lastindex or 0]

    def close(self) -> None:
        os.close(self.handle)
        os.waitpid(self.child, 0)


@pytest.mark.parametrize("shell", STARTS)
def test_a_shell_at_a_terminal_completes(shell: str, folder: Path) -> None:
    """Each line is completed by the key, and printed by ``echo`` as the shell has it then."""
    needed(shell)
    terminal = Terminal(shell, folder)
    try:
        for typed, completed in TYPED.items():
            terminal.send(f"{typed}\t")
            time.sleep(0.3)  # the shell reads the key, and what follows it only when it has completed
            terminal.send("\x01echo 'END' \n")  # to the beginning of the line
            assert terminal.found(r"END (dedup[^\r\n]*)\r").rstrip(" /") == completed
    finally:
        terminal.close()


def test_fish_completes(folder: Path) -> None:
    needed("fish")
    for typed, completed in TYPED.items():
        code = f'source dedup.fish; complete --do-complete "{typed}"'
        environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        done = subprocess.run(
            ["fish", "--no-config", "-c", code], capture_output=True, text=True, cwd=folder, env=environment, check=True
        )
        offered = [line.split("\t")[0].rstrip("/") for line in done.stdout.splitlines()]
        assert completed.split()[-1] in offered


def test_the_first_key_starts_no_program(folder: Path) -> None:
    needed("bash")
    words = 'COMP_WORDS=(dedup ""); COMP_CWORD=1; _shtab_dedup dedup "" dedup; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", f"source dedup.bash; PATH=; {words}"], capture_output=True, text=True, cwd=folder, check=True
    )
    assert {*COMMANDS} <= {*done.stdout.split()}
    assert done.stderr == ""


def test_another_shell_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["completion", "bsh"])
    assert "did you mean bash?" in capsys.readouterr().err
