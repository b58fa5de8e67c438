"""Carry out the Dockerfile of ``examples`` without Docker, and use the service that it makes.

    python .ci/check_image.py

Its commands run in an empty environment of this Python and in a folder in place of ``/news``, as its user where this is
root, with a wheel of this tree in place of the published package. The service must answer, and compile nothing more.
Needs the package ``build``.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
HOME = "/news"
"""The folder of the image that stands for a temporary one here."""

ARTICLE = "The council of Arvelo voted on Monday to close the old bridge over the Lind for repairs until next spring."


def main() -> None:
    """Build the wheel, carry out the Dockerfile, and use the service."""
    with tempfile.TemporaryDirectory(prefix="dedup-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        started = time.perf_counter()
        image = Image(folder)
        for instruction, arguments in instructions((EXAMPLES / "Dockerfile").read_text("utf-8")):
            image.carry_out(instruction, arguments)
        print(f"the image is made in {time.perf_counter() - started:.0f} s")
        image.use()
    print("examples/Dockerfile: carried out, and the service used")


def instructions(text: str) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile, with their arguments on one line."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines.splitlines() if line.strip()]


class Image:
    """What instructions have made so far."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "news"
        venv.create(folder / "env", with_pip=True)
        wheels = folder / "wheels"
        command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(wheels), str(ROOT)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (wheel,) = wheels.glob("*.whl")
        # It is there already when the Dockerfile asks for it, by its version: so the packages it needs are what is new.
        pip = [str(folder / "env" / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", str(wheel)]
        subprocess.run(pip, check=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "NUMBA", "DEDUP"))}
        path = f"{folder / 'env' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**kept, "PATH": path}
        self.place, self.command, self.health = folder, list[str](), list[str]()
        self.user: int | None = None

    def here(self, text: str) -> str:
        """Return a text with the folder of the image replaced."""
        return re.sub(rf"(?<![\w/]){HOME}\b", str(self.home), text)

    def carry_out(self, instruction: str, arguments: str) -> None:
        """Carry out one instruction, or fail."""
        arguments = self.here(arguments)
        if instruction == "ENV":
            self.environment |= dict(pair.split("=", 1) for pair in shlex.split(arguments))
        elif instruction == "RUN":
            print(f"RUN {arguments}", flush=True)
            subprocess.run(["sh", "-c", arguments], check=True, **self.how())
        elif instruction == "USER":
            self.user = int(arguments.split(":")[0]) if os.geteuid() == 0 else None
        elif instruction == "WORKDIR":
            self.place = Path(arguments)
        elif instruction == "COPY":
            source, target = arguments.split()
            shutil.copy(EXAMPLES / source, self.place / target)
        elif instruction == "CMD":
            self.command = json.loads(arguments)
        elif instruction == "HEALTHCHECK":
            self.health = json.loads(arguments[arguments.index("[") :])
        elif instruction not in ("FROM", "VOLUME", "EXPOSE"):
            sys.exit(f"{instruction} is not known here")

    def how(self) -> dict[str, object]:
        """Return how its commands are run."""
        user = {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}
        return {"cwd": self.place, "env": self.environment, **user}

    def use(self) -> None:
        """Start the service on a free port, ask it, and see that it has compiled nothing."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        kernels = self.home / "kernels"
        before = {path: path.stat().st_mtime_ns for path in kernels.rglob("*") if path.is_file()}
        command = [{"0.0.0.0": "127.0.0.1", "8000": port}.get(word, word) for word in self.command]
        service = subprocess.Popen(command, **self.how())
        try:
            health = [word.replace("8000", port) for word in self.health]
            for attempt in range(100):
                time.sleep(0.3)
                done = subprocess.run(health, check=attempt == 99, stderr=subprocess.DEVNULL, **self.how())
                if done.returncode == 0:
                    break
            started = time.perf_counter()
            first, second = (self.put(port, id, text) for id, text in (("a", ARTICLE), ("b", ARTICLE.upper())))
            print(f"two articles in {time.perf_counter() - started:.2f} s: {second}")
        finally:
            service.terminate()
            code = service.wait(30)
        after = {path: path.stat().st_mtime_ns for path in kernels.rglob("*") if path.is_file()}
        if not (first["kept"] and second["duplicate_of"] == "a" and before and code in (0, -signal.SIGTERM)):
            sys.exit(f"the service answered {first}, {second}, and ended with {code}; {len(before)} compiled files")
        if after != before:
            sys.exit(f"compiled by the service: {sorted(str(path) for path in after.keys() - before.keys())}")

    @staticmethod
    def put(port: str, id: str, text: str) -> dict[str, object]:
        """Send an article to the service, and return its answer."""
        body, kind = json.dumps({"text": text}).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{port}/articles/{id}", body, kind, method="PUT")
        with urllib.request.urlopen(request) as answer:
            found: dict[str, object] = json.loads(answer.read())
        return found


if __name__ == "__main__":
    main()
