"""Whether targets hang on inputs, however little: what learners that are no nets and take no steps say of others."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.probes.examples import joined, rows_of
from lossbook.probes.own_examples import different

FOLDS = 5  #: each fifth of the examples is asked of what the others teach
MOST, COLUMNS, ANSWERS = 4000, 300, 16  #: examples, numbers of each input and of each target that are looked at
WIDEST = 4096  #: numbers of a row of which these sums are made; of wider ones every second is left out, and so on
NEIGHBOURS = 10
PRODUCTS = 24  #: columns, up to which the products of any two of them are looked at, too
RIDGE = 0.1  #: of the examples, that is added to what the numbers of the inputs have in common


def hang_together(case: Case) -> float | None:
    """By how many deviations targets are nearer to what plain learners say of them than chance; None if it is unknown.

    Of examples that were left out: a linear fit, one of products of the inputs, and the nearest neighbours. The best
    of them counts.
    """
    pairs = _numbers(joined(case.batches))
    if pairs is None:
        return None
    x, y = pairs
    order = np.random.default_rng(0).permutation(len(x))
    scores: dict[str, list[float]] = {}
    for asked in np.array_split(order, FOLDS):
        known = np.setdiff1d(order, asked)
        for name, said in _answers(x[known], y[known], x[asked]).items():
            scores.setdefault(name, []).append(_deviations(said, y[asked]))
    return max(sum(each) / len(each) ** 0.5 for each in scores.values())


def _numbers(every: Batch) -> tuple[np.ndarray, np.ndarray] | None:
    """Inputs and targets of all different examples, as rows of numbers of mean 0 and deviation 1."""
    y, rows = every.target, rows_of(every)
    if rows is None or not isinstance(y, Tensor) or len(rows) != len(y):
        return None
    chosen = different(every)[:MOST]
    if len(chosen) < 2 * FOLDS:
        return None
    places = torch.as_tensor(chosen, device=rows.device)
    x = _columns(rows[places], COLUMNS) if rows.is_floating_point() else _counts(rows[places], COLUMNS)
    target = y[places.to(y.device)]
    if not target.is_floating_point() and target.ndim == 1:
        return _scaled(x), _scaled(_counts(target[:, None], ANSWERS))
    return _scaled(x), _scaled(_columns(target, ANSWERS))


def _columns(rows: Tensor, most: int) -> np.ndarray:
    """The numbers of each row; of too many, sums with random weights."""
    every = rows.detach().reshape(len(rows), -1)
    flat = every[:, :: every.shape[1] // WIDEST + 1].double().cpu().numpy()
    flat = np.nan_to_num(flat, nan=0.0, posinf=0.0, neginf=0.0)
    if flat.shape[1] <= most:
        return flat
    return flat @ np.random.default_rng(1).normal(size=(flat.shape[1], most))


def _counts(tokens: Tensor, most: int) -> np.ndarray:
    """How often each token, or class, stands in a row; of too many, sums with random weights."""
    flat = tokens.reshape(len(tokens), -1).long().cpu().numpy()
    names = np.unique(flat)
    weights = (
        np.eye(len(names)) if len(names) <= COLUMNS else np.random.default_rng(1).normal(size=(len(names), COLUMNS))
    )
    found = np.searchsorted(names, flat)
    return np.stack([weights[row].sum(0) for row in found])


def _scaled(rows: np.ndarray) -> np.ndarray:
    spread = rows.std(0)
    return (rows - rows.mean(0))[:, spread > 0] / spread[spread > 0]


def _answers(x: np.ndarray, y: np.ndarray, asked: np.ndarray) -> dict[str, np.ndarray]:
    """What each learner says of the inputs that are asked."""
    said = {"linear": _ridge(x, y, asked), "neighbours": _neighbours(x, y, asked)}
    if x.shape[1] <= PRODUCTS:
        said["products"] = _ridge(_with_products(x), y, _with_products(asked))
    return said


def _with_products(x: np.ndarray) -> np.ndarray:
    first, second = np.triu_indices(x.shape[1])
    return np.hstack([x, x[:, first] * x[:, second]])


def _ridge(x: np.ndarray, y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    inner = x.T @ x + RIDGE * len(x) * np.eye(x.shape[1])
    fitted: np.ndarray = asked @ np.linalg.solve(inner, x.T @ y)
    return fitted


def _neighbours(x: np.ndarray, y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    far = np.square(asked).sum(1)[:, None] - 2 * asked @ x.T + np.square(x).sum(1)
    nearest = np.argpartition(far, min(NEIGHBOURS, len(x) - 1), axis=1)[:, :NEIGHBOURS]
    return y[nearest].mean(1)


def _deviations(said: np.ndarray, y: np.ndarray) -> float:
    """How much more answers and targets agree than in a random order, in deviations of what any order gives."""
    said, y = said - said.mean(0), y - y.mean(0)
    agree = (said * y).sum()
    spread = np.sqrt(((said.T @ said) * (y.T @ y)).sum() / max(len(y) - 1, 1))
    return float(agree / spread) if spread > 0 else 0.0
