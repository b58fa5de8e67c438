"""Fit monotone, piecewise linear logistic models, by ridge regression with the sign of every slope prescribed.

A term is one interval of one measure: it adds its slope for each unit of the measure that lies between its ends. With
all slopes of a measure of one sign the model is monotone in it, and the terms of neighbouring intervals join to a
curve of straight pieces.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
RISING, FALLING = 1, -1
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Term:
    """An interval of a measure in which the score has one slope, and the direction of that slope."""

    measure: str
    direction: int
    start: float
    stop: float


def terms_between(knots: Mapping[str, tuple[int, Sequence[float]]]) -> tuple[Term, ...]:
    """Return the terms of a model: one for every interval between neighbouring knots of each measure."""
    return tuple(
        Term(measure, direction, start, stop)
        for measure, (direction, places) in knots.items()
        for start, stop in itertools.pairwise(places)
    )


def design(inputs: Mapping[str, Floats], terms: Sequence[Term]) -> Floats:
    """Return which part of each measure lies in the interval of each term, shape (n, len(terms))."""
    return np.column_stack([np.clip(inputs[t.measure] - t.start, 0.0, t.stop - t.start) for t in terms])


def fit(parts: Floats, labels: Floats, weights: Floats, terms: Sequence[Term], ridge: float) -> tuple[Floats, float]:
    """Fit slopes and intercept by weighted logistic regression.

    Parameters
    ----------
    parts : float64 array, shape (n, len(terms))
        From `design`.
    labels : float64 array, shape (n,)
        1.0 or 0.0.
    weights : float64 array, shape (n,)
        Their scale does not matter.
    terms : sequence of Term
    ridge : float
        Penalty on half the squares of the slopes, each measured in standard deviations of its part.

    Returns
    -------
    slopes : float64 array, shape (len(terms),)
        Of the sign of their terms, or zero.
    intercept : float

    Raises
    ------
    ModuleNotFoundError
        Without SciPy, which the extra ``fit`` brings.
    """
    from scipy.optimize import minimize

    mean, deviation = parts.mean(axis=0), parts.std(axis=0) + 1e-9
    columns = np.column_stack([(parts - mean) / deviation, np.ones(len(parts))])
    share = weights / weights.sum()
    sign = 2.0 * labels - 1.0

    def loss(slopes: Floats) -> tuple[float, Floats]:
        margin = sign * (columns @ slopes)
        penalised = np.append(slopes[:-1], 0.0)
        pull = columns.T @ (share * -sign / (1.0 + np.exp(np.minimum(margin, 500.0))))
        return float(share @ np.logaddexp(0.0, -margin) + ridge * penalised @ penalised / 2.0), pull + ridge * penalised

    bounds = [(0.0, None) if term.direction == RISING else (None, 0.0) for term in terms]
    start = np.zeros(columns.shape[1])
    options = {"maxiter": 2000, "ftol": 1e-12, "gtol": 1e-8}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)], options=options).x
    slopes = found[:-1] / deviation
    return slopes, float(found[-1] - slopes @ mean)


def out_of_fold(
    parts: Floats,
    labels: Floats,
    weights: Floats,
    terms: Sequence[Term],
    ridge: float,
    folds: npt.NDArray[np.generic],
) -> Floats:
    """Return the log odds of each row by a model fitted without its fold; rows of weight 0 are only scored."""
    logit = np.zeros(len(labels))
    for fold in np.unique(folds):
        used = (folds != fold) & (weights > 0)
        slopes, intercept = fit(parts[used], labels[used], weights[used], terms, ridge)
        logit[folds == fold] = parts[folds == fold] @ slopes + intercept
    return logit


def cross_validated(
    parts: Floats,
    labels: Floats,
    weights: Floats,
    terms: Sequence[Term],
    ridge: float,
    groups: npt.NDArray[np.generic],
    rounds: int,
) -> Floats:
    """Return the log odds of each row by models that did not see its group, averaged over rounds of `FOLDS` folds."""
    _, group = np.unique(groups, return_inverse=True)
    logit = np.zeros(len(labels))
    for turn in range(rounds):
        fold = np.random.default_rng(turn).permutation(group.max() + 1) % FOLDS
        logit += out_of_fold(parts, labels, weights, terms, ridge, fold[group]) / rounds
    return logit
