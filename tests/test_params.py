"""Parameters, and their fields as keywords of every function that takes them."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import pickle
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import dedup
from dedup import Fields, RunOptions, credit, deduplicate
from dedup.errors import DedupError, InputError, ParamsError
from dedup.io.fields.roles import ROLE_NAMES
from dedup.params import Level, Params, chosen_fields, with_fields


def test_keywords_replace_fields() -> None:
    params = Params(threshold=0.8, keep="longest")
    assert with_fields(params, {"level": "near"}) == Params(threshold=0.8, keep="longest", level=Level.near)
    assert with_fields(params, {}) == params
    assert with_fields(None, {"level": "near", "html": "keep"}) == Params(level="near", html="keep")
    assert params.level is Level.rewritten


def test_what_was_not_chosen_is_left_to_others() -> None:
    assert chosen_fields(None, {}) == {}
    assert chosen_fields(None, {"level": "near"}) == {"level": "near"}
    assert chosen_fields(Params(seed=7), {"level": "near"}) == {**vars(Params(seed=7)), "level": "near"}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("treshold", "did you mean 'threshold'?"),
        ("levels", "did you mean 'level'?"),
        ("num_perms", "did you mean 'num_perm'?"),
        ("threads", "run=RunOptions(threads=...)"),
        ("text_field", "Hint: it is a field of dedup.Fields, as in deduplicate(records, fields=Fields(text=...))"),
        ("text", "Hint: it is a field of dedup.Fields, as in deduplicate(records, fields=Fields(text=...))"),
        ("id", "Hint: it is a field of dedup.Fields, as in deduplicate(records, fields=Fields(id=...))"),
        ("text_column", "Hint: it is a field of dedup.Fields, as in deduplicate(records, fields=Fields(text=...))"),
        ("date_format", "fields=Fields(date_format=...)"),
        ("zzz", "the fields are level, threshold, "),
    ],
)
def test_the_nearest_name_is_suggested(name: str, hint: str) -> None:
    with pytest.raises(ParamsError) as raised:
        with_fields(None, {name: 1})
    assert f"an argument {name!r} that does not exist; expected a field of dedup.Params" in str(raised.value)
    assert hint in str(raised.value)


def test_a_field_of_another_value_is_recognised() -> None:
    of_a_run = {field.name for field in fields(RunOptions)} - {"tuning"}
    of_the_input = {f"{role}_field" for role in ROLE_NAMES} | {"date_format", "encoding"}
    assert {name.removesuffix("_field") for name in of_the_input} == {field.name for field in fields(Fields)}
    for kind, names in (("RunOptions", of_a_run), ("Fields", of_the_input)):
        for name in names:
            with pytest.raises(ParamsError, match=rf"dedup\.{kind}\b.*"):
                with_fields(None, {name: 1})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("level", "nearly", "level 'nearly'; expected one of identical, near, syndicated, rewritten"),
        ("level", ["near"], r"level \['near'\]; expected one of"),
        ("threshold", 7, "threshold 7; expected a number from 0.05 to 1"),
        ("keep", "best", "keep 'best'; expected one of earliest"),
        ("model", 7, "model of type int; expected a model written by dedup fit"),
        ("model", "{}", "model '{}', which is not a model; expected a model written by dedup fit"),
    ],
)
def test_a_wrong_value_keeps_its_error(name: str, value: Any, message: str) -> None:
    for call in (lambda: Params(**{name: value}), lambda: with_fields(Params(), {name: value})):
        with pytest.raises(ParamsError, match=message):
            call()


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        (
            {"fields": {"text": "body"}},
            r'fields of type dict; expected dedup\.Fields. Hint: as in Fields\(text="body"\)',
        ),
        ({"run": {"threads": 1}}, r"run of type dict; expected dedup\.RunOptions. Hint: as in RunOptions\(threads=1\)"),
        ({"output": 3}, "an output of type int; expected the path of a folder"),
        ({"output": "near"}, "'near' as the output folder; expected a folder. Hint: level=\"near\", or"),
        ({"agencies": {"agencies": []}}, "agencies of type dict; expected the path of a JSON file"),
    ],
)
def test_arguments_of_another_type_are_refused(keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(DedupError, match=message):
        deduplicate(["One text.", "Another text."], **keywords)


def test_a_credit_is_looked_for_in_a_string() -> None:
    with pytest.raises(InputError, match="a text of type bytes; expected a string"):
        credit(b"(AP) - The bridge is closed.")  # type: ignore[arg-type]


def test_names_of_fields_are_strings() -> None:
    with pytest.raises(ParamsError, match=r'text of type list; expected a string. Hint: text="title,text" joins'):
        Fields(text=["title", "text"])  # type: ignore[arg-type]
    with pytest.raises(ParamsError, match="encoding of type int; expected a string"):
        Fields(encoding=1252)  # type: ignore[arg-type]


def test_params_of_another_type_are_refused() -> None:
    with pytest.raises(ParamsError, match=r"params of type dict; expected dedup.Params"):
        with_fields({"level": "near"}, {})  # type: ignore[arg-type]


def test_equal_parameters_have_equal_fingerprints(tmp_path: Path) -> None:
    model = {name: {"intercept": 1, "terms": [["news", 1, 0, 1]]} for name in ("carried", "news")}
    file = tmp_path / "model.json"
    file.write_text(json.dumps(model, indent=4), "utf-8")
    assert Params(model=str(file)).fingerprint == Params(model=json.dumps(model)).fingerprint
    assert Params(level="near").fingerprint == Params(level=Level.near).fingerprint != Params().fingerprint
    assert Params(prefer=["a"], keep="source").as_dict()["prefer"] == ["a"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Params(lvl="near"), ["'lvl'", "did you mean 'level'?"]),
        (lambda: dataclasses.replace(Params(), treshold=0.8), ["did you mean 'threshold'?"]),
        (lambda: dedup.deduplicate(["a"], lvl="near"), ["did you mean 'level'?"]),
        (lambda: dedup.deduplicate(["a"], feilds=None), ["did you mean 'fields'?"]),
        (lambda: dedup.deduplicate(["a"], thread=1), ["did you mean 'threads'?", "run=RunOptions(threads=...)"]),
        (lambda: dedup.deduplicate(["a"], threads=1), ["Hint: it is a field of dedup.RunOptions"]),
        (lambda: dedup.deduplicate(["a"], text_feild="b"), ["fields=Fields(text=...)"]),
        (lambda: dedup.Index("never-made.index", treshold=0.5), ["did you mean 'threshold'?"]),
        (lambda: dedup.Index("never-made.index", durabilty="each"), ["did you mean 'durability'?"]),
        (lambda: dedup.compare("a", "b", minwords=3), ["did you mean 'min_words'?"]),
        (lambda: dedup.Fields(titel="x"), ["field of dedup.Fields", "did you mean 'title'?"]),
        (lambda: dedup.RunOptions(thread=1), ["field of dedup.RunOptions", "did you mean 'threads'?"]),
        (lambda: Params(xyzzy=1), ["the fields are level, threshold"]),
    ],
)
def test_a_misspelled_keyword_is_refused_with_the_one_that_was_meant(
    call: Callable[[], object], words: list[str]
) -> None:
    with pytest.raises(ParamsError) as refused:
        call()
    for word in words:
        assert word in str(refused.value)


def test_values_that_check_their_keywords_are_dataclasses_as_others_are() -> None:
    for value in (Params(level="near"), dedup.Fields("body"), dedup.RunOptions(threads=1)):
        assert copy.copy(value) == value == pickle.loads(pickle.dumps(value))
        assert dataclasses.replace(value) == value
        names = [field.name for field in dataclasses.fields(value)]
        assert [*inspect.signature(type(value)).parameters] == names
