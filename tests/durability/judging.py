"""What must stand after a command that was disturbed: nothing is lost, nothing stands half, and it can be repeated."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from faults import Ended, Fault, Faulty
from scenarios import Scenario, State, contents, copied, prepared, state


class Tried:
    """A scenario, started again for each fault.

    Parameters
    ----------
    faulty : Faulty
    scenario : Scenario
    folder : Path
        Where it takes place.
    template : Path
        Where what stands there at the beginning is kept.
    """

    def __init__(self, faulty: Faulty, scenario: Scenario, folder: Path, template: Path) -> None:
        self.faulty, self.scenario = faulty, scenario
        self.folder, self._template = folder, template
        shutil.rmtree(self._template, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        prepared(faulty, scenario, self.folder)
        shutil.copytree(self.folder, self._template)
        self.before = state(self.folder)
        self.undisturbed = self.run()
        assert self.undisturbed.code == 0, self.undisturbed
        self.after = state(self.folder)
        assert not self.after.hidden

    def run(self, fault: Fault | None = None, nth: int = 0) -> Ended:
        """Run the command from the beginning."""
        self.begin()
        command = self.scenario.placed(self.scenario.command, self.folder)
        return self.faulty.run(self.folder, *command, fault=fault, nth=nth)

    def begin(self) -> None:
        """Have the folder be as it was at the beginning."""
        copied(self._template, self.folder)

    def again(self) -> Ended:
        """Do what a person would do next."""
        command = self.scenario.placed(self.scenario.again or self.scenario.command, self.folder)
        return self.faulty.run(self.folder, *command)

    def problem(self, ended: Ended, fault: Fault) -> str:
        """Say what is wrong after a fault; nothing, as it should be."""
        is_killed = fault.action == "kill" and ended.signal == 9
        if not is_killed and (ended.code is None or ended.code not in (0, 1)):
            return f"ended with {ended.code} {ended.signal}"
        if not is_killed and ended.code and not is_clear(ended.err):
            return "no clear error"
        found = state(self.folder)
        if ended.code == 0:
            return self._difference(found) or self._damage() or self._other_answers(ended)
        # Nothing can be removed from a disk that keeps failing.
        leaves = fault.lasts and fault.action == "fail"
        return self._lost(found, ended) or self._damage() or self._not_again(found, ended, leaves)

    def _lost(self, found: State, ended: Ended) -> str:
        """What is missing or incomplete after an error or a kill."""
        is_half = found.output not in (self.before.output, self.after.output)
        if is_half and not self._is_being_replaced(found, ended) and not self._is_reported(found, ended):
            return f"an output that is neither the old nor the new: {None if found.output is None else [*found.output]}"
        stay = self.before.ids & self.after.ids if self.scenario.loses else self.before.ids
        if not stay <= found.ids:
            return f"gone from the index: {sorted(stay - found.ids)}"
        if not set(answers(ended)) <= found.ids:
            return f"acknowledged, and not in the index: {sorted(set(answers(ended)) - found.ids)}"
        return ""

    def _is_being_replaced(self, found: State, ended: Ended) -> bool:
        """Whether a kill came while files were moved: no summary says that they are complete."""
        is_replaced = self.before.output is not None and "summary.json" not in (found.output or ())
        return is_replaced and ended.signal is not None

    def _is_reported(self, found: State, ended: Ended) -> bool:
        """Whether the error says that an output is incomplete, and all of the old one is there or where it says."""
        if "is incomplete" not in ended.err or "summary.json" in (found.output or ()):
            return False
        (aside,) = self.folder.rglob("replaced")
        there = [*(found.output or {}).items(), *contents(aside).items()]
        return all(item in there for item in (self.before.output or {}).items())

    def _damage(self) -> str:
        """What `dedup index check` finds."""
        if not (self.folder / "index" / "index.sqlite").is_file():
            return ""
        said = self.folder / "said"
        kept = said.read_bytes() if said.exists() else None
        ended = self.faulty.run(self.folder, "index", "check", self.folder / "index")
        if kept is not None:
            said.write_bytes(kept)
        return "" if ended.code == 0 else f"the index is damaged: {ended.out}{ended.err}"

    def _not_again(self, found: State, ended: Ended, leaves: bool) -> str:
        """What is other than it should be when the command is repeated."""
        is_done = "--index" in self.scenario.command and self.after.ids <= found.ids
        if is_done and found.output != self.after.output:
            return "the index has what the output has not"
        if is_done:  # repeated it would drop all of it, as what the index knows already
            says_so = ended.signal is not None or "the run is complete" in ended.err or "with another -o" in ended.err
            return "" if says_so else "the run is complete, and the error does not say so"
        repeated = self.again()
        if repeated.code != 0:
            return f"it cannot be repeated: {repeated.code} {repeated.signal} {repeated.err}"
        then = state(self.folder)
        left = f"left behind: {then.hidden}" if then.hidden and not leaves else ""
        return self._difference(then) or left or self._damage()

    def _difference(self, found: State) -> str:
        """How what stands differs from what stands after a run without faults."""
        if found.output != self.after.output:
            names = {*(found.output or {}), *(self.after.output or {})}
            others = [name for name in names if (found.output or {}).get(name) != (self.after.output or {}).get(name)]
            return f"another output: {sorted(others)}"
        if found.documents != self.after.documents:
            return f"another index: {sorted(found.documents ^ self.after.documents, key=str)}"
        return ""

    def _other_answers(self, ended: Ended) -> str:
        return "" if answers(ended) == answers(self.undisturbed) else "other answers"


def is_clear(err: str) -> bool:
    """Whether what is said is a line or two, and no traceback."""
    said = err.strip().splitlines()
    return bool(said) and said[-1].startswith("dedup: ") and len(said) <= 4 and "Traceback" not in err


def answers(ended: Ended) -> dict[str, str | None]:
    """Return what `add` has answered: ids, and of what each is a copy. (Scores depend on what is added at a time.)"""
    found = {}
    for line in ended.out.splitlines():
        if line.startswith("{") and line.endswith("}"):
            answer = json.loads(line)
            if "rejected" not in answer:
                found[answer["id"]] = answer["duplicate_of"]
    return found
