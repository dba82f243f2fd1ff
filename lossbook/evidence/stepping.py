"""Which optimisers step, at which rates, and from which state."""

from __future__ import annotations

import weakref
from collections import Counter
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from lossbook.evidence import looks
from lossbook.evidence.asides import Asides
from lossbook.optim.rate import group_lr

if TYPE_CHECKING:
    from lossbook.evidence.recorder import Recorder

CLOSE_FIRST = 3  #: of the first so many steps, each is looked at closely
CLOSE_EVERY = 10  #: then one of so many
MOST_CLOSE = 128  #: after so many close looks, they are half as frequent, and so on
EMPTY = -1.0  #: the step count of an optimiser without a state


class Stepping:
    """The optimisers of a training, those that were given and those that are met.

    Args:
        recorder: who is told of each step.
        optimizers: those that were given.
    """

    def __init__(self, recorder: Recorder, optimizers: tuple[Optimizer, ...]) -> None:
        self._recorder = recorder
        self.current = list(optimizers)  #: one of each set of parameters: the last that stepped
        self.fresh: list[tuple[Optimizer, int]] = []  #: met just now, and not copied yet; and their places in the list
        self._within: list[Optimizer] = []  # whose steps go on, the outermost first
        self._own: dict[Any, tuple[int, ...]] = {}  # id of an optimiser -> places of its parameters in the model
        self.steps = 0
        self.within = False  #: a step is going on
        self.changed: list[int] = []
        self.state_lost: list[int] = []
        self.rates: list[tuple[Any, ...]] = []
        self._known: weakref.WeakKeyDictionary[Optimizer, bool] = weakref.WeakKeyDictionary()
        self._known.update(dict.fromkeys(optimizers, True))
        self.asides = Asides()  #: passes without gradients, and what became of the weights meanwhile
        self.made = Counter[int]()  #: id of an optimiser -> its steps that have begun
        self._counts: dict[int, float] = {}  # id of an optimiser -> its own step count
        self._apart, self._close = CLOSE_EVERY * recorder.every, 0
        self._before: list[Tensor] | None = None
        self._written: Any = None  # an optimiser, and what stands in its groups as the rate
        self._rates: tuple[Any, ...] = ()

    def concerns(self, optimizer: Optimizer) -> bool:
        """It was given, or it holds a parameter of the model."""
        if any([optimizer is each for each in self.current]):
            return True
        if optimizer not in self._known:
            ids = self._recorder.parts.ids.keys()
            self._known[optimizer] = bool(ids & held_by(optimizer))
            if self._known[optimizer]:
                self._met(optimizer)
        return self._known[optimizer]

    def _met(self, optimizer: Optimizer) -> None:
        """Another one than those that were known. If it has the parameters of one of them, it took its place."""
        ids = held_by(optimizer)
        self._counts.pop(id(optimizer), None)  # of one that is no more
        self._own.clear()
        for place, other in enumerate(self.current):
            if ids & held_by(other):
                if other is optimizer or (self.within and other in self._within):
                    return  # within a step of the one that holds it
                self.current[place] = optimizer
                if other.param_groups is optimizer.param_groups:  # it wraps this one, and does not step by itself
                    self.fresh.append((optimizer, place))
                elif not ids > held_by(other):  # else more is trained from now on
                    self.changed.append(self.steps)
                return
        self.current.append(optimizer)
        self.fresh.append((optimizer, len(self.current) - 1))

    def role_of(self, leaf: Tensor) -> tuple[str, int]:
        """Whose it is, "model", "trained" by an optimiser, or "other"; and its place among the model's parameters."""
        if (place := self._recorder.parts.ids.get(id(leaf))) is not None:
            return "model", place
        return ("trained" if any(id(leaf) in held_by(each) for each in self.current) else "other"), 0

    @property
    def looks_closely(self) -> bool:
        """Whether this step's gradients and weights are looked at one by one."""
        return self.steps < CLOSE_FIRST or self.steps % self._apart == 0

    def begins(self, optimizer: Optimizer, *, closure: bool) -> None:
        """Its step begins."""
        if self._within and optimizer not in self._within and self.within:
            self._within.append(optimizer)
            return
        self.drop_unfinished()
        self._within, self.within = [optimizer], True
        self.made[id(optimizer)] += 1
        self.rates.append(self._rates_of(optimizer))
        self._look_at_state(optimizer)
        self._recorder.gradients.step_begins(closure=closure)
        if self.looks_closely:
            params = self._recorder.parts.params.values()
            self._before = [looks.dense(param).clone() for param in params if param.requires_grad]

    def drop_unfinished(self) -> None:
        """The last step, if it raised, was none."""
        if self.within:
            self.rates.pop()
            self._within, self.within = [], False

    def _rates_of(self, optimizer: Optimizer) -> tuple[Any, ...]:
        """The rate of each group; the same tuple as before where nothing was written."""
        written = optimizer, [(group["lr"], group.get("lr_factor")) for group in optimizer.param_groups]
        if written != self._written or not all(isinstance(rate, float) for rate, _ in written[1]):
            self._written = written
            self._rates = tuple([_number(group_lr(optimizer, group)) for group in optimizer.param_groups])
        return self._rates

    def own(self) -> tuple[int, ...]:
        """The places of the parameters, among the model's, that the step that goes on is for."""
        optimizer, params = self._within[0], self._recorder.parts.params
        key = id(optimizer), len(params), sum([len(group["params"]) for group in optimizer.param_groups])
        if key not in self._own:
            held = held_by(optimizer)
            self._own[key] = tuple(i for i, param in enumerate(params.values()) if id(param) in held)
        return self._own[key]

    @property
    def calls_once(self) -> bool:
        """Whether the step that goes on is one of torch's, which calls its closure once, before it moves anything."""
        kind = type(self._within[0])
        return kind.__module__.startswith("torch.optim.") and kind is not torch.optim.LBFGS

    def ends(self, optimizer: Optimizer) -> None:
        """Its step has ended."""
        if not self._within or optimizer is not self._within[0]:
            return  # of a step within a step
        recorder = self._recorder
        if self._before is not None:
            after = [looks.dense(param) for param in recorder.parts.params.values() if param.requires_grad]
            before, self._before = self._before, None
            if [each.shape for each in after] == [each.shape for each in before] and after:
                size = looks.length(before)
                torch._foreach_sub_(before, after)
                moved = looks.length(before)
                if not isinstance(size, float) or size > 0:  # weights that are all 0 have no size to compare with
                    recorder.numbers["update_ratio"].add(self.steps, moved / size)
            self._close += 1
            if self._close % MOST_CLOSE == 0:
                self._apart *= 2
        self.within = False
        if (count := _count_of(optimizer)) is not None:
            self._counts[id(optimizer)] = count
        self.asides.step_ends(recorder.parts.params.values())
        if self.is_skipped():
            self.rates.pop()
        else:
            self.steps += 1
        recorder.step_ends()
        self._within = []

    def is_skipped(self) -> bool:
        """A fused step that a GradScaler leaves out within its kernel; on a device it is not known without waiting."""
        found = getattr(self._within[0], "found_inf", None)
        return isinstance(found, Tensor) and found.is_cpu and float(found) > 0

    def _look_at_state(self, optimizer: Optimizer) -> None:
        """A step count that is lower than after the last step, or a state that is empty: somebody has reset it."""
        if (now := _count_of(optimizer)) is not None and now < self._counts.get(id(optimizer), EMPTY):
            self.state_lost.append(self.steps)


def _count_of(optimizer: Optimizer) -> float | None:
    """The step count in its state, ``EMPTY`` without a state; None on a device, which is not waited for."""
    state = next(iter(optimizer.state.values()), None)
    count = state.get("step") if isinstance(state, dict) else None
    if isinstance(count, Tensor) and not count.is_cpu:
        return None
    if state is None or (not isinstance(state, Tensor) and not state):
        return EMPTY
    return float(count) if isinstance(count, (int, float, Tensor)) else 0.0


def held_by(optimizer: Optimizer) -> set[int]:
    """The ids of its parameters."""
    return {id(param) for group in optimizer.param_groups for param in group["params"]}


def _number(rate: Any) -> Any:
    if isinstance(rate, Tensor) and rate.device.type != "cpu":
        return rate.detach().clone()
    return float(rate)
