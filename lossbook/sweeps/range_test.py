"""The learning-rate range test: one short run in which the learning rate grows at every step."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import nn

from lossbook import checks
from lossbook.experiment import Experiment
from lossbook.schedules import Exponential
from lossbook.sweeps.own_training import losses_at
from lossbook.train import run
from lossbook.values import shown

SMOOTH = 0.05  # share of the steps over which the loss is averaged, half before and half after
#: The smoothed loss has fallen if it fell by so many standard errors; the lowest of 100 losses lies 3 below by chance.
ERRORS = 4.0
ROUNDING = 1e-5  # relative fall that rounding alone can make


@dataclass(frozen=True)
class RangeTest:
    """What a learning-rate range test found. The first three have one entry per step that was finite."""

    lrs: tuple[float, ...]  #: learning rate of the step
    losses: tuple[float, ...]  #: training loss of the step's batch, before its update
    smoothed: tuple[float, ...]  #: mean of the neighbouring losses
    suggested: float | None  #: learning rate at which the smoothed loss fell most steeply; None if it never fell
    blow_up: float | None  #: learning rate at which the loss blew up, see ``lr_range_test``; None if it never did
    unit: str = ""  #: unit of the losses; "" if the loss names none


def lr_range_test(
    experiment: Experiment | nn.Module,
    *own: Any,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
    progress: bool | None = None,
) -> RangeTest:
    r"""Find the learning rates at which a training moves at all, and those at which it breaks.

    The rule: one run with :math:`\alpha_t = \mathrm{low}\,(\mathrm{high}/\mathrm{low})^{t/(\mathrm{steps}-1)}`. The
    loss stands still at first, then falls by more than batches differ, and blows up in the end. It has blown up when it
    is half way back up; or, if it never fell, when it has risen by as much as the first loss; or when it is not finite.

    What it does not tell:

    - The learning rate of the steepest fall is a place to start from, seldom the best one. A long training often wants
      a smaller one, and every schedule's peak has to stay below the blow-up.
    - At each learning rate the weights come from the steps at smaller rates. Few steps or a narrow range move
      all points to the right; so do momentum and the averages of Adam, which lag behind.
    - One batch is one sample: with small batches the steepest fall is partly luck. Repeat it with another seed.
    - It holds for this batch size, model and initial weights, and for the beginning of a training only.
    - If the loss never falls, no learning rate is at fault; the cause is elsewhere.

    Args:
        experiment: the run; its own learning rate and number of steps are not used. Or a torch module, for a training
            loop of your own.
        own: after a module: the loader, the loss function and the optimiser of your loop, in this order. Copies of
            module and optimiser are trained; your own stay as they were. After an experiment: ``low``, ``high``,
            ``steps``.
        low, high: first and last learning rate, in (0, inf).
        steps: number of updates, at least 10.
        progress: show a bar, as :func:`lossbook.run` does.

    Raises:
        ValueError: a value outside its range; ``low`` not below ``high``; a loss that is not finite before any update.
        TypeError: a value of another type.
        KeyboardInterrupt: Ctrl-C, since half a test says nothing.

    >>> from lossbook import data, losses, models, optim
    >>> base = Experiment(
    ...     data.Digits(train_size=1000), models.MLP(), losses.SoftmaxCrossEntropy(), optim.Adam(), device="cpu"
    ... )
    >>> found = lr_range_test(base)
    >>> 0.001 < found.suggested < 0.02 < found.blow_up
    True

    In a loop of your own: ``lr_range_test(model, train_loader, loss_fn, optimizer)``.

    Reference: Smith, Cyclical Learning Rates for Training Neural Networks (WACV 2017), section 3.3, where the learning
    rate rises in a straight line, and the accuracy is observed.
    """
    if isinstance(experiment, Experiment) and own:  # by position
        low, high, steps = own + (low, high, steps)[len(own) :]
    for name, value in (("low", low), ("high", high)):
        checks.in_interval(name, value, "(0, inf)")
    if low >= high:
        raise ValueError(f"low must be below high, {high!r}, got {low!r}.")
    checks.whole_number("steps", steps, 10)
    rising = Exponential(lr=low, gamma=(high / low) ** (1 / (steps - 1)))
    if not isinstance(experiment, Experiment):
        if len(own) != 3:
            raise TypeError(
                "lr_range_test takes an Experiment, or lr_range_test(model, train_loader, loss_fn, optimizer), got "
                f"{shown(experiment)} and {len(own)} more."
            )
        return _judge(*losses_at([rising(step) for step in range(steps)], experiment, *own, progress=progress), steps)
    experiment = replace(experiment, optimizer=experiment.optimizer.with_lr(rising), steps=steps, eval_every=steps)
    history = run(experiment, progress=progress)
    if history.interrupted:
        raise KeyboardInterrupt
    return replace(_judge(history.lr, history.loss), unit=history.environment["loss_unit"])


def _judge(lrs: tuple[float, ...], losses: tuple[float, ...], steps: int | None = None) -> RangeTest:
    """The result of the test for these losses; ``steps`` is the planned number of steps."""
    finite = next((step for step, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
    if finite == 0:
        raise ValueError(
            f"the first loss must be finite, got {losses[0]}. It is measured before any update, so that no learning "
            "rate is at fault: look at the data, the initial weights and the loss."
        )
    raw, half = np.array(losses[:finite]), max(1, round(SMOOTH * (steps or len(losses)) / 2))
    smoothed = _smooth(raw, half)
    first, lowest = float(smoothed[0]), int(smoothed.argmin())
    calm = (raw - smoothed)[: max(lowest + 1, finite // 2)]
    spread = 1.48 * float(np.median(np.abs(calm)))  # the standard deviation of one batch's loss, if it is normal
    error = spread * math.sqrt(1 / (half + 1) + 1 / (2 * half + 1))  # its standard error, between two smoothed losses
    suggested, limit = None, first + max(abs(first), 2 * ERRORS * spread)
    if first - smoothed[lowest] > max(ERRORS * error, ROUNDING * abs(first)):
        slope = np.gradient(smoothed[: lowest + 1], np.log(lrs[: lowest + 1]))
        suggested, limit = lrs[int(slope.argmin())], (first + smoothed[lowest]) / 2
    lost = np.flatnonzero(np.append(smoothed[lowest:], np.inf) > limit)[0] + lowest
    blow_up = lrs[lost] if lost < len(losses) else None
    return RangeTest(lrs[:finite], losses[:finite], tuple(smoothed.tolist()), suggested, blow_up)


def _smooth(values: np.ndarray, half: int) -> np.ndarray:
    """The mean of each value and ``half`` neighbours on each side, fewer at the ends: such a mean does not lag."""
    window = [values[max(0, index - half) : index + half + 1] for index in range(len(values))]
    return np.array([part.mean() for part in window])
