"""Our rules inside an ordinary PyTorch training loop, and torch's own optimisers inside an ``Experiment``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any, Self

import torch

from lossbook import checks
from lossbook.optim.base import LearningRate, Rule, at_rate, lr_at
from lossbook.optim.chunks import step_in_place
from lossbook.optim.rate import group_lr, next_lr
from lossbook.precision import working_dtype


def _unwrapped(method: Any) -> Any:
    """A method of torch's optimiser without its wrapper, which imports torch's compiler at the first call: 1.8 s."""
    return getattr(method, "__wrapped__", method)


class TorchOptimizer(torch.optim.Optimizer):
    """Any rule of ``lossbook.optim`` as a real ``torch.optim.Optimizer``.

    Args:
        params: tensors, or dicts of parameter groups, as for any torch optimiser. A group may override a field of the
            rule by its name.
        rule: the update rule, such as ``Adam(lr=1e-3)``.

    Raises:
        TypeError: ``rule`` is no rule: a class, a name, an optimiser of torch's.
        ValueError: a group's setting that the rule cannot take.

    The group's entries are the rule's fields, so that ``torch.optim.lr_scheduler`` finds its ``lr``; the state is
    saved and loaded by ``state_dict`` as torch's own is.

    A schedule as ``lr`` has one clock, the number of calls of ``step``: parameters that get their first gradient late,
    and groups that are added later, have the same rate as the others. ``group["lr"]`` is the rate of the next step, a
    number; after each step the schedule writes the next one there, as torch's schedulers do. ``state_dict`` saves the
    clock, not the schedule: the schedule stays the one that the optimiser was made with.

    >>> from lossbook.optim import Adam
    >>> weight = torch.nn.Parameter(torch.ones(3))
    >>> optimizer = TorchOptimizer([weight], Adam(lr=0.1))
    >>> (weight**2).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.8999999761581421, 0.8999999761581421, 0.8999999761581421]
    """

    applies_lr_factor = True

    def __init__(self, params: Iterable[Any], rule: Rule) -> None:
        checks.update_rule("rule", rule)
        if isinstance(params, torch.nn.Module):
            raise TypeError(
                f"params must be tensors, got the module {type(params).__name__}: write model.parameters()."
            )
        self.rule = rule
        self.steps = 0  # the clock
        self._knobs = {field.name: getattr(rule, field.name) for field in fields(rule)}
        self._state = type(rule.init(torch.empty(0)))
        super().__init__(params, dict(self._knobs))

    def __getstate__(self) -> dict[str, Any]:  # for copy and pickle; torch's own forgets what a subclass adds
        own = ("rule", "steps", "_last_lr", "_knobs", "_state")
        return super().__getstate__() | {name: vars(self)[name] for name in own if name in vars(self)}

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """As torch's, but refuses a setting that the rule cannot take."""
        if isinstance(param_group, dict):
            param_group = dict(param_group)  # torch writes the settings into it
            settings = self.defaults | param_group
            replace(self._rule_of(settings), lr=settings["lr"])
        _unwrapped(torch.optim.Optimizer.add_param_group)(self, param_group)
        self._follow(self.param_groups[-1])

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, as torch does.

        Args:
            set_to_none: None in the place of each gradient; else zeros.
        """
        if not set_to_none:
            _unwrapped(torch.optim.Optimizer.zero_grad)(self, False)
            return
        for group in self.param_groups:
            for param in group["params"]:
                if param.grad is not None:
                    param.grad = None

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every parameter that has a gradient; returns the closure's loss, if one is given."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        updates = []
        for group in self.param_groups:
            if callable(group["lr"]):  # a schedule put there since the last step
                self._follow(group)
            rule = at_rate(self._rule_of(group), group_lr(self, group))
            updates += [(rule, param) for param in group["params"] if param.grad is not None]
        for rule, param in updates:  # refuse before any parameter moves
            if param.grad.layout != torch.strided and not getattr(rule, "takes_sparse", False):
                raise RuntimeError(
                    f"{type(rule).__name__} does not support sparse gradients. Make the embedding with sparse=False."
                )
        self._last_lr = next_lr(self)
        for rule, param in updates:
            state = self._state(**self.state[param]) if self.state[param] else rule.init(param)
            self.state[param] = step_in_place(rule, param.grad, state, param)._asdict()
        self.steps += 1
        for group in self.param_groups:
            if group["lr_schedule"] is not None:
                group["lr"] = lr_at(group["lr_schedule"], self.steps)
        return loss

    def state_dict(self) -> dict[str, Any]:
        """torch's own, in plain values and tensors, and the clock under "steps"; without the schedules."""
        saved = super().state_dict()
        for group in saved["param_groups"]:
            group.pop("lr_schedule")
        return saved | {"steps": self.steps}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue where the saved optimiser stopped, with the schedules that this one was made with.

        Raises:
            ValueError: the state of another rule, or of one of torch's optimisers.
        """
        self._check_state(state_dict["state"])
        groups, schedules = state_dict["param_groups"], [group["lr_schedule"] for group in self.param_groups]
        mine = [{name: group[name] for name in self._knobs} for group in self.param_groups]
        filled = [own | saved for own, saved in zip(mine, groups, strict=False)]  # a saved group may lack a new setting
        super().load_state_dict(state_dict | {"param_groups": [*filled, *groups[len(filled) :]]})
        self.steps = state_dict.get("steps", max((state.get("step", 0) for state in self.state.values()), default=0))
        for group, schedule in zip(self.param_groups, schedules, strict=True):
            group["lr_schedule"] = schedule
            if schedule is not None:
                group["lr"] = lr_at(schedule, self.steps)
        self._copy_state(state_dict)

    def _rule_of(self, group: dict[str, Any]) -> Rule:
        """The rule with the group's settings, except the learning rate."""
        knobs = {name: group[name] for name in self._knobs if name != "lr"}
        own = all(knobs[name] == self._knobs[name] for name in knobs)
        return self.rule if own else replace(self.rule, **knobs)

    def _follow(self, group: dict[str, Any]) -> None:
        """Keep a group's schedule beside its ``lr``, which is a number from here on."""
        schedule = group["lr"] if callable(group["lr"]) else group.get("lr_schedule")
        group["lr_schedule"] = schedule
        if schedule is not None:
            group["lr"] = lr_at(schedule, self.steps)

    def _check_state(self, states: dict[Any, dict[str, Any]]) -> None:
        needed = set(self._state._fields) - set(self._state._field_defaults)
        for state in states.values():
            if state and not needed <= set(state) <= set(self._state._fields):
                raise ValueError(
                    f"state_dict must hold the state of {type(self.rule).__name__}, which is "
                    f"{', '.join(self._state._fields)}, got {', '.join(state)}. Only a torch optimiser, such as "
                    "rule.to_torch(params), can load what a torch optimiser saved."
                )

    def _copy_state(self, state_dict: dict[str, Any]) -> None:
        """Copy the loaded arrays, which torch does not do, since this optimiser updates its arrays in place."""
        keys = chain.from_iterable(group["params"] for group in state_dict["param_groups"])
        params = chain.from_iterable(group["params"] for group in self.param_groups)
        for key, param in zip(keys, params, strict=True):
            saved, place = state_dict["state"].get(key, {}), (param.device, working_dtype(torch, param.dtype))
            for name, value in self.state.get(param, {}).items():
                if isinstance(value, torch.Tensor):  # torch has cast it to the parameter's dtype, even to float16
                    whole = saved.get(name, value) if value.dtype != place[1] else value
                    self.state[param][name] = whole.to(*place, copy=True)


@dataclass(frozen=True)
class TorchTwin:
    """torch's own version of ``rule``, as an experiment's optimizer: to compare a run with ours."""

    rule: Rule

    @property
    def lr(self) -> LearningRate:
        return self.rule.lr

    def with_lr(self, lr: LearningRate) -> Self:
        """The same at another learning rate, a number or a schedule."""
        return replace(self, rule=self.rule.with_lr(lr))

    def scaled(self, factor: float) -> Self:
        """The same with its learning rate, a number or a schedule, multiplied by ``factor``."""
        return replace(self, rule=self.rule.scaled(factor))


def make_optimizer(rule: Any, params: Iterable[Any], model: torch.nn.Module | None = None) -> torch.optim.Optimizer:
    """The torch optimiser that an experiment's ``optimizer`` stands for; ``model`` gives the parameters' names."""
    params = list(params)
    if hasattr(rule, "named"):  # as ``Groups``, which needs the parameters' names
        names = {} if model is None else {id(param): name for name, param in model.named_parameters()}
        return rule.named([(names.get(id(param), ""), param) for param in params])
    if hasattr(rule, "make"):  # as ``FromTorch``, which makes a torch optimiser itself
        return rule.make(params)
    return rule.rule.to_torch(params) if isinstance(rule, TorchTwin) else TorchOptimizer(params, rule)
