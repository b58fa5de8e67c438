"""The models of relations are fitted as they must be: monotone, to the shipped pairs, and to a user's own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dedup.cli.main import main
from dedup.errors import InputError
from dedup.fit.labels import COPY, OTHER, SKIP, UPDATE, Label, append_label
from dedup.fit.monotone_regression import FALLING, RISING, cross_validated, design, fit, terms_between
from dedup.fit.relation_models import NO, OWN, QUESTIONS, UNKNOWN, YES, LabelledPairs, as_json, fit_own, joined_groups
from dedup.judge import relation
from dedup.params import Params

pytest.importorskip("scipy")


def test_a_fit_is_monotone_and_learns() -> None:
    rng = np.random.default_rng(1)
    # `deceiving` falls where it must rise: its slopes must be zero, not negative.
    inputs = {name: rng.random(600) for name in ("rising", "falling", "deceiving")}
    truth_of = 4 * inputs["rising"] - 4 * inputs["falling"] - 2 * inputs["deceiving"] + rng.normal(0, 0.5, 600)
    labels = (truth_of > np.median(truth_of)).astype(float)
    knots = {"rising": (RISING, (0, 0.3, 1)), "falling": (FALLING, (0, 0.5, 1)), "deceiving": (RISING, (0, 0.5, 1))}
    terms = terms_between(knots)
    parts = design(inputs, terms)
    slopes, intercept = fit(parts, labels, np.ones(600), terms, 1e-3)
    directions = np.array([term.direction for term in terms])
    assert (slopes * directions >= 0).all()
    assert (slopes[4:] == 0).all()
    assert np.mean((parts @ slopes + intercept > 0) == labels) > 0.85
    groups = np.arange(600) // 3
    crossed = cross_validated(parts, labels, np.ones(600), terms, 1e-3, groups, 2)
    assert np.mean((crossed > 0) == labels) > 0.8


def test_a_model_is_written_as_the_package_reads_it() -> None:
    fitted = {}
    for question, knots in QUESTIONS.items():
        terms = terms_between(knots)
        slopes = np.array([term.direction * 1.5 for term in terms])
        slopes[0] = 0.0
        fitted[question] = terms, slopes, -2.0
    models = relation.Models.parse(as_json(fitted))
    for question, (terms, _, _) in fitted.items():
        model = getattr(models, question)
        assert model.intercept == -2.0
        assert model.terms == tuple((t.measure, t.start, t.stop, t.direction * 1.5) for t in terms[1:])


def labels_of(shipped: LabelledPairs, corpus: str, say) -> list[Label]:
    """Make labels of pairs of a shipped corpus: what one says, given whether a pair is carried on and has news."""
    labels = []
    for at in np.flatnonzero((shipped.corpora == corpus) & (shipped.drawn > 0) & (shipped.resemblance < 1)):
        measures = {name: float(values[at]) for name, values in shipped.inputs.items()}
        measures = {name: value for name, value in measures.items() if name not in ("common", "retold")}
        measures |= {"resemblance": float(shipped.resemblance[at]), "news": 0.5}
        label = say(shipped.carried[at] == YES, shipped.news[at] == YES)
        labels.append(Label(f"{corpus} {at}", f"{corpus} {at}b", label, measures))
    return labels


def as_judged(carried: bool, news: bool) -> str:
    return (UPDATE if news else COPY) if carried else OTHER


@pytest.fixture(scope="module")
def shipped() -> LabelledPairs:
    return LabelledPairs.shipped()


def test_the_shipped_pairs_give_the_shipped_models(shipped: LabelledPairs) -> None:
    """Nearly: of the older sets only some pairs are shipped."""
    refitted = relation.Models.of(Params(model=as_json(shipped.fitted())))
    params = Params()
    one, other = (shipped.verdicts(models, params) for models in (refitted, relation.Models.of(params)))
    natural = shipped.drawn > 0
    assert np.mean((one.copies(0.6) == other.copies(0.6))[natural]) > 0.98
    assert set(shipped.carried) == {NO, YES}
    assert set(shipped.news) == {NO, YES, UNKNOWN}
    assert natural.sum() > 1500


def test_labels_become_the_pairs_they_were_made_from(shipped: LabelledPairs) -> None:
    labels = labels_of(shipped, "tg_ru", as_judged)
    own = LabelledPairs.of([*labels, replace(labels[0], left="x", right="y", label=SKIP)])
    there = (shipped.corpora == "tg_ru") & (shipped.drawn > 0) & (shipped.resemblance < 1)
    assert len(own) == there.sum()
    for name, values in own.inputs.items():
        np.testing.assert_allclose(values, shipped.inputs[name][there], atol=2e-3)
    assert own.is_copy.tolist() == shipped.is_copy[there].tolist()


def test_own_labels_move_the_verdicts_towards_them(shipped: LabelledPairs) -> None:
    """A house to which a follow-up is a copy: the fit follows, and leaves other corpora nearly as they were."""
    labels = labels_of(shipped, "guardian", lambda carried, news: COPY if carried else OTHER)
    found = fit_own(labels, Params())
    (right_before, _, recall_before), (right_after, _, recall_after) = found.rates[OWN]
    assert recall_after > recall_before + 0.05
    assert right_after > right_before + 0.05
    assert found.pairs == len(labels)
    better = sum(now == label.label for label, _, now in found.changed)
    assert better > sum(was == label.label for label, was, _ in found.changed)
    for corpus in ("tg_en", "tg_ru", "wires"):
        (before, _, _), (after, _, _) = found.rates[corpus]
        assert after > before - 0.05
    assert relation.Models.of(Params(model=found.model)).carried.terms


def test_more_weight_moves_more(shipped: LabelledPairs) -> None:
    labels = labels_of(shipped, "guardian", lambda carried, news: COPY if carried else OTHER)
    little, much = (fit_own(labels, Params(), weight) for weight in (0.05, 5.0))
    assert len(much.changed) > len(little.changed)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([], "no labels"),
        ([COPY] * 5 + [OTHER] * 5, "5 copy, 5 other"),
        ([COPY] * 40, "40 copy; expected both pairs labelled other"),
        ([SKIP] * 40, "no labels"),
    ],
)
def test_too_few_labels_are_refused(labels: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        LabelledPairs.of([Label(f"a{k}", f"b{k}", label, {"tokens": 50.0}) for k, label in enumerate(labels)])


def test_pairs_that_share_a_document_are_of_one_group() -> None:
    groups = joined_groups([("a", "b"), ("c", "d"), ("b", "e"), ("f", "c"), ("g", "h")])
    assert groups[0] == groups[2]
    assert groups[1] == groups[3]
    assert len(set(groups)) == 3


def test_fit_writes_a_model_that_a_run_takes(
    shipped: LabelledPairs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, model = tmp_path / "labels.jsonl", tmp_path / "house.json"
    for label in labels_of(shipped, "tg_ru", as_judged):
        append_label(path, label)
    assert main(["fit", str(path), "-o", str(model)]) == 0
    printed = capsys.readouterr().out
    assert "yours" in printed
    assert "called as labelled" in printed
    assert f"written to {model}" in printed
    text = tmp_path / "a.txt"
    text.write_text("The council voted on Monday to close the old bridge for repairs.")
    assert main(["run", str(text), "--model", str(model), "--json"]) == 0
    params = json.loads(capsys.readouterr().out)["params"]
    assert json.loads(params["model"])["carried"]["intercept"] == json.loads(model.read_text())["carried"]["intercept"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fit", "nowhere.jsonl"], "nowhere.jsonl: No such file"),
        (["fit", "nowhere.jsonl", "--weight", "0"], "weight 0; expected above 0"),
    ],
)
def test_fit_says_what_is_wrong(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) != 0
    assert words in capsys.readouterr().err
