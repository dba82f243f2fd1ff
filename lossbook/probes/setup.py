"""What a probe gets and what it gives. A probe is a function ``Setup -> Reading`` that works on copies."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from lossbook import checks
from lossbook.copying import copied, copied_model
from lossbook.devices import resolve_device
from lossbook.experiment import Experiment, History
from lossbook.learners import refuse_numpy, training_of
from lossbook.learners.feed import load
from lossbook.optim.rate import lr_factor, set_lr_factor
from lossbook.prediction import modes_kept
from lossbook.randomness import own_draws
from lossbook.train import Step, prepare, run

Batch = tuple[Tensor, Tensor]  #: inputs and targets


class State(NamedTuple):
    """A model and what trains it, at one moment of a run."""

    model: nn.Module
    optimizer: torch.optim.Optimizer

    def copy(self) -> State:
        """Both, copied together, so that the optimiser's copy holds the copied model's parameters.

        Raises:
            TypeError: an attribute that cannot be copied; the message names it.
        """
        return State(*copied(self.model, self.optimizer))


@dataclass(frozen=True)
class Setup:
    """A training as a probe sees it: at its start, as it stands now, and with what it is fed.

    ``setup_of`` makes one from an experiment. Nothing in it may be changed by a probe.
    """

    start: State  #: before the first step
    now: State  #: after the last
    batches: tuple[Batch, ...]  #: training batches in the order and the form in which the training sees them
    held_out: Batch  #: examples that are not trained on, as they enter the net
    loss: Any  #: ``value(output, target)``, as the training computes it
    history: History  #: what was recorded from start to now
    experiment: Any  #: the loop, penalty, clipping and metric that the training uses, as an Experiment holds them
    on_step: Callable[[], Any] = lambda: None  #: called at each step that a probe trains

    def train(
        self,
        state: State,
        steps: int,
        *,
        lr: float | None = None,
        lr_scale: float | Callable[[int], float] = 1.0,
        **knobs: Any,
    ) -> tuple[State, np.ndarray]:
        """A copy of ``state`` trained on, and the training loss of each step.

        Args:
            state: ``setup.start`` or ``setup.now``.
            steps: on ``batches``, from the first one on, over and over.
            lr: the learning rate of every step, whatever the training's own is or would become.
            lr_scale: factor on the learning rate, a number's or a schedule's; or its factor at each step.
            knobs: other values for the optimiser's settings (``momentum=0.9``, ``weight_decay=0.0``, ...); those that
                the optimiser does not have are ignored.
        """
        model, optimizer = state.copy()
        for group in optimizer.param_groups:
            group |= {name: value for name, value in knobs.items() if name in group}
        own = 1.0 if lr is not None else lr_factor(optimizer)
        training, losses = training_of(self.experiment, model, optimizer), []
        with quiet(model, self.experiment):
            for training.step in range(steps):
                self.on_step()
                for group in [] if lr is None else optimizer.param_groups:
                    group["lr"] = lr  # a schedule writes its own after each step
                scale = lr_scale(training.step) if callable(lr_scale) else lr_scale
                set_lr_factor(optimizer, own * scale)
                x, y = self.batches[training.step % len(self.batches)]
                losses.append(float(self.experiment.loop.step(training, x, y).detach()))
        return State(training.model, training.optimizer), np.array(losses)

    def fall(self, state: State, steps: int, **knobs: Any) -> float:
        """How far the loss of the first eight batches falls, in eval mode, when a copy of ``state`` trains on."""
        models = state.model, self.train(state, steps, **knobs)[0].model
        before, after = (np.mean([self.loss_on(model, batch) for batch in self.batches[:8]]) for model in models)
        return float(before - after)

    def loss_on(self, model: nn.Module, batch: Batch, *, train_mode: bool = False) -> float:
        """The training's loss of one batch; the model and torch's random state are left as they were."""
        return float(self.loss.value(output_of(model, batch[0], train_mode=train_mode), batch[1]))

    def gradients(self, model: nn.Module, batch: Batch) -> dict[str, Tensor | None]:
        """name -> gradient of the loss of one batch, in train mode; None where nothing arrives. On a copy."""
        model = copied_model(model)
        model.zero_grad(set_to_none=True)
        with quiet(model):
            loss = self.loss.value(model(batch[0]), batch[1])
            if loss.requires_grad:
                loss.backward()
        return {name: param.grad for name, param in model.named_parameters()}


@dataclass(frozen=True)
class Reading:
    """What a probe saw.

    >>> print(Reading(True, "the update ratio is 0.3, far above 0.01"))
    positive: the update ratio is 0.3, far above 0.01
    >>> print(Reading(False, f"the loss goes from {2.3:.3g} to {float('nan'):.3g}"))
    negative: the loss goes from 2.3 to not finite
    """

    positive: bool  #: the cause is there
    sentence: str  #: the numbers that say so, or that say it is not, in one sentence without a full stop

    def __post_init__(self) -> None:  # a run that is broken makes numbers that are none
        words = re.sub(r"[-+]?\bnan\b", "not finite", re.sub(r"[-+]?\binf\b", "infinite", self.sentence))
        object.__setattr__(self, "sentence", words)

    def __str__(self) -> str:
        return f"{'positive' if self.positive else 'negative'}: {self.sentence}"


Probe = Callable[[Setup], Reading]


def setup_of(experiment: Experiment, *, batches_seen: int = 40, on_step: Callable[[], Any] = lambda: None) -> Setup:
    """Run the experiment, and hold what a probe needs of it.

    Args:
        experiment: it is run once, from its start to its end.
        batches_seen: how many of its first batches are kept.
        on_step: called at each step, of the run and of the trainings that probes make; what it raises ends them.

    Raises:
        ValueError: ``experiment.steps`` or ``batches_seen`` is 0: there is nothing to be seen.
        TypeError: ``experiment`` is none.
        KeyboardInterrupt: the run was stopped by Ctrl-C.
    """
    checks.has_fields(
        "experiment", experiment, ("data", "model", "loss", "optimizer", "steps"), "Experiment(...) gives"
    )
    checks.whole_number("steps", experiment.steps, 1)
    checks.whole_number("batches_seen", batches_seen, 1)
    refuse_numpy(experiment)
    model, optimizer = prepare(experiment)
    start, kept, last = State(model, optimizer).copy(), list[Batch](), list[Any]()

    def look(step: Step) -> None:
        on_step()
        if step.number <= batches_seen:
            kept.append((step.x, step.y))
        last[:] = [step.training]

    history = run(experiment, model=model, optimizer=optimizer, progress=False, on_step=look)
    if history.interrupted:
        raise KeyboardInterrupt
    now = State(last[0].model, last[0].optimizer).copy()
    data = load(experiment, resolve_device(experiment.device), getattr(torch, experiment.dtype))
    held_out = data["val_x"], data["val_y"]
    return Setup(start, now, tuple(kept), held_out, experiment.loss, history, experiment, on_step)


@contextmanager
def quiet(model: nn.Module, *parts: Any) -> Iterator[nn.Module]:
    """Train mode within, the modes as they were afterwards; ``model`` and ``parts`` draw from generators of their own.

    As in a run, what stands in eval mode within a model in train mode stays so.
    """
    held = next(itertools.chain(model.parameters(), model.buffers()), torch.empty(0))
    with modes_kept(model), own_draws(0, held.device, model, *parts):
        yield model if model.training else model.train()


@torch.no_grad()
def output_of(model: nn.Module, x: Tensor, *, train_mode: bool = False) -> Tensor:
    """The output, from a copy, so that no running statistic of the model moves."""
    model = copied_model(model)
    with quiet(model):
        return (model if train_mode else model.eval())(x).detach()  # a model may set requires_grad itself
