"""What users import: every name exists, is documented with an example, and documents import nothing else."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import enum
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import dedup

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
INTEGRATIONS = ("dataframe", "datasketch", "datatrove", "scrapy")
DOORS = ["dedup.minhash", *(f"dedup.integrations.{name}" for name in INTEGRATIONS)]
REFERENCE = re.compile(r"\bas (for |from )?`[\w.]+`", re.IGNORECASE)
"""Parameters and returned values may be documented by another method, which this one names."""


def members() -> Iterator[tuple[str, Any]]:
    """Yield the functions and classes that users import, by the names they import them by."""
    for name in dedup.__all__:
        if name != "__version__":
            yield f"dedup.{name}", getattr(dedup, name)
    for door in DOORS:
        module = pytest.importorskip(door)
        for name in module.__all__:
            yield f"{door}.{name}", getattr(module, name)


def methods() -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties that these classes define, or have of a base of this package."""
    for name, member in members():
        if inspect.isclass(member):
            bases = [base for base in member.__mro__ if base.__module__.split(".")[0] == "dedup"]
            for own, value in {own: value for base in reversed(bases) for own, value in vars(base).items()}.items():
                is_method = isinstance(value, (classmethod, staticmethod, property)) or inspect.isfunction(value)
                if not own.startswith("_") and is_method:
                    yield f"{name}.{own}", value


MEMBERS, METHODS = dict(members()), dict(methods())


# ---- exports


def test_names_show_before_anything_is_loaded() -> None:
    code = (
        "import sys, dedup\n"
        "assert sorted(dir(dedup)) == sorted([*dedup.__all__, 'integrations', 'minhash']), dir(dedup)\n"
        "heavy = {'numpy', 'pyarrow', 'numba', 'narwhals', 'dedup.comparison', 'dedup.run'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_module_shadows_a_name() -> None:
    for module in pkgutil.iter_modules(dedup.__path__):
        assert module.name not in dedup.__all__
        if module.name != "__main__":
            importlib.import_module(f"dedup.{module.name}")
    for name in dedup.__all__:
        assert not isinstance(getattr(dedup, name), ModuleType), name
        assert getattr(dedup, name) is getattr(dedup, name)
    assert inspect.isfunction(dedup.compare)


def test_there_is_no_other_name() -> None:
    with pytest.raises(AttributeError, match="module 'dedup' has no attribute 'Compare'"):
        _ = dedup.Compare


@pytest.mark.parametrize("door", DOORS)
def test_a_door_is_a_module_of_few_names(door: str) -> None:
    module = pytest.importorskip(door)
    assert set(module.__all__) <= set(dir(module))


# ---- documentation


def described(function: Any) -> Callable[..., Any]:
    """Return the function behind a method or property."""
    if isinstance(function, property):
        assert function.fget is not None
        return function.fget
    return function.__func__ if isinstance(function, (classmethod, staticmethod)) else function


def sections(docstring: str) -> dict[str, str]:
    """Return the sections of a numpydoc docstring by their titles; what is before the first has the title ''."""
    parts = re.split(r"^(\w+)\n-{3,}\n", inspect.cleandoc(docstring), flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def lacking(function: Callable[..., Any], docstring: str) -> list[str]:
    """Return what the docstring of a function lacks."""
    if REFERENCE.search(docstring.split("\n\n")[0]):
        return []
    found, signature = sections(docstring), inspect.signature(function)
    names = [name for name in signature.parameters if name not in ("self", "cls")]
    words = set(re.findall(r"\w+", found.get("Parameters", "")))
    missing = [f"parameter {name}" for name in names if name not in words]
    nothing = (None, "None", "Iterator[None]", inspect.Signature.empty)
    if signature.return_annotation not in nothing and not {"Returns", "Yields"} & found.keys():
        missing.append("Returns")
    if re.search(r"^\s+raise \w", inspect.getsource(function), flags=re.MULTILINE) and "Raises" not in found:
        missing.append("Raises")
    return missing


def constructed(kind: type) -> list[str]:
    """Return the names of what a class itself is made with, but for what its base takes."""
    if "__init__" in vars(kind) and not dataclasses.is_dataclass(kind):
        return [*inspect.signature(kind).parameters]
    annotations = vars(kind).get("__annotations__", {})
    return [] if issubclass(kind, enum.Enum) else [name for name in annotations if not name.startswith("_")]


@pytest.mark.parametrize("name", MEMBERS)
def test_a_public_name_is_documented(name: str) -> None:
    member = MEMBERS[name]
    docstring = member.__doc__ or ""
    assert re.match(r"[A-Z`].*\.$", docstring.split("\n")[0]), "a first line that is a sentence"
    if inspect.isclass(member) and issubclass(member, dedup.DedupError):
        return
    assert ">>> " in sections(docstring).get("Examples", ""), "an example that runs"
    if inspect.isfunction(member):
        assert lacking(member, docstring) == []
    else:
        words = set(re.findall(r"\w+", docstring))
        assert [name for name in constructed(member) if name not in words] == []


@pytest.mark.parametrize("name", METHODS)
def test_a_public_method_is_documented(name: str) -> None:
    function = described(METHODS[name])
    docstring = function.__doc__ or ""
    assert re.match(r"[A-Z`].*\.$", docstring.split("\n")[0]), "a first line that is a sentence"
    if not isinstance(METHODS[name], property):
        assert lacking(function, docstring) == []


@pytest.mark.parametrize("name", [*MEMBERS, *METHODS])
def test_examples_of_public_names_run(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    member = MEMBERS.get(name) or described(METHODS[name])
    for test in doctest.DocTestFinder(recurse=False).find(member, name, globs={}):
        assert doctest.DocTestRunner().run(test).failed == 0, capsys.readouterr().out


def imports(code: str) -> Iterator[str]:
    """Yield the modules of this package that some code imports."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "dedup")
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "dedup":
            yield node.module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_import_what_is_public(page: Path) -> None:
    text = page.read_text("utf-8")
    for code in re.findall(r"^ *```python\n(.*?)^ *```", text, flags=re.MULTILINE | re.DOTALL):
        code = "".join(example.source for example in doctest.DocTestParser().get_examples(code)) or code
        assert set(imports(textwrap.dedent(code))) <= {"dedup", *DOORS}


@pytest.mark.parametrize("name", [*MEMBERS, *METHODS])
def test_examples_import_what_is_public(name: str) -> None:
    docstring = (MEMBERS.get(name) or described(METHODS[name])).__doc__ or ""
    code = "".join(example.source for example in doctest.DocTestParser().get_examples(docstring))
    assert set(imports(code)) <= {"dedup", *DOORS}


def test_the_readme_names_what_is_public() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"`(dedup(?:\.\w+)+)", text)) - {"dedup.toml"}
    assert named
    for name in named:
        assert name in {*DOORS, *MEMBERS, *METHODS}


# ---- the name of the distribution


def test_no_message_asks_to_install_a_package_of_others() -> None:
    """On the package index ``dedup`` is another project; this one is called newsdedup."""
    pages = [page for page in PAGES if page.parent.name != "decisions"]  # which say why
    for file in (*pages, ROOT / "pyproject.toml", *(ROOT / "dedup").rglob("*.py")):
        assert re.findall(r"(?<!news)dedup\[\w|install '?dedup\b", file.read_text("utf-8")) == [], file


# ---- the README


def test_the_examples_in_the_readme_are_real(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for code in re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL):
        exec(compile(code, "README.md", "exec"), names)
        assert capsys.readouterr().out.splitlines() == re.findall(r"^ *# (.+)$", code, flags=re.MULTILINE)
