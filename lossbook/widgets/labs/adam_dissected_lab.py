"""Lab: one stream of gradients through each line of Adam."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from lossbook.optim import Adam
from lossbook.plotting import PALETTE
from lossbook.widgets.controls import Control
from lossbook.widgets.explorer import Explorer, explore
from lossbook.widgets.labs.base import FAINT, SMALL, decades, sheet
from lossbook.widgets.words import number

STEPS = 60
SHORTEST = 0.003  # units of lr: what is drawn of a step of length 0


def noisy(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(0.5, 1.0, STEPS)


def spiky(rng: np.random.Generator) -> np.ndarray:
    spikes = np.isin(np.arange(STEPS), (20, 40))
    return np.where(spikes, 8.0, rng.normal(0.5, 0.1, STEPS))


def sparse(rng: np.random.Generator) -> np.ndarray:
    return np.where(np.arange(STEPS) % 10 == 5, 2.0, 0.0)


STREAMS = {
    rule.__name__: rule(np.random.default_rng(0)) for rule in (noisy, spiky, sparse)
}  #: name -> gradients of one parameter, (steps,)


class Inside(NamedTuple):
    m: np.ndarray  # (steps,) running mean of the gradient
    v: np.ndarray  # (steps,) running mean of its square
    m_hat: np.ndarray  # (steps,) as used: corrected or not
    v_hat: np.ndarray
    move: np.ndarray  # (steps,) in units of lr


def inside(gradients: str, rule: Adam) -> Inside:
    """What a step of the rule is made of, at each step."""
    theta = np.zeros(1)
    state, rows = rule.init(theta), []
    for t, g in enumerate(STREAMS[gradients], start=1):
        move, state = rule.update(np.array([g]), state, theta)
        left_out = [1 - beta**t if rule.bias_correction else 1.0 for beta in rule.betas]
        rows.append((state.m[0], state.v[0], state.m[0] / left_out[0], state.v[0] / left_out[1], move[0]))
    return Inside(*np.array(rows).T)


def render(gradients: str, beta1: float, beta2: float, eps: float, bias_correction: bool) -> tuple[Figure, str]:
    rule = Adam(lr=1.0, betas=(beta1, beta2), eps=eps, bias_correction=bias_correction)
    seen, t, hat = inside(gradients, rule), np.arange(1, STEPS + 1), "\u0302" * bias_correction
    low, high = STREAMS[gradients].min(), STREAMS[gradients].max()
    limits = (low - 0.1 * (high - low), high + 0.3 * (high - low))
    figure, (left, right) = sheet()
    left.plot(t, STREAMS[gradients], ".", color=FAINT, label="g")
    left.plot(t, seen.m_hat, color=PALETTE[0], label=f"m{hat}")
    left.plot(t, np.sqrt(seen.v_hat), color=PALETTE[1], label=f"√v{hat}")
    left.set(xlabel="step t", ylabel="units of the gradient", ylim=limits)
    left.legend(loc="upper right", fontsize=SMALL, ncols=3, columnspacing=1, handlelength=1.2)
    right.axhline(1, color=FAINT, linewidth=0.9, linestyle="--")
    right.plot(t, np.maximum(np.abs(seen.move), SHORTEST), color=PALETTE[2])
    right.set(xlabel="step t", ylabel="length of the step (units of lr)", yscale="log", ylim=(SHORTEST, 100))
    decades(right.yaxis, range(-2, 3))
    sizes, root, mean = np.abs(seen.move), np.sqrt(seen.v_hat), np.abs(seen.m_hat).mean()
    largest = int(sizes.argmax())
    return figure, (
        f"The gradients are {gradients}; m{hat} follows them, √v{hat} their size, {number(mean)} and "
        f"{number(root.mean())} in the mean. The steps begin with {number(sizes[0])} × lr and are "
        f"{number(sizes.mean())} × lr in the mean; the largest, {number(sizes[largest])} × lr, is no. {largest + 1}, "
        f"where m{hat} is {number(seen.m_hat[largest])} and √v{hat} is {number(root[largest])}."
    )


def adam_dissected() -> Explorer:
    """Gradients of one parameter, what Adam remembers of them, and the step that it makes of it."""
    return explore(
        render,
        title="Adam, line by line",
        gradients=list(STREAMS),
        beta1=Control((0.0, 0.9), "β₁", 0.9, "choice"),
        beta2=Control((0.9, 0.999), "β₂", 0.999, "choice"),
        eps=Control((1e-8, 0.1, 1.0), "ε", kind="choice"),
        bias_correction=True,
    )
